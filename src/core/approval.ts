/** A person's word on one plan, signed by that person over the plan's digest. */
import { type Attestation, deviceOf } from "./attestation.ts";
import type { SignedBallot } from "./ballot.ts";
import type { Digest, Instant, ScopeId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";

/** What a person signs. `nonce` makes each one its own, so that an assertion is good for one statement only. */
export interface Approval {
  readonly version: 1;
  readonly scope: ScopeId;
  /** What is decided, which the person has read. */
  readonly planDigest: Digest;
  /** Every byte of the plan, the state that it was computed from among it: on another basis the approval is void. */
  readonly stateDigest: Digest;
  readonly verdict: "approve" | "deny";
  readonly by: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** 32 hex digits. */
  readonly nonce: string;
}

export interface SignedApproval {
  readonly approval: Approval;
  readonly attestation: Attestation;
}

/** How long a plan waits for people before it expires. The drift is found again and planned anew. */
export const APPROVAL_TTL_MS = 60 * 60_000;

/** Who has approved this plan, once each, however often they said it. */
export const approvedBy = (
  approvals: readonly SignedApproval[],
  planDigest: Digest,
): readonly string[] => [
  ...new Set(
    approvals
      .map(({ approval }) => approval)
      .filter((approval) => approval.planDigest === planDigest && approval.verdict === "approve")
      .map(({ by }) => by),
  ),
];

/** An approval and whether its attestation holds under a credential of that very person: the edge verifies, core judges. */
export interface CheckedApproval {
  readonly signed: SignedApproval;
  readonly verified: boolean;
}

export type ApprovalRefusal =
  | { readonly reason: "approval_of_another_plan"; readonly by: string }
  | { readonly reason: "approval_of_another_state"; readonly by: string }
  | { readonly reason: "approval_not_signed"; readonly by: string }
  | { readonly reason: "approval_expired"; readonly by: string; readonly expiresAt: Instant }
  /** It would be good for longer than any plan waits: whoever asked for the signature wanted to keep it. */
  | { readonly reason: "approval_too_long"; readonly by: string; readonly expiresAt: Instant }
  | { readonly reason: "plan_denied"; readonly by: string }
  /** Who asked, who voted and who executes cannot approve. */
  | { readonly reason: "not_distinct"; readonly by: string }
  /** Two names, one authenticator. */
  | { readonly reason: "one_authenticator"; readonly by: string };

/** Those parts of the machine that plan, vote or write, whatever scope they belong to. */
const MACHINE = ["reconciler", "run", "vault"];

/** Who has a part in this plan and so cannot approve it: whoever asked (for it, or for a guardrail in it), voted, or carries it out. */
export const partiesTo = (
  askedBy: readonly string[],
  ballots: readonly SignedBallot[],
): ReadonlySet<string> =>
  new Set([...askedBy, ...ballots.map(({ ballot }) => String(ballot.voter)), ...MACHINE]);

export interface PeopleInput {
  readonly approvals: readonly CheckedApproval[];
  readonly scope: ScopeId;
  readonly planDigest: Digest;
  readonly stateDigest: Digest;
  /** Who asked for the plan, voted on it or carries it out. */
  readonly parties: ReadonlySet<string>;
  readonly now: Instant;
  /** What is said now is good until then at most: `APPROVAL_TTL_MS` from now. */
  readonly latest: Instant;
}

/** The people who approve, or the first reason why what was handed in does not count. One bad approval spoils all. */
export function peopleOf(input: PeopleInput): Result<readonly string[], ApprovalRefusal> {
  const authenticators = new Map<string, string>();
  for (const checked of input.approvals) {
    const reason = refuse(checked, input);
    if (reason) return err(reason);
    const { approval, attestation } = checked.signed;
    const device = deviceOf(attestation);
    const holder = authenticators.get(device) ?? approval.by;
    if (holder !== approval.by) return err({ reason: "one_authenticator", by: approval.by });
    authenticators.set(device, holder);
  }
  return ok([...new Set(input.approvals.map(({ signed }) => signed.approval.by))]);
}

function refuse(
  { signed: { approval }, verified }: CheckedApproval,
  { scope, planDigest, stateDigest, parties, now, latest }: PeopleInput,
): ApprovalRefusal | null {
  const { by } = approval;
  if (approval.planDigest !== planDigest || approval.scope !== scope)
    return { reason: "approval_of_another_plan", by };
  if (approval.stateDigest !== stateDigest) return { reason: "approval_of_another_state", by };
  // Before the signature: whoever verifies that says no to what has run out as well, and the reason would be another.
  if (now >= approval.expiresAt)
    return { reason: "approval_expired", by, expiresAt: approval.expiresAt };
  if (approval.expiresAt > latest)
    return { reason: "approval_too_long", by, expiresAt: approval.expiresAt };
  if (!verified) return { reason: "approval_not_signed", by };
  // They come over RPC, where types are promises: whatever is not a "yes" is a "no".
  if (approval.verdict !== "approve") return { reason: "plan_denied", by };
  return parties.has(by) ? { reason: "not_distinct", by } : null;
}
