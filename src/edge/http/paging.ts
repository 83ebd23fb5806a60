/** The query and the envelope that all lists share. */
import { z } from "zod";
import { isScopeId, type ScopeId } from "../../core/ids.ts";

export const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(LIMIT_MAX)
  .default(LIMIT_DEFAULT)
  .meta({ description: "how many items at most" });

export const cursor = z
  .string()
  .optional()
  .meta({ description: "`next` of the page before; opaque" });

export const scopeFilter = z
  .string()
  .refine(isScopeId, "must be a scope, such as `zone:example.com`")
  .transform((text): ScopeId => text)
  .optional()
  .meta({ description: "only what is about this scope" });

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** One row more than asked tells whether there is a next page without counting. */
export function cut<T>(
  rows: readonly T[],
  size: number,
  positionOf: (row: T) => string,
): { readonly items: readonly T[]; readonly next: string | null } {
  const items = rows.slice(0, size);
  const last = items.at(-1);
  return { items, next: rows.length > size && last !== undefined ? positionOf(last) : null };
}

/** In lists each item shows this much of what it holds; the item's own address shows all. */
export const DETAIL_MAX = 20;
