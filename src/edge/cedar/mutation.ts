/** Whether decision tables notice when a policy is wrong in one place. */
import type { Bundle } from "../../core/policy/bundle.ts";
import { type Mutant, mutantsOf } from "../../core/policy/mutants.ts";
import { breaks, type Table } from "../../core/policy/table.ts";
import type { PolicyText } from "../../core/policy/text.ts";
import type { CedarEngine } from "./engine.ts";
import { treeOf } from "./tree.ts";

export interface Mutated {
  readonly mutant: Mutant;
  /** As Cedar; null: the policy is gone. */
  readonly text: string | null;
  /** `unfit`: the engine did not even load it. */
  readonly fate: "killed" | "unfit" | "survived";
}

/** Each costs a loading of the bundle, some 10 ms; a team's policies have a dozen each (I12). */
export const MUTANTS_MAX = 2_000;

/** The mutants of `policies`, each tried in the place of the right one. The engine has afterwards what it had before. */
export function mutate(
  engine: CedarEngine,
  bundle: Bundle,
  { policies, table }: { readonly policies: readonly PolicyText[]; readonly table: Table },
): readonly Mutated[] {
  const mutants = policies.flatMap(({ id, text }) => {
    const tree = treeOf(engine, text);
    if (!tree.ok) throw new Error(`\`${id}\` ${tree.error}`);
    return mutantsOf(id, tree.value);
  });
  const tried: Mutated[] = [];
  // One trial around them all: what was loaded before is loaded again once, at the end.
  const around = engine.trial(bundle, () => {
    for (const mutant of mutants.slice(0, MUTANTS_MAX))
      tried.push(fateOf(engine, mutant, { bundle, table }));
  });
  if (!around.ok) throw new Error(around.error.detail);
  return tried;
}

function fateOf(
  engine: CedarEngine,
  mutant: Mutant,
  { bundle, table }: { readonly bundle: Bundle; readonly table: Table },
): Mutated {
  const text = mutant.tree === null ? null : textOf(engine, mutant);
  const policies = bundle.policies.flatMap((policy) => {
    if (policy.id !== mutant.policy) return [policy];
    return text === null ? [] : [{ ...policy, text }];
  });
  if (!engine.loadUntested({ ...bundle, policies }).ok) return { mutant, text, fate: "unfit" };
  const dies = breaks(table, engine.decide, mutant.policy);
  return { mutant, text, fate: dies ? "killed" : "survived" };
}

function textOf(engine: CedarEngine, { id, tree }: Mutant): string {
  const answer = engine.use((cedar) => cedar.policyToText(tree as never));
  if (!answer.ok || answer.value.type !== "success") throw new Error(`\`${id}\` has no text`);
  return answer.value.text;
}
