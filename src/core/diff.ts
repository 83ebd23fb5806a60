/** Desired against observed: what would have to change, and what is none of our business (I9). */
import { digestOf } from "./canonical.ts";
import type { Digest, Instant, ObjectId } from "./ids.ts";
import { type GoldenState, ruleFor } from "./golden.ts";
import { KINDS, kindOf } from "./kinds/registry.ts";
import type { Lineage } from "./observation.ts";
import type { Change, Kind, ObservedResource, Resource, Site } from "./resource.ts";

export interface NotOurs {
  readonly resource: ObservedResource;
  readonly class: "observed" | "ignored" | "system";
  readonly reason: string;
}

export interface Drift {
  /** What a plan would carry out. */
  readonly changes: readonly Change[];
  /** Differences of declared resources that must not be written: class observed, or not editable. */
  readonly reported: readonly { readonly change: Change; readonly reason: string }[];
  /** Live, declared nowhere, and policy says to leave them. */
  readonly unmanaged: readonly ObservedResource[];
  readonly notOurs: readonly NotOurs[];
  /** How many live resources are in our care, by kind: declared ones and undeclared ones that policy removes. */
  readonly managed: Readonly<Record<string, number>>;
}

export interface DiffInput {
  readonly golden: GoldenState;
  readonly observed: readonly ObservedResource[];
  /** Ids seen before, so that an edited record is told from a deleted one with a newcomer beside it. */
  readonly lineage: Lineage;
  readonly site: Site;
  readonly now: Instant;
}

/** Pure and deterministic: the order of the inputs does not matter. */
export function diff(input: DiffInput): Drift {
  const parts = [...KINDS.values()].map((kind) => diffKind(kind, input));
  return {
    changes: parts.flatMap((part) => part.changes),
    reported: parts.flatMap((part) => part.reported),
    unmanaged: parts.flatMap((part) => part.unmanaged),
    notOurs: parts.flatMap((part) => part.notOurs),
    managed: Object.fromEntries(parts.map((part) => [part.kind, part.managed])),
  };
}

/** What one change does, whatever plan it stands in: the same diff coming back has the same digest (I14). */
export function changeDigest(change: Change): Digest {
  switch (change.op) {
    case "create":
      return digestOf(["create", change.desired.kind, change.desired.identity]);
    case "delete":
      return digestOf(["delete", change.observed.kind, change.observed.identity]);
    case "update":
      return digestOf([
        "update",
        change.desired.kind,
        change.desired.identity,
        change.observed.identity,
        change.fields.map((field) => [
          field,
          change.observed.fields[field] ?? null,
          change.desired.fields[field] ?? null,
        ]),
      ]);
  }
}

export const subjectOf = (change: Change): Resource =>
  change.op === "delete" ? change.observed : change.desired;

interface Part {
  readonly kind: string;
  readonly changes: readonly Change[];
  readonly reported: Drift["reported"];
  readonly unmanaged: readonly ObservedResource[];
  readonly notOurs: readonly NotOurs[];
  readonly managed: number;
}

type Pair = readonly [Resource, ObservedResource];

function diffKind(kind: Kind, input: DiffInput): Part {
  const desired = input.golden.resources.filter((resource) => resource.kind === kind.name);
  const observed = input.observed.filter((resource) => resource.kind === kind.name);
  const exact = pairExact(kind, desired, observed);
  // What used to be a declared resource is still ours, whatever it has been turned into.
  const edited = pairEdited(exact.desired, exact.observed, input.lineage);
  // Declared beats every marker: whoever plants an ownership marker beside a declared record protects nothing.
  const foreign = kind.foreign(observed);
  const notOurs: NotOurs[] = [];
  const ours = edited.observed.filter((resource) => {
    const owner = ownerOf(resource, foreign, input);
    if (owner) notOurs.push({ resource, ...owner });
    return owner === null;
  });
  const removes = kind.removable && input.golden.unmanaged[kind.name] === "remove";
  // What was deleted is not what stands beside it: without `remove` a stranger stays as it is (I9).
  const deleted = removes ? [] : seenBefore(edited.desired, input.lineage);
  const rest = pairRest(
    edited.desired.filter((resource) => !deleted.includes(resource)),
    ours,
  );
  const pairs = [...exact.pairs, ...edited.pairs, ...rest.pairs];
  const changes: Change[] = [];
  const reported: { change: Change; reason: string }[] = [];
  const creates = [...rest.desired, ...deleted];
  const strangers = [...notOurs.map(({ resource }) => resource), ...(removes ? [] : rest.observed)];
  const obstacles = inTheWay(kind, { creates, strangers, site: input.site });
  for (const change of [...updates(kind, pairs), ...creates.map(create)]) {
    const reason = handsOff(change, input) ?? obstacles.get(subjectOf(change)) ?? null;
    if (reason === null) changes.push(change);
    else reported.push({ change, reason });
  }
  if (removes)
    changes.push(
      ...rest.observed.map((resource): Change => ({ op: "delete", observed: resource })),
    );
  return {
    kind: kind.name,
    changes: changes.toSorted(inHealingOrder),
    reported: reported.toSorted((a, b) => inHealingOrder(a.change, b.change)),
    unmanaged: removes || !kind.removable ? [] : rest.observed,
    notOurs,
    managed: pairs.length + (removes ? rest.observed.length : 0),
  };
}

/**
 * What cannot be created because something that policy leaves alone stands there (a CNAME where an A is declared). Held
 * one by one: a single stranger must not stop every other heal.
 */
function inTheWay(
  kind: Kind,
  {
    creates,
    strangers,
    site,
  }: {
    readonly creates: readonly Resource[];
    readonly strangers: readonly Resource[];
    readonly site: Site;
  },
): ReadonlyMap<Resource, string> {
  const all = [...creates, ...strangers];
  const clashes =
    creates.length > 0 && strangers.length > 0 ? (kind.contradictions?.(all, site) ?? []) : [];
  return new Map(
    clashes.flatMap(({ indices }): [Resource, string][] => {
      const [desired, stranger] = indices.toSorted((a, b) => a - b).map((index) => all[index]);
      const ours = desired && stranger && creates.includes(desired) && !creates.includes(stranger);
      return ours
        ? [[desired, `\`${stranger.identity}\` stands in its way and is not ours to remove`]]
        : [];
    }),
  );
}

/** Those that are known to have existed: no live object turned into something else, they are gone. */
function seenBefore(missing: readonly Resource[], lineage: Lineage): readonly Resource[] {
  if (missing.length === 0) return [];
  const known = new Set([...lineage.values()].map(({ kind, identity }) => `${kind} ${identity}`));
  return missing.filter(({ kind, identity }) => known.has(`${kind} ${identity}`));
}

const create = (resource: Resource): Change => ({ op: "create", desired: resource });

function updates(kind: Kind, pairs: readonly Pair[]): Change[] {
  return pairs.flatMap(([resource, live]) => {
    const fields = driftedFields(kind, resource, live);
    return fields.length === 0 ? [] : [{ op: "update", desired: resource, observed: live, fields }];
  });
}

/** The declared fields whose observed value differs, sorted. Undeclared fields are nobody's drift. */
export function driftedFields(kind: Kind, desired: Resource, observed: ObservedResource): string[] {
  return Object.entries(desired.fields)
    .filter(([field, value]) => !kind.same(field, value, observed.fields[field] ?? null))
    .map(([field]) => field)
    .toSorted();
}

/** Pairs by identity. Of several live twins (same value, another comment) the nearest one is taken, the rest are left over. */
function pairExact(
  kind: Kind,
  desired: readonly Resource[],
  observed: readonly ObservedResource[],
) {
  const twinsOf = Map.groupBy(observed, ({ identity }) => identity);
  const pairs: Pair[] = [];
  const missing: Resource[] = [];
  const taken = new Set<ObservedResource>();
  for (const resource of desired) {
    const twins = twinsOf.get(resource.identity) ?? [];
    const [nearest] =
      twins.length < 2
        ? twins
        : twins.toSorted(
            (a, b) =>
              driftedFields(kind, resource, a).length - driftedFields(kind, resource, b).length ||
              byId(a, b),
          );
    if (nearest) {
      pairs.push([resource, nearest]);
      taken.add(nearest);
    } else missing.push(resource);
  }
  return { pairs, desired: missing, observed: observed.filter((resource) => !taken.has(resource)) };
}

/** Pairs what lost its declared identity but is known, by the id it still has, to have had it. */
function pairEdited(
  desired: readonly Resource[],
  observed: readonly ObservedResource[],
  lineage: Lineage,
) {
  const missing = new Map(desired.map((resource) => [resource.identity, resource]));
  const pairs: Pair[] = [];
  const others: ObservedResource[] = [];
  for (const live of observed.toSorted(byId)) {
    const was = lineage.get(live.id);
    const resource = was && was.kind === live.kind ? missing.get(was.identity) : undefined;
    if (resource && resource.group === live.group) {
      pairs.push([resource, live]);
      missing.delete(resource.identity);
    } else others.push(live);
  }
  return { pairs, desired: [...missing.values()], observed: others };
}

/** Within a group whatever is left is turned into what is missing, in order: one write instead of two. */
function pairRest(desired: readonly Resource[], observed: readonly ObservedResource[]) {
  const groups = Map.groupBy(observed.toSorted(byId), ({ group }) => group);
  const pairs: Pair[] = [];
  const missing: Resource[] = [];
  for (const resource of desired.toSorted(byIdentity)) {
    const live = groups.get(resource.group)?.shift();
    if (live) pairs.push([resource, live]);
    else missing.push(resource);
  }
  return { pairs, desired: missing, observed: [...groups.values()].flat() };
}

function ownerOf(
  resource: ObservedResource,
  foreign: ReadonlyMap<ObjectId, string>,
  { golden, site, now }: DiffInput,
): Omit<NotOurs, "resource"> | null {
  if (resource.system !== null) return { class: "system", reason: resource.system };
  const rule = ruleFor(golden, resource, { site, now });
  if (rule) return { class: rule.class, reason: rule.reason };
  const owner = foreign.get(resource.id);
  return owner === undefined ? null : { class: "ignored", reason: owner };
}

/** Why a difference of a declared resource is reported instead of written, or null. */
function handsOff(change: Change, { golden, site, now }: DiffInput): string | null {
  if (change.op !== "create" && change.observed.system !== null) return change.observed.system;
  const rule = ruleFor(golden, subjectOf(change), { site, now });
  return rule ? rule.reason : null;
}

/** Deletes first, so that what takes their place does not collide with them; then updates; then creates. */
const HEALING_ORDER = { delete: 0, update: 1, create: 2 } as const;

function inHealingOrder(a: Change, b: Change): number {
  const [of, against] = [subjectOf(a), subjectOf(b)];
  return (
    HEALING_ORDER[a.op] - HEALING_ORDER[b.op] ||
    ordinal(of.identity, against.identity) ||
    ordinal(idOf(a), idOf(b))
  );
}

const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Twins share their identity. */
const idOf = (change: Change): string => (change.op === "create" ? "" : change.observed.id);

const byIdentity = (a: Resource, b: Resource): number => (a.identity < b.identity ? -1 : 1);
const byId = (a: ObservedResource, b: ObservedResource): number => (a.id < b.id ? -1 : 1);

/** The kind's own line for the resource that a change is about. */
export const describeChange = (change: Change): string =>
  `${change.op} ${kindOf(subjectOf(change).kind).describe(subjectOf(change))}`;
