const STEP_S = [0, 2, 6, 18, 54, 162, 300] as const;
/** What the other side asks for is granted up to here (I12); Cloudflare's own block lasts 5 minutes. */
const ASKED_MAX_MS = 15 * 60_000;

/** How long to wait before attempt `attempt` (0 is the first), in ms: threefold each time, and it reaches its cap (B1). */
export function backoffMs(attempt: number, atLeastMs: number | null = null): number {
  const seconds = STEP_S[Math.min(Math.max(attempt, 0), STEP_S.length - 1)] ?? 300;
  return Math.max(seconds * 1000, Math.min(atLeastMs ?? 0, ASKED_MAX_MS));
}
