/** Expressions as functions, made once each: the same rule is asked for every request. */
import type { Evaluation } from "../../src/core/expression/evaluate.ts";
import { compileCondition, compileValue } from "../../src/core/expression/evaluate.ts";
import { textOfBytes } from "../../src/core/expression/bytes.ts";
import { parseExpression, parseValue } from "../../src/core/expression/parse.ts";
import { CLOUDFLARE } from "../../src/core/expression/functions.ts";
import type { Scheme } from "../../src/core/expression/scheme.ts";
import { NotAssessable, type Facts, type Value } from "../../src/core/expression/value.ts";

/** More than all rules of an account; older ones are made again when they are needed. */
const KEPT_MAX = 5_000;

/** By language: Gateway's fields are others. */
const conditions = { rules: new Map<string, Evaluation>(), gateway: new Map<string, Evaluation>() };
const NEVER: Evaluation = () => false;

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (map.size >= KEPT_MAX) map.clear();
  map.set(key, made);
  return made;
}

/** What cannot be read applies to nobody, as at the edge, where it could not have been stored. */
export const conditionOf = (
  text: string,
  scheme: Scheme = CLOUDFLARE,
  language: keyof typeof conditions = "rules",
): Evaluation =>
  kept(conditions[language], text, () => {
    const parsed = parseExpression(text, scheme);
    return parsed.ok ? compileCondition(parsed.value, scheme) : NEVER;
  });

type Giving = (facts: Facts) => Value | undefined;
const values = new Map<string, Giving>();

/** The value of an expression such as `concat(…)`; undefined where nobody can say. */
export const valueOf = (text: string): Giving =>
  kept(values, text, () => {
    const parsed = parseValue(text);
    if (!parsed.ok) return () => undefined;
    const give = compileValue(parsed.value);
    return (facts) => {
      const found = give(facts);
      return found instanceof NotAssessable ? undefined : found;
    };
  });

/** As text; byte strings that are no text are nothing. */
export function textBy(text: string, facts: Facts): string | undefined {
  const value = valueOf(text)(facts);
  return typeof value === "string" ? (textOfBytes(value) ?? undefined) : undefined;
}
