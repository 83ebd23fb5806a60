/** A Worker as a resource of Terraform. */
import { type Json, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import type { Live, ObservedResource } from "../resource.ts";
import { objectOf, objectsOf, textsOf } from "./declaration.ts";
import { SECRET_TYPES } from "./worker-binding.ts";
import { publishedCode } from "./worker-code.ts";
import { SCRIPT_PART } from "./worker-upload.ts";

/** What the provider knows of a binding. */
const BINDING = new Set(
  (
    "name type algorithm allowed_destination_addresses allowed_sender_addresses app_id bucket_name certificate_id " +
    "class_name database_id dataset destination_address dispatch_namespace entrypoint environment format id index_name " +
    "instance_name json jurisdiction namespace namespace_id network_id outbound part pipeline queue_name script_name " +
    "secret_name service service_id simple store_id text tunnel_id usages workflow_name"
  ).split(" "),
);
const CARRIED = [
  "usage_model",
  "logpush",
  "tail_consumers",
  "limits",
  "cache_options",
  "placement",
];

const isKnown = (binding: JsonObject): boolean =>
  Object.keys(binding).every((member) => BINDING.has(member));

/** The provider takes JSON as a text. */
const bindingHcl = ({ json, ...rest }: JsonObject): JsonObject =>
  json === undefined
    ? rest
    : { ...rest, json: typeof json === "string" ? json : JSON.stringify(json) };

const isEmpty = (value: Json): boolean =>
  value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** One module of text is all that the provider uploads. Secrets stay what they are: their values are known to nobody here. */
export function workerHcl(
  { identity, fields }: ObservedResource,
  { site }: Live,
): HclResource | Unprinted {
  const content = publishedCode(fields["content"]);
  const bindings = objectsOf(fields["bindings"]);
  if (typeof content !== "string")
    return { unprinted: "the provider uploads one module of text, and its code is more than that" };
  const unknown = bindings.find((binding) => !isKnown(binding));
  if (unknown !== undefined)
    return { unprinted: `the provider does not know its binding \`${textOf(unknown["name"])}\`` };
  const main = textOf(fields["main_module"]);
  const carried = objectOf(fields["carried"]);
  const observability = objectOf(fields["observability"]);
  const members: readonly [string, Json][] = [
    ["account_id", site.id],
    ["script_name", identity],
    main === "" ? ["body_part", SCRIPT_PART] : ["main_module", main],
    ["content", content],
    ["compatibility_date", textOf(fields["compatibility_date"]) || null],
    ["compatibility_flags", textsOf(fields["compatibility_flags"])],
    ["bindings", bindings.map(bindingHcl)],
    ["keep_bindings", textsOf(fields["secrets"]).length === 0 ? [] : SECRET_TYPES],
    ["observability", observability["enabled"] === true ? observability : null],
    ...CARRIED.map((member): [string, Json] => [member, carried[member] ?? null]),
  ];
  return {
    type: "cloudflare_workers_script",
    name: identity,
    attributes: Object.fromEntries(members.filter(([, value]) => !isEmpty(value))),
    importId: `${site.id}/${identity}`,
  };
}
