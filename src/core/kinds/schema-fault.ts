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
  const text = issue.message.replace(/^Invalid input: /, "");
  return [{ path, problem: text.charAt(0).toLowerCase() + text.slice(1) }];
}

/** What a schema refused, in the form of all other faults. */
export const schemaFaults = (issues: readonly Issue[]): readonly Fault[] =>
  issues.flatMap(faultsOfIssue);
