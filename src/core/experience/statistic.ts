/**
 * What runs and guardrails have come to, counted: how often well, how often badly. A statistic is about names of closed lists
 * (causes, paths, templates, kinds) and holds two numbers: no scope, no time, no text, so that it can be handed on. Pure.
 */
import { digestOf } from "../canonical.ts";
import type { Mode } from "../guardrails/template.ts";
import type { Digest } from "../ids.ts";

/** What is counted. `changes` is the shape of a plan: `dns_record update`, in order, each once. */
export type About =
  | { readonly of: "path"; readonly path: string }
  | { readonly of: "rung"; readonly template: string; readonly mode: Mode }
  | { readonly of: "shape"; readonly changes: readonly string[] };

export interface Counts {
  readonly well: number;
  readonly badly: number;
}

export interface Statistic extends Counts {
  readonly cause: string;
  readonly about: About;
}

export const subjectOf = ({ cause, about }: Pick<Statistic, "cause" | "about">): Digest =>
  digestOf([cause, about]);

export const NOTHING: Counts = { well: 0, badly: 0 };

export const sum = (a: Counts, b: Counts): Counts => ({
  well: a.well + b.well,
  badly: a.badly + b.badly,
});

/** One of our own counts as much as ten of somebody else's. Weights are tenths of an observation: whole numbers. */
const OWN_TENTHS = 10;
/** All that others say of one thing counts at most as much as two observations of our own, whoever and how many they are. */
const OTHERS_TENTHS_MAX = 20;
/** Of a Beta distribution that knows nothing: one of each. */
const PRIOR_TENTHS = 10;
const PPM = 1_000_000;

/** `imported`: what other organisations have counted, all of them together. */
export interface Weighed {
  readonly own: Counts;
  readonly imported: Counts;
}

/** In tenths. Beyond the bound the share stays, rounded against whoever says that it goes well. */
export function weightOfOthers({ well, badly }: Counts): Counts {
  const total = well + badly;
  if (total <= OTHERS_TENTHS_MAX) return { well, badly };
  const share = Math.ceil((OTHERS_TENTHS_MAX * badly) / total);
  return { well: OTHERS_TENTHS_MAX - share, badly: share };
}

/** The mean of the Beta posterior, in millionths: how likely it is to go well. Whole numbers all the way, so everybody gets the same. */
export function meanPpm({ own, imported }: Weighed): number {
  const others = weightOfOthers(imported);
  const well = PRIOR_TENTHS + OWN_TENTHS * own.well + others.well;
  const badly = PRIOR_TENTHS + OWN_TENTHS * own.badly + others.badly;
  return Math.floor((PPM * well) / (well + badly));
}

/** Three of our own, or fewer with others' beside them: what others say alone is not enough. */
const BADLY_TENTHS_MIN = 30;

/**
 * Whether plans of a shape have gone badly so often that a person looks at the next one. What others say can make it so, and
 * never the other way round: only their failures are heard (I13).
 */
export const asksForCare = ({ own, imported }: Weighed): boolean =>
  goesBadly({ own, imported: NOTHING }) ||
  goesBadly({ own, imported: { well: 0, badly: imported.badly } });

const goesBadly = (weighed: Weighed): boolean =>
  OWN_TENTHS * weighed.own.badly + weightOfOthers(weighed.imported).badly >= BADLY_TENTHS_MIN &&
  meanPpm(weighed) < PPM / 2;
