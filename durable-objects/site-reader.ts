/** The state of a site, at whichever provider: all of it, or just what a plan touches. */
import type { Json } from "../src/core/canonical.ts";
import type { GoldenState } from "../src/core/golden.ts";
import type { Instant, ObjectId } from "../src/core/ids.ts";
import { kindOf } from "../src/core/kinds/registry.ts";
import { observe, type Observation, type Reading, type Unknown } from "../src/core/observation.ts";
import type { Step } from "../src/core/plan.ts";
import type { LiveSite, Unasked } from "../src/core/publish.ts";
import type { ObservedResource, Site } from "../src/core/resource.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import type { ReadContext, Reader, WholeReading } from "../src/core/reader.ts";
import { READERS } from "./providers.ts";

export interface SiteReading {
  readonly readings: readonly Reading[];
  readonly observation: Observation;
}

export async function readSite(
  context: ReadContext,
  golden: GoldenState,
  now: Instant,
): Promise<Result<SiteReading, Unknown>> {
  const shared = sharingLists(context);
  const checked = READERS.filter(({ kind }) => isChecked(kind, context.site, golden));
  const results = await Promise.all(checked.map((reader) => reader.readAll(shared, golden)));
  const readings: Reading[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    readings.push(result.value);
  }
  const observation = observe(readings, context.site, now);
  return observation.ok ? ok({ readings, observation: observation.value }) : observation;
}

/** One look: what several readers need is asked for once. */
const sharingLists = (context: ReadContext): ReadContext => ({ ...context, lists: new Map() });

/**
 * Only kinds that the golden state speaks of are read: by declaring some of it, or by saying what happens to what is
 * declared nowhere. All others are "not checked".
 */
const isChecked = (kind: string, { level }: Site, golden: GoldenState): boolean =>
  kindOf(kind).level === level &&
  (isSpokenOf(kind, golden) ||
    READERS.some(
      (other) => kindOf(other.kind).reads?.includes(kind) && isSpokenOf(other.kind, golden),
    ));

const isSpokenOf = (kind: string, golden: GoldenState): boolean =>
  golden.unmanaged[kind] !== undefined ||
  golden.resources.some((resource) => resource.kind === kind);

export interface Asked {
  readonly golden: GoldenState;
  /** Null: every kind that the site can have. */
  readonly kinds: readonly string[] | null;
  readonly now: Instant;
}

/** Everything that exists, declared or not; with the kinds that were asked for, those that their values name. */
export async function readWhole(
  context: ReadContext,
  { golden, kinds, now }: Asked,
): Promise<Result<LiveSite, Unknown>> {
  const { site } = context;
  const shared = sharingLists(context);
  const possible = READERS.filter(({ kind }) => kindOf(kind).level === site.level);
  const asked = possible.filter(({ kind }) => kinds === null || kinds.includes(kind));
  const named = new Set(asked.flatMap(({ kind }) => [kind, ...(kindOf(kind).reads ?? [])]));
  const unmanaged = Object.fromEntries([...named].map((kind) => [kind, "report" as const]));
  const wide = { ...golden, unmanaged: { ...unmanaged, ...golden.unmanaged } };
  const readings: Reading[] = [];
  const unasked: Unasked[] = [];
  // One kind after the other: nobody's heal depends on it, and six connections are all there are.
  for (const reader of possible.filter(({ kind }) => named.has(kind))) {
    const whole = await readOne(reader, shared, wide);
    if (!whole.ok) return whole;
    readings.push(whole.value.reading);
    unasked.push(...whole.value.unasked.map((group) => ({ kind: reader.kind, group })));
  }
  const observation = observe(readings, site, now);
  if (!observation.ok) return observation;
  const answered = asked.map(({ kind }) => kind);
  return ok({ site, kinds: answered, observation: observation.value, unasked });
}

async function readOne(
  reader: Reader,
  context: ReadContext,
  golden: GoldenState,
): Promise<Result<WholeReading, Unknown>> {
  if (reader.readWhole) return reader.readWhole(context, golden);
  const reading = await reader.readAll(context, golden);
  return reading.ok ? ok({ reading: reading.value, unasked: [] }) : reading;
}

/** What exists of the resources that `steps` are about, perhaps with others beside them. */
export async function readTouched(
  context: ReadContext,
  steps: readonly Step[],
): Promise<Result<readonly ObservedResource[], Unknown>> {
  const byKind = Map.groupBy(steps, ({ kind }) => kind);
  const results = await Promise.all(
    READERS.filter(({ kind }) => byKind.has(kind)).map(async (reader) => {
      const subjects = (byKind.get(reader.kind) ?? []).map(({ before, after, group }) => ({
        id: before?.id ?? after?.id ?? null,
        group,
      }));
      const objects = await reader.readSome(context, subjects);
      return objects.ok ? normalise(reader.kind, objects.value, context.site) : objects;
    }),
  );
  const observed: ObservedResource[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    observed.push(...result.value);
  }
  return ok(observed);
}

function normalise(
  name: string,
  objects: readonly Json[],
  site: Site,
): Result<readonly ObservedResource[], Unknown> {
  const observed: ObservedResource[] = [];
  for (const object of objects) {
    const resource = kindOf(name).observe(object, site);
    if (!resource.ok)
      return err({ reason: "malformed", detail: `${name}: ${resource.error}`, retryAfterMs: null });
    observed.push(resource.value);
  }
  return ok(observed);
}

/**
 * Asks for objects one by one that a list no longer shows. True: the API says of every one that it is gone, so the list
 * may be believed (I8).
 */
export async function allGone(
  context: ReadContext,
  suspects: readonly { readonly kind: string; readonly id: ObjectId }[],
): Promise<Result<boolean, Unknown>> {
  for (const { kind, id } of suspects) {
    const reader = READERS.find((one) => one.kind === kind);
    const objects = await reader?.readSome(context, [{ id, group: "" }]);
    if (!objects?.ok)
      return (
        objects ?? err({ reason: "malformed", detail: `${kind}: no reader`, retryAfterMs: null })
      );
    const found = normalise(kind, objects.value, context.site);
    if (!found.ok) return found;
    if (found.value.some((object) => object.id === id)) return ok(false);
  }
  return ok(true);
}
