import type { Route } from "../route.ts";
import { eventRoutes } from "./events.ts";
import { goldenRoutes } from "./golden.ts";
import { healthRoutes } from "./health.ts";
import { incidentRoutes } from "./incidents.ts";
import { lessonRoutes } from "./lessons.ts";
import { runRoutes } from "./runs.ts";
import { scopeRoutes } from "./scopes.ts";

/** Every route of the API. Adding one is one entry in its noun's file. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...scopeRoutes,
  ...goldenRoutes,
  ...incidentRoutes,
  ...runRoutes,
  ...lessonRoutes,
  ...eventRoutes,
];
