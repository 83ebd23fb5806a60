/** An incident: correlated signals about one scope, what was found, and what came of it. */
import { digestOf } from "./canonical.ts";
import { changeDigest } from "./diff.ts";
import { type IncidentId, incidentIdOf, type Instant, type RunId, type ScopeId } from "./ids.ts";
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
}

/** The same drift found by ten triggers is one incident; the epoch tells a return from the first time. */
export const incidentId = (scope: ScopeId, epoch: number, changes: readonly Change[]): IncidentId =>
  incidentIdOf(digestOf([scope, epoch, changes.map(changeDigest).toSorted()]));
