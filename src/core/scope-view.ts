/** What can be said about a scope right now: the answer to "is it drifted, why, since when, by whom". */
import { type Drift, subjectOf } from "./diff.ts";
import type { OwnershipRule } from "./golden.ts";
import type { HeldBack } from "./hold.ts";
import type { DriftedResource } from "./incident.ts";
import type { HoldId, Instant, RunId, ScopeId } from "./ids.ts";
import type { Unknown } from "./observation.ts";
import type { Change } from "./resource.ts";

export type DriftStatus = "in_sync" | "drifted" | "unknown" | "held";

export interface Listed {
  readonly kind: string;
  readonly identity: string;
  readonly reason: string;
}

/** Drift that is detected and not written. */
export interface ListedHold extends Listed {
  /** Null: held by a routing rule of the golden state. */
  readonly hold: HoldId | null;
  /** Whether a person is asked to decide: revert or adopt. */
  readonly asks: boolean;
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
  /** Drift that a hold or a routing rule keeps from being written. */
  readonly held: readonly ListedHold[];
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
  /** What somebody should know although nothing is wrong. */
  readonly notes: readonly string[];
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
  readonly heldBack: readonly HeldBack[];
  readonly notChecked: readonly string[];
  /** Ownership rules that no longer hold. */
  readonly expired: readonly OwnershipRule[];
}

const listedHold = ({ change, reason, asks, by }: HeldBack): ListedHold => ({
  ...listed(change, reason),
  hold: by.type === "hold" ? by.id : null,
  asks,
});

const expiredNote = ({ class: of, kind, where, reason, expiresAt }: OwnershipRule): string => {
  const which = Object.entries(where).map(([name, glob]) => ` ${name}=${glob}`);
  const rule = of === "ignored" ? "ignore" : "observe";
  return `${rule} rule expired: ${kind}${which.join("")}, since ${expiresAt} (${reason})`;
};

/** The question that held drift puts, or why it is left alone, in one sentence. */
export function whyKept(heldBack: readonly HeldBack[]): string {
  if (heldBack.some(({ asks, by }) => asks && by.type === "hold"))
    return "hold expired: revert or adopt?";
  const routed = heldBack.find(({ by }) => by.type === "routing");
  const during = heldBack.find(({ by }) => by.type === "incident");
  const asked = heldBack.find(({ asks }) => asks) ?? routed ?? during;
  if (asked) return asked.reason;
  const count = heldBack.length;
  return `on hold: ${count} drifted ${count === 1 ? "resource is" : "resources are"} not written`;
}

/** The parts of the view that a whole reading of the zone settles. */
export function readingView(
  { drift, quarantined, heldBack, notChecked, expired }: Seen,
  observedAt: Instant,
): Pick<
  ScopeView,
  | "observedAt"
  | "quarantined"
  | "held"
  | "reported"
  | "unmanaged"
  | "notOurs"
  | "managed"
  | "notChecked"
  | "notes"
  | "unknown"
> {
  return {
    observedAt,
    quarantined: quarantined
      .slice(0, LISTED_MAX)
      .map((change) => listed(change, "came straight back after a verified write")),
    held: heldBack.slice(0, LISTED_MAX).map(listedHold),
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
    notes: expired.slice(0, LISTED_MAX).map(expiredNote),
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
  held: [],
  reported: [],
  unmanaged: [],
  notOurs: [],
  managed: {},
  notChecked: [],
  notes: [],
  run: null,
  unknown: null,
});

/** `since` moves only when the status does. */
export const withStatus = (
  view: ScopeView,
  next: Partial<ScopeView> & Pick<ScopeView, "status">,
  at: Instant,
): ScopeView => ({ ...view, ...next, since: next.status === view.status ? view.since : at });
