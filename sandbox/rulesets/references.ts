/** Who names whom: rules that execute rulesets, rules that name lists. */
import { ACCOUNT_ID } from "../identities.ts";
import { ZONE } from "../model/zone.ts";
import type { Shelves } from "../store.ts";
import { innerExpressions } from "./actions.ts";
import { ExpressionError, readExpression } from "./expression.ts";
import { MANAGED_RULESETS } from "./managed.ts";
import { RULESET, type StoredRuleset } from "./ruleset.ts";
import type { StoredRule } from "./rule.ts";

/** Those of the account and of every zone, without Cloudflare's own. */
export function everyRuleset(shelves: Shelves): StoredRuleset[] {
  const zones = shelves.shelf(ZONE, ACCOUNT_ID).list();
  return [ACCOUNT_ID, ...zones.map(({ id }) => id)].flatMap((scope) =>
    shelves.shelf(RULESET, scope).list(),
  );
}

/** What `execute` may name from this scope: managed ones, the account's and its own. */
export function executable(shelves: Shelves, scope: string, id: string): StoredRuleset | undefined {
  return (
    MANAGED_RULESETS.find((ruleset) => ruleset.id === id) ??
    shelves.shelf(RULESET, scope).get(id) ??
    shelves.shelf(RULESET, ACCOUNT_ID).get(id)
  );
}

export const isExecuted = (shelves: Shelves, id: string): boolean =>
  everyRuleset(shelves).some(({ rules }) =>
    rules.some((rule) => rule.action === "execute" && rule.action_parameters?.["id"] === id),
  );

/** How many rules name the list, in an expression or as the source of redirects. */
export const referencesTo = (shelves: Shelves, list: string): number =>
  everyRuleset(shelves)
    .flatMap(({ rules }) => rules)
    .filter((rule) => listsOf(rule).includes(list)).length;

function listsOf(rule: StoredRule): string[] {
  const inner = [...innerExpressions(rule.action_parameters)].map(({ expression }) => expression);
  const counting = rule.ratelimit?.["counting_expression"];
  const expressions = [rule.expression, ...inner, typeof counting === "string" ? counting : ""];
  const { name } = (rule.action_parameters?.["from_list"] ?? {}) as { name?: string };
  return [...expressions.flatMap(listsIn), ...(name === undefined ? [] : [name])];
}

function listsIn(expression: string): readonly string[] {
  if (!expression.includes("$")) return [];
  try {
    return readExpression(expression).lists;
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
