/** The items of a list, which the API keeps apart from it and answers in pages. */
import type { Json } from "../../../core/canonical.ts";
import type { Unknown } from "../../../core/observation.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { type PageInfo, unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext } from "../../../core/reader.ts";

/** With the sizes below: five times what an account may have (I12). */
const PAGES_MAX = 100;

export interface Items {
  readonly path: string;
  /** For people, in what is said when they cannot be read. */
  readonly what: string;
  /** How many there are, as the list says; null: it does not. */
  readonly claimed: number | null;
  readonly perPage: number;
  /** Which page follows: the API has both ways. */
  readonly paging: "cursor" | "page";
}

type Query = Readonly<Record<string, string>>;

interface Page {
  readonly rows: readonly Json[];
  readonly info: PageInfo;
}

/** All of them, or unknown: a list that says of itself that it has more was not read whole (I8). */
export async function readItems(
  context: ReadContext,
  items: Items,
): Promise<Result<readonly Json[], Unknown>> {
  const objects: Json[] = [];
  let total = items.claimed;
  let next: Query | null = {};
  for (let page = 1; next !== null && page <= PAGES_MAX; page += 1) {
    const read: Result<Page, Unknown> = await readPage(context, items, next);
    if (!read.ok) return read;
    const { rows, info } = read.value;
    objects.push(...rows);
    total = info.total_count ?? total;
    const isLast = rows.length === 0 || (total !== null && objects.length >= total);
    const numbered = isLast ? null : { page: String(page + 1) };
    next = items.paging === "page" ? numbered : cursorIn(info);
  }
  return next === null && (total === null || total === objects.length)
    ? ok(objects)
    : err(partial(items.what, objects.length, total));
}

/** An empty list may come as null. */
async function readPage(
  { api }: ReadContext,
  { path, what, perPage }: Items,
  query: Query,
): Promise<Result<Page, Unknown>> {
  const answer = await api.get(path, { per_page: String(perPage), ...query });
  if (answer.type !== "ok") return err(unknownFrom(answer, what));
  const rows = answer.result ?? [];
  return Array.isArray(rows)
    ? ok({ rows, info: answer.info })
    : err({ reason: "malformed", detail: `${what}: no list`, retryAfterMs: null });
}

const cursorIn = ({ cursors }: PageInfo): Query | null =>
  cursors?.after ? { cursor: cursors.after } : null;

export const partial = (what: string, read: number, claimed: number | null): Unknown => ({
  reason: "partial_list",
  detail: `${what}: ${read} of ${claimed ?? "?"} were read`,
  retryAfterMs: null,
});
