import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import {
  type Change,
  type Fault,
  type Fields,
  type Kind,
  type Live,
  type ObservedResource,
  type Resource,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { creationOnly } from "./creation-only.ts";
import { declareEach, objectsOf, said } from "./declaration.ts";
import { canonicalNetwork } from "./ip-network.ts";
import { objectApply } from "./object-apply.ts";
import { objectCalls } from "./object-calls.ts";

const NAME = "gateway_list";
const COLLECTION = "gateway/lists";

const TYPES = "SERIAL URL DOMAIN EMAIL IP CATEGORY LOCATION DEVICE AAGUID".split(" ");
const item = z.strictObject({
  value: z.string().trim().min(1).max(2_000),
  description: z.string().max(5_000).nullish(),
});
const list = z.strictObject({
  name: z.string().min(1).max(255),
  type: z.enum(TYPES),
  description: z.string().max(5_000).optional(),
  // The API ignores an empty list of items, so a list cannot be emptied by writing it. 5,000 on the largest plan.
  items: z.array(item).min(1).max(5_000),
});
type DeclaredList = z.infer<typeof list>;
const schema = z.array(list).max(100);

const resourceOf = (name: string, fields: Fields): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields,
});

/** How the API writes a value of the type. */
function valueOf(type: string, text: string): string {
  switch (type) {
    case "DOMAIN":
      return text.toLowerCase().replace(/\.$/, "");
    case "EMAIL":
    case "AAGUID":
      return text.toLowerCase();
    case "IP":
      return canonicalNetwork(text);
    case "URL":
      // A site alone comes back with the path of its root.
      return /^https?:\/\/[^/?#]+$/i.test(text) ? `${text.toLowerCase()}/` : text;
    default:
      return text;
  }
}

const inOrder = (a: JsonObject, b: JsonObject): number =>
  textOf(a["value"]) < textOf(b["value"]) ? -1 : 1;

/** A declared list with one more item, in normal form. Null: the list cannot have it, or is not of that type. */
export function withItem(
  declared: Resource,
  { type, value, description }: { type: string; value: string; description: string },
): Resource | null {
  if (declared.fields["type"] !== type) return null;
  const items = objectsOf(declared.fields["items"]);
  const normal = valueOf(type, value);
  if (items.some((one) => one["value"] === normal)) return declared;
  const more = [...items, { value: normal, description }].toSorted(inOrder);
  return { ...declared, fields: { ...declared.fields, items: more } };
}

function declareList({ items, ...one }: DeclaredList): Result<Resource, readonly Fault[]> {
  const normal = items.map(({ value, description }) => ({
    value: valueOf(one.type, value),
    ...(description === undefined ? {} : { description: description ?? "" }),
  }));
  const faults = normal.flatMap(({ value }, index) =>
    normal.findIndex((other) => other.value === value) < index
      ? [{ path: ["items", index, "value"], problem: `\`${value}\` is declared twice` }]
      : [],
  );
  return faults.length === 0
    ? ok(resourceOf(one.name, said({ ...one, items: normal.toSorted(inOrder) })))
    : err(faults);
}

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a gateway list is not an object");
  const { id, name, items = null } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a gateway list has no usable `id`");
  if (typeof name !== "string" || name === "") return err(`gateway list \`${id}\` has no \`name\``);
  // Of a list that nobody declared the items are not read.
  const rows = objectsOf(items);
  const isWhole = Array.isArray(items) && items.length === rows.length;
  if ((items !== null && !isWhole) || rows.some((row) => textOf(row["value"]) === ""))
    return err(`the items of gateway list \`${id}\` are not whole`);
  const type = textOf(raw["type"]);
  const normal = rows.map(({ value, description = null }) => ({
    value: valueOf(type, textOf(value)),
    description: textOf(description),
  }));
  const fields = {
    name,
    type,
    description: textOf(raw["description"]),
    items: items === null ? null : normal.toSorted(inOrder),
  };
  return ok({ ...resourceOf(name, fields), id, system: null });
}

/** Both in the same order; a description that nobody declared is not compared (I9). */
function sameItems(desired: Json, observed: Json): boolean {
  const [wanted, there] = [objectsOf(desired), objectsOf(observed)];
  return (
    wanted.length === there.length &&
    wanted.every((one, index) => sameJson({ ...there[index], ...one }, there[index]))
  );
}

function same(field: string, desired: Json, observed: Json): boolean {
  if (field === "items") return sameItems(desired, observed);
  return (desired ?? "") === (observed ?? "");
}

/** What is declared over what is there; items keep the descriptions that nobody declared. */
function predict(change: Change): Fields | null {
  if (change.op === "delete") return null;
  const before = change.op === "update" ? change.observed.fields : {};
  const { fields } = change.desired;
  const notes = new Map(
    objectsOf(before["items"]).map(({ value = "", description = "" }) => [value, description]),
  );
  const items = objectsOf(fields["items"]).map((one) => ({
    description: notes.get(one["value"] ?? "") ?? "",
    ...one,
  }));
  return { ...before, ...fields, items };
}

/** The whole list. Its type is given once. */
function bodyOf(change: Exclude<Change, { op: "delete" }>): JsonObject {
  const { type = "", items = [], ...fields } = predict(change) ?? {};
  const rows = objectsOf(items).map(({ description, ...one }) =>
    description === "" ? one : { ...one, description: description ?? "" },
  );
  return { ...fields, ...(change.op === "create" ? { type } : {}), items: rows };
}

/** A PUT keeps the type, and the items when it has none. */
const apply = objectApply({
  collection: COLLECTION,
  becomes: (old, body) => ({ ...old, description: "", ...body, type: old["type"] ?? "" }),
});

const rowsOf = (items: Json | undefined): readonly JsonObject[] =>
  objectsOf(items).map(({ value = "", description = "" }) =>
    description === "" ? { value } : { value, description },
  );

/** A list whose items were not read has none that could be declared, and is refused like an empty one. */
function published({ fields }: ObservedResource): JsonObject {
  const { name = "", type = "", description = "", items } = fields;
  return {
    name,
    type,
    ...(description === "" ? {} : { description }),
    items: rowsOf(items),
  };
}

const listHcl = (observed: ObservedResource, { site }: Live): HclResource | null =>
  observed.fields["items"] === null
    ? null
    : {
        type: "cloudflare_zero_trust_list",
        name: observed.identity,
        attributes: { account_id: site.id, ...published(observed) },
        importId: `${site.id}/${observed.id}`,
      };

/** Lists that Gateway rules name, with their items: as many as are declared. */
export const gatewayList: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, declareList),
  observe,
  same,
  matchable: ["name", "type"],
  removable: true,
  handsOff: creationOnly("type"),
  foreign: () => new Map(),
  calls: objectCalls({ collection: COLLECTION, bodyOf }),
  predict,
  apply,
  publish: (observed) => observed.map(published),
  hcl: listHcl,
  describe: ({ identity }) => `gateway list ${identity}`,
};
