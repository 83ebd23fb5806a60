/** The control plane's door into analytics: what they say of a zone. */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { TRAFFIC_GROUP, TrafficGroup } from "./api/analytics.ts";
import { hexId } from "./model/identifiers.ts";
import type { World } from "./world.ts";

export const ANALYTICS_ROUTES = {
  "PUT /sandbox/analytics":
    '{"zone": …, "groups": [{"count", "dimensions"}]}: traffic by the minute',
};

const AnalyticsInput = z.strictObject({
  zone: z.string(),
  groups: z.array(TrafficGroup).max(10_000),
});

interface Parse {
  <T>(context: Context, schema: z.ZodType<T>): Promise<T>;
}

export function analyticsRoutes(app: Hono, world: World, parse: Parse): void {
  app.put("/sandbox/analytics", async (context) => {
    const { zone, groups } = await parse(context, AnalyticsInput);
    const shelf = world.store.shelf(TRAFFIC_GROUP, zone);
    world.store.transaction(() => {
      for (const { id } of shelf.list()) shelf.delete(id);
      for (const group of groups) shelf.put({ ...group, id: hexId() });
    });
    return context.json({ groups: groups.length });
  });
}
