/**
 * What is handed in for a release against what was signed. Each thing that somebody could put in another's place has a
 * reason of its own. Only refuses: what passes here is still to be proven, signature by signature.
 */
import type { Ballot, Motion } from "./ballot.ts";
import { sameJson } from "./canonical.ts";
import type { Plan } from "./plan.ts";
import { partsOf, type PlanParts } from "./plan-parts.ts";

export interface SwapRefusal {
  readonly reason:
    /** The ballots are about another scope. */
    | "another_scope"
    /** Another zone or account under the same scope. */
    | "another_zone"
    /** A request has another body, path or method, or is one more or less. */
    | "another_request"
    /** The same requests in another order. */
    | "another_order"
    /** The same requests from another pre-image. */
    | "another_basis"
    /** The same requests with other inverses. */
    | "another_inverse"
    /** Ballots that were cast under other policies than the ones named. */
    | "another_policy"
    /** Ballots about another plan of this scope. */
    | "another_certificate";
}

export interface Handed {
  readonly plan: Plan;
  readonly motion: Motion;
  readonly ballots: readonly { readonly ballot: Ballot }[];
}

/** The first part that is not what the ballots are about, or null: every ballot is about this plan. */
export function swapped({ plan, motion, ballots }: Handed): SwapRefusal | null {
  const parts = partsOf(plan);
  const reasons = ballots.map(({ ballot }) => differing(ballot, { plan, motion, parts }));
  const reason = reasons.find((one) => one !== null) ?? null;
  return reason === null ? null : { reason };
}

interface Beside {
  readonly plan: Plan;
  readonly motion: Motion;
  readonly parts: PlanParts;
}

/** They come over RPC, where types are promises: a ballot without parts is about another plan. */
function differing(ballot: Ballot, { plan, motion, parts }: Beside): SwapRefusal["reason"] | null {
  if (ballot.scope !== plan.scope) return "another_scope";
  if (ballot.epoch !== plan.epoch) return "another_certificate";
  const voted: Partial<PlanParts> = (ballot as Partial<Ballot>).parts ?? {};
  return (
    differingPart(new Set(PARTS.filter((part) => voted[part] !== parts[part]))) ??
    (sameJson(ballot.policyDigest, motion.policyDigest) ? null : "another_policy")
  );
}

const PARTS = ["site", "basis", "requests", "order", "inverses"] as const;

/** The first that was exchanged. Another basis with other requests is another plan altogether. */
function differingPart(others: ReadonlySet<(typeof PARTS)[number]>): SwapRefusal["reason"] | null {
  if (others.has("site")) return "another_zone";
  if (others.has("requests"))
    return others.has("basis") ? "another_certificate" : "another_request";
  if (others.has("order")) return "another_order";
  if (others.has("basis")) return "another_basis";
  return others.has("inverses") ? "another_inverse" : null;
}
