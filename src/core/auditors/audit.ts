import type { Dossier } from "../dossier.ts";
import type { GoldenState } from "../golden.ts";
import type { Leases } from "../guardrails/overlay.ts";
import type { Hold } from "../hold.ts";
import type { Digest, Instant } from "../ids.ts";
import type { Lineage } from "../observation.ts";
import type { PolicyFacts } from "../policy/question.ts";
import type { Decide } from "../policy/request.ts";
import type { Tier } from "../risk.ts";
import type { PastRun } from "../risk/history.ts";

/** What an auditor says. Reasons are codes with identities; there is none for a "yes". */
export interface Verdict {
  readonly vote: "yes" | "no";
  readonly reasons: readonly string[];
  /** The risk as this auditor sees it. The certificate carries the highest (I13). */
  readonly tier: Tier;
}

/** The golden state is not in the dossier: the auditor fetched and parsed the generation that the plan names. */
export interface AuditInput {
  readonly dossier: Dossier;
  readonly golden: GoldenState;
  readonly generation: number;
  /** Who declared that generation. */
  readonly declaredBy: string;
  /** Not in the dossier either: the scope's holds, asked of the one that keeps them. */
  readonly holds: readonly Hold[];
  /** Only for whoever reads them (`READS_POLICIES`): those in force, asked for by the auditor itself, with what their owners say of the scope. */
  readonly policies: {
    readonly decide: Decide;
    readonly bundleDigest: Digest;
    readonly facts: PolicyFacts;
  } | null;
  /** The scope's guardrails, asked of the same one. */
  readonly leases: Leases;
  /** Nor how earlier runs of the scope ended: asked of the same one. */
  readonly past: readonly PastRun[];
  /** Nor what it has learned: asked of it, too. */
  readonly cautions: readonly Digest[];
  /** How many runs of other scopes were under way when the plan was made, from the same one. */
  readonly inFlight: number | null;
  readonly now: Instant;
}

/** A check that recomputes what it judges. Pure. */
export type Audit = (input: AuditInput) => Verdict;

export const verdictOf = (reasons: readonly string[], tier: Tier): Verdict => ({
  vote: reasons.length === 0 ? "yes" : "no",
  reasons: reasons.slice(0, REASONS_MAX),
  tier,
});

/** A broken plan of 5,000 steps needs no 5,000 reasons (I12). */
const REASONS_MAX = 20;

export const lineageOf = ({ evidence }: Dossier): Lineage =>
  new Map(evidence.lineage.map(({ id, kind, identity }) => [id, { kind, identity }]));
