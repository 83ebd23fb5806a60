/** The swarm Worker. The only file that knows everyone. */
import { waitUntil } from "cloudflare:workers";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Architect } from "../durable-objects/agents/architect.ts";
import { Auditor } from "../durable-objects/agents/auditor.ts";
import {
  architectOf,
  doorOf,
  lessonBookOf,
  logOf,
  policiesOf,
  reconcilerOf,
  registerOf,
  runOf,
  voterOf,
} from "../durable-objects/bindings.ts";
import {
  consentToPolicies,
  proposePolicies,
  tryPolicies,
} from "../durable-objects/policy-office.ts";
import { ORCHESTRATION } from "../durable-objects/orchestration.ts";
import { accountChanges } from "../durable-objects/account-changes.ts";
import { Door } from "../durable-objects/door.ts";
import { ChangeFeed } from "../durable-objects/change-feed.ts";
import { discover } from "../durable-objects/discovery.ts";
import { Governor } from "../durable-objects/governor.ts";
import { LessonBook } from "../durable-objects/lesson-book.ts";
import { Reconciler } from "../durable-objects/reconciler.ts";
import { Reviewer } from "../durable-objects/agents/reviewer.ts";
import { Run } from "../durable-objects/run.ts";
import { pullAdvisories, recoverAlerts } from "../durable-objects/missed-signals.ts";
import { tellUnlogged, zonesInTurn } from "../durable-objects/unlogged-traffic.ts";
import { Sentinel } from "../durable-objects/sentinel.ts";
import { tokenAccess } from "../durable-objects/token-access.ts";
import { Watch } from "../durable-objects/watch.ts";
import { webhookPorts } from "../durable-objects/webhook-ports.ts";
import { SWEEP_CALLS, sweepEveryMs } from "./core/budget.ts";
import { canonicalise } from "./core/canonical.ts";
import { type Instant, instantOf, type ScopeId } from "./core/ids.ts";
import type { Failures } from "./core/log/access-entries.ts";
import { accessIdentity } from "./edge/access/identity.ts";
import type { ApiPorts } from "./edge/http/api-ports.ts";
import { createApp } from "./edge/http/app.ts";
import { authenticator } from "./edge/http/auth.ts";
import { isSandboxOrigin } from "./edge/http/sandbox-origin.ts";
import { modelsOf } from "./edge/inference/catalogue.ts";
import { SANDBOX_PEOPLE, signAsSandboxPerson } from "./edge/signing/sandbox-people.ts";
import { readPosture } from "./edge/store/blackboard.ts";
import { IntentRecord } from "./edge/store/intent-record.ts";
import { SharedRecord } from "./edge/store/shared-record.ts";
import { Receiver } from "./edge/webhooks/receiver.ts";

export {
  Architect,
  Auditor,
  ChangeFeed,
  Door,
  Governor,
  LessonBook,
  Reconciler,
  Reviewer,
  Run,
  Sentinel,
  Watch,
};

const VERSION = "0.1.0";
/** A scope that nobody knows makes us look for new zones, but not more often than this. */
const DISCOVERY_PAUSE_MS = 30_000;
/** The fastest cron (wrangler.toml). A scope is swept at most once a tick; of many scopes each tick takes a part. */
const CRON_MS = 5 * 60_000;
/** What a queue takes in one call. */
const QUEUE_BATCH_MAX = 100;
/** Runs that a cron tick shakes awake; the rest comes with the next one. */
const UNFINISHED_MAX = 500;
interface Sweep {
  readonly scope: ScopeId;
  readonly accountId: string;
}

const clock = (offsetMs = 0): Instant => instantOf(new Date(Date.now() + offsetMs).toISOString());
/** Any other word than this one is a no. */
const isYes = (text: string): boolean => text === "yes";
let discoveredAtMs = 0;

/** What the API needs of the record; who may read its files is the operator's to say. */
function recordOf(env: Env): ApiPorts["log"] {
  const log = logOf(env);
  return {
    isPublic: isSandboxOrigin(env.CF_API_BASE) || isYes(env.LOG_PUBLIC_READ),
    append: (entries) => log.append(entries),
    shards: () => log.shards(),
    latest: (shard) => log.latest(shard),
    read: (query) => log.read(query),
    proof: (query) => log.proof(query),
    anchored: (query) => log.anchored(query),
    keys: (place) => log.keys(place),
    notary: (place) => log.notary(place),
    object: (path, place) => log.object(path, place),
    erase: (query) => log.erase(query),
  };
}

/** Failed log-ins are handed on together, once in this time: one that is tried a thousand times a second is one call. */
const TURNED_AWAY_MS = 1_000;
/** Methods and addresses that are kept apart until then. */
const TURNED_AWAY_MAX = 100;
const turnedAway = new Map<string, Failures>();

/** What comes after the first of them is added to what is handed on with it. An isolate that ends before has lost a second. */
function turnAway(env: Env, attempt: Parameters<ApiPorts["turnedAway"]>[0]): void {
  const { method, at } = attempt;
  const isFirst = turnedAway.size === 0;
  const address = turnedAway.size < TURNED_AWAY_MAX ? attempt.address : null;
  const key = `${method} ${address ?? ""}`;
  const { attempts = 0, firstAt = at } = turnedAway.get(key) ?? {};
  turnedAway.set(key, { method, address, attempts: attempts + 1, firstAt, lastAt: at });
  if (isFirst) waitUntil(handOn(env));
}

async function handOn(env: Env): Promise<void> {
  await scheduler.wait(TURNED_AWAY_MS);
  const failures = [...turnedAway.values()];
  turnedAway.clear();
  await doorOf(env).turnedAway(failures);
}

/** What this Worker was set up with, without secrets. Of who may come, by hashes of tokens that nobody can guess. */
const settingsOf = (env: Env): Readonly<Record<string, string>> => ({
  version: VERSION,
  orchestration: canonicalise(ORCHESTRATION),
  CF_API_BASE: env.CF_API_BASE,
  API_PRINCIPALS: env.API_PRINCIPALS,
  ACCESS_TEAM: env.ACCESS_TEAM,
  ACCESS_AUDIENCES: env.ACCESS_AUDIENCES,
  ACCESS_ROLES: env.ACCESS_ROLES,
  SANDBOX_KEYS_CONFIRMED_BY: env.SANDBOX_KEYS_CONFIRMED_BY,
  LOG_PUBLIC_READ: env.LOG_PUBLIC_READ,
  INFERENCE: env.INFERENCE,
  FEED_POLL_SECONDS: env.FEED_POLL_SECONDS,
  ADVISORY_FEED_URL: env.ADVISORY_FEED_URL,
  GUARDRAIL_ZONES_PER_HOUR: env.GUARDRAIL_ZONES_PER_HOUR,
  AWS_ACCOUNT_ID: env.AWS_ACCOUNT_ID,
});

/** Told once by each isolate, before it lets anybody in. */
let configured: Promise<void> | undefined;
async function toldConfig(env: Env): Promise<void> {
  configured ??= doorOf(env).configured(settingsOf(env));
  try {
    await configured;
  } catch (fault) {
    configured = undefined;
    throw fault;
  }
}

/** Without Access in front nobody is let in by an assertion. */
const identifier = ({ ACCESS_TEAM: team, ACCESS_AUDIENCES: audiences, ACCESS_ROLES: roles }: Env) =>
  accessIdentity({ team, audiences, roles }) ?? (() => Promise.resolve(null));

/** Who calls, who signs, who votes. */
const trustPorts = (env: Env, sandbox: boolean) =>
  ({
    authenticate: authenticator({ sandbox, principals: env.API_PRINCIPALS }),
    identify: identifier(env),
    recordAccess: async (entry) => {
      await toldConfig(env);
      await logOf(env).append([entry]);
    },
    turnedAway: (attempt) => turnAway(env, attempt),
    nonce: () => bytesToHex(crypto.getRandomValues(new Uint8Array(16))),
    signFor: async (...of) =>
      sandbox && SANDBOX_PEOPLE.includes(of[0]) ? signAsSandboxPerson(...of) : null,
    orchestration: ORCHESTRATION,
    register: registerOf(env),
    voter: (id) => voterOf(env, id),
  }) satisfies Partial<ApiPorts>;

function portsOf(env: Env): ApiPorts {
  const record = new SharedRecord(env.DB);
  const sandbox = isSandboxOrigin(env.CF_API_BASE);
  return {
    version: VERSION,
    sandbox,
    tokenAccess: () => tokenAccess(env, Date.now()),
    now: clock,
    ...trustPorts(env, sandbox),
    policies: {
      active: () => policiesOf(env).active(),
      version: (number) => policiesOf(env).version(number),
      versions: (query) => policiesOf(env).versions(query),
      check: tryPolicies,
      propose: (proposal) => proposePolicies(env, proposal),
      consent: (signed) => consentToPolicies(env, signed),
    },
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
    holds: (query) => record.holds(query),
    hold: (id) => record.hold(id),
    guardrails: (query) => record.guardrails(query),
    guardrail: (id) => record.guardrail(id),
    incidents: (query) => record.incidents(query),
    incident: (id) => record.incident(id),
    runs: (query) => record.runs(query),
    runView: (id) => record.run(id),
    ballots: (run) => record.ballots(run),
    run: (id) => runOf(env, id),
    architect: (scope) => architectOf(env, scope),
    intents: (query) => new IntentRecord(env.DB).page(query),
    intent: (id) => new IntentRecord(env.DB).find(id),
    lessons: (limit) => record.lessons(limit),
    models: () => modelsOf(ORCHESTRATION, env),
    lessonBook: () => lessonBookOf(env),
    accountChanges: (period) => accountChanges(env, period),
    log: recordOf(env),
  };
}

/** The app depends on `env` alone, which does not change while an isolate lives. */
let app: ReturnType<typeof createApp> | undefined;
let receiver: Receiver | undefined;

/** Cron: shakes unfinished runs, looks for new zones, and sends the scopes whose turn it is to be swept. */
async function tick(env: Env, nowMs: number): Promise<void> {
  await toldConfig(env);
  const record = new SharedRecord(env.DB);
  // Belt and braces: a run wakes itself; should it have lost its alarm, this does it.
  for (const id of await record.unfinishedRuns(UNFINISHED_MAX)) await runOf(env, id).poke();
  const found = await discover(env, instantOf(new Date(nowMs).toISOString()));
  if (!found.ok) {
    const { reason, detail } = found.error;
    console.error(JSON.stringify({ event: "discovery_failed", reason, detail }));
  }
  if ((await tokenAccess(env, nowMs)) === "can_write")
    console.error(JSON.stringify({ event: "swarm_token_can_write", remedy: "use a read token" }));
  const scopes = await record.scopes();
  const ports = webhookPorts(env);
  await recoverAlerts(
    env,
    scopes.filter(({ level }) => level === "account"),
    ports,
  );
  await pullAdvisories(env.ADVISORY_FEED_URL, ports);
  const turns = sweepEveryMs(scopes.length, CRON_MS) / CRON_MS;
  const turn = Math.floor(nowMs / CRON_MS) % turns;
  const due = scopes.filter((_, index) => index % turns === turn);
  for (let from = 0; from < due.length; from += QUEUE_BATCH_MAX) {
    const batch = due.slice(from, from + QUEUE_BATCH_MAX);
    await env.SWEEPS.sendBatch(
      batch.map(({ scope, account_id }): MessageSendRequest<Sweep> => ({
        body: { scope, accountId: account_id },
      })),
    );
  }
  // Last: it may take its time, and sweeps wait for nothing.
  const zones = scopes.filter(({ level }) => level === "zone");
  await tellUnlogged(env, zonesInTurn(zones, Math.floor(nowMs / CRON_MS)), nowMs);
}

/** A sweep is started only when the budget has room for it; until then its message comes again. */
async function sweep(env: Env, message: Message<Sweep>): Promise<void> {
  const { scope, accountId } = message.body;
  const governor = env.GOVERNOR.getByName(accountId) as unknown as Governor;
  const grant = await governor.acquire({ urgency: "sweep", calls: SWEEP_CALLS }, null);
  if (!grant.granted) return message.retry({ delaySeconds: Math.ceil(grant.waitMs / 1000) });
  await reconcilerOf(env, scope).wake({ source: "cron", at: clock() });
  message.ack();
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname.startsWith("/webhooks/")) {
      receiver ??= new Receiver(webhookPorts(env));
      return receiver.receive(request, ctx);
    }
    app ??= createApp(portsOf(env));
    return app.fetch(request, env, ctx);
  },
  async scheduled(controller, env) {
    await tick(env, controller.scheduledTime);
  },
  async queue(batch, env) {
    for (const message of batch.messages) await sweep(env, message);
  },
} satisfies ExportedHandler<Env, Sweep>;
