/** What a diagnosis may rest on, and what it says. Facts are numbers that were counted; texts of requests stay in them. */
import type { Topic } from "../intake/hint.ts";
import type { Mode } from "../guardrails/template.ts";
import type { GatewayHit } from "../traffic/batch.ts";
import type { SeenRequest } from "../traffic/seen-request.ts";
import type { Trial } from "../traffic/trial.ts";
import { weightOf } from "../traffic/sample.ts";

/** A change of the scope by somebody else, from the audit log: ids, enums and times. */
export interface RecentChange {
  readonly id: string;
  readonly atMs: number;
  readonly resourceId: string;
  readonly resourceType: string;
}

export interface Facts {
  readonly nowMs: number;
  readonly topics: ReadonlySet<Topic>;
  /** The sender says that it is over. */
  readonly isOver: boolean;
  /** Requests of the last minute that is recorded. */
  readonly recent: readonly SeenRequest[];
  readonly recentPerSecond: number;
  /** When the surge of the last minute began, if that was before it (epoch ms). */
  readonly surgeFromMs: number | null;
  /** Requests of quiet times. */
  readonly normal: readonly SeenRequest[];
  /** Null: nothing normal was recorded. */
  readonly normalPerSecond: number | null;
  /** Null: the audit log did not answer, or nobody asked. */
  readonly changes: readonly RecentChange[] | null;
  readonly gateway: readonly GatewayHit[];
  /** Vulnerabilities that somebody announces now, and all that were announced lately. */
  readonly cves: readonly string[];
  readonly announced: readonly string[];
  /** Those that a guardrail of ours stands against. */
  readonly guarded: ReadonlySet<string>;
}

export type Remedy =
  | {
      readonly type: "guard";
      readonly template: string;
      /** The template says whether they will do. */
      readonly parameters: unknown;
      readonly mode: Mode;
      readonly leaseMs: number;
      readonly trial: Trial | null;
    }
  /** The change that explains it is drift, and the drift loop takes it back. */
  | { readonly type: "revert"; readonly why: string }
  | { readonly type: "person"; readonly why: string }
  | { readonly type: "nothing"; readonly why: string };

export interface Diagnosis {
  readonly cause: string;
  /** Numbers are whole: the record takes no others. */
  readonly facts: Readonly<Record<string, number | boolean | string>>;
  readonly remedy: Remedy;
}

/** One cause: null when it is not this. Deterministic, in a file of its own. */
export type Diagnose = (facts: Facts) => Diagnosis | null;

/** A second of so many requests is nothing that one has to be protected from. */
const RATE_MIN = 5;
/** So many times the usual is no chance any more. */
export const SURGE_MIN = 3;
/** Where nobody knows what is usual, and nobody says that it is an attack, the first minute of a site must not be one. */
const UNKNOWN_RATE_MIN = 50;

/** How many times more than usual; infinite where nothing was usual. Null: no surge. */
export function surge({ recentPerSecond, normalPerSecond, topics }: Facts): number | null {
  const isUnknown = normalPerSecond === null || normalPerSecond === 0;
  const times = isUnknown ? Infinity : recentPerSecond / normalPerSecond;
  const least = isUnknown && !topics.has("traffic") ? UNKNOWN_RATE_MIN : RATE_MIN;
  return recentPerSecond >= least && times >= SURGE_MIN ? times : null;
}

/** Share of requests for which `is` holds, by weight. */
export function shareOf(
  requests: readonly SeenRequest[],
  is: (request: SeenRequest) => boolean,
): number {
  const total = weightOf(requests);
  return total === 0 ? 0 : weightOf(requests.filter(is)) / total;
}

/** Changes that came shortly before the trouble can have made it. */
const BEFORE_MS = 15 * 60_000;
export const justBefore = ({ changes, nowMs }: Facts, types: RegExp): readonly RecentChange[] =>
  (changes ?? []).filter(
    ({ atMs, resourceType }) =>
      nowMs - atMs <= BEFORE_MS && atMs <= nowMs && types.test(resourceType),
  );

/** A share as the record takes it: in whole ten-thousandths. */
export const perTenThousand = (share: number): number => Math.round(share * 10_000);

export const trialFacts = (trial: Trial | null): Diagnosis["facts"] =>
  trial === null
    ? {}
    : {
        caught_per_10k: perTenThousand(trial.caught),
        ...(trial.collateral === null
          ? {}
          : { collateral_per_10k: perTenThousand(trial.collateral) }),
        normal_requests: trial.normal,
      };
