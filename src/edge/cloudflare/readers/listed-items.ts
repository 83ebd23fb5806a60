/** Lists whose items are read by calls of their own: of those that somebody declared, or that could be removed. */
import { idOf, isObject, type Json, type JsonObject, textOf } from "../../../core/canonical.ts";
import type { GoldenState } from "../../../core/golden.ts";
import { kindOf } from "../../../core/kinds/registry.ts";
import type { Reading, Unknown } from "../../../core/observation.ts";
import { basePath } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader, Subject } from "../../../core/reader.ts";
import { readItems } from "./items.ts";
import { readList } from "./object-list.ts";

export interface ListKind {
  readonly kind: string;
  /** Whether the kind reads items of `list` at all. */
  readonly has: (list: JsonObject) => boolean;
  /** The member of the list that counts its items. */
  readonly count: string;
  readonly perPage: number;
  readonly paging: "cursor" | "page";
  /** The list with its items, as the kind's objects. */
  readonly objects: (list: JsonObject, items: readonly Json[]) => readonly JsonObject[];
  /** The id of the list behind an id of one of those objects. */
  readonly listId: (id: string) => string;
  /** The name of the list behind a group. */
  readonly listName: (group: string) => string;
}

/** Six connections are all a Worker may hold open at once. */
const AT_ONCE = 6;

type Objects = Result<readonly Json[], Unknown>;

export const listsWithItems = (lists: ListKind): Reader => ({
  kind: lists.kind,
  readAll: (context, golden) => readLists(context, lists, declaredIn(golden, lists)),
  async readWhole(context) {
    const reading = await readLists(context, lists, () => true);
    return reading.ok ? ok({ reading: reading.value, unasked: [] }) : reading;
  },
  readSome: (context, subjects) => readSome(context, lists, subjects),
});

type Wanted = (list: JsonObject) => boolean;

/** Where undeclared lists are to go, their items are read as well: or nobody could bring them back. */
function declaredIn({ resources, unmanaged }: GoldenState, { kind, listName }: ListKind): Wanted {
  const ours = resources.filter((resource) => resource.kind === kind);
  const names = new Set(ours.map(({ group }) => listName(group)));
  return ({ name = "" }) => unmanaged[kind] === "remove" || names.has(textOf(name));
}

async function readLists(
  context: ReadContext,
  lists: ListKind,
  wanted: Wanted,
): Promise<Result<Reading, Unknown>> {
  const list = await readList(context, { kind: lists.kind, perPage: null });
  if (!list.ok) return list;
  const objects = await withItems(context, lists, { rows: list.value.objects, wanted });
  return objects.ok
    ? ok({ kind: lists.kind, objects: objects.value, claimedTotal: null })
    : objects;
}

async function withItems(
  context: ReadContext,
  lists: ListKind,
  { rows, wanted }: { readonly rows: readonly Json[]; readonly wanted: Wanted },
): Promise<Objects> {
  const objects: Json[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = await Promise.all(
      rows
        .slice(from, from + AT_ONCE)
        .map(async (row) =>
          isObject(row) && lists.has(row) && wanted(row)
            ? withItsItems(context, lists, row)
            : ok([row]),
        ),
    );
    for (const one of some) {
      if (!one.ok) return one;
      objects.push(...one.value);
    }
  }
  return ok(objects);
}

async function withItsItems(
  context: ReadContext,
  { kind, count, perPage, paging, objects }: ListKind,
  list: JsonObject,
): Promise<Objects> {
  const claimed = list[count];
  const items = await readItems(context, {
    path: `${basePath(context.site)}/${kindOf(kind).collection}/${idOf(list)}/items`,
    what: `items of ${kind} ${idOf(list)}`,
    claimed: typeof claimed === "number" ? claimed : null,
    perPage,
    paging,
  });
  return items.ok ? ok(objects(list, items.value)) : items;
}

/** By id where there is one; what has none yet can only be found by its name, in the list of lists. */
async function readSome(
  context: ReadContext,
  lists: ListKind,
  subjects: readonly Subject[],
): Promise<Objects> {
  const ids = new Set(subjects.flatMap(({ id }) => (id === null ? [] : [lists.listId(id)])));
  const names = new Set(
    subjects.flatMap(({ id, group }) => (id === null ? [lists.listName(group)] : [])),
  );
  const rows: Json[] = [];
  for (const id of ids) {
    const one = await readOne(context, lists.kind, id);
    if (!one.ok) return one;
    rows.push(...one.value);
  }
  if (names.size > 0) {
    const all = await readList(context, { kind: lists.kind, perPage: null });
    if (!all.ok) return all;
    const called = all.value.objects.filter(isObject).filter(({ name }) => names.has(textOf(name)));
    rows.push(...called.filter((row) => !ids.has(idOf(row))));
  }
  return withItems(context, lists, { rows, wanted: () => true });
}

async function readOne({ api, site }: ReadContext, kind: string, id: string): Promise<Objects> {
  const answer = await api.get(`${basePath(site)}/${kindOf(kind).collection}/${id}`);
  if (answer.type === "ok") return ok([answer.result]);
  return answer.type === "refused" && answer.status === 404
    ? ok([])
    : err(unknownFrom(answer, kind));
}
