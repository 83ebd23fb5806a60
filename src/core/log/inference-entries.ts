/** The record's entry about one call of a model: who was asked what, by digests, and what it cost. Never a word of it. */
import type { Instant, ScopeId } from "../ids.ts";
import type { CallNote } from "../inference/task.ts";
import type { Entry } from "./entry.ts";

export const inferenceEntry = (
  { scope, about, at }: { readonly scope: ScopeId; readonly about: string; readonly at: Instant },
  note: CallNote,
): Entry => ({
  id: `${scope}/inference/${about}/${note.provider}/${note.attempt}/${at}`,
  type: "inference",
  scope,
  at,
  actor: note.task,
  data: {
    about,
    template_digest: note.templateDigest,
    input_digest: note.inputDigest,
    answer_digest: note.answerDigest,
    data_class: note.class,
    provider: note.provider,
    place: note.place,
    model: note.model,
    attempt: note.attempt,
    ms: note.ms,
    input_tokens: note.inputTokens,
    output_tokens: note.outputTokens,
    failure: note.failure,
  },
});
