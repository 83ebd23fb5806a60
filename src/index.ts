/** The swarm Worker. The only file that knows everyone. */
import { Auditor } from "../durable-objects/agents/auditor.ts";
import { logOf, reconcilerOf, runOf } from "../durable-objects/bindings.ts";
import { ChangeFeed } from "../durable-objects/change-feed.ts";
import { discover } from "../durable-objects/discovery.ts";
import { Reconciler } from "../durable-objects/reconciler.ts";
import { Run } from "../durable-objects/run.ts";
import { type Instant, instantOf } from "./core/ids.ts";
import type { ApiPorts } from "./edge/http/api-ports.ts";
import { createApp } from "./edge/http/app.ts";
import { authenticator } from "./edge/http/auth.ts";
import { isSandboxOrigin } from "./edge/http/sandbox-origin.ts";
import { readPosture } from "./edge/store/blackboard.ts";
import { SharedRecord } from "./edge/store/shared-record.ts";

export { Auditor, ChangeFeed, Reconciler, Run };

const VERSION = "0.1.0";
/** A scope that nobody knows makes us look for new zones, but not more often than this. */
const DISCOVERY_PAUSE_MS = 30_000;
/** Runs that a cron tick shakes awake; the rest comes with the next one. */
const UNFINISHED_MAX = 500;
const AT_ONCE = 20;

const clock = (): Instant => instantOf(new Date().toISOString());
let discoveredAtMs = 0;

function portsOf(env: Env): ApiPorts {
  const record = new SharedRecord(env.DB);
  const log = logOf(env);
  const sandbox = isSandboxOrigin(env.CF_API_BASE);
  return {
    version: VERSION,
    sandbox,
    authenticate: authenticator({ sandbox, principals: env.API_PRINCIPALS }),
    now: clock,
    scopes: () => record.scopes(),
    async scope(scope) {
      const known = await record.scope(scope);
      if (known || Date.now() - discoveredAtMs < DISCOVERY_PAUSE_MS) return known;
      discoveredAtMs = Date.now();
      await discover(env, clock());
      return record.scope(scope);
    },
    posture: (scope) => readPosture(env.BLACKBOARD, scope),
    reconciler: (scope) => reconcilerOf(env, scope),
    incidents: (query) => record.incidents(query),
    incident: (id) => record.incident(id),
    runs: (query) => record.runs(query),
    runView: (id) => record.run(id),
    ballots: (run) => record.ballots(run),
    run: (id) => runOf(env, id),
    lessons: (limit) => record.lessons(limit),
    log,
  };
}

/** The app depends on `env` alone, which does not change while an isolate lives. */
let app: ReturnType<typeof createApp> | undefined;

async function sweep(env: Env): Promise<void> {
  const now = clock();
  const record = new SharedRecord(env.DB);
  // Belt and braces: a run wakes itself; should it have lost its alarm, this does it.
  for (const id of await record.unfinishedRuns(UNFINISHED_MAX)) await runOf(env, id).poke();
  const found = await discover(env, now);
  if (!found.ok) {
    const { reason, detail } = found.error;
    console.error(JSON.stringify({ event: "discovery_failed", reason, detail }));
  }
  const scopes = found.ok ? found.value : (await record.scopes()).map(({ scope }) => scope);
  for (let from = 0; from < scopes.length; from += AT_ONCE) {
    await Promise.all(
      scopes
        .slice(from, from + AT_ONCE)
        .map((scope) => reconcilerOf(env, scope).wake({ source: "cron", at: now })),
    );
  }
}

export default {
  fetch(request, env, ctx) {
    app ??= createApp(portsOf(env));
    return app.fetch(request, env, ctx);
  },
  async scheduled(_controller, env) {
    await sweep(env);
  },
} satisfies ExportedHandler<Env>;
