/** Who reads an intent: the built-in rules first, and a model only where they are left with nothing to decide. */
import { amendmentFor, type Ground } from "../../src/core/golden-paths/amendment.ts";
import { intentTask, ungrounded } from "../../src/core/inference/intent-task.ts";
import type { Intent } from "../../src/core/intents/intent.ts";
import type { Interpretation, Setting } from "../../src/core/intents/interpretation.ts";
import { namesStranger } from "../../src/core/intents/near-name.ts";
import { interpret } from "../../src/core/intents/rules.ts";
import { InferenceRouter, type Memory } from "../../src/edge/inference/router.ts";
import { policiesFor } from "../policies-in-force.ts";
import { providersOrNone } from "../inference-providers.ts";
import { tell } from "../inference-notes.ts";

export interface IntentReader {
  readonly env: Env;
  readonly memory: Memory;
  /** As `swarm.yaml` names it. */
  readonly model: string;
  /** Names that exist, read now. What could not be read is left out. */
  readonly liveNames: () => Promise<readonly string[]>;
}

export interface Read {
  readonly interpretation: Interpretation;
  readonly model: string;
}

/** Words that rules object to are shown to nobody else: no model is asked to overrule a guard. */
const isForModel = (found: Interpretation): boolean =>
  found.type !== "choice" &&
  (found.doubt.about === "nothing_understood" ||
    found.doubt.about === "which_path" ||
    found.doubt.about === "confirmation");

/** What exists is read only for a name that nobody has declared: every other wish needs no network. */
async function byTheRules(
  { liveNames }: IntentReader,
  { text }: Intent,
  setting: Setting,
): Promise<Interpretation> {
  // Without names nothing is near another: what is found is what was said.
  const said = interpret(text, { ...setting, names: [] });
  if (setting.names === undefined || !namesStranger(said, setting)) return said;
  return interpret(text, { ...setting, names: [...setting.names, ...(await liveNames())] });
}

/**
 * What a model chose is always a question: a person has to say that it is meant. An answer that fails, that makes a value up
 * or that cannot be carried out leaves what the rules found.
 */
export async function readIntent(
  reader: IntentReader,
  intent: Intent,
  { setting, ground }: { readonly setting: Setting; readonly ground: Ground },
): Promise<Read> {
  const byRules: Read = {
    interpretation: await byTheRules(reader, intent, setting),
    model: "rules",
  };
  if (!isForModel(byRules.interpretation)) return byRules;
  const providers = providersOrNone(reader.model, reader.env);
  if (providers.length === 0) return byRules;
  const router = new InferenceRouter({
    asker: "architect",
    policies: () => policiesFor(reader.env),
    providers,
    memory: reader.memory,
    note: (note) => tell(reader.env, { scope: intent.scope, about: intent.id }, note),
    nowMs: () => Date.now(),
  });
  const asked = await router.ask(intentTask(intent.text, setting));
  if (!asked.ok || asked.value.value.outcome === "cannot") return byRules;
  const { value, provider, model } = asked.value;
  const chosen = value.paths;
  const isSound = ungrounded(chosen, intent.text, setting).length === 0;
  if (!isSound || !amendmentFor(chosen, ground).ok) return byRules;
  const reasons = [`read by \`${provider}/${model}\`, where the rules were not sure`];
  const interpretation = {
    type: "question",
    doubt: { about: "confirmation" },
    chosen,
    reasons,
  } as const;
  return { interpretation, model: `${provider}/${model}` };
}
