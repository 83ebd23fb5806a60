/** Collections whose objects are read from a list, whole or page by page, and one by one by their id. */
import { isObject, type Json } from "../../../core/canonical.ts";
import { kindOf } from "../../../core/kinds/registry.ts";
import type { Reading, Unknown } from "../../../core/observation.ts";
import { basePath, type Site } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { type PageInfo, unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader } from "../../../core/reader.ts";

/** 100 pages: more than any account has of these (I12). */
const PAGES_MAX = 100;
/** Up to this many are asked for one by one; beyond, the list is cheaper. */
const ONE_BY_ONE_MAX = 4;

export interface Listed {
  readonly kind: string;
  /** The largest page there is; null: the API answers the whole list at once. */
  readonly perPage: number | null;
  readonly query?: Readonly<Record<string, string>>;
  /** The member that is the id, where that is not `id`. */
  readonly idMember?: string;
}

/** With the id where all objects have it. */
const withId = (object: Json, { idMember }: Listed): Json =>
  idMember !== undefined && isObject(object) ? { ...object, id: object[idMember] ?? "" } : object;

const pathOf = (kind: string, site: Site): string => `${basePath(site)}/${kindOf(kind).collection}`;

/** Reads a kind whose collection behaves like most. */
export const objectList = (listed: Listed): Reader => ({
  kind: listed.kind,
  readAll: (context) => readList(context, listed),
  async readSome(context, subjects) {
    const ids = subjects.flatMap(({ id }) => (id === null ? [] : [id]));
    // What has no id yet can only be found by its name.
    if (ids.length < subjects.length || ids.length > ONE_BY_ONE_MAX) {
      const all = await readList(context, listed);
      return all.ok ? whole(all.value) : all;
    }
    const found = await Promise.all(ids.map((id) => readOne(context, listed, id)));
    const objects: Json[] = [];
    for (const one of found) {
      if (!one.ok) return one;
      objects.push(...one.value);
    }
    return ok(objects);
  },
});

const whole = ({ kind, objects, claimedTotal }: Reading): Result<readonly Json[], Unknown> =>
  claimedTotal === null || claimedTotal === objects.length
    ? ok(objects)
    : err(partial(kind, objects.length, claimedTotal));

const partial = (kind: string, read: number, claimed: number | null): Unknown => ({
  reason: "partial_list",
  detail: `${kind} list: ${read} of ${claimed ?? "?"} objects were read`,
  retryAfterMs: null,
});

/** Every page; an empty list may come as null. */
export async function readList(
  { api, site }: ReadContext,
  listed: Listed,
): Promise<Result<Reading, Unknown>> {
  const { kind, perPage, query = {} } = listed;
  const objects: Json[] = [];
  let claimedTotal: number | null = null;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const paging = perPage === null ? {} : { page: String(page), per_page: String(perPage) };
    const answer = await api.get(pathOf(kind, site), { ...query, ...paging });
    if (answer.type !== "ok") return err(unknownFrom(answer, `${kind} list`));
    const rows = answer.result ?? [];
    if (!Array.isArray(rows))
      return err({
        reason: "malformed",
        detail: `${kind} list: the result is not a list`,
        retryAfterMs: null,
      });
    objects.push(...rows.map((row) => withId(row, listed)));
    claimedTotal = answer.info.total_count ?? claimedTotal;
    if (perPage === null || isLast({ page, perPage, rows: rows.length, info: answer.info }))
      return ok({ kind, objects, claimedTotal });
  }
  return err(partial(kind, objects.length, claimedTotal));
}

interface Page {
  readonly page: number;
  readonly perPage: number;
  readonly rows: number;
  readonly info: PageInfo;
}

/** By what the API claims; where it claims nothing, the first empty page is the end. */
function isLast({ page, perPage, rows, info }: Page): boolean {
  const { total_count: total, total_pages: pages } = info;
  if (pages !== undefined) return page >= pages;
  return total === undefined ? rows === 0 : page >= Math.ceil(total / perPage);
}

async function readOne(
  { api, site }: ReadContext,
  listed: Listed,
  id: string,
): Promise<Result<readonly Json[], Unknown>> {
  const { kind } = listed;
  const answer = await api.get(`${pathOf(kind, site)}/${id}`);
  if (answer.type === "ok") return ok([withId(answer.result, listed)]);
  return answer.type === "refused" && answer.status === 404
    ? ok([])
    : err(unknownFrom(answer, kind));
}
