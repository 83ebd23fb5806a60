import { z } from "zod";
import { isObject, type Json, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { creationOnly } from "./creation-only.ts";
import { declareEach, said } from "./declaration.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";
import { hclOf, hclWithin, publishEach } from "./publication.ts";

const NAME = "kv_namespace";
const COLLECTION = "storage/kv/namespaces";

const namespace = z.strictObject({
  title: z.string().min(1).max(512),
  jurisdiction: z.enum(["eu", "fedramp", "us"]).optional(),
});
const schema = z.array(namespace).max(1_000);

const resourceOf = (title: string, jurisdiction?: Json): Resource => ({
  kind: NAME,
  group: title,
  identity: title,
  fields: said({ title, jurisdiction }),
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a namespace is not an object");
  const { id, title, jurisdiction = null } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a namespace has no usable `id`");
  if (typeof title !== "string" || title === "") return err(`namespace \`${id}\` has no \`title\``);
  return ok({ ...resourceOf(title, textOf(jurisdiction) || null), id, system: null });
}

/** KV namespaces, without what is in them. One that was renamed is not ours to rename: who uses it knows its id. */
export const kvNamespace: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, ({ title, jurisdiction }) => ok(resourceOf(title, jurisdiction))),
  observe,
  // Not every answer tells where a namespace is.
  same: (_, desired, observed) => observed === null || desired === observed,
  matchable: ["title"],
  removable: true,
  holdsData: true,
  handsOff: creationOnly("jurisdiction"),
  foreign: () => new Map(),
  calls: objectCalls({
    collection: COLLECTION,
    bodyOf: ({ desired: { fields } }) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)),
  }),
  predict: mergedFields,
  publish: publishEach("title", "jurisdiction"),
  hcl: hclWithin(hclOf("cloudflare_workers_kv_namespace", "title"), "jurisdiction", new Set([""])),
  describe: ({ identity }) => `namespace ${identity}`,
};
