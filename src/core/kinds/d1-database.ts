import { z } from "zod";
import { isObject, type Json, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Fields, Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { creationOnly } from "./creation-only.ts";
import { declareEach, said } from "./declaration.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";
import { hclOf, hclWithin, publishEach } from "./publication.ts";

const NAME = "d1_database";
const COLLECTION = "d1/database";

const database = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "may have letters, digits, `-` and `_`"),
  jurisdiction: z.enum(["eu", "fedramp", "us"]).optional(),
  primary_location_hint: z.enum(["wnam", "enam", "weur", "eeur", "apac", "oc"]).optional(),
});
const schema = z.array(database).max(1_000);

const resourceOf = (name: string, fields: Fields): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields,
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a database is not an object");
  const { id, name } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a database has no usable `uuid`");
  if (typeof name !== "string" || name === "") return err(`database \`${id}\` has no \`name\``);
  const jurisdiction = textOf(raw["jurisdiction"]);
  // A hint is a wish that answers do not repeat.
  const hint = raw["primary_location_hint"] ?? null;
  const fields = { name, jurisdiction, primary_location_hint: hint };
  return ok({ ...resourceOf(name, fields), id, system: null });
}

/** D1 databases, without what is in them. */
export const d1Database: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, (one) => ok(resourceOf(one.name, said({ ...one })))),
  observe,
  same: (_, desired, observed) => observed === null || (desired ?? "") === observed,
  matchable: ["name"],
  removable: true,
  holdsData: true,
  handsOff: creationOnly("jurisdiction", "primary_location_hint"),
  foreign: () => new Map(),
  calls: objectCalls({
    collection: COLLECTION,
    bodyOf: ({ desired: { fields } }) =>
      Object.fromEntries(
        Object.entries(fields).filter(([, value]) => value !== null && value !== ""),
      ),
  }),
  predict: mergedFields,
  publish: publishEach("name", "jurisdiction"),
  hcl: hclWithin(
    hclOf("cloudflare_d1_database", "name", "jurisdiction"),
    "jurisdiction",
    new Set(["", "eu", "fedramp"]),
  ),
  describe: ({ identity }) => `database ${identity}`,
};
