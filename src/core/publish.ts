/**
 * The way in and the way out: what is live in a site as a golden document, such that declaring it changes nothing, and
 * as resources of Terraform. What cannot be declared as it is, is left out and named, never bent.
 */
import type { Json, JsonObject } from "./canonical.ts";
import { driftedFields, resolved } from "./diff.ts";
import { type HclResource, isPrinted } from "./hcl.ts";
import type { ObjectId } from "./ids.ts";
import { whyLeftOut } from "./kinds/left-out.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Observation } from "./observation.ts";
import {
  type Fields,
  type Kind,
  type Live,
  type ObservedResource,
  scopeOf,
  type Site,
} from "./resource.ts";

/** Something of a kind that the API was asked about and did not tell: no bulk read, not in the plan. */
export interface Unasked {
  readonly kind: string;
  readonly group: string;
}

/** All that is live of the kinds that were read. */
export interface LiveSite {
  readonly site: Site;
  /** What was asked for; more may have been read, because these kinds name others. */
  readonly kinds: readonly string[];
  readonly observation: Observation;
  readonly unasked: readonly Unasked[];
}

/** A live object that is not published. `what` and `reason` may hold text from outside. */
export interface LeftOut {
  readonly what: string;
  readonly reason: string;
}

export interface PublishedKind {
  readonly kind: string;
  /** How many live resources are published. */
  readonly published: number;
  readonly leftOut: readonly LeftOut[];
  readonly unasked: readonly string[];
}

export interface Publication {
  readonly document: JsonObject;
  readonly kinds: readonly PublishedKind[];
}

/** A golden document for everything that was read. */
export function publish(live: LiveSite): Publication {
  const parts = live.kinds.map((name) => publishKind(kindOf(name), live));
  const declared = parts.filter(({ declaration }) => !isEmpty(declaration));
  // Where newcomers can come: as resources of their own, or as parts of one that is always there.
  const spoken = parts.filter(
    ({ kind, publishes }) => publishes && (kindOf(kind).removable || hasParts(kindOf(kind))),
  );
  const document = {
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: scopeOf(live.site) },
    spec: {
      // Spoken of, so that newcomers are seen; not removed, because nobody has said so yet.
      ...(spoken.length === 0
        ? {}
        : { unmanaged: Object.fromEntries(spoken.map(({ kind }) => [kind, "report"])) }),
      resources: Object.fromEntries(declared.map(({ kind, declaration }) => [kind, declaration])),
    },
  };
  const kinds = parts.map(({ kind, published, leftOut, unasked }) => ({
    kind,
    published,
    leftOut,
    unasked,
  }));
  return { document, kinds };
}

const hasParts = (kind: Kind): boolean => kind.parts !== undefined;

/** What is always there, made of parts, and has none. */
const isHollow = (kind: Kind, { fields }: ObservedResource): boolean =>
  !kind.removable && kind.parts?.(fields).length === 0;

const isEmpty = (declaration: Json): boolean =>
  declaration === null ||
  (typeof declaration === "object" && Object.keys(declaration).length === 0);

interface Part extends PublishedKind {
  readonly declaration: Json;
  /** Whether the kind can be published at all. */
  readonly publishes: boolean;
}

function publishKind(kind: Kind, from: LiveSite): Part {
  const live = liveOf(from);
  const { ours, leftOut } = sortOut(kind, from);
  const unasked = unaskedOf(kind, from);
  const base = { kind: kind.name, unasked, publishes: kind.publish !== undefined };
  if (kind.publish === undefined) {
    const rest = ours.map(because(kind, "this kind cannot be imported yet"));
    return { ...base, published: 0, leftOut: [...leftOut, ...rest], declaration: null };
  }
  const sound = withoutClashes(kind, ours, from.site);
  const kept = declarable(kind, sound.kept, live);
  const { published, missing } = partsOf(kind, kept.kept, live);
  return {
    ...base,
    published,
    leftOut: [...leftOut, ...sound.leftOut, ...kept.leftOut, ...missing],
    declaration: kind.publish(kept.kept, live),
  };
}

const liveOf = ({ site, observation }: LiveSite): Live => ({
  site,
  observed: observation.resources,
});

const unaskedOf = (kind: Kind, { unasked }: LiveSite): readonly string[] =>
  unasked.filter((one) => one.kind === kind.name).map(({ group }) => group);

const inOrder = (a: ObservedResource, b: ObservedResource): number =>
  a.identity === b.identity ? (a.id < b.id ? -1 : 1) : a.identity < b.identity ? -1 : 1;

const because =
  (kind: Kind, reason: string) =>
  (resource: ObservedResource): LeftOut => ({ what: kind.describe(resource), reason });

/** Apart from what the platform or another controller owns (I9). */
function sortOut(kind: Kind, { observation }: LiveSite) {
  const observed = observation.resources
    .filter((resource) => resource.kind === kind.name)
    .toSorted(inOrder);
  const foreign = kind.foreign(observed);
  const ownerOf = ({ system, id }: ObservedResource): string | null =>
    system ?? foreign.get(id) ?? null;
  return {
    ours: observed.filter((resource) => ownerOf(resource) === null),
    leftOut: observed.flatMap((resource) => {
      const reason = ownerOf(resource);
      return reason === null ? [] : [because(kind, reason)(resource)];
    }),
  };
}

interface Kept {
  readonly kept: readonly ObservedResource[];
  readonly leftOut: readonly LeftOut[];
}

/** Live objects may contradict each other where declared ones may not: of each pair the first is kept. */
function withoutClashes(kind: Kind, ours: readonly ObservedResource[], site: Site): Kept {
  const first = new Map<string, ObjectId>();
  for (const { identity, id } of ours) if (!first.has(identity)) first.set(identity, id);
  const single = ours.filter(({ identity, id }) => first.get(identity) === id);
  const dropped = new Map<ObservedResource, string>();
  for (const { indices, problem } of kind.contradictions?.(single, site) ?? []) {
    const [one, other] = indices.map((index) => single[index]);
    if (one && other && !dropped.has(one) && !dropped.has(other)) dropped.set(other, problem);
  }
  return {
    kept: single.filter((resource) => !dropped.has(resource)),
    leftOut: [
      ...ours
        .filter(({ identity, id }) => first.get(identity) !== id)
        .map(because(kind, "a twin of it is declared")),
      ...[...dropped].map(([resource, problem]) => because(kind, problem)(resource)),
    ],
  };
}

/** Each round takes something away; the second one is for what the first took away, more would be a fault of the kind. */
const ROUNDS_MAX = 4;

/** What comes back as it was when it is published and declared: that is the promise of an import. */
function declarable(kind: Kind, resources: readonly ObservedResource[], live: Live): Kept {
  let kept = resources;
  const leftOut: LeftOut[] = [];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const losses = lossesOf(kind, kept, live);
    if (losses.size === 0) return { kept, leftOut };
    leftOut.push(...[...losses].map(([resource, reason]) => because(kind, reason)(resource)));
    kept = kept.filter((resource) => !losses.has(resource));
  }
  return { kept: [], leftOut: [...leftOut, ...kept.map(because(kind, TOGETHER))] };
}

const TOGETHER = "it cannot be declared together with the others";

/** Those that would not come back from a declaration of all `resources`, with the reason. */
function lossesOf(
  kind: Kind,
  resources: readonly ObservedResource[],
  live: Live,
): ReadonlyMap<ObservedResource, string> {
  const found = resources.length === 0 ? [] : declaredAs(kind, resources, live);
  if (found !== null) return mismatches(kind, resources, found);
  const alone = unitsOf(kind, resources).flatMap((unit) =>
    declaredAs(kind, unit, live) === null
      ? refusedOf(kind, unit, live).map((one) => [one, "it cannot be declared as it is"] as const)
      : [],
  );
  return new Map(alone.length > 0 ? alone : resources.map((resource) => [resource, TOGETHER]));
}

/** Each resource with its parts: what is declared together. */
const unitsOf = (
  kind: Kind,
  resources: readonly ObservedResource[],
): readonly (readonly ObservedResource[])[] => [
  ...Map.groupBy(resources, (one) => kind.whole?.(one) ?? one.identity).values(),
];

/** Of a unit that is refused only its parts, where the rest can be declared without them. */
function refusedOf(
  kind: Kind,
  unit: readonly ObservedResource[],
  live: Live,
): readonly ObservedResource[] {
  const isPart = (one: ObservedResource): boolean => (kind.whole?.(one) ?? null) !== null;
  const rest = unit.filter((one) => !isPart(one));
  const stands = rest.length < unit.length && (declaredAs(kind, rest, live) ?? []).length > 0;
  return stands ? unit.filter(isPart) : unit;
}

/** What is counted one by one: the resources, or the parts that they are made of, of which single ones may be missing. */
function partsOf(kind: Kind, kept: readonly ObservedResource[], live: Live) {
  if (!hasParts(kind)) return { published: kept.length, missing: [] };
  const parts = (fields: Fields): readonly string[] => kind.parts?.(fields) ?? [];
  const declared = new Map(
    (kept.length === 0 ? [] : (declaredAs(kind, kept, live) ?? [])).map(
      ({ identity, fields }) => [identity, new Set(parts(fields))] as const,
    ),
  );
  const missing = kept.flatMap((resource) =>
    parts(resource.fields)
      .filter((part) => !declared.get(resource.identity)?.has(part))
      .map((part) => ({
        what: `\`${part}\` of ${kind.describe(resource)}`,
        reason: "it has no form that can be declared",
      })),
  );
  const all = kept.flatMap(({ fields }) => parts(fields));
  return { published: all.length - missing.length, missing };
}

/** What the published form of `resources` declares; null: it is refused. */
function declaredAs(kind: Kind, resources: readonly ObservedResource[], live: Live) {
  const declared = kind.declare(kind.publish?.(resources, live) ?? null, live.site);
  return declared.ok ? resolved(declared.value, live.observed) : null;
}

const undeclared = (kind: Kind): string =>
  kind.whole === undefined
    ? "its kind does not declare it"
    : "it can only be declared with what belongs to it";

function mismatches(
  kind: Kind,
  resources: readonly ObservedResource[],
  found: NonNullable<ReturnType<typeof declaredAs>>,
): ReadonlyMap<ObservedResource, string> {
  const byIdentity = new Map(found.map((resource) => [resource.identity, resource]));
  return new Map(
    resources.flatMap((resource): [ObservedResource, string][] => {
      const desired = byIdentity.get(resource.identity);
      if (desired === undefined) return [[resource, whyLeftOut(resource) ?? undeclared(kind)]];
      const fields = driftedFields(kind, desired, resource);
      if (fields.length === 0) return [];
      return [[resource, `\`${fields.join("`, `")}\` cannot be declared as it is`]];
    }),
  );
}

const NO_FORM = "it has no form in Terraform here";

export interface TerraformExport {
  readonly resources: readonly HclResource[];
  readonly kinds: readonly PublishedKind[];
}

/** Everything of ours that was read, as Terraform resources. */
export function terraformOf(from: LiveSite): TerraformExport {
  const live = liveOf(from);
  const parts = from.kinds.map((name) => {
    const kind = kindOf(name);
    const { ours, leftOut } = sortOut(kind, from);
    const forms = ours.map((resource) => ({ resource, hcl: kind.hcl?.(resource, live) ?? null }));
    const resources = forms.flatMap(({ hcl }) => (isPrinted(hcl) ? [hcl] : []));
    const printed = new Set(
      forms.flatMap(({ hcl, resource }) => (isPrinted(hcl) ? [resource.identity] : [])),
    );
    // A part that has no resource of its own stands in that of its whole.
    const isSaid = (one: ObservedResource): boolean =>
      isHollow(kind, one) || printed.has(kind.whole?.(one) ?? "");
    const rest = forms
      .filter(({ hcl, resource }) => !isPrinted(hcl) && !isSaid(resource))
      .map(({ hcl, resource }) => {
        const why = isPrinted(hcl) ? undefined : hcl?.unprinted;
        return because(kind, why ?? whyLeftOut(resource) ?? NO_FORM)(resource);
      });
    const published = resources.length;
    const unasked = unaskedOf(kind, from);
    return { resources, kind: name, published, leftOut: [...leftOut, ...rest], unasked };
  });
  return {
    resources: parts.flatMap(({ resources }) => resources),
    kinds: parts.map(({ kind, published, leftOut, unasked }) => ({
      kind,
      published,
      leftOut,
      unasked,
    })),
  };
}
