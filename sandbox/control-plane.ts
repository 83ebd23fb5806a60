/** `/sandbox`: what a test or a person does to the account itself, without token or quota. */
import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { ANALYTICS_ROUTES, analyticsRoutes } from "./control-analytics.ts";
import { NOTIFICATION_ROUTES, notificationRoutes } from "./control-notifications.ts";
import { PRODUCT_ROUTES, productRoutes } from "./control-products.ts";
import { TRAFFIC_ROUTES, trafficRoutes } from "./control-traffic.ts";
import { RecordInput } from "./dns/record.ts";
import { ApiError } from "./envelope.ts";
import { FaultRules } from "./faults.ts";
import { ACCOUNT_ID, ACCOUNT_NAME, IDENTITIES, identityNamed } from "./identities.ts";
import { OptionsChange, DEFAULT_OPTIONS } from "./options.ts";
import { generatedRecords } from "./seed/generated.ts";
import { plantZone } from "./seed/planting.ts";
import { resetTo, SEED_NAMES, zoneSummary } from "./seed/seeds.ts";
import type { Courier } from "./traffic/courier.ts";
import type { World } from "./world.ts";

const Reset = z.strictObject({ seed: z.enum(SEED_NAMES).default("default") });

const ZoneName = z
  .string()
  .max(253)
  .regex(/^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/, "must be a lower-case domain name");

const Seed = z.strictObject({
  zones: z
    .array(
      z.strictObject({
        name: ZoneName,
        plan: z.enum(["free", "pro", "enterprise"]).optional(),
        /** Generated records, deterministic. */
        records: z.number().int().min(0).max(100_000).default(0),
        /** Without conflict checks; `meta` can make one read only. */
        dns_records: z
          .array(RecordInput.extend({ meta: z.record(z.string(), z.unknown()).optional() }))
          .max(5000)
          .default([]),
        settings: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1)
    .max(500),
});

const Block = z.strictObject({
  token: z.string().min(1).max(100),
  seconds: z.number().int().min(1).max(86_400).optional(),
});

const ROUTES = {
  "GET /sandbox": "this page",
  "POST /sandbox/reset": 'back to a seed: {"seed": "default" | "empty"}, body optional',
  "POST /sandbox/seed": "adds zones, generated records, raw records and settings",
  "GET /sandbox/journal": "every API call: ?after=&limit=&token=&method=&writes=true",
  "DELETE /sandbox/journal": "forgets the journal",
  "GET|PUT|DELETE /sandbox/faults": "fault injection rules",
  "GET|PUT|DELETE /sandbox/options": "audit delay and pagination, rate limit, clock",
  "GET|DELETE /sandbox/ratelimit": "usage and blocks per token",
  ...PRODUCT_ROUTES,
  ...NOTIFICATION_ROUTES,
  ...TRAFFIC_ROUTES,
  ...ANALYTICS_ROUTES,
  "POST /sandbox/ratelimit/block": '{"token": …, "seconds"?: …}: 429 for every call from now on',
};

class BadRequest extends Error {
  readonly issues: readonly { path: string; message: string }[];

  constructor(issues: readonly { path: string; message: string }[]) {
    super("the request is invalid");
    this.issues = issues;
  }
}

async function parse<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await context.req.text();
  let value: unknown = {};
  try {
    if (text !== "") value = JSON.parse(text);
  } catch {
    throw new BadRequest([{ path: "", message: "the body is not JSON" }]);
  }
  return check(value, schema);
}

function check<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
  throw new BadRequest(issues);
}

export function controlPlane(world: World, courier: Courier): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof BadRequest) {
      return context.json({ error: error.message, issues: error.issues }, 400);
    }
    // A seed goes through the same checks as the API and is refused with the same words.
    if (error instanceof ApiError) {
      const status = error.status as ContentfulStatusCode;
      return context.json({ error: error.message, issues: error.errors }, status);
    }
    return context.json({ error: error.message }, 500);
  });
  app.notFound((context) => context.json({ error: "no such route", routes: ROUTES }, 404));
  app.get("/", (context) => context.json(index(world)));
  app.get("/sandbox", (context) => context.json(index(world)));
  seedRoutes(app, world, courier);
  journalRoutes(app, world);
  faultRoutes(app, world);
  optionRoutes(app, world);
  rateLimitRoutes(app, world);
  productRoutes(app, world);
  notificationRoutes(app, world, parse);
  trafficRoutes(app, { world, courier, parse });
  analyticsRoutes(app, world, parse);
  return app;
}

function index(world: World) {
  return {
    what: "a Cloudflare account for development and tests: v4 API at /client/v4",
    account: { id: ACCOUNT_ID, name: ACCOUNT_NAME },
    zones: zoneSummary(world),
    tokens: IDENTITIES.map(({ secret, name, tokenId, rights, actor }) => ({
      token: secret,
      token_name: name,
      token_id: tokenId,
      actor_type: actor.type,
      rights,
    })),
    options: world.options.get(),
    control_plane: ROUTES,
    try: 'curl -H "Authorization: Bearer sandbox-dashboard" http://127.0.0.1:8788/client/v4/zones',
  };
}

function seedRoutes(app: Hono, world: World, courier: Courier): void {
  app.post("/sandbox/reset", async (context) => {
    const { seed } = await parse(context, Reset);
    resetTo(world, seed);
    courier.forgetBatches();
    return context.json({ seed, zones: zoneSummary(world) });
  });
  app.post("/sandbox/seed", async (context) => {
    const { zones } = await parse(context, Seed);
    const ids = world.store.transaction(() =>
      zones.map(({ records, dns_records: raw, ...zone }) => {
        const planted = plantZone(world, {
          ...zone,
          records: [...generatedRecords(records), ...raw],
        });
        return planted.id;
      }),
    );
    return context.json({ zones: zoneSummary(world).filter(({ id }) => ids.includes(id)) });
  });
}

const JournalQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(50_000).default(1000),
  token: z.string().optional(),
  method: z.string().toUpperCase().optional(),
  writes: z.enum(["true", "false"]).optional(),
});

function journalRoutes(app: Hono, world: World): void {
  app.get("/sandbox/journal", (context) => {
    const { token, writes, ...rest } = check(context.req.query(), JournalQuery);
    const name = token === undefined ? undefined : (identityNamed(token)?.name ?? token);
    const entries = world.journal.read({ ...rest, token: name, writes: writes === "true" });
    return context.json({ entries, last: world.journal.last() });
  });
  app.delete("/sandbox/journal", (context) => {
    world.journal.clear();
    return context.json({ entries: [], last: 0 });
  });
}

function faultRoutes(app: Hono, world: World): void {
  app.get("/sandbox/faults", (context) => context.json({ rules: world.faults.rules() }));
  app.put("/sandbox/faults", async (context) => {
    world.faults.replace((await parse(context, FaultRules)).rules);
    return context.json({ rules: world.faults.rules() });
  });
  app.delete("/sandbox/faults", (context) => {
    world.faults.clear();
    return context.json({ rules: [] });
  });
}

/** PUT changes only what it names, so that two tests' switches do not undo each other. */
function optionRoutes(app: Hono, world: World): void {
  app.get("/sandbox/options", (context) => context.json(world.options.get()));
  app.put("/sandbox/options", async (context) => {
    const change = await parse(context, OptionsChange);
    const before = world.options.get();
    const ratelimit = { ...before.ratelimit, ...change.ratelimit };
    world.options.set({ ...before, ...change, ratelimit } as typeof before);
    return context.json(world.options.get());
  });
  app.delete("/sandbox/options", (context) => {
    world.options.set(DEFAULT_OPTIONS);
    return context.json(world.options.get());
  });
}

function rateLimitRoutes(app: Hono, world: World): void {
  app.get("/sandbox/ratelimit", (context) => context.json({ tokens: world.rateLimit.state() }));
  app.delete("/sandbox/ratelimit", (context) => {
    world.rateLimit.clear();
    return context.json({ tokens: {} });
  });
  app.post("/sandbox/ratelimit/block", async (context) => {
    const { token, seconds } = await parse(context, Block);
    const identity = identityNamed(token);
    if (identity === undefined) {
      throw new BadRequest([{ path: "token", message: "is none of the sandbox's tokens" }]);
    }
    const lasts = seconds ?? world.options.get().ratelimit.block_s;
    world.rateLimit.block(identity.name, world.now() + lasts * 1000);
    return context.json({ tokens: world.rateLimit.state() });
  });
}
