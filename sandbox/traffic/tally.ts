/** What became of the visits of each group, of each second, and by which rule. */
import { isNormal, type Group } from "./planned.ts";

export interface Tally {
  /** Visits, each counted once, however often it was tried. */
  visits: number;
  /** Answered by the site, from its servers or from the cache, or sent elsewhere by a redirect of the zone. */
  served: number;
  /** Had to solve a challenge first, and did. */
  solved: number;
  /** Challenged and not solved. */
  challenged: number;
  blocked: number;
  /** Too many requests. */
  limited: number;
  /** The servers did not answer, or with an error of theirs. */
  failed: number;
}

export const emptyTally = (): Tally => ({
  visits: 0,
  served: 0,
  solved: 0,
  challenged: 0,
  blocked: 0,
  limited: 0,
  failed: 0,
});

/** Kept out by a rule. */
export const stoppedOf = ({ challenged, blocked, limited }: Tally): number =>
  challenged + blocked + limited;

export interface Second {
  readonly at: string;
  normal: number;
  /** Of those: kept out by a rule, or failed. */
  hurt: number;
  failed: number;
  attack: number;
  stopped: number;
  /** Of what the servers answered, in ms: the middle, and the slowest of twenty. */
  p50_ms: number;
  p95_ms: number;
}

export class Counting {
  readonly groups = new Map<Group, Tally>();
  /** `ref` (or the rule's id) → group → visits that it kept out. */
  readonly rules = new Map<string, Map<Group, number>>();
  readonly seconds: Second[] = [];
  #waits: number[] = [];

  begin(atMs: number): void {
    this.#waits = [];
    const at = new Date(atMs).toISOString();
    const none = { normal: 0, hurt: 0, failed: 0, attack: 0, stopped: 0 };
    this.seconds.push({ at, ...none, p50_ms: 0, p95_ms: 0 });
  }

  count(
    group: Group,
    outcome: Exclude<keyof Tally, "visits" | "solved">,
    hasSolved: boolean,
  ): void {
    const tally = this.groups.get(group) ?? emptyTally();
    this.groups.set(group, tally);
    tally.visits += 1;
    tally[outcome] += 1;
    if (hasSolved) tally.solved += 1;
    const second = this.seconds.at(-1);
    if (second === undefined) return;
    const isStopped = outcome === "challenged" || outcome === "blocked" || outcome === "limited";
    if (isNormal(group)) {
      second.normal += 1;
      if (isStopped) second.hurt += 1;
      if (outcome === "failed") second.failed += 1;
      return;
    }
    second.attack += 1;
    if (isStopped) second.stopped += 1;
  }

  stoppedBy(rule: string, group: Group): void {
    const by = this.rules.get(rule) ?? new Map<Group, number>();
    this.rules.set(rule, by);
    by.set(group, (by.get(group) ?? 0) + 1);
  }

  waited(ms: number): void {
    this.#waits.push(ms);
  }

  end(): void {
    const second = this.seconds.at(-1);
    if (second === undefined || this.#waits.length === 0) return;
    const sorted = this.#waits.toSorted((a, b) => a - b);
    const quantile = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    second.p50_ms = quantile(0.5);
    second.p95_ms = quantile(0.95);
  }
}
