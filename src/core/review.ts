/**
 * A second opinion on a plan, by a model or by rules. It may object or see more risk; it is never needed for a quorum and
 * never lowers anything (I13). What a model is given holds names and counts and no values; what it answers is a choice
 * among codes. An answer that is late, missing or of another form is an abstention and says so.
 */
import { z } from "zod";
import type { Dossier } from "./dossier.ts";
import type { Tier } from "./risk.ts";

/** What the reviewer gets to see. Names come from outside as data; no value, comment or credential is among it (I6). */
export interface ReviewBrief {
  readonly scope: string;
  readonly tier: Tier;
  readonly findings: readonly string[];
  /** How many steps there are, of which operation. */
  readonly counts: Readonly<Record<"create" | "update" | "delete", number>>;
  readonly kinds: readonly string[];
  /** The first ones. */
  readonly steps: readonly {
    readonly op: string;
    readonly kind: string;
    readonly identity: string;
    /** Fields that change, by name. */
    readonly fields: readonly string[];
  }[];
}

/** What a model can take in at once; the counts are of all steps. */
const STEPS_SHOWN = 200;
const FINDINGS_SHOWN = 50;

export function briefOf({ plan, findings, risk }: Dossier): ReviewBrief {
  const count = (op: string): number => plan.steps.filter((step) => step.op === op).length;
  return {
    scope: plan.scope,
    tier: risk.tier,
    findings: [...new Set(findings.map(({ type }) => type))].slice(0, FINDINGS_SHOWN),
    counts: { create: count("create"), update: count("update"), delete: count("delete") },
    kinds: [...new Set(plan.steps.map(({ kind }) => kind))].toSorted(),
    steps: plan.steps.slice(0, STEPS_SHOWN).map(({ op, kind, group, before, after }) => ({
      op,
      kind,
      // The identity of a DNS record has its value in it, its group only type and name.
      identity: group,
      fields: changedFields(before?.fields ?? {}, after?.fields ?? {}),
    })),
  };
}

function changedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .toSorted();
}

/** Why a reviewer objects or worries. Codes, so that no text of a model goes anywhere. */
export const CONCERNS = [
  "availability",
  "blast_radius",
  "data_loss",
  "delegation",
  "lookalike_name",
  "mail",
  "many_kinds",
  "mostly_removals",
  "security_loosened",
  "unexplained",
] as const;

export const opinion = z.strictObject({
  objection: z.boolean(),
  tier: z.literal([0, 1, 2, 3, 4]),
  concerns: z.array(z.enum(CONCERNS)).max(CONCERNS.length),
});
export type Opinion = z.output<typeof opinion>;

/** Why there is no opinion. */
export type Silence = "model_missing" | "model_slow" | "model_failed" | "model_malformed";

/** What the reviewer's ballot says. */
export interface Review {
  readonly vote: "yes" | "no" | "abstain";
  readonly reasons: readonly string[];
  readonly tier: Tier;
}

/** A "yes" is no more than "no objection": nothing counts it, but where the strategy is `unanimous`. */
export function judged(answer: unknown): Review {
  const parsed = opinion.safeParse(answer);
  if (!parsed.success) return silent("model_malformed");
  const { objection, tier, concerns } = parsed.data;
  // An objection that names nothing can be looked into by nobody.
  if (objection && concerns.length === 0) return silent("model_malformed");
  return { vote: objection ? "no" : "yes", reasons: concerns, tier };
}

export const silent = (why: Silence): Review => ({ vote: "abstain", reasons: [why], tier: 0 });

/** More kinds than one cause usually touches. */
const MANY_KINDS = 4;
const REMOVALS_MIN = 5;

/** The built-in reviewer: it never objects, and sees risk in the shape of a plan rather than in its values. */
export function reviewByRules({ kinds, counts, steps }: ReviewBrief): Opinion {
  const others = counts.create + counts.update;
  const concerns: Opinion["concerns"] = [
    ...(steps.some(({ op, identity }) => op === "create" && /(?:^|[.\s])xn--/.test(identity))
      ? (["lookalike_name"] as const)
      : []),
    ...(kinds.length >= MANY_KINDS ? (["many_kinds"] as const) : []),
    ...(counts.delete >= REMOVALS_MIN && counts.delete > others
      ? (["mostly_removals"] as const)
      : []),
  ];
  return { objection: false, tier: concerns.length > 0 ? 1 : 0, concerns };
}
