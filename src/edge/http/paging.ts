/** The query and the envelope that all lists share. */
import { z } from "zod";
import { isScopeId, type ScopeId } from "../../core/ids.ts";
import { ok, type Result } from "../../core/result.ts";
import type { After } from "./api-ports.ts";
import { afterOf, cursorOf } from "./cursor.ts";
import type { Problem } from "./problem.ts";

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

/** Of a list by time, of all scopes or of one. */
export const byTime = z.strictObject({ scope: scopeFilter, limit, cursor });

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

/** A page of a list by time, newest first. */
export async function pageByTime<T extends { readonly id: string }>(
  { scope, limit: size, cursor: from }: z.output<typeof byTime>,
  list: {
    readonly isId: (text: string) => boolean;
    readonly rows: (of: {
      readonly scope: ScopeId | null;
      readonly after: After | null;
      readonly limit: number;
    }) => Promise<readonly T[]>;
    /** What the list is in order of. */
    readonly timeOf: (row: T) => string;
  },
): Promise<Result<ReturnType<typeof cut<T>>, Problem>> {
  const after = afterOf(from, list.isId);
  if (!after.ok) return after;
  const rows = await list.rows({ scope: scope ?? null, after: after.value, limit: size + 1 });
  return ok(cut(rows, size, (row) => cursorOf(list.timeOf(row), row.id)));
}

/** In lists each item shows this much of what it holds; the item's own address shows all. */
export const DETAIL_MAX = 20;
