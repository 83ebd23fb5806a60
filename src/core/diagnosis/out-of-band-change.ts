import { describeChange, subjectOf } from "../diff.ts";
import type { Attribution, DriftedResource } from "../incident.ts";
import type { Instant } from "../ids.ts";
import type { Lineage } from "../observation.ts";
import type { Change } from "../resource.ts";

/** One entry of Cloudflare's audit log, reduced to what may decide anything: ids, enums and times (I5). */
export interface AuditEntry {
  readonly id: string;
  readonly at: Instant;
  readonly action: string;
  readonly resourceId: string;
  readonly actor: {
    readonly type: string;
    readonly email: string | null;
    readonly context: string;
    readonly tokenName: string | null;
  };
}

export interface Clues {
  readonly entries: readonly AuditEntry[];
  readonly lineage: Lineage;
  /** When we last wrote to a resource, by `kind identity`. */
  readonly healedAt: ReadonlyMap<string, Instant>;
}

/** Somebody changed the scope past the golden state. Names who, per resource, where the audit log knows it. */
export function outOfBandChange(
  changes: readonly Change[],
  { entries, lineage, healedAt }: Clues,
): readonly DriftedResource[] {
  const trail = trailOf(entries, lineage);
  return changes.map((change) => {
    const subject = subjectOf(change);
    const { author } = trail(change);
    // What was done before our own last write to it has been undone: it is not this drift, whose entry is yet to come.
    const before = healedAt.get(`${subject.kind} ${subject.identity}`);
    const isOld = author !== null && before !== undefined && author.at <= before;
    return {
      kind: subject.kind,
      identity: subject.identity,
      summary: summaryOf(change),
      fields: fieldsOf(change),
      by: attributionOf(isOld ? null : author),
    };
  });
}

/** What the audit log has about the object behind a change: the entry that explains it, and all of them. */
export type Trail = (change: Change) => {
  readonly author: AuditEntry | null;
  readonly touched: readonly AuditEntry[];
};

export function trailOf(entries: readonly AuditEntry[], lineage: Lineage): Trail {
  const inTime = entries.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const byId = Map.groupBy(inTime, ({ resourceId }) => resourceId);
  const lost = new Map([...lineage].map(([id, { kind, identity }]) => [`${kind} ${identity}`, id]));
  return (change) => {
    const { kind, identity } = subjectOf(change);
    const id =
      change.op === "create"
        ? lost.get(`${kind} ${identity}`)
        : (change.observed.auditId ?? change.observed.id);
    const touched = (id === undefined ? undefined : byId.get(id)) ?? [];
    // Whoever made or edited an object did not delete it: while the log has no deletion, nobody is named.
    const deletes = change.op === "create";
    const author = touched.findLast(({ action }) => (action === "delete") === deletes) ?? null;
    return { author, touched };
  };
}

/** In words of what happened outside, not of what we are going to do about it. */
function summaryOf(change: Change): string {
  const what = describeChange(change).slice(change.op.length + 1);
  return { create: `deleted: ${what}`, update: `changed: ${what}`, delete: `added: ${what}` }[
    change.op
  ];
}

function fieldsOf(change: Change): DriftedResource["fields"] {
  if (change.op !== "update") return [];
  return change.fields.map((field) => ({
    field,
    desired: change.desired.fields[field] ?? null,
    observed: change.observed.fields[field] ?? null,
  }));
}

function attributionOf(entry: AuditEntry | null): Attribution | null {
  if (!entry) return null;
  const { email, type, context, tokenName } = entry.actor;
  return {
    actor: email ?? tokenName ?? type,
    channel: context,
    tokenName,
    at: entry.at,
    auditId: entry.id,
  };
}
