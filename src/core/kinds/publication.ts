/** The way out for kinds whose resources stand in a list and are declared by single fields. */
import type { Json, JsonObject } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
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
