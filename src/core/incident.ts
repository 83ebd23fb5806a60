/** An incident: correlated signals about one scope, what was found, and what came of it. */
import { digestOf, type JsonObject } from "./canonical.ts";
import { changeDigest } from "./diff.ts";
import { type IncidentId, incidentIdOf, type Instant, type RunId, type ScopeId } from "./ids.ts";
import type { Keeper } from "./hold.ts";
import type { Change } from "./resource.ts";

export type IncidentStatus =
  | "open"
  | "healing"
  | "waiting"
  | "held"
  | "resolved"
  | "superseded"
  | "failed";

/** Who made a change, as far as Cloudflare's audit log tells. */
export interface Attribution {
  readonly actor: string;
  /** `dash`, `api_token`, … as the audit log names it. */
  readonly channel: string;
  readonly tokenName: string | null;
  readonly at: Instant;
  readonly auditId: string;
}

export interface DriftedResource {
  readonly kind: string;
  readonly identity: string;
  readonly summary: string;
  readonly fields: readonly {
    readonly field: string;
    readonly desired: unknown;
    readonly observed: unknown;
  }[];
  /** Null: the audit log does not say (yet). Never a guess. */
  readonly by: Attribution | null;
}

export interface Incident {
  readonly id: IncidentId;
  readonly scope: ScopeId;
  readonly status: IncidentStatus;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  readonly cause: string;
  readonly drift: readonly DriftedResource[];
  readonly run: RunId | null;
  /** Of another cause than drift: what was found out, in numbers and names of ours. */
  readonly facts?: JsonObject;
}

/** The same drift found by ten triggers is one incident; the epoch tells a return from the first time. */
export const incidentId = (scope: ScopeId, epoch: number, changes: readonly Change[]): IncidentId =>
  incidentIdOf(digestOf([scope, epoch, changes.map(changeDigest).toSorted()]));

/** An incident of another cause than drift, as long as it lasts. */
export interface OpenIncident {
  readonly id: IncidentId;
  readonly cause: string;
  readonly openedAtMs: number;
}

/** After that somebody has to say whether what was changed meanwhile stays. */
const INCIDENT_ASKS_MS = 60 * 60_000;
/** An incident that nobody closed does not keep drift for ever. */
export const INCIDENT_MAX_MS = 24 * 60 * 60_000;

/**
 * While something else is wrong with the scope, drift is left alone: it may be somebody's answer to it, and reverting it
 * would fight them. Null: nothing is open.
 */
export function keptByIncident(open: readonly OpenIncident[], nowMs: number): Keeper | null {
  const [first] = open
    .filter(({ openedAtMs }) => nowMs - openedAtMs < INCIDENT_MAX_MS)
    .toSorted((a, b) => a.openedAtMs - b.openedAtMs);
  return first
    ? {
        by: { type: "incident", id: first.id, cause: first.cause },
        reason: `an incident is open (${first.cause}): drift is not reverted meanwhile`,
        asks: nowMs - first.openedAtMs >= INCIDENT_ASKS_MS,
      }
    : null;
}
