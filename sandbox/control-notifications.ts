/** The control plane's doors into notifications: what was sent, and a way to have something sent. */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { ApiError } from "./envelope.ts";
import { ACCOUNT_ID } from "./identities.ts";
import { DELIVERY } from "./notifications/destination.ts";
import { raise } from "./notifications/history.ts";
import type { World } from "./world.ts";

export const NOTIFICATION_ROUTES = {
  "GET|DELETE /sandbox/deliveries": "webhook messages that the account would have sent",
  "POST /sandbox/alerts": '{"policy_id": …, "text"?, "data"?, "alert_event"?}: an alert fires',
};

const AlertInput = z.strictObject({
  policy_id: z.string(),
  text: z.string().max(10_000).default(""),
  data: z.record(z.string(), z.unknown()).default({}),
  alert_event: z
    .enum(["ALERT_STATE_EVENT_START", "ALERT_STATE_EVENT_END"])
    .default("ALERT_STATE_EVENT_START"),
});

interface Parse {
  <T>(context: Context, schema: z.ZodType<T>): Promise<T>;
}

export function notificationRoutes(app: Hono, world: World, parse: Parse): void {
  const deliveries = () => world.store.shelf(DELIVERY, ACCOUNT_ID);
  app.get("/sandbox/deliveries", (context) => context.json({ deliveries: deliveries().list() }));
  app.delete("/sandbox/deliveries", (context) => {
    for (const { id } of deliveries().list()) deliveries().delete(id);
    return context.json({ deliveries: [] });
  });
  app.post("/sandbox/alerts", async (context) => {
    const alert = await parse(context, AlertInput);
    const sent = world.store.transaction(() => raise(world.store, alert, world.now()));
    if (sent !== undefined) return context.json({ sent });
    throw new ApiError(404, { code: 7003, message: `no notification policy ${alert.policy_id}` });
  });
}
