/** A person's word on one plan, bound to its digest. */
import type { Digest, Instant } from "./ids.ts";

export interface Approval {
  readonly planDigest: Digest;
  readonly verdict: "approve" | "deny";
  readonly by: string;
  readonly at: Instant;
}

/** How long a plan waits for people before it expires. The drift is found again and planned anew. */
export const APPROVAL_TTL_MS = 60 * 60_000;

/** Whether enough different people said yes. One person counts once, however often they say it. */
export const approvedBy = (
  approvals: readonly Approval[],
  planDigest: Digest,
): readonly string[] => [
  ...new Set(
    approvals
      .filter((approval) => approval.planDigest === planDigest && approval.verdict === "approve")
      .map(({ by }) => by),
  ),
];
