import { z } from "zod";
import { isObject, type Json, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Fields, Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { declareEach } from "./declaration.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";
import { hclOf } from "./publication.ts";
import { tellsSecret } from "./secret-address.ts";

const NAME = "notification_webhook";
const COLLECTION = "alerting/v3/destinations/webhooks";

const webhook = z.strictObject({ name: z.string().min(1).max(255), url: z.url().max(2000) });
const schema = z.array(webhook).max(1000);

const resourceOf = (name: string, url: string): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields: { name, url },
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a webhook is not an object");
  const { id, name, url } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a webhook has no usable `id`");
  if (typeof name !== "string" || name === "") return err(`webhook \`${id}\` has no \`name\``);
  return ok({ ...resourceOf(name, textOf(url)), id, system: null });
}

const isSecret = ({ url = "" }: Fields): boolean => tellsSecret(textOf(url));

const webhookHcl = hclOf("cloudflare_notification_policy_webhooks", "name", "url");

/** Where notifications go. The secret is never told by the API, never declared, and stays when the rest is written. */
export const notificationWebhook: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, ({ name, url }) => ok(resourceOf(name, url))),
  observe,
  same: (_, desired, observed) => sameJson(desired, observed),
  matchable: ["name", "url"],
  removable: true,
  renames: true,
  foreign: () => new Map(),
  calls: objectCalls({ collection: COLLECTION, bodyOf: (change) => mergedFields(change) ?? {} }),
  predict: mergedFields,
  // An address that is a secret itself is not printed (I6): a golden state goes into repositories.
  publish: (observed) => observed.map(({ fields }) => fields).filter((one) => !isSecret(one)),
  hcl: (observed, live) => (isSecret(observed.fields) ? null : webhookHcl(observed, live)),
  describe: (resource) => `webhook ${resource.identity}`,
};
