/** What an `execute` rule changes in the rules it calls: a rule's own word counts more than its category's, that more than all's. */
import type { Action } from "../rulesets/phases.ts";
import type { StoredRule } from "../rulesets/rule.ts";

interface Override {
  readonly action?: Action;
  readonly enabled?: boolean;
}

export interface Overrides extends Override {
  readonly categories?: readonly (Override & { readonly category: string })[];
  readonly rules?: readonly (Override & {
    readonly id: string;
    readonly score_threshold?: number;
  })[];
}

export function overridden(rule: StoredRule, overrides: Overrides | undefined): StoredRule {
  if (overrides === undefined) return rule;
  const categories = (overrides.categories ?? []).filter(({ category }) =>
    (rule.categories ?? []).includes(category),
  );
  const own = (overrides.rules ?? []).filter(({ id }) => id === rule.id);
  // The later the stronger. Rules that only score keep scoring.
  const levels = [overrides, ...categories, ...own];
  const enabled = levels.findLast((one) => one.enabled !== undefined)?.enabled ?? rule.enabled;
  const action = levels.findLast((one) => one.action !== undefined)?.action ?? rule.action;
  const threshold = own.find((one) => one.score_threshold !== undefined)?.score_threshold;
  return {
    ...rule,
    enabled,
    action: rule.action === "score" ? "score" : action,
    ...(threshold === undefined ? {} : { score_threshold: threshold }),
  };
}
