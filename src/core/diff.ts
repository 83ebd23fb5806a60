/** Desired against observed: what would have to change, and what is none of our business (I9). */
import { digestOf } from "./canonical.ts";
import type { Digest, Instant, ObjectId } from "./ids.ts";
import { type GoldenState, ruleFor } from "./golden.ts";
import { KINDS, kindOf } from "./kinds/registry.ts";
import type { Lineage } from "./observation.ts";
import type { Change, Fields, Kind, ObservedResource, Resource, Site } from "./resource.ts";

export interface NotOurs {
  readonly resource: ObservedResource;
  readonly class: "observed" | "ignored" | "system";
  readonly reason: string;
}

export interface Drift {
  /** What a plan would carry out. */
  readonly changes: readonly Change[];
  /** Differences that must not be written: of class observed, not editable, or a stranger that undoes what is declared. */
  readonly reported: readonly { readonly change: Change; readonly reason: string }[];
  /** Live, declared nowhere, and policy says to leave them. */
  readonly unmanaged: readonly ObservedResource[];
  readonly notOurs: readonly NotOurs[];
  /**
   * How many live resources are in our care, by kind: declared ones and undeclared ones that policy removes. A kind with
   * none is left out; of a list, its parts are counted.
   */
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
  const parts = inTurn([...KINDS.values()].map((kind) => diffKind(kind, input)));
  return {
    changes: parts.flatMap((part) => part.changes),
    reported: parts.flatMap((part) => part.reported),
    unmanaged: parts.flatMap((part) => part.unmanaged),
    notOurs: parts.flatMap((part) => part.notOurs),
    managed: Object.fromEntries(
      parts.flatMap(({ kind, managed }) => (managed === 0 ? [] : [[kind, managed]])),
    ),
  };
}

/** What needs something that is not going to be there yet is told, and follows when it is. */
function inTurn(parts: readonly Part[]): readonly Part[] {
  const missing = new Set(
    parts.flatMap(({ reported }) =>
      reported.flatMap(({ change }) => (change.op === "create" ? [thingOf(change.desired)] : [])),
    ),
  );
  if (missing.size === 0) return parts;
  return parts.map((part) => {
    const waits = part.changes.filter((change) => {
      const need = change.op === "create" ? kindOf(part.kind).needs?.(change.desired) : undefined;
      return need !== undefined && missing.has(thingOf(need));
    });
    if (waits.length === 0) return part;
    const reason = "what it needs is not there (yet)";
    return {
      ...part,
      changes: part.changes.filter((change) => !waits.includes(change)),
      reported: [...part.reported, ...waits.map((change) => ({ change, reason }))],
    };
  });
}

const thingOf = ({ kind, identity }: Pick<Resource, "kind" | "identity">): string =>
  `${kind} ${identity}`;

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
  const declared = input.golden.resources.filter((resource) => resource.kind === kind.name);
  const desired = resolved(declared, input.observed);
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
  // Nothing is created to say that there is nothing.
  const creates = [...rest.desired, ...deleted].filter(({ fields }) => !kind.isEmpty?.(fields));
  const strangers = [...notOurs.map(({ resource }) => resource), ...(removes ? [] : rest.observed)];
  const obstacles = inTheWay(kind, { creates, strangers, site: input.site });
  const deletes = removes ? rest.observed.map(remove) : [];
  const all = [...updates(kind, pairs), ...creates.map(create), ...deletes];
  for (const change of all) {
    const reason =
      handsOff(change, input) ?? obstacles.get(subjectOf(change)) ?? alone(change, all);
    if (reason === null) changes.push(change);
    else reported.push({ change, reason });
  }
  if (!removes) reported.push(...undoing(kind, { strangers: rest.observed, desired }));
  return {
    kind: kind.name,
    changes: changes.toSorted(inHealingOrder),
    reported: reported.toSorted((a, b) => inHealingOrder(a.change, b.change)),
    notOurs,
    ...careOf(kind, { pairs, strangers: rest.observed }, input.golden),
  };
}

/** Strangers that policy leaves alone and that undo what is declared: told as deletes that nobody carries out. */
function undoing(
  kind: Kind,
  {
    strangers,
    desired,
  }: { readonly strangers: readonly ObservedResource[]; readonly desired: readonly Resource[] },
): Drift["reported"] {
  const shadowing = kind.shadowing?.(strangers, desired) ?? [];
  return [...shadowing].map(([stranger, reason]) => ({ change: remove(stranger), reason }));
}

interface Sorted {
  readonly pairs: readonly Pair[];
  /** Live and declared nowhere. */
  readonly strangers: readonly ObservedResource[];
}

/** What is left alone because nobody declared it, and how much is in our care; of a list, its parts count. */
function careOf(
  kind: Kind,
  { pairs, strangers }: Sorted,
  { unmanaged }: GoldenState,
): Pick<Part, "unmanaged" | "managed"> {
  const policy = unmanaged[kind.name] === "remove";
  if (!kind.parts) {
    const removes = kind.removable && policy;
    return {
      unmanaged: removes || !kind.removable ? [] : strangers,
      managed: pairs.length + (removes ? strangers.length : 0),
    };
  }
  const among = pairs.map((pair) => partsOf(kind, pair));
  return {
    unmanaged: [
      ...(policy ? [] : among.flatMap(({ others }) => others)),
      // With nothing declared beside them there is no list that they could be missing in.
      ...strangers.flatMap((live) => partsOf(kind, [null, live]).others),
    ],
    managed: among.reduce((sum, { ours, others }) => sum + ours + (policy ? others.length : 0), 0),
  };
}

/** The live parts: how many are declared, and the others as resources of their own. */
function partsOf(kind: Kind, [desired, live]: readonly [Resource | null, ObservedResource]) {
  const declared = new Set(kind.parts?.(desired?.fields ?? {}));
  const parts = kind.parts?.(live.fields) ?? [];
  const others = parts
    .filter((part) => !declared.has(part))
    .map((part) => ({ ...live, identity: `${live.identity} ${part}`, fields: {} }));
  return { ours: parts.length - others.length, others };
}

/** Fields before and after a change; null: there is nothing. */
interface Images {
  readonly before: Fields | null;
  readonly after: Fields | null;
}

/** How many things are there before and no longer after: the resource itself, or parts of it. */
export function removals(kind: Kind, { before, after }: Images): number {
  if (before === null) return 0;
  if (after === null) return 1;
  const left = new Set(kind.parts?.(after));
  return (kind.parts?.(before) ?? []).filter((part) => !left.has(part)).length;
}

/** Whether a change takes anything away. */
export const takesAway = (change: Change): boolean => {
  const kind = kindOf(subjectOf(change).kind);
  const before = change.op === "create" ? null : change.observed.fields;
  return removals(kind, { before, after: kind.predict(change) }) > 0;
};

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
const remove = (observed: ObservedResource): Change => ({ op: "delete", observed });

/** The declared resources with what their values name looked up among everything observed. */
export const resolved = (
  declared: readonly Resource[],
  observed: readonly ObservedResource[],
): readonly Resource[] => {
  const looked = declared.map(
    (resource) => kindOf(resource.kind).resolve?.(resource, observed) ?? resource,
  );
  return [...Map.groupBy(looked, ({ kind }) => kind)].flatMap(
    ([name, desired]) =>
      kindOf(name).align?.(
        desired,
        observed.filter(({ kind }) => kind === name),
      ) ?? desired,
  );
};

/** A part goes with its whole and comes with it: what it is part of is left alone, and so is the part (I9). */
export function alone(change: Change, all: readonly Change[]): string | null {
  if (change.op === "update") return null;
  const whole = kindOf(subjectOf(change).kind).whole?.(subjectOf(change)) ?? null;
  return whole === null ||
    all.some((one) => one.op === change.op && subjectOf(one).identity === whole)
    ? null
    : `\`${whole}\`, which it is part of, stays as it is`;
}

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
    if (resource && (resource.group === live.group || kindOf(live.kind).renames)) {
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
  return rule ? rule.reason : (kindOf(subjectOf(change).kind).handsOff?.(change) ?? null);
}

/** Deletes first, so that what takes their place does not collide with them; then updates; then creates. */
const HEALING_ORDER = { delete: 0, update: 1, create: 2 } as const;

function inHealingOrder(a: Change, b: Change): number {
  const [of, against] = [subjectOf(a), subjectOf(b)];
  return (
    HEALING_ORDER[a.op] - HEALING_ORDER[b.op] ||
    (isPart(of) - isPart(against)) * (a.op === "delete" ? -1 : 1) ||
    ordinal(nameOf(a), nameOf(b)) ||
    ordinal(idOf(a), idOf(b))
  );
}

const isPart = (resource: Resource): number =>
  (kindOf(resource.kind).whole?.(resource) ?? null) === null ? 0 : 1;
const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** What goes was declared by nobody: whoever named it must not have a say in the order (I5). */
const nameOf = (change: Change): string => (change.op === "delete" ? "" : change.desired.identity);
/** Twins share their identity. */
const idOf = (change: Change): string => (change.op === "create" ? "" : change.observed.id);

const byIdentity = (a: Resource, b: Resource): number => (a.identity < b.identity ? -1 : 1);
const byId = (a: ObservedResource, b: ObservedResource): number => (a.id < b.id ? -1 : 1);

/** The kind's own line for the resource that a change is about. */
export const describeChange = (change: Change): string =>
  `${change.op} ${kindOf(subjectOf(change).kind).describe(subjectOf(change))}`;
