/** Why an expression cannot be taken: the place, what is wrong, and what to write instead. */

export interface ExpressionProblem {
  /** `unknown_name`: a field or function that the tables do not have; the edge may know it. */
  readonly reason: "syntax" | "type" | "unknown_name" | "limit";
  /** UTF-16 offset into the expression. */
  readonly offset: number;
  readonly length: number;
  readonly problem: string;
  readonly remedy: string;
}

/** One line for people: `1:12: …; …`. */
export function printProblem(text: string, problem: ExpressionProblem): string {
  const before = text.slice(0, problem.offset);
  const line = before.split("\n").length;
  const column = problem.offset - (before.lastIndexOf("\n") + 1) + 1;
  return `${line}:${column}: ${problem.problem}; ${problem.remedy}`;
}

/** Thrown inside the parser alone; its entry turns it into a result. */
export class Refusal extends Error {
  readonly problem: ExpressionProblem;

  constructor(problem: ExpressionProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}
