/** What policies have to pass before anybody may activate them: counted, parsed, linted, validated, and tried on their table. */
import {
  type Bundle,
  bundleOf,
  type Shipped,
  type TeamPolicies,
} from "../../core/policy/bundle.ts";
import { faultsOf, teamFaultsOf } from "../../core/policy/lint.ts";
import type { Mutant } from "../../core/policy/mutants.ts";
import type { PolicyFlaw, PolicyTrial } from "../../core/policy/register.ts";
import { type RowResult, runTable, type Table } from "../../core/policy/table.ts";
import { policiesIn, type PolicyFault, type PolicyText } from "../../core/policy/text.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { CedarEngine } from "./engine.ts";
import { mutate } from "./mutation.ts";
import { treeOf } from "./tree.ts";

export interface Examined {
  readonly bundle: Bundle;
  readonly trial: PolicyTrial;
}

export interface Candidate {
  readonly engine: CedarEngine;
  readonly shipped: Shipped;
  readonly team: TeamPolicies;
  readonly table: Table;
}

export function examine({
  engine,
  shipped,
  team,
  table,
}: Candidate): Result<Examined, readonly PolicyFlaw[]> {
  const bundle = bundleOf(shipped, team);
  if (!bundle.ok) return inPolicies(bundle.error);
  const own = policiesIn(team.policies);
  if (!own.ok) return inPolicies(own.error);
  const linted = own.value.flatMap((policy) => lintOf(engine, policy, "team"));
  if (linted.length > 0) return inPolicies(linted);
  const invalid = invalidIn(engine, bundle.value);
  if (invalid.length > 0) return inPolicies(invalid);
  const tried = engine.trial(bundle.value, (decide) => runTable(table, decide));
  if (!tried.ok)
    return inPolicies([{ line: null, problem: `does not load: ${tried.error.detail}` }]);
  const flaws = [...broken(tried.value), ...untested(own.value, tried.value)];
  if (flaws.length > 0) return err(flaws);
  const mutated = mutate(engine, bundle.value, { policies: own.value, table });
  const survivors = mutated
    .filter(({ fate, mutant }) => fate === "survived" && isProposable(mutant))
    .map(({ mutant, text }) => ({ mutant: mutant.id, text }));
  const trial = { rows: tried.value.length, mutants: mutated.length, survivors };
  return ok({ bundle: bundle.value, trial });
}

export function lintOf(
  engine: CedarEngine,
  { id, text, line }: PolicyText,
  author: "team" | "shipped",
): readonly PolicyFault[] {
  const tree = treeOf(engine, text);
  const problems = tree.ok
    ? [...faultsOf(tree.value), ...(author === "team" ? teamFaultsOf(tree.value) : [])]
    : [tree.error];
  return problems.map((problem) => ({ line, problem: `\`${id}\` ${problem}` }));
}

/** What nobody could propose is no way in which the policy could have been written wrong. */
const isProposable = ({ tree }: Mutant): boolean =>
  tree === null || teamFaultsOf(tree).length === 0;

const inPolicies = (faults: readonly PolicyFault[]) =>
  err(faults.map((fault): PolicyFlaw => ({ part: "policies", row: null, ...fault })));

/** Warnings count: "this policy can never apply" is one. */
export function invalidIn(
  engine: CedarEngine,
  { schema, policies }: Bundle,
): readonly PolicyFault[] {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = engine.use((cedar) =>
    cedar.validate({
      schema,
      policies: { staticPolicies },
      validationSettings: { mode: "strict" },
    }),
  );
  if (!answer.ok) return [{ line: null, problem: "kills the engine when it is validated" }];
  const { value } = answer;
  if (value.type === "failure")
    return value.errors.map(({ message }) => ({ line: null, problem: message }));
  const lines = new Map(policies.map(({ id, line }) => [id, line]));
  return [
    ...[...value.validationErrors, ...value.validationWarnings].map(({ policyId, error }) => ({
      line: lines.get(policyId) ?? null,
      problem: `\`${policyId}\`: ${error.message.replace(/^for policy `[^`]*`, /, "")}`,
    })),
    ...value.otherWarnings.map(({ message }) => ({ line: null, problem: message })),
  ];
}

const broken = (results: readonly RowResult[]): readonly PolicyFlaw[] =>
  results.flatMap(({ row, holds, got, errors }) =>
    holds
      ? []
      : [
          {
            part: "table",
            row: row.id,
            line: null,
            problem: `row \`${row.id}\` wants ${told(row)} and gets ${told(got)}${errors.length > 0 ? `: ${errors.join("; ")}` : ""}`,
          } as const,
        ],
  );

const told = ({ want, why }: RowResult["got"]): string =>
  `${want} (${typeof why === "string" ? why : why.join(", ")})`;

/** A policy that no row is about is untested, and a table without a "yes" would hold for a policy that forbids everything. */
function untested(
  policies: readonly PolicyText[],
  results: readonly RowResult[],
): readonly PolicyFlaw[] {
  if (policies.length === 0) return [];
  const decided = new Set(
    results.flatMap(({ row: { why } }) => (typeof why === "string" ? [] : why)),
  );
  const flaws: PolicyFlaw[] = policies
    .filter(({ id }) => !decided.has(id))
    .map(({ id }) => ({
      part: "table",
      row: null,
      line: null,
      problem: `no row is decided by \`${id}\``,
    }));
  return results.some(({ row }) => row.want === "allow")
    ? flaws
    : [...flaws, { part: "table", row: null, line: null, problem: "no row is allowed" }];
}
