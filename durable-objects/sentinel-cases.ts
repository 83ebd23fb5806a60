/** Which finding is which incident. Pure. */
import { digestOf } from "../src/core/canonical.ts";
import type { Diagnosis } from "../src/core/diagnosis/facts.ts";
import { incidentIdOf, type Instant, instantOf, type ScopeId } from "../src/core/ids.ts";
import type { Incident } from "../src/core/incident.ts";
import type { OpenCase } from "./sentinel-state.ts";

export const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

export const reasonOf = (cause: string): string => `incident: ${cause}`;

export const cveOf = ({ facts }: Pick<Incident, "facts">): string | null => {
  const cve = facts?.["cve"];
  return typeof cve === "string" ? cve : null;
};

/** What makes two findings one incident: the cause, and of a vulnerability that is tried, which. */
export const nameOf = (found: Pick<Incident, "cause" | "facts">): string =>
  `${found.cause} ${cveOf(found) ?? ""}`.trim();

export const isSame = (incident: Incident, diagnosis: Diagnosis): boolean =>
  nameOf(incident) === nameOf(diagnosis);

/** What only a person could answer gets an answer by itself at last. */
export const isAnswerTo = ({ remedy }: Diagnosis, { incident, guardrail }: OpenCase): boolean =>
  remedy.type === "guard" && guardrail === null && incident.facts?.["remedy"] === "person";

/** Open, or waiting for a person; what was found out stands in it. */
export function incidentOf(
  scope: ScopeId,
  { cause, facts, remedy }: Diagnosis,
  nowMs: number,
): Incident {
  const why = remedy.type === "guard" ? {} : { why: remedy.why };
  return {
    id: incidentIdOf(digestOf([scope, cause, nowMs])),
    scope,
    status: remedy.type === "person" ? "waiting" : "open",
    openedAt: instant(nowMs),
    closedAt: null,
    cause,
    drift: [],
    run: null,
    facts: { ...facts, remedy: remedy.type, ...why },
  };
}
