/** A rule that is for every request and lets none by: it keeps the team out as well. */
import { isObject, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { type Invariant } from "./invariant.ts";

const KINDS = new Set(["waf_rule", "rate_limit_rule"]);

/** The ways to write "always" that no evaluation is needed for. */
const isAlways = (expression: string): boolean => /^\s*\(*\s*true\s*\)*\s*$/i.test(expression);

const blocksAll = (fields: Fields | null): readonly string[] =>
  Object.entries(fields ?? {}).flatMap(([field, rule]) =>
    field.startsWith("rule:") &&
    isObject(rule) &&
    rule["enabled"] !== false &&
    rule["ratelimit"] === undefined &&
    textOf(rule["action"]) === "block" &&
    isAlways(textOf(rule["expression"]))
      ? [field.slice("rule:".length)]
      : [],
  );

export const everybodyBlocked: Invariant = {
  name: "everybody_blocked",
  violations: (states) =>
    states.turns
      .filter(({ kind }) => KINDS.has(kind))
      .flatMap(({ kind, identity, before, after }) => {
        const was = blocksAll(before);
        return blocksAll(after)
          .filter((ref) => !was.includes(ref))
          .map((ref) => ({
            severity: "person",
            effect: "locks_out",
            kind,
            identity,
            explanation: `rule \`${ref}\` blocks every request`,
          }));
      }),
};
