/** R2 buckets, their objects, and the rules that keep objects from being changed. */
import { z } from "zod";
import { ACCOUNT_ID } from "../identities.ts";
import type { Kind, Shelf, Shelves } from "../store.ts";

export const JURISDICTIONS = ["default", "eu", "fedramp", "fedramp-high", "us"] as const;
export const LOCATIONS = ["apac", "eeur", "enam", "weur", "wnam", "oc"] as const;
export const STORAGE_CLASSES = ["Standard", "InfrequentAccess"] as const;

export interface StoredBucket {
  /** `<jurisdiction>/<name>`: two jurisdictions may use one name. */
  readonly id: string;
  readonly name: string;
  readonly creation_date: string;
  readonly jurisdiction: (typeof JURISDICTIONS)[number];
  readonly location: (typeof LOCATIONS)[number];
  readonly storage_class: (typeof STORAGE_CLASSES)[number];
  readonly locks: readonly LockRule[];
  readonly lifecycle: readonly LifecycleRule[];
  /** Whether it would be served below r2.dev. */
  readonly is_public?: boolean;
  /** None: there is no such configuration. */
  readonly cors?: readonly Readonly<Record<string, unknown>>[];
}

export const R2_BUCKET: Kind<StoredBucket> = { name: "r2_bucket", key: (bucket) => bucket.name };

const Condition = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Age"), maxAgeSeconds: z.number().int().min(1) }),
  z.strictObject({ type: z.literal("Date"), date: z.string() }),
  z.strictObject({ type: z.literal("Indefinite") }),
]);

export const LockRule = z.strictObject({
  id: z.string().min(1).max(1000),
  enabled: z.boolean(),
  prefix: z.string().max(1024).optional(),
  condition: Condition,
});
export type LockRule = z.infer<typeof LockRule>;

export const LifecycleRule = z.looseObject({
  id: z.string().min(1).max(1000),
  enabled: z.boolean(),
  conditions: z.strictObject({ prefix: z.string().max(1024) }),
});
export type LifecycleRule = z.infer<typeof LifecycleRule>;

export const RULES_MAX = 1000;

export interface StoredObject {
  /** The key. */
  readonly id: string;
  readonly size: number;
  readonly sha256: string;
  readonly uploaded: string;
}

export const R2_OBJECT: Kind<StoredObject> = { name: "r2_object" };

export const objectsOf = (shelves: Shelves, bucket: StoredBucket): Shelf<StoredObject> =>
  shelves.shelf(R2_OBJECT, `${ACCOUNT_ID}/${bucket.id}`);

/** The rule that keeps the object from being overwritten or deleted now; any one is enough. */
export function lockOf(
  bucket: StoredBucket,
  object: StoredObject,
  now: number,
): LockRule | undefined {
  return bucket.locks.find(
    (rule) =>
      rule.enabled && object.id.startsWith(rule.prefix ?? "") && isInForce(rule, object, now),
  );
}

function isInForce({ condition }: LockRule, { uploaded }: StoredObject, now: number): boolean {
  switch (condition.type) {
    case "Age":
      return now < Date.parse(uploaded) + condition.maxAgeSeconds * 1000;
    case "Date":
      return now < Date.parse(condition.date);
    case "Indefinite":
      return true;
  }
}
