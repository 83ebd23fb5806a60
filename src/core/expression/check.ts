/** What golden states and the comparison of rules ask of the language. */
import type { Argument, Condition } from "./ast.ts";
import { parseExpression, parseValue } from "./parse.ts";
import { printExpression } from "./print.ts";
import { type ExpressionProblem, printProblem } from "./problem.ts";
import type { Result } from "../result.ts";

/** Null: nothing is wrong with it, as far as can be judged here. */
export const conditionFault = (text: string): string | null => faultOf(text, parseExpression(text));
export const valueFault = (text: string): string | null => faultOf(text, parseValue(text));

/**
 * Cloudflare adds fields below `cf.` all the time. One that the tables do not have, and that looks like none of theirs,
 * is not refused: the rehearsal at the API judges it.
 */
function faultOf(
  text: string,
  parsed: Result<Condition | Argument, ExpressionProblem>,
): string | null {
  if (parsed.ok) return null;
  const { reason, remedy, offset } = parsed.error;
  const isNew =
    reason === "unknown_name" &&
    text.startsWith("cf.", offset) &&
    !remedy.startsWith("did you mean");
  return isNew ? null : printProblem(text, parsed.error);
}

/**
 * Whether two expressions are the same but for the way they are written: notation, spaces, needless parentheses, forms
 * of literals. Anything that cannot be read is compared as text.
 */
export function sameExpression(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [parseExpression(a), parseExpression(b)];
  return left.ok && right.ok && printExpression(left.value) === printExpression(right.value);
}
