import { z } from "zod";
import { idOf, isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Fault,
  type Fields,
  type Kind,
  type Live,
  objectIn,
  type ObservedResource,
  type Resource,
  type Site,
  WHOLE_ID,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { declareEach, objectsOf, said } from "./declaration.ts";
import { networkOf } from "./ip-network.ts";

const NAME = "ip_list";
const COLLECTION = "rules/lists";
/** What one account may have in all its lists together on most plans (I12). */
const ITEMS_MAX = 10_000;

const item = z.strictObject({
  ip: z.string().refine((text) => networkOf(text) !== null, "is not an address or a network"),
  comment: z.string().max(500).nullish(),
});
const list = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,50}$/, "may have lower-case letters, digits and `_`"),
  description: z.string().max(500).optional(),
  items: z.array(item).max(ITEMS_MAX),
});
type DeclaredList = z.infer<typeof list>;
const schema = z.array(list).max(100);

const ITEMS = "items";
const itemsIdentity = (name: string): string => `${ITEMS} ${name}`;

const resourceOf = (identity: string, fields: Fields): Resource => ({
  kind: NAME,
  group: identity,
  identity,
  fields,
});

const inOrder = (a: JsonObject, b: JsonObject): number =>
  textOf(a["ip"]) < textOf(b["ip"]) ? -1 : 1;

const declareList = ({ name, description }: DeclaredList): Result<Resource, never> =>
  ok(resourceOf(name, said({ name, description })));

/** A set, without the comments that nobody declared: they are not managed (I9). */
function declareItems({ name, items }: DeclaredList): Result<Resource, readonly Fault[]> {
  const normal = items.map(({ ip, comment }) => ({
    ip: networkOf(ip) ?? ip,
    ...(comment === undefined ? {} : { comment: comment ?? "" }),
  }));
  const faults = normal.flatMap(({ ip }, index) =>
    normal.findIndex((other) => other.ip === ip) < index
      ? [{ path: [ITEMS, index, "ip"], problem: `\`${ip}\` is declared twice` }]
      : [],
  );
  return faults.length === 0
    ? ok(resourceOf(itemsIdentity(name), { name, items: normal.toSorted(inOrder) }))
    : err(faults);
}

/** The items of a list as an object of their own, which the API does not have. */
export const itemsObject = ({ id, name }: JsonObject, items: readonly Json[]): JsonObject => ({
  id: `${textOf(id)}.${ITEMS}`,
  name: name ?? null,
  [ITEMS]: items,
});

const SUFFIX = `.${ITEMS}`;
/** The id of the list that items with this id are in; a name of the plan's own says nothing about that. */
const listIdOf = (id: string): string =>
  id.endsWith(SUFFIX) ? id.slice(0, -SUFFIX.length) : WHOLE_ID;

const COMPUTED = new Set(["id", "created_on", "modified_on"]);
/** Forms of items of other lists; in a list of addresses they come back empty (case 56). */
const OTHER_FORMS = new Set(["hostname", "redirect", "asn"]);

const isBlank = (value: Json): boolean =>
  value === null || (isObject(value) && Object.keys(value).length === 0);

/** An item with all that it says. A marker that is not known is not hidden: the item is then another one (case 56). */
function observedItem(raw: JsonObject): JsonObject {
  const rest = Object.entries(raw).filter(
    ([member, value]) =>
      !COMPUTED.has(member) &&
      !(OTHER_FORMS.has(member) && isBlank(value)) &&
      !["ip", "comment"].includes(member),
  );
  const ip = textOf(raw["ip"]);
  return { ...Object.fromEntries(rest), ip: networkOf(ip) ?? ip, comment: textOf(raw["comment"]) };
}

function observeItems(raw: JsonObject, name: string): Result<Fields, string> {
  const rows = raw[ITEMS];
  if (!Array.isArray(rows)) return err(`the items of list \`${name}\` are not a list`);
  const isWhole = rows.every((row) => isObject(row) && textOf(row["ip"]) !== "");
  if (!isWhole) return err(`list \`${name}\` has an item without \`ip\``);
  return ok({ name, [ITEMS]: objectsOf(rows).map(observedItem).toSorted(inOrder) });
}

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a list is not an object");
  const { id, name, kind } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a list has no usable `id`");
  if (typeof name !== "string" || name === "") return err(`list \`${id}\` has no \`name\``);
  if (ITEMS in raw) {
    const fields = observeItems(raw, name);
    return fields.ok
      ? ok({ ...resourceOf(itemsIdentity(name), fields.value), id, system: null })
      : fields;
  }
  if (typeof kind !== "string") return err(`list \`${id}\` has no \`kind\``);
  const fields = { name, description: textOf(raw["description"]) };
  const system = kind === "ip" ? null : "a list of another kind";
  return ok({ ...resourceOf(name, fields), id, system });
}

/** Both in the same order. A comment that nobody declared is not compared. */
function sameItems(desired: Json, observed: Json): boolean {
  const [wanted, there] = [objectsOf(desired), objectsOf(observed)];
  return (
    wanted.length === there.length &&
    wanted.every((one, index) => {
      const { comment = null, ...other } = there[index] ?? {};
      return sameJson({ comment, ...one }, { comment, ...other });
    })
  );
}

const same = (field: string, desired: Json, observed: Json): boolean =>
  field === ITEMS ? sameItems(desired, observed) : (desired ?? "") === (observed ?? "");

/** The declared items, with what they do not say as it is. */
function mergedItems(desired: Json | undefined, observed: Json | undefined): readonly JsonObject[] {
  const comments = new Map(objectsOf(observed).map(({ ip, comment }) => [ip, comment ?? ""]));
  return objectsOf(desired).map((one) => ({
    comment: comments.get(one["ip"] ?? "") ?? "",
    ...one,
  }));
}

function predict(change: Change): Fields | null {
  if (change.op === "delete") return null;
  const before = change.op === "update" ? change.observed.fields : {};
  const { fields } = change.desired;
  if (fields[ITEMS] === undefined) return { ...before, ...fields };
  return { ...before, ...fields, [ITEMS]: mergedItems(fields[ITEMS], before[ITEMS]) };
}

const whole = ({ identity }: Resource): string | null =>
  identity.startsWith(`${ITEMS} `) ? identity.slice(ITEMS.length + 1) : null;

/** All of them in one write; the API has no way to say what to take out by value. */
function putItems(change: Change, path: string): ApiRequest {
  const listId = change.op === "create" ? WHOLE_ID : listIdOf(change.observed.id);
  const items = objectsOf(predict(change)?.[ITEMS]).map(({ comment, ...one }) =>
    comment === "" ? one : { ...one, comment: comment ?? "" },
  );
  return {
    method: "PUT",
    path: `${path}/${listId}/${ITEMS}`,
    body: { [ITEMS]: items },
    encoding: "list",
  };
}

function listRequest(change: Change, path: string): ApiRequest {
  const { name = "", description = "" } = predict(change) ?? {};
  switch (change.op) {
    case "create":
      return { method: "POST", path, body: { kind: "ip", name, description } };
    case "update":
      return { method: "PUT", path: `${path}/${change.observed.id}`, body: { description } };
    case "delete":
      return { method: "DELETE", path: `${path}/${change.observed.id}`, body: null };
  }
}

const subject = (change: Change): Resource =>
  change.op === "delete" ? change.observed : change.desired;

/** Lists before their items. A list that is deleted takes its items along: that is one call. */
function calls(changes: readonly Change[], site: Site): readonly CallOf[] {
  const path = `${basePath(site)}/${COLLECTION}`;
  const placed = changes.map((change, position) => ({ change, position }));
  const lists = placed.filter(({ change }) => whole(subject(change)) === null);
  const going = new Map(
    lists.flatMap(({ change }) =>
      change.op === "delete" ? [[change.observed.identity, change] as const] : [],
    ),
  );
  const items = placed.filter(({ change }) => whole(subject(change)) !== null);
  const takenAlong = ({ change }: { readonly change: Change }): boolean =>
    change.op === "delete" && going.has(whole(change.observed) ?? "");
  return [
    ...lists.map(({ change, position }) => ({
      request: listRequest(change, path),
      changes: [
        position,
        ...items
          .filter(
            (one) => takenAlong(one) && whole(subject(one.change)) === subject(change).identity,
          )
          .map((one) => one.position),
      ],
    })),
    ...items
      .filter((one) => !takenAlong(one))
      .map(({ change, position }) => ({ request: putItems(change, path), changes: [position] })),
  ];
}

/** What a call does to one list (and the items that it has): items are replaced as a whole, otherwise only the description changes. */
function written(old: JsonObject, request: ApiRequest, part: string): readonly Json[] | null {
  const { method, body } = request;
  const items = body?.[ITEMS];
  if (method === "DELETE" && part === "") return [];
  if (method !== "PUT" || body === null) return null;
  if (part === `/${ITEMS}`) return Array.isArray(items) ? [old, itemsObject(old, items)] : null;
  return part === "" ? [{ ...old, description: body["description"] ?? "" }] : null;
}

function apply(
  objects: readonly Json[],
  request: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const { method, path, body } = request;
  const root = `${basePath(site)}/${COLLECTION}`;
  if (method === "POST" && path === root && body) return ok([...objects, { ...body, id: "" }]);
  const id = objectIn(path, COLLECTION, site) ?? "";
  const all = objects.filter(isObject);
  const old = all.find((object) => idOf(object) === id && !(ITEMS in object));
  if (old === undefined) return err(`there is no list \`${id}\``);
  const now = written(old, request, path.slice(root.length + 1 + id.length));
  if (now === null) return err("not a call that is understood");
  const itsItems = idOf(itemsObject(old, []));
  const items = all.filter((object) => idOf(object) === itsItems);
  const others = all.filter((object) => object !== old && !items.includes(object));
  return ok([...others, ...now, ...(now.length === 1 ? items : [])]);
}

const rowsOf = (items: ObservedResource | undefined): readonly JsonObject[] =>
  objectsOf(items?.fields[ITEMS]).map(({ ip = "", comment = "" }) =>
    comment === "" ? { ip } : { ip, comment },
  );

const itemsIn = (name: string, all: readonly ObservedResource[]): ObservedResource | undefined =>
  all.find(({ kind, identity }) => kind === NAME && identity === itemsIdentity(name));

/** Without its items a list would be declared empty: what is not known of it is not said (I8). */
const publishLists = (observed: readonly ObservedResource[]): readonly JsonObject[] =>
  observed.flatMap((one) => {
    const items = itemsIn(one.identity, observed);
    if (whole(one) !== null || items === undefined) return [];
    const { name = "", description = "" } = one.fields;
    return [{ name, ...(description === "" ? {} : { description }), items: rowsOf(items) }];
  });

/** With its items; they have no resource of their own beside it. */
function listHcl(one: ObservedResource, { site, observed }: Live): HclResource | null {
  const items = itemsIn(one.identity, observed);
  if (whole(one) !== null || items === undefined) return null;
  const { name = "", description = "" } = one.fields;
  return {
    type: "cloudflare_list",
    name: one.identity,
    attributes: {
      account_id: site.id,
      kind: "ip",
      name,
      ...(description === "" ? {} : { description }),
      items: rowsOf(items),
    },
    importId: `${site.id}/${one.id}`,
  };
}

/** Lists of addresses that rules name, and what is in them. */
export const ipList: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare(declared, site) {
    const lists = declareEach(schema, declareList)(declared, site);
    const items = lists.ok ? declareEach(schema, declareItems)(declared, site) : lists;
    return lists.ok && items.ok ? ok([...lists.value, ...items.value]) : items;
  },
  observe,
  same,
  matchable: ["name"],
  removable: true,
  whole,
  isEmpty: (fields) => Array.isArray(fields[ITEMS]) && fields[ITEMS].length === 0,
  foreign: () => new Map(),
  calls,
  predict,
  apply,
  publish: publishLists,
  hcl: listHcl,
  describe: ({ identity }) => (identity.startsWith(ITEMS) ? identity : `list ${identity}`),
};
