import type { Route } from "../route.ts";
import { adoptionRoutes } from "./adoptions.ts";
import { agentRoutes } from "./agents.ts";
import { cveRoutes } from "./cves.ts";
import { evidenceRoutes } from "./evidence.ts";
import { eventRoutes } from "./events.ts";
import { expressionRoutes } from "./expressions.ts";
import { goldenPathRoutes } from "./golden-paths.ts";
import { goldenRoutes } from "./golden.ts";
import { guardrailRoutes } from "./guardrails.ts";
import { holdRoutes } from "./holds.ts";
import { healthRoutes } from "./health.ts";
import { importRoutes } from "./imports.ts";
import { incidentRoutes } from "./incidents.ts";
import { logRoutes } from "./log.ts";
import { intentRoutes } from "./intents.ts";
import { lessonRoutes } from "./lessons.ts";
import { modelRoutes } from "./models.ts";
import { policyRoutes } from "./policies.ts";
import { passkeyRoutes } from "./passkeys.ts";
import { runRoutes } from "./runs.ts";
import { schemaRoutes } from "./schemas.ts";
import { seriesRoutes } from "./series.ts";
import { scopeRoutes } from "./scopes.ts";
import { voterRoutes } from "./voters.ts";

/** Every route of the API. Adding one is one entry in its noun's file. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...scopeRoutes,
  ...goldenRoutes,
  ...goldenPathRoutes,
  ...adoptionRoutes,
  ...holdRoutes,
  ...guardrailRoutes,
  ...importRoutes,
  ...schemaRoutes,
  ...expressionRoutes,
  ...cveRoutes,
  ...intentRoutes,
  ...seriesRoutes,
  ...incidentRoutes,
  ...policyRoutes,
  ...runRoutes,
  ...agentRoutes,
  ...voterRoutes,
  ...passkeyRoutes,
  ...lessonRoutes,
  ...modelRoutes,
  ...eventRoutes,
  ...logRoutes,
  ...evidenceRoutes,
];
