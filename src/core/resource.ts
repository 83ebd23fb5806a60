import type { z } from "zod";
import type { Json, JsonObject } from "./canonical.ts";
import { isScopeId, mint, type ObjectId, type ScopeId } from "./ids.ts";
import type { Result } from "./result.ts";

export type Level = "zone" | "account";

/** Where a scope's resources are: a zone or an account, as the API knows it. */
export interface Site {
  readonly level: Level;
  readonly id: ObjectId;
  /** The zone's name; of an account, the name that people gave it, which identifies nothing. */
  readonly name: string;
}

/** `/zones/<id>` or `/accounts/<id>`: what every path of the site's resources begins with. */
export const basePath = ({ level, id }: Site): string => `/${level}s/${id}`;

/** The scope that a site is managed as. A zone goes by its name, which people know; an account by its id. */
export const scopeOf = ({ level, id, name }: Site): ScopeId =>
  mint(isScopeId, level === "zone" ? `zone:${name}` : `account:${id}`);

/** Values in the kind's normal form. Only what is compared is in here: never ids, dates or other computed members. */
export type Fields = JsonObject;

/**
 * One thing that can be declared, in normal form. Both sides of every comparison have been through the same
 * normalisation: raw answers are never compared.
 */
export interface Resource {
  readonly kind: string;
  /** The set it is matched in: for a DNS record its type and name, for a setting its id. */
  readonly group: string;
  /** What makes it this one among its group. Two resources of a scope never share kind and identity, but see `diff`. */
  readonly identity: string;
  readonly fields: Fields;
}

/** A resource as it was read. `fields` has every member of the normal form, a declared one may leave some out. */
export interface ObservedResource extends Resource {
  readonly id: ObjectId;
  /** Why the platform itself owns this object (a provider default, a read-only record), or null. */
  readonly system: string | null;
}

/** One problem of a declared value: `path` leads to it from the declaration, `problem` says what to do. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/** Two declared resources, by position, that cannot both hold. */
export interface Contradiction {
  readonly indices: readonly [number, number];
  readonly problem: string;
}

/** One change to one resource; what `diff` finds and a step carries out. */
export type Change =
  | { readonly op: "create"; readonly desired: Resource }
  | {
      readonly op: "update";
      readonly desired: Resource;
      readonly observed: ObservedResource;
      readonly fields: readonly string[];
    }
  | { readonly op: "delete"; readonly observed: ObservedResource };

/** One call of the Cloudflare API, exactly as it goes out; `path` is below `/client/v4`. */
export interface ApiRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: JsonObject | null;
}

/** One API call and the changes (by position in the list that was given) that it carries out. */
export interface CallOf {
  readonly request: ApiRequest;
  readonly changes: readonly number[];
}

/**
 * Everything core knows about one kind of resource. Adding a kind is one file here, one reader in
 * `edge/cloudflare`, and one line in each registry.
 */
export interface Kind {
  readonly name: string;
  /** Whether its resources belong to a zone or to an account. */
  readonly level: Level;
  /** Where the API keeps its objects, below the site: `dns_records`. */
  readonly collection: string;
  /** How the kind's resources stand in the golden state, below `spec.resources.<name>`. */
  readonly schema: z.ZodType;
  /** What `schema` let through, in normal form; or every contradiction in it. */
  declare(declared: unknown, site: Site): Result<readonly Resource[], readonly Fault[]>;
  /** Raw API object → normal form. An object without a usable id or of an unreadable shape is an error, never skipped (I8). */
  observe(raw: Json, site: Site): Result<ObservedResource, string>;
  /** Whether a declared and an observed value of one field are the same. Undeclared fields are not asked about. */
  same(field: string, desired: Json, observed: Json): boolean;
  /** Fields that an ownership rule may match on, beside `id`. */
  readonly matchable: readonly string[];
  /** Whether an object that nobody declared can exist and be removed. False for things that always exist, such as settings. */
  readonly removable: boolean;
  /** The group's live objects that another controller owns, with the reason; asked with everything observed of the kind. */
  foreign(observed: readonly ObservedResource[]): ReadonlyMap<ObjectId, string>;
  /** The API calls that carry out `changes`, in the order in which they must happen. Pure. */
  calls(changes: readonly Change[], site: Site): readonly CallOf[];
  /** What the resource looks like after `change`: null when it is gone. */
  predict(change: Change): Fields | null;
  /**
   * What the API does to `objects` (all of the kind, as read) when it is sent `request`; or why it would not understand
   * it. Worked out from the request alone, for the simulation: it must not use `predict`. Left out, the collection
   * behaves like most: POST creates, PATCH merges, PUT replaces, DELETE removes, `batch` does all.
   */
  apply?(
    objects: readonly Json[],
    request: ApiRequest,
    site: Site,
  ): Result<readonly Json[], string>;
  /** One line for people: `A www.example.com`. */
  describe(resource: Resource): string;
  /** Pairs of resources of the kind that cannot both hold. With `zone`, more is known about its apex; a kind without any leaves it out. */
  contradictions?(resources: readonly Resource[], site?: Site): readonly Contradiction[];
}
