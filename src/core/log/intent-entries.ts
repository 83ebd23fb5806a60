/** The record's entries about an intent: who asked, what it was taken for, what is to be amended. Of the words only a digest. */
import { digestOfText, type JsonObject } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import type { Intent } from "../intents/intent.ts";
import type { Entry } from "./entry.ts";

/** An entry is a line: parameters stand in the golden state that they lead to. */
const LISTED_MAX = 20;

const entry = (
  { id, scope }: Intent,
  { type, what, at, actor, data }: Pick<Entry, "type" | "at" | "actor" | "data"> & { what: string },
): Entry => ({
  id: `${scope}/${type}/${id}/${what}`,
  type,
  scope,
  at,
  actor,
  data: { incident: id, ...data },
});

export const askedEntry = (intent: Intent): Entry =>
  entry(intent, {
    type: "incident",
    what: "asked",
    at: intent.at,
    actor: intent.by,
    data: {
      cause: "intent",
      text_digest: digestOfText(intent.text),
      chars: intent.text.length,
      plan_only: intent.planOnly,
    },
  });

export const readEntry = (intent: Intent, at: Instant): Entry =>
  entry(intent, {
    type: "proposal",
    what: `${intent.phase}/${at}`,
    at,
    actor: "architect",
    data: { type: "amend", model: intent.model, phase: intent.phase, ...readingData(intent) },
  });

const readingData = ({ interpretation, draft }: Intent): JsonObject => ({
  doubt:
    interpretation === null || interpretation.type === "choice" ? null : interpretation.doubt.about,
  confidence: interpretation?.type === "choice" ? interpretation.confidence : null,
  paths: (draft?.requests ?? []).map(({ path, version }) => `${path}@${version}`),
  draft_digest: draft?.digest ?? null,
  changes: (draft?.parts ?? [])
    .flatMap(({ changes }) => changes.map(({ op, kind }) => `${op} ${kind}`))
    .slice(0, LISTED_MAX),
});

/** A person's word about a waiting intent. */
export const decidedEntry = (
  intent: Intent,
  { decision, by, at }: { readonly decision: string; readonly by: string; readonly at: Instant },
): Entry =>
  entry(intent, {
    type: "proposal",
    what: `${decision}/${at}`,
    at,
    actor: by,
    data: { type: "amend", decision, draft_digest: intent.draft?.digest ?? null },
  });
