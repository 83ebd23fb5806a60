/** The way out for kinds whose resources stand in a list and are declared by single fields. */
import { type Json, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import type { Fields, Live, ObservedResource } from "../resource.ts";

/** Those of `members` that say something, in this order. */
const saying = (fields: Fields, members: readonly string[]): JsonObject =>
  Object.fromEntries(
    members.flatMap((member) => {
      const value = fields[member] ?? null;
      return value === null || value === "" ? [] : [[member, value]];
    }),
  );

/** The `publish` of such a kind. */
export const publishEach =
  (...members: readonly string[]) =>
  (observed: readonly ObservedResource[]): Json =>
    observed
      .toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
      .map(({ fields }) => saying(fields, members));

/** The `hcl` of such a kind: `type` has the same members, and is imported by the site's id and its own. */
export const hclOf =
  (type: string, ...members: readonly string[]) =>
  ({ identity, fields, id }: ObservedResource, { site }: Live): HclResource => ({
    type,
    name: identity,
    attributes: { [`${site.level}_id`]: site.id, ...saying(fields, members) },
    importId: `${site.id}/${id}`,
  });

/** `hcl`, unless `member` has a value that the provider does not know: printed without it, it would mean another place. */
export const hclWithin =
  <T extends HclResource | null>(
    hcl: (observed: ObservedResource, live: Live) => T,
    member: string,
    known: ReadonlySet<Json>,
  ) =>
  (observed: ObservedResource, live: Live): T | Unprinted => {
    const value = observed.fields[member] ?? "";
    return known.has(value)
      ? hcl(observed, live)
      : { unprinted: `the provider does not know \`${member}: ${textOf(value)}\`` };
  };
