/** One look at a scope: read whole, compared with the golden state in force, decided by core. Writes nothing anywhere. */
import { type GoldenState, parseGolden } from "../src/core/golden.ts";
import { type Leases, overlay } from "../src/core/guardrails/overlay.ts";
import type { Hold } from "../src/core/hold.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import { doubted, type Lineage, type Unknown } from "../src/core/observation.ts";
import type { Rehearsal } from "../src/core/intents/intent.ts";
import type { GoldenRefusal, StoredGolden } from "../src/core/ports.ts";
import { rehearsalOf } from "../src/core/rehearsal.ts";
import { type Decision, reconcile, type ReconcileInput } from "../src/core/reconcile.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { FEED_MAX, type FeedEntry, readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import type { ProviderApi } from "../src/core/provider-api.ts";
import { providerOf } from "../src/core/provider.ts";
import { allGone, readSite, type SiteReading } from "./site-reader.ts";
import { vaultOf, watchOf } from "./bindings.ts";
import type { ReconcilerState, ScopeIdentity } from "./reconciler-state.ts";

/** The audit log is asked about changes from a little before the last time everything was in place: clocks differ. */
const ATTRIBUTION_OVERLAP_MS = 60_000;
const ATTRIBUTION_REACH_MS = 24 * 60 * 60_000;
/** Two clocks that are kept. Where a name decides something, an older edit must not pass for part of this drift. */
const SKEW_MS = 2_000;

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

export interface LookInput {
  readonly env: Env;
  readonly state: ReconcilerState;
  readonly holds: readonly Hold[];
  readonly leases: Leases;
  readonly identity: ScopeIdentity;
  readonly api: ProviderApi;
  readonly nowMs: number;
  /** In place of the golden state in force: what would be, if it were this one. */
  readonly proposed?: StoredGolden;
}

/** What the scope was found to be, against what. */
export interface Found {
  readonly stored: StoredGolden;
  readonly golden: GoldenState;
  readonly generation: number;
  readonly reading: SiteReading;
  readonly lineage: Lineage;
  /** Runs elsewhere in the account when this was decided. */
  readonly inFlight: number | null;
  readonly decision: Decision;
  /** The audit log, if it had to be asked already; null: it was not, or it did not answer. */
  readonly feed: readonly FeedEntry[] | null;
}

/** Null: there is no golden state to compare with. */
export async function look(input: LookInput): Promise<Result<Found | null, Unknown>> {
  const { state, identity } = input;
  const stored = input.proposed ?? state.golden();
  const golden = stored && parseGolden(stored.document, identity.scope, identity.site);
  if (!stored || !golden?.ok) return ok(null);
  const lineage = state.lineage();
  // Read is what the desired state speaks of: a guardrail may be about a kind that nobody declared.
  const at = { now: instant(input.nowMs), nowMs: input.nowMs };
  const desired = overlay(golden.value, input.leases, at).golden;
  const [reading, inFlight] = await Promise.all([
    readWhole(input, desired, lineage),
    inFlightBeside(input),
  ]);
  if (!reading.ok) return reading;
  const of: ReconcileInput = {
    ...sinceBefore(input),
    golden: golden.value,
    generation: stored.generation,
    declaredBy: stored.by,
    observation: reading.value.observation,
    lineage,
    inFlight,
  };
  const found = {
    stored,
    golden: golden.value,
    generation: stored.generation,
    reading: reading.value,
    lineage,
    inFlight,
  };
  const decision = reconcile(of);
  if (golden.value.routing.length === 0 || decision.drift.changes.length === 0)
    return ok({ ...found, decision, feed: null });
  // Who did it decides what becomes of it, so it has to be known before anything is planned.
  const feed = await readTrail(input, "all");
  // A log that was cut may lack the very entry that speaks against the actor: then nobody is known.
  const entries = feed !== null && feed.length < FEED_MAX ? feed : null;
  return ok({ ...found, decision: reconcile({ ...of, entries }), feed });
}

/** What a plan would be, if `document` were the golden state. */
export async function rehearse(
  document: unknown,
  input: LookInput,
): Promise<Result<Rehearsal, Unknown | GoldenRefusal>> {
  const { scope, site } = input.identity;
  const golden = parseGolden(document, scope, site);
  if (!golden.ok) return err({ reason: "invalid", problems: golden.error });
  const proposed: StoredGolden = {
    generation: (input.state.golden()?.generation ?? 0) + 1,
    document,
    text: "",
    mediaType: "application/json",
    digest: golden.value.digest,
    by: "architect",
    at: instant(input.nowMs),
  };
  const found = await look({ ...input, proposed });
  if (!found.ok) return found;
  if (found.value === null) throw new Error("a golden state that was parsed does not parse");
  return ok(rehearsalOf(scope, found.value.decision));
}

/** Runs elsewhere in the account. Whoever counts them may be gone for the moment: then it is not known, and that is the worst. */
async function inFlightBeside({ env, identity }: LookInput): Promise<number | null> {
  try {
    return await watchOf(env, identity.accountId).inFlight(identity.scope);
  } catch {
    return null;
  }
}

/** What the reconciler remembers and a decision depends on. */
const sinceBefore = ({ state, identity, holds, leases, nowMs }: LookInput) => ({
  scope: identity.scope,
  site: identity.site,
  holds,
  leases,
  open: state.openIncidents(nowMs),
  entries: null,
  routed: state.routed(),
  rulings: state.rulings(nowMs),
  heals: state.heals(nowMs),
  past: state.get("past") ?? [],
  cautions: state.get("cautions") ?? [],
  turnedDown: state.turnedDown(nowMs),
  suspects: state.suspects(nowMs),
  epoch: (state.get("epoch") ?? 0) + 1,
  parent: state.get("parent") ?? null,
  now: instant(nowMs),
  nowMs,
});

async function readWhole(
  { state, identity, api, nowMs }: LookInput,
  golden: GoldenState,
  lineage: Lineage,
): Promise<Result<SiteReading, Unknown>> {
  const context = { api, site: identity.site, cache: state.readCache };
  const reading = await readSite(context, golden, instant(nowMs));
  if (!reading.ok) return reading;
  const gone = await allGone(context, doubted(lineage, reading.value.observation));
  if (!gone.ok) return gone;
  return gone.value
    ? ok(reading.value)
    : err({
        reason: "doubtful",
        detail: "a list no longer shows objects that still exist",
        retryAfterMs: null,
      });
}

/**
 * Who changed something, our own writes left out. `recent`: since the scope was last in order, as far as is known, a run
 * that was verified included. `all`: since a whole reading last found it so. Null: the log does not answer.
 */
export async function readTrail(
  { env, state, identity: { accountId, site }, api, nowMs }: LookInput,
  reach: "recent" | "all",
): Promise<readonly FeedEntry[] | null> {
  // AWS's trail is not read: then nobody is known.
  if (providerOf(site.level) !== "cloudflare") return null;
  const since = state.get(reach === "all" ? "wholeAt" : "inSyncAt");
  const overlapMs = reach === "all" ? SKEW_MS : ATTRIBUTION_OVERLAP_MS;
  const sinceMs = Math.max(
    since === undefined ? 0 : Date.parse(since),
    nowMs - ATTRIBUTION_REACH_MS,
  );
  const own = await vaultOf(env)
    .tokenIds(accountId)
    .catch(() => []);
  const feed = await readFeed(api, {
    exceptTokenIds: own,
    accountId,
    // An account's own objects are in no zone.
    ...(site.level === "zone" ? { zoneId: site.id } : {}),
    since: instant(sinceMs - overlapMs),
    before: instant(nowMs + ATTRIBUTION_OVERLAP_MS),
  });
  return feed.ok ? feed.value : null;
}
