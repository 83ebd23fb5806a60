/** The record's entries about an incident of another cause than drift: what was heard, what was found out, what is done. */
import type { JsonObject } from "../canonical.ts";
import type { Diagnosis } from "../diagnosis/facts.ts";
import type { Incident } from "../incident.ts";
import type { Instant } from "../ids.ts";
import type { Hint } from "../intake/hint.ts";
import type { Entry } from "./entry.ts";

const ACTOR = "sentinel";

/** One entry however many said it: the topics, not the messages. */
export const heardEntry = (
  scope: Incident["scope"],
  {
    at,
    hints,
    count,
  }: { readonly at: Instant; readonly hints: readonly Hint[]; readonly count: number },
): Entry => ({
  id: `${scope}/signal/heard/${at}`,
  type: "signal",
  scope,
  at,
  actor: ACTOR,
  data: {
    sources: [...new Set(hints.map(({ source }) => source))].toSorted(),
    topics: [...new Set(hints.map(({ topic }) => topic))].toSorted(),
    count,
  },
});

/** Also when nothing is done: why is the diagnosis. */
export const diagnosedEntry = (
  scope: Incident["scope"],
  {
    at,
    diagnosis,
    incident,
  }: {
    readonly at: Instant;
    readonly diagnosis: Diagnosis;
    readonly incident: Incident["id"] | null;
  },
): Entry => ({
  id: `${scope}/diagnosis/sentinel/${at}`,
  type: "diagnosis",
  scope,
  at,
  actor: ACTOR,
  data: {
    incident,
    cause: diagnosis.cause,
    facts: { ...diagnosis.facts },
    remedy: remedyOf(diagnosis),
  },
});

const remedyOf = ({ remedy }: Diagnosis): JsonObject =>
  remedy.type === "guard"
    ? { type: "guard", template: remedy.template, mode: remedy.mode }
    : { type: remedy.type, why: remedy.why };

export const incidentEntry = (incident: Incident, at: Instant): Entry => ({
  id: `${incident.scope}/incident/${incident.id}/${incident.status}`,
  type: "incident",
  scope: incident.scope,
  at,
  actor: ACTOR,
  data: { incident: incident.id, cause: incident.cause, status: incident.status },
});
