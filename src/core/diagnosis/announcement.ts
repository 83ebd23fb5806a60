/** Vulnerabilities that somebody announced to this scope. Attacks come before the word, or weeks after it. Pure. */
export interface Announcement {
  readonly cve: string;
  readonly atMs: number;
}

/** By then it is patched, or somebody says it again. */
const KEPT_MS = 30 * 24 * 60 * 60_000;
/** Twice the catalogue; the newest are kept (I12). */
const KEPT_MAX = 100;

export function announcedAfter(
  before: readonly Announcement[],
  cves: readonly string[],
  nowMs: number,
): readonly Announcement[] {
  const again = new Set(cves);
  const kept = before.filter(({ cve, atMs }) => !again.has(cve) && nowMs - atMs < KEPT_MS);
  return [...kept, ...[...again].map((cve) => ({ cve, atMs: nowMs }))].slice(-KEPT_MAX);
}
