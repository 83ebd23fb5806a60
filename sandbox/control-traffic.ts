/** The control plane's doors into traffic: play some, see what came of it, read what was logged. */
import type { Context, Hono } from "hono";
import type { z } from "zod";
import { ApiError } from "./envelope.ts";
import { Rulebook, zoneOfHost } from "./edge/rulebook.ts";
import type { Courier } from "./traffic/courier.ts";
import { TrafficInput } from "./traffic/plan.ts";
import { isNormal } from "./traffic/planned.ts";
import { stoppedOf, type Tally } from "./traffic/tally.ts";
import type { Played } from "./traffic/traffic.ts";
import type { World } from "./world.ts";

export const TRAFFIC_ROUTES = {
  "POST /sandbox/traffic":
    '{"zone": …, "seconds": …, "seed"?, "visitors"?, "attacks"?: [{"kind", "per_second"}]}: traffic through the rules',
  "GET|DELETE /sandbox/visits": "visits from outside and what became of them",
  "GET|DELETE /sandbox/batches": "uploads of logs: ?after=, the body as base64 of gzip",
};

interface Doors {
  readonly world: World;
  readonly courier: Courier;
  readonly parse: <T>(context: Context, schema: z.ZodType<T>) => Promise<T>;
}

export function trafficRoutes(app: Hono, { world, courier, parse }: Doors): void {
  app.post("/sandbox/traffic", async (context) => {
    const input = await parse(context, TrafficInput);
    const name = input.host ?? input.zone;
    const zone = zoneOfHost(world.store, name);
    if (zone === undefined || zone.name !== input.zone)
      throw new ApiError(404, {
        code: 7003,
        message: `no zone ${input.zone} with the host ${name}`,
      });
    const played = world.traffic.play(input, zone);
    // An alert finds the logs of what it is about.
    const isPushed = input.push || played.fired.length > 0;
    const toldAt = isPushed ? new Date(world.now()).toISOString() : null;
    const batches = isPushed ? await courier.push() : [];
    await courier.notify();
    const pushed = batches.map(({ dataset, records, status }) => ({ dataset, records, status }));
    const book = new Rulebook(world.store, zone, played.untilMs);
    const wait = world.edge.originWaitMs(book, played.untilMs);
    return context.json({ ...shown(played), origin_wait_ms: wait, pushed, told_at: toldAt });
  });
  app.get("/sandbox/visits", (context) => context.json({ visits: world.traffic.seen() }));
  app.delete("/sandbox/visits", (context) => {
    world.traffic.forgetSeen();
    return context.json({ visits: [] });
  });
  app.get("/sandbox/batches", (context) => {
    const after = Number(context.req.query("after") ?? 0);
    const batches = courier
      .batches()
      .filter(({ seq }) => seq > after)
      .map(({ body, ...rest }) => ({ ...rest, body: Buffer.from(body).toString("base64") }));
    return context.json({ batches });
  });
  app.delete("/sandbox/batches", (context) => {
    courier.forgetBatches();
    return context.json({ batches: [] });
  });
}

function shown({ counting, fired, fromMs, untilMs }: Played) {
  const groups = [...counting.groups];
  const sum = (of: (tally: Tally) => number, normal: boolean): number =>
    groups
      .filter(([group]) => isNormal(group) === normal)
      .reduce((total, [, tally]) => total + of(tally), 0);
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    normal: {
      visits: sum(({ visits }) => visits, true),
      hurt: sum(stoppedOf, true),
      failed: sum(({ failed }) => failed, true),
      solved: sum(({ solved }) => solved, true),
    },
    attack: { visits: sum(({ visits }) => visits, false), stopped: sum(stoppedOf, false) },
    groups: Object.fromEntries(groups),
    rules: Object.fromEntries(
      [...counting.rules].map(([rule, by]) => [rule, Object.fromEntries(by)]),
    ),
    seconds: counting.seconds,
    alerts: fired,
  };
}
