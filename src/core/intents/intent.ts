/**
 * An intent: somebody's words on their way to an amendment of golden states, and no further. Everything after is the ordinary
 * flow, so an intent can do what its author could do by hand, and nothing else.
 *
 *   reading ─► amending ─► amended
 *      │  └──► proposed ──┘   (plan only: a person applies it, or nobody does)
 *      ├─────► asking ────┘   (a person chooses or confirms)
 *      └─────► cannot         withdrawn, failed
 */
import { digestOf } from "../canonical.ts";
import type { Amendment, Choice, Ground, Shown } from "../golden-paths/amendment.ts";
import type { PathRequest } from "../golden-paths/golden-path.ts";
import type { ZonePlan } from "../golden-paths/zone-plan.ts";
import type { Digest, IncidentId, Instant, ScopeId } from "../ids.ts";
import { incidentIdOf } from "../ids.ts";
import type { IncidentStatus } from "../incident.ts";
import type { Fault, Level, Site } from "../resource.ts";
import type { Result } from "../result.ts";
import type { Chosen, Doubt, Interpretation } from "./interpretation.ts";

/** Kept of one scope; the oldest that are over make room (I12). */
export const INTENTS_MAX = 500;

/** Where an intent may change something: its scope, and the account around a zone. */
export interface Grounds {
  readonly zone: { readonly scope: ScopeId; readonly site: Site } | null;
  readonly account: { readonly scope: ScopeId; readonly site: Site; readonly managed: boolean };
  /** The account of AWS that is managed beside them. Left out or null: there is none. */
  readonly aws_account?: { readonly scope: ScopeId; readonly site: Site } | null;
}

export interface IntentRequest {
  readonly scope: ScopeId;
  readonly text: string;
  /** No words: the uses of golden paths that are of earlier versions are brought to the ones that there are. */
  readonly upgrade?: true;
  /** Stops before anything is amended. */
  readonly planOnly: boolean;
  /** The client's name for the request; the same again is the same intent. */
  readonly key: string | null;
  readonly by: string;
  readonly at: Instant;
  readonly grounds: Grounds;
}

/** What would be done by the plan of one scope, worked out against what was just read. Nothing of it is sealed or voted on. */
export interface Rehearsal {
  readonly scope: ScopeId;
  readonly outcome: "in_sync" | "held" | "heal";
  /** Of a plan that would be made now; epoch and generation are in it. */
  readonly planDigest: Digest | null;
  readonly steps: readonly string[];
  readonly calls: number;
  readonly tier: number | null;
  /** Null: the tier never runs. */
  readonly approvals: number | null;
  /** Left for a later plan, or told and not written. */
  readonly left: number;
}

export interface DraftPart {
  readonly level: Level;
  readonly scope: ScopeId;
  /** The golden state that it would amend; 0: there is none. */
  readonly generation: number;
  readonly changes: readonly Shown[];
}

/** What would be amended. The digest is over all of it: who applies it says which one they have read. */
export interface Draft {
  readonly requests: readonly PathRequest[];
  readonly parts: readonly DraftPart[];
  readonly notes: readonly string[];
  readonly digest: Digest;
}

export interface AmendedPart {
  readonly scope: ScopeId;
  readonly generation: number;
  readonly digest: Digest;
}

export type IntentPhase =
  | "reading"
  | "asking"
  | "proposed"
  | "amending"
  | "amended"
  | "cannot"
  | "withdrawn"
  | "failed";

export interface Intent extends Omit<IntentRequest, "key"> {
  readonly id: IncidentId;
  readonly phase: IntentPhase;
  /** Who has read it: `rules`, or the name of a model. Null: nobody yet. */
  readonly model: string | null;
  readonly interpretation: Interpretation | null;
  /** What a person chose in place of what was read. */
  readonly choices: readonly Choice[] | null;
  readonly draft: Draft | null;
  /** In plan-only mode, what the plans would be. Null where a scope could not be read. */
  readonly rehearsals: readonly (Rehearsal | null)[];
  readonly done: readonly AmendedPart[];
  readonly faults: readonly Fault[];
  readonly updatedAt: Instant;
}

export type IntentRefusal =
  | { readonly reason: "key_reused" }
  | { readonly reason: "too_many"; readonly max: number }
  | { readonly reason: "no_such_intent" }
  | { readonly reason: "not_waiting"; readonly phase: IntentPhase }
  | { readonly reason: "draft_moved"; readonly digest: Digest | null };

export type IntentDecision =
  | { readonly decision: "apply"; readonly digest: string; readonly by: string }
  | { readonly decision: "choose"; readonly chosen: readonly Choice[]; readonly by: string }
  | { readonly decision: "withdraw"; readonly by: string };

/** One per scope. `ask` is idempotent by the request's key; what it has begun goes on by itself. */
export interface ArchitectPort {
  ask(request: IntentRequest): Promise<Result<Intent, IntentRefusal>>;
  decide(id: IncidentId, decision: IntentDecision): Promise<Result<Intent, IntentRefusal>>;
  intent(id: IncidentId): Promise<Intent | null>;
}

/** With a key the request is known by it, whenever it comes; without one, each is another. */
export const intentIdOf = ({ scope, by, key, text, at }: IntentRequest): IncidentId =>
  incidentIdOf(
    digestOf(key === null ? ["intent", scope, by, text, at] : ["intent", scope, by, key]),
  );

export const newIntent = (
  { scope, text, upgrade, planOnly, by, at, grounds }: IntentRequest,
  id: IncidentId,
): Intent => ({
  scope,
  text,
  ...(upgrade ? { upgrade } : {}),
  planOnly,
  by,
  at,
  grounds,
  id,
  phase: "reading",
  model: null,
  interpretation: null,
  choices: null,
  draft: null,
  rehearsals: [],
  done: [],
  faults: [],
  updatedAt: at,
});

export const isSame = (one: Intent, request: IntentRequest): boolean =>
  one.text === request.text && one.planOnly === request.planOnly && one.upgrade === request.upgrade;

export const isOver = ({ phase }: Intent): boolean =>
  phase === "amended" || phase === "cannot" || phase === "withdrawn" || phase === "failed";

export const waits = ({ phase }: Intent): boolean => phase === "asking" || phase === "proposed";

/** What the incident of an intent shows. */
export function incidentStatusOf({ phase }: Intent): IncidentStatus {
  switch (phase) {
    case "reading":
      return "open";
    case "asking":
    case "proposed":
      return "waiting";
    case "amending":
      return "healing";
    case "amended":
      return "resolved";
    case "withdrawn":
      return "superseded";
    case "cannot":
    case "failed":
      return "failed";
  }
}

export const choicesOf = ({ choices, interpretation }: Intent): readonly Choice[] =>
  choices ??
  (interpretation === null || interpretation.type === "cannot" ? [] : interpretation.chosen);

/** The generations that an amendment was worked out against, by scope. */
export type Generations = Readonly<Record<string, number>>;

export function draftOf({ parts, requests, notes }: Amendment, generations: Generations): Draft {
  const shown = parts.map(({ level, scope, changes }): DraftPart => ({
    level,
    scope,
    generation: generations[scope] ?? 0,
    changes,
  }));
  return { requests, parts: shown, notes, digest: digestOf({ requests, parts: shown }) };
}

/** What is done with a reading: only a confident choice that can be carried out goes on by itself. */
export function afterReading(
  intent: Intent,
  drafted: Result<Draft, readonly Fault[]> | null,
): Pick<Intent, "phase" | "draft" | "faults"> {
  const { interpretation, choices, planOnly } = intent;
  if (drafted === null)
    return { phase: intent.upgrade ? "amended" : "cannot", draft: null, faults: [] };
  if (!drafted.ok) return { phase: "asking", draft: null, faults: drafted.error };
  const draft = drafted.value;
  const isClear = choices !== null || interpretation?.type === "choice";
  if (!isClear) return { phase: "asking", draft, faults: [] };
  // Everything stands there already: there is nothing to decide.
  if (draft.parts.length === 0) return { phase: "amended", draft, faults: [] };
  return { phase: planOnly ? "proposed" : "amending", draft, faults: [] };
}

/** The doubt that a person is asked about; null where the parameters themselves were refused. */
export const doubtOf = ({ interpretation, phase }: Intent): Doubt | null =>
  interpretation === null || interpretation.type === "choice" || phase === "amended"
    ? null
    : interpretation.doubt;

export const chosenUses = (requests: readonly PathRequest[]): readonly Chosen[] =>
  requests.map(({ path, parameters }) => ({ path, parameters }));

/** The golden states as an amendment takes them, and the plan of the zone. */
export const groundOf = (
  { zone, account, aws_account: aws = null }: Grounds,
  documents: Readonly<Record<string, Ground["account"]["document"]>>,
  { plan, now }: { readonly plan: ZonePlan | null; readonly now: Instant },
): Ground => ({
  now,
  zone: zone && { site: zone.site, document: documents[zone.scope] ?? null, plan },
  account: { site: account.site, document: documents[account.scope] ?? null },
  aws_account: aws && { site: aws.site, document: documents[aws.scope] ?? null },
});
