/** A whole look at a scope that nothing follows from: for an import or an export. */
import { type GoldenState, parseGolden } from "../src/core/golden.ts";
import type { Instant } from "../src/core/ids.ts";
import { doubted, type Lineage, type Unknown } from "../src/core/observation.ts";
import type { StoredGolden } from "../src/core/ports.ts";
import type { LiveSite } from "../src/core/publish.ts";
import type { ReadCache } from "../src/core/reader.ts";
import { err, type Result } from "../src/core/result.ts";
import { allGone, readWhole } from "./site-reader.ts";
import { pacedSiteApi } from "./paced-api.ts";
import type { ScopeIdentity } from "./reconciler-state.ts";

export interface Look {
  readonly identity: ScopeIdentity;
  readonly golden: StoredGolden | null;
  readonly lineage: Lineage;
  /** Null: every kind. */
  readonly kinds: readonly string[] | null;
  readonly now: Instant;
  /** What is read here is known to the next look. */
  readonly cache: ReadCache;
}

/** Out of the smallest share of the API budget: it must not keep a heal waiting. */
export async function readLive(
  env: Env,
  { identity, golden, lineage, kinds, now, cache }: Look,
): Promise<Result<LiveSite, Unknown>> {
  const { site, accountId } = identity;
  const api = pacedSiteApi(env, site, { accountId, urgency: "sweep" });
  const context = { api, site, cache };
  const declared = golden && parseGolden(golden.document, identity.scope, site);
  const inForce = declared?.ok ? declared.value : undeclared(identity);
  const live = await readWhole(context, { golden: inForce, kinds, now });
  if (!live.ok) return live;
  // A list that lost what is known to exist makes a shortened file, which is worse than none (I8).
  const gone = await allGone(context, doubted(lineage, live.value.observation));
  if (!gone.ok) return gone;
  if (gone.value) return live;
  const detail = "a list no longer shows objects that still exist";
  return err({ reason: "doubtful", detail, retryAfterMs: null });
}

/** Nothing is declared yet, or not in a form of this version. */
function undeclared({ scope, site }: ScopeIdentity): GoldenState {
  const document = {
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope },
    spec: { resources: {} },
  };
  const golden = parseGolden(document, scope, site);
  if (!golden.ok) throw new Error("a document that declares nothing is in order");
  return golden.value;
}
