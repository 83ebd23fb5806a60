import type { JsonObject } from "../../core/canonical.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { CedarEngine } from "./engine.ts";

/** The policy's tree, or why Cedar cannot read it. */
export function treeOf(engine: CedarEngine, text: string): Result<JsonObject, string> {
  const answer = engine.use((cedar) => cedar.policyToJson(text));
  if (!answer.ok) return err("kills the engine");
  return answer.value.type === "success"
    ? // A tree of Cedar's is plain JSON; its own type says the same at length.
      ok(answer.value.json as unknown as JsonObject)
    : err(answer.value.errors[0]?.message ?? "is not Cedar");
}
