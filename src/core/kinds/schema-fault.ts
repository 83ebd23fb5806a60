import type { z } from "zod";
import type { Fault } from "../resource.ts";

type Issue = z.core.$ZodIssue;

const pathOf = (issue: Issue): Fault["path"] =>
  issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));

/** The faults behind one issue: unknown members one by one, so that each has its own path. */
function faultsOfIssue(issue: Issue): readonly Fault[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], problem: "is not a known member" }));
  }
  if (issue.code === "invalid_union" && "options" in issue) {
    const options = issue.options?.map(String).join(", ") ?? "";
    return [{ path, problem: `must be one of ${options}` }];
  }
  return [{ path, problem: sizeProblem(issue) ?? missingProblem(issue) ?? plainProblem(issue) }];
}

/** The place of what is missing is that of its parent: so it is named. */
function missingProblem({ message, path }: Issue): string | null {
  const [, expected] = /^Invalid input: expected (.+), received undefined$/.exec(message) ?? [];
  const name = path.at(-1);
  return expected === undefined || name === undefined
    ? null
    : `\`${String(name)}\` is missing: it is a ${expected}`;
}

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " items" };

function sizeProblem(issue: Issue): string | null {
  if (issue.code !== "too_small" && issue.code !== "too_big") return null;
  const unit = UNITS[issue.origin];
  const verb = unit === undefined ? "must be" : "must have";
  return issue.code === "too_small"
    ? `${verb} at least ${issue.minimum}${unit ?? ""}`
    : `${verb} at most ${issue.maximum}${unit ?? ""}`;
}

function plainProblem({ message }: Issue): string {
  const text = message.replace(/^Invalid input: /, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** What a schema refused, in the form of all other faults. */
export const schemaFaults = (issues: readonly Issue[]): readonly Fault[] =>
  issues.flatMap(faultsOfIssue);
