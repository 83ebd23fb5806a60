/**
 * From raw answers to observed state, past a sanity gate. A read that failed, is partial or cannot be believed is
 * "unknown": nothing is concluded from it, least of all that something is missing (I8).
 */
import type { Json } from "./canonical.ts";
import { type Instant, isObjectId, type ObjectId } from "./ids.ts";
import { KINDS, kindOf } from "./kinds/registry.ts";
import type { ObservedResource, Site } from "./resource.ts";
import { err, ok, type Result } from "./result.ts";

/** Why nothing can be said about the scope. `detail` is for people and has no text from outside beyond ids and codes. */
export interface Unknown {
  readonly reason:
    | "unreachable"
    | "refused"
    | "rate_limited"
    | "partial_list"
    | "malformed"
    | "doubtful";
  readonly detail: string;
  /** How long the other side asked us to stay away, or null. */
  readonly retryAfterMs: number | null;
}

/** All objects of one kind as the API gave them, with the total that the API claims (null: it claims none). */
export interface Reading {
  readonly kind: string;
  readonly objects: readonly Json[];
  readonly claimedTotal: number | null;
}

export interface Observation {
  readonly observedAt: Instant;
  /** What was read at all. Of any other kind nothing is known. */
  readonly kinds: readonly string[];
  readonly resources: readonly ObservedResource[];
}

/** Objects that were there before, by the id Cloudflare gave them → their identity. */
export type Lineage = ReadonlyMap<ObjectId, { readonly kind: string; readonly identity: string }>;

export interface LineageEntry {
  readonly id: ObjectId;
  readonly kind: string;
  readonly identity: string;
}

const unknown = (reason: Unknown["reason"], detail: string): Unknown => ({
  reason,
  detail,
  retryAfterMs: null,
});

export function observe(
  readings: readonly Reading[],
  site: Site,
  observedAt: Instant,
): Result<Observation, Unknown> {
  const resources: ObservedResource[] = [];
  const seen = new Set<string>();
  for (const { kind: name, objects, claimedTotal } of readings) {
    if (claimedTotal !== null && claimedTotal !== objects.length) {
      return err(
        unknown("partial_list", `${name}: ${objects.length} of ${claimedTotal} objects were read`),
      );
    }
    const kind = KINDS.get(name);
    if (!kind) return err(unknown("malformed", "a reading of a kind that is not known"));
    for (const object of objects) {
      const resource = kind.observe(object, site);
      if (!resource.ok) return err(unknown("malformed", `${name}: ${resource.error}`));
      // The same object on two pages: the list moved while it was read, so another one may have been missed.
      if (seen.has(`${name} ${resource.value.id}`))
        return err(unknown("partial_list", `${name}: object \`${resource.value.id}\` came twice`));
      seen.add(`${name} ${resource.value.id}`);
      resources.push(resource.value);
    }
  }
  return ok({ observedAt, kinds: readings.map(({ kind }) => kind), resources });
}

/** More than this share gone at once is asked about again, one by one, before it is believed. */
const GONE_SHARE_DOUBTED = 0.3;
const GONE_COUNT_DOUBTED = 25;
/** Three independent answers: enough to expose a list that lies, few enough to cost nothing. */
const SAMPLE = 3;

/** `<id>.items`: asked for by itself, as far as it is declared. When it is declared no more, nothing was lost. */
function isPart(id: ObjectId, lineage: Lineage): boolean {
  const whole = id.replace(/\.\w+$/, "");
  return whole !== id && isObjectId(whole) && lineage.has(whole);
}

/**
 * A whole and well-formed list can still be a lie (a bad page, a token that lost its rights). When a kind shrank
 * sharply since the last observation, these are objects to ask for one by one: only if the API says of each that it
 * does not exist may the list be believed. Spread over the missing ones, so that a lost page is hit.
 */
export function doubted(
  lineage: Lineage,
  observation: Observation,
): readonly { readonly kind: string; readonly id: ObjectId }[] {
  const present = new Set(observation.resources.map(({ kind, id }) => `${kind} ${id}`));
  const known = new Map<string, { total: number; gone: ObjectId[] }>();
  for (const [id, { kind }] of lineage) {
    // Only a list that was read can have lost something; what is asked for one by one never shrinks by itself.
    if (!observation.kinds.includes(kind) || !kindOf(kind).removable) continue;
    if (isPart(id, lineage)) continue;
    const of = known.get(kind) ?? { total: 0, gone: [] };
    known.set(kind, of);
    of.total += 1;
    if (!present.has(`${kind} ${id}`)) of.gone.push(id);
  }
  return [...known].flatMap(([kind, { total, gone }]) => {
    if (gone.length <= total * GONE_SHARE_DOUBTED && gone.length <= GONE_COUNT_DOUBTED) return [];
    const stride = Math.max(1, Math.floor(gone.length / SAMPLE));
    return gone
      .filter((_, index) => index % stride === 0)
      .slice(0, SAMPLE)
      .map((id) => ({ kind, id }));
  });
}
