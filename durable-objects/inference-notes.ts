/** One call of a model, told: in the record before its answer has any effect (I10), and in a span for operators. */
import { tracing } from "cloudflare:workers";
import { instantOf, type ScopeId } from "../src/core/ids.ts";
import { type CallNote, spanAttributes } from "../src/core/inference/task.ts";
import { inferenceEntry } from "../src/core/log/inference-entries.ts";
import { logOf } from "./bindings.ts";

export async function tell(
  env: Env,
  of: { readonly scope: ScopeId; readonly about: string },
  note: CallNote,
): Promise<void> {
  const at = instantOf(new Date().toISOString());
  await logOf(env).append([inferenceEntry({ ...of, at }, note)]);
  tracing.enterSpan(`chat ${note.model}`, (span) => {
    span.setAttributes({ ...spanAttributes(note) });
  });
}
