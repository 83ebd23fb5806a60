/** The providers of a role's model, or none: what is configured wrong keeps nothing waiting, the built-in rules go on alone. */
import type { InferenceProvider } from "../src/core/inference/provider.ts";
import { providersFor } from "../src/edge/inference/providers.ts";

export function providersOrNone(model: string, env: Env): readonly InferenceProvider[] {
  try {
    return providersFor(model, env);
  } catch (fault) {
    // Its messages name variables and endpoints, never values.
    const why = fault instanceof Error ? fault.message : "unknown";
    console.error(JSON.stringify({ event: "inference_misconfigured", model, why }));
    return [];
  }
}
