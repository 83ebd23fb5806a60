/** Which models there are now, where each role's would be asked. */
import type {
  InferenceProvider,
  ProviderModels,
  RoleModels,
} from "../../core/inference/provider.ts";
import type { Orchestration } from "../../core/orchestration.ts";
import { type InferenceEnv, providersFor } from "./providers.ts";

/** A person waits for it. */
const TIMEOUT_MS = 3_000;
const SHOWN_MAX = 100;

export const modelsOf = (
  { models }: Pick<Orchestration, "models">,
  env: InferenceEnv,
): Promise<readonly RoleModels[]> =>
  Promise.all(
    (["architect", "reviewer", "sentinel"] as const).map(async (role) => {
      const model = models[role];
      const { providers, problem } = configured(model, env);
      return { role, model, providers: await Promise.all(providers.map(shown)), problem };
    }),
  );

/** Malformed variables are what the list is looked at for: they are told, and take nothing else with them. */
function configured(
  model: string,
  env: InferenceEnv,
): { readonly providers: readonly InferenceProvider[]; readonly problem: string | null } {
  try {
    return { providers: providersFor(model, env), problem: null };
  } catch (fault) {
    return { providers: [], problem: fault instanceof Error ? fault.message : "unknown" };
  }
}

async function shown(provider: InferenceProvider): Promise<ProviderModels> {
  const { name, place, model } = provider;
  const found = await provider.models(TIMEOUT_MS);
  if (!found.ok) return { name, place, models: null, has: null, why: found.error.reason };
  const has = found.value.includes(model);
  return { name, place, models: found.value.slice(0, SHOWN_MAX), has, why: null };
}
