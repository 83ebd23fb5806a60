/**
 * Holds: detection goes on, writing does not. What a hold covers is held until a person ends it: an expired one asks
 * "revert or adopt?" and holds on, because nobody was promised that writing begins by itself. Pure.
 */
import { digestOf } from "./canonical.ts";
import { type Match, matches, unmatchable } from "./golden.ts";
import { type HoldId, holdIdOf, type IncidentId, type Instant, type ScopeId } from "./ids.ts";
import { kindOf } from "./kinds/registry.ts";
import { subjectKey } from "./recurrence.ts";
import type { Change, Fault, Fields, Resource, Site } from "./resource.ts";

export interface Hold {
  readonly id: HoldId;
  readonly scope: ScopeId;
  /** Null: the whole scope. */
  readonly selector: Match | null;
  readonly reason: string;
  readonly by: string;
  readonly placedAt: Instant;
  readonly expiresAt: Instant;
}

/** Nothing is held for ever by accident: whoever wants more extends it, and is seen to. */
export const HOLD_MAX_MS = 30 * 24 * 60 * 60_000;
/** In one scope at a time. Each is tried on each change (I12). */
export const HOLDS_MAX = 100;
export const HOLD_REASON_MAX = 500;

export interface HoldRequest {
  readonly selector: Match | null;
  readonly reason: string;
  readonly by: string;
  readonly expiresAt: Instant;
}

/** Named by what was asked for: the same request again is the same hold. */
export const holdOf = (scope: ScopeId, request: HoldRequest, placedAt: Instant): Hold => ({
  id: holdIdOf(digestOf([scope, request])),
  scope,
  ...request,
  placedAt,
});

/** What is wrong with a request; `latest` is as far ahead as a hold may reach. */
export function holdFaults(
  { selector, expiresAt }: Pick<HoldRequest, "selector" | "expiresAt">,
  { site, now, latest }: { readonly site: Site; readonly now: Instant; readonly latest: Instant },
): readonly Fault[] {
  const elsewhere = selector !== null && kindOf(selector.kind).level !== site.level;
  return [
    ...(elsewhere
      ? [
          {
            path: ["selector", "kind"],
            problem: `belongs to the ${kindOf(selector.kind).level}, hold it in its scope`,
          },
        ]
      : []),
    ...(selector === null ? [] : unmatchable(selector)).map(({ path, problem }) => ({
      path: ["selector", ...path],
      problem,
    })),
    ...(expiresAt <= now ? [{ path: ["expires_at"], problem: "is in the past" }] : []),
    ...(expiresAt > latest
      ? [{ path: ["expires_at"], problem: "is more than 30 days ahead" }]
      : []),
  ];
}

/** At the very instant it is over, as with every other expiry here. */
export const isExpired = ({ expiresAt }: Hold, now: Instant): boolean => expiresAt <= now;

/** The next instant at which a hold begins to ask; null: none will. */
export const nextExpiry = (holds: readonly Hold[], now: Instant): Instant | null =>
  holds
    .filter((hold) => !isExpired(hold, now))
    .map(({ expiresAt }) => expiresAt)
    .toSorted()[0] ?? null;

/** Whether any of `resources` is covered, whatever the time: an expired hold holds until somebody decides. */
export const covers = (
  hold: Pick<Hold, "selector">,
  resources: readonly Resource[],
  site: Site,
): boolean => {
  const { selector } = hold;
  return selector === null || resources.some((resource) => matches(selector, resource, site));
};

/** What a change is about, before and after: a hold that fits either holds it. */
export const sidesOf = (change: Change): readonly Resource[] => {
  switch (change.op) {
    case "create":
      return [change.desired];
    case "update":
      return [change.desired, change.observed];
    case "delete":
      return [change.observed];
  }
};

/** The same of a step of a plan. */
export const imagesOf = ({
  kind,
  group,
  identity,
  before,
  after,
}: Pick<Resource, "kind" | "group" | "identity"> & {
  readonly before: { readonly fields: Fields } | null;
  readonly after: { readonly fields: Fields } | null;
}): readonly Resource[] =>
  [before, after].flatMap((image) =>
    image === null ? [] : [{ kind, group, identity, fields: image.fields }],
  );

/** Why a change is kept back, and whether a person is asked about it. */
export interface Keeper {
  readonly by:
    | { readonly type: "hold"; readonly id: HoldId }
    | { readonly type: "incident"; readonly id: IncidentId; readonly cause: string }
    | { readonly type: "routing"; readonly action: "adopt" | "hold"; readonly who: string };
  readonly reason: string;
  readonly asks: boolean;
}

export interface HeldBack extends Keeper {
  readonly change: Change;
}

/** The hold that keeps `change` back, one in force before one that has expired; null: none does. */
export function keptByHold(
  change: Change,
  holds: readonly Hold[],
  { site, now }: { readonly site: Site; readonly now: Instant },
): Keeper | null {
  const covering = holds.filter((hold) => covers(hold, sidesOf(change), site));
  const hold = covering.find((one) => !isExpired(one, now)) ?? covering[0];
  return hold
    ? { by: { type: "hold", id: hold.id }, reason: hold.reason, asks: isExpired(hold, now) }
    : null;
}

/** Expired holds that cover no drift any more: there is nothing left to ask about. */
export const spentHolds = (
  holds: readonly Hold[],
  changes: readonly Change[],
  { site, now }: { readonly site: Site; readonly now: Instant },
): readonly Hold[] =>
  holds.filter(
    (hold) =>
      isExpired(hold, now) && !changes.some((change) => covers(hold, sidesOf(change), site)),
  );

export interface Partition {
  readonly free: readonly Change[];
  readonly held: readonly HeldBack[];
}

/**
 * Every change is either free or held. What shares its subject with a held change, or could not stand beside what a held
 * change leaves there, is held with it: half of it would be refused, and everything else in the plan with it.
 */
export function partition(
  changes: readonly Change[],
  keeperOf: (change: Change) => Keeper | null,
  site: Site,
): Partition {
  let free: Change[] = [];
  const held: HeldBack[] = [];
  for (const change of changes) {
    const keeper = keeperOf(change);
    if (keeper === null) free.push(change);
    else held.push({ ...keeper, change });
  }
  // Each round holds at least one more, so it ends.
  for (;;) {
    const causes = dependents(free, held, site);
    if (causes.size === 0) return { free, held };
    held.push(...[...causes].map(([change, cause]) => ({ ...cause, change })));
    free = free.filter((change) => !causes.has(change));
  }
}

/** Free changes that cannot go without a held one, and which. */
function dependents(
  free: readonly Change[],
  held: readonly HeldBack[],
  site: Site,
): ReadonlyMap<Change, HeldBack> {
  if (held.length === 0) return new Map();
  const byKey = new Map(held.map((one) => [subjectKey(one.change), one]));
  const twins = free.flatMap((change): [Change, HeldBack][] => {
    const cause = byKey.get(subjectKey(change));
    return cause ? [[change, cause]] : [];
  });
  return new Map([...obstructed(free, held, site), ...twins]);
}

/** Free changes that would put something where a held change leaves what it cannot stand beside. */
function obstructed(
  free: readonly Change[],
  held: readonly HeldBack[],
  site: Site,
): readonly [Change, HeldBack][] {
  const placed = new Map(
    free.flatMap((change): [Resource, Change][] =>
      change.op === "delete" ? [] : [[change.desired, change]],
    ),
  );
  const left = new Map(
    held.flatMap((one): [Resource, HeldBack][] =>
      one.change.op === "create" ? [] : [[one.change.observed, one]],
    ),
  );
  const kinds = new Set([...left.keys()].map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const all = [...placed.keys(), ...left.keys()].filter((resource) => resource.kind === kind);
    const clashes = kindOf(kind).contradictions?.(all, site) ?? [];
    return clashes.flatMap(({ indices }): [Change, HeldBack][] => {
      const pair = indices.flatMap((index) => all[index] ?? []);
      const change = pair.flatMap((one) => placed.get(one) ?? [])[0];
      const cause = pair.flatMap((one) => left.get(one) ?? [])[0];
      return change && cause ? [[change, cause]] : [];
    });
  });
}
