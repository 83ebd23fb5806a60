import type { z } from "zod";
import type { Json, JsonObject } from "./canonical.ts";
import type { HclResource, Unprinted } from "./hcl.ts";
import { isScopeId, mint, type ObjectId, type ScopeId } from "./ids.ts";
import { type Level, levelAt } from "./provider.ts";
import type { Result } from "./result.ts";

export type { Level } from "./provider.ts";

/** Where a scope's resources are: a zone or an account, as its provider's API knows it. */
export interface Site {
  readonly level: Level;
  readonly id: ObjectId;
  /** The zone's name; of an account, the name that people gave it, which identifies nothing. */
  readonly name: string;
}

/** `/zones/<id>`, `/accounts/<id>`, `/aws/<id>`: what every path of the site's resources begins with. */
export const basePath = ({ level, id }: Site): string => levelAt(level).root(id);

/** The scope that a site is managed as. A zone goes by its name, which people know; an account by its id. */
export const scopeOf = ({ level, id, name }: Site): ScopeId => {
  const { prefix, named } = levelAt(level);
  return mint(isScopeId, `${prefix}:${named ? name : id}`);
};

/** The object that `path` leads to in `collection` of the site; empty for the collection itself, null for what is elsewhere. */
export function objectIn(path: string, collection: string, site: Site): string | null {
  const root = `${basePath(site)}/${collection}`;
  if (path === root) return "";
  return path.startsWith(`${root}/`) ? (path.slice(root.length + 1).split("/")[0] ?? "") : null;
}

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
  /** The id that the audit log has for it, where that is another one. */
  readonly auditId?: string;
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
      /** `desired` is a whole image to be put back, not a declaration that leaves some open. */
      readonly restores?: true;
    }
  | { readonly op: "delete"; readonly observed: ObservedResource };

/** One call of the Cloudflare API, exactly as it goes out; `path` is below `/client/v4`. */
export interface ApiRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: JsonObject | null;
  /** For what an API wants outside path and body (R2: jurisdiction, storage class). */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How the body goes out, when not as JSON. `multipart`: `{ metadata, parts: { "<name>": { type, text } } }` becomes a
   * form with the JSON part `metadata` and one file for each part. `list`: of `{ items: […] }` only the list.
   */
  readonly encoding?: "multipart" | "list";
}

/** One API call and the changes (by position in the list that was given) that it carries out. */
export interface CallOf {
  readonly request: ApiRequest;
  readonly changes: readonly number[];
}

/**
 * Stands in a path for the id of what the changed resource is part of, where the same plan makes that. The planner puts
 * the name of the step in its place, and the vault the id that Cloudflare gave.
 */
export const WHOLE_ID = "created.whole";

/** A site with everything observed in it, of all kinds that were read: what one kind's values name may be of another. */
export interface Live {
  readonly site: Site;
  readonly observed: readonly ObservedResource[];
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
  /** What `schema` let through, in normal form; or every contradiction in it. `removes`: what is declared is all there may be. */
  declare(
    declared: unknown,
    site: Site,
    policy?: { readonly removes: boolean },
  ): Result<readonly Resource[], readonly Fault[]>;
  /** Raw API object → normal form. An object without a usable id or of an unreadable shape is an error, never skipped (I8). */
  observe(raw: Json, site: Site): Result<ObservedResource, string>;
  /** Whether a declared and an observed value of one field are the same. Undeclared fields are not asked about. */
  same(field: string, desired: Json, observed: Json): boolean;
  /** Fields that an ownership rule may match on, beside `id`. */
  readonly matchable: readonly string[];
  /** Which objects of the collection are the kind's, where several kinds share it. Left out: all. */
  owns?(id: string): boolean;
  /**
   * What a resource is made of, by name, where it is a list of things that people count one by one (the rules of a
   * phase). Limits count parts, and undeclared ones are shown.
   */
  parts?(fields: Fields): readonly string[];
  /** Writes can be rehearsed: the same request with `dry_run=true` is checked in full and changes nothing. */
  readonly dryRun?: true;
  /** Whether an object that nobody declared can exist and be removed. False for things that always exist, such as settings. */
  readonly removable: boolean;
  /** An object keeps its id when it is renamed: one that is known by its id is taken back whatever it is called now. */
  readonly renames?: true;
  /** Kinds that are read with it, because its values name them. */
  readonly reads?: readonly string[];
  /** A declared resource with the names in it replaced by what they stand for; asked with everything observed. */
  resolve?(resource: Resource, observed: readonly ObservedResource[]): Resource;
  /** The declared resources of the kind with values that depend on all of them and on what is there (an order). */
  align?(desired: readonly Resource[], observed: readonly ObservedResource[]): readonly Resource[];
  /** The identity of what `resource` is part of (a list's items): made after it, gone with it. Null: it stands alone. */
  whole?(resource: Resource): string | null;
  /** What has to be there before `resource` can be made: it waits while that is told and not written. */
  needs?(resource: Resource): Pick<Resource, "kind" | "identity">;
  /** Whether a resource of these fields and none at all are the same: an empty set. */
  isEmpty?(fields: Fields): boolean;
  /** What it holds cannot be brought back: deleted only by two people. */
  readonly holdsData?: true;
  /** Why `change` is told and not written: the kind is only watched, or no inverse could undo it. Null: it is written. */
  handsOff?(change: Change): string | null;
  /** The group's live objects that another controller owns, with the reason; asked with everything observed of the kind. */
  foreign(observed: readonly ObservedResource[]): ReadonlyMap<ObjectId, string>;
  /** Which of the undeclared resources that policy leaves alone undo declared ones by being there, with the reason. */
  shadowing?(
    strangers: readonly ObservedResource[],
    declared: readonly Resource[],
  ): ReadonlyMap<ObservedResource, string>;
  /** The API calls that carry out `changes`, in the order in which they must happen. Pure. */
  calls(changes: readonly Change[], site: Site): readonly CallOf[];
  /** What the resource looks like after `change`: null when it is gone. */
  predict(change: Change): Fields | null;
  /**
   * What the API does to `objects` (all of the kind, as read) when it is sent `request`; or why it would not understand
   * it. Worked out from the request alone, for the simulation: it must not use `predict`. Left out, the collection
   * behaves like most: POST creates, PATCH merges, PUT replaces, DELETE removes, `batch` does all. An object that it
   * makes and cannot name (Cloudflare will) has the id "".
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
  /**
   * How `observed` is declared below `spec.resources.<name>`: in a stable order, without what is the default and without
   * secrets. Given as it is to `declare`, nothing differs; what would, is left out by the caller. A kind without it
   * cannot be imported.
   */
  publish?(observed: readonly ObservedResource[], live: Live): Json;
  /** `observed` as a resource of Terraform's Cloudflare provider v5, or why not; null when it stands in another one. */
  hcl?(observed: ObservedResource, live: Live): HclResource | Unprinted | null;
}
