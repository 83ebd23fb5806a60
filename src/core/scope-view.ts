/** What can be said about a scope right now: the answer to "is it drifted, why, since when, by whom". */
import { type Drift, subjectOf } from "./diff.ts";
import type { DriftedResource } from "./incident.ts";
import type { Instant, RunId, ScopeId } from "./ids.ts";
import type { Unknown } from "./observation.ts";
import type { Change } from "./resource.ts";

export type DriftStatus = "in_sync" | "drifted" | "unknown" | "held";

export interface Listed {
  readonly kind: string;
  readonly identity: string;
  readonly reason: string;
}

export interface ScopeView {
  readonly scope: ScopeId;
  readonly zoneName: string;
  readonly generation: number;
  readonly status: DriftStatus;
  /** When the status became what it is. */
  readonly since: Instant;
  /** When the zone was last read whole; null: never. */
  readonly observedAt: Instant | null;
  /** One sentence, without text from outside. */
  readonly why: string;
  readonly drift: readonly DriftedResource[];
  /** Drift that came straight back and is not written again (I14). */
  readonly quarantined: readonly Listed[];
  /** Declared, different, and not ours to write (class observed, not editable). */
  readonly reported: readonly Listed[];
  /** Live and declared nowhere. */
  readonly unmanaged: readonly Listed[];
  /** Left alone, with the reason: ignored by rule or marker, or the platform's own. */
  readonly notOurs: readonly (Listed & { readonly class: string })[];
  /** How many live resources are in our care, by kind. */
  readonly managed: Readonly<Record<string, number>>;
  /** Kinds that the golden state does not speak of: nobody looked at them. */
  readonly notChecked: readonly string[];
  readonly run: RunId | null;
  readonly unknown: Unknown | null;
}

/** Lists longer than this are cut in the view; the dossier has all. */
const LISTED_MAX = 200;

const listed = (change: Change, reason: string): Listed => {
  const { kind, identity } = subjectOf(change);
  return { kind, identity, reason };
};

/** What a pass made of a whole reading. */
export interface Seen {
  readonly drift: Drift;
  readonly quarantined: readonly Change[];
  readonly notChecked: readonly string[];
}

/** The parts of the view that a whole reading of the zone settles. */
export function readingView(
  { drift, quarantined, notChecked }: Seen,
  observedAt: Instant,
): Pick<
  ScopeView,
  | "observedAt"
  | "quarantined"
  | "reported"
  | "unmanaged"
  | "notOurs"
  | "managed"
  | "notChecked"
  | "unknown"
> {
  return {
    observedAt,
    quarantined: quarantined
      .slice(0, LISTED_MAX)
      .map((change) => listed(change, "came straight back after a verified write")),
    reported: drift.reported
      .slice(0, LISTED_MAX)
      .map(({ change, reason }) => listed(change, reason)),
    unmanaged: drift.unmanaged
      .slice(0, LISTED_MAX)
      .map(({ kind, identity }) => ({ kind, identity, reason: "declared nowhere" })),
    notOurs: drift.notOurs
      .slice(0, LISTED_MAX)
      .map(({ resource: { kind, identity }, reason, class: of }) => ({
        kind,
        identity,
        reason,
        class: of,
      })),
    managed: drift.managed,
    notChecked,
    unknown: null,
  };
}

/** What is known before anything was read. */
export const unseen = (scope: ScopeId, zoneName: string, at: Instant): ScopeView => ({
  scope,
  zoneName,
  generation: 0,
  status: "unknown",
  since: at,
  observedAt: null,
  why: "no golden state has been declared",
  drift: [],
  quarantined: [],
  reported: [],
  unmanaged: [],
  notOurs: [],
  managed: {},
  notChecked: [],
  run: null,
  unknown: null,
});

/** `since` moves only when the status does. */
export const withStatus = (
  view: ScopeView,
  next: Partial<ScopeView> & Pick<ScopeView, "status">,
  at: Instant,
): ScopeView => ({ ...view, ...next, since: next.status === view.status ? view.since : at });
