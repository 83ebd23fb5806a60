import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Change, Fault, Fields, Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import {
  asSet,
  declareEach,
  objectOf,
  objectsOf,
  said,
  sameOrDefault,
  textsOf,
} from "./declaration.ts";
import { bindingSchema, namesOf, normalBindings, secretNames } from "./worker-binding.ts";
import {
  CODE_CHARS_MAX,
  declaredCode,
  declaredDigest,
  isWritable,
  observedCode,
  publishedCode,
  sameCode,
} from "./worker-code.ts";
import { applyUpload, COLLECTION, workerCalls } from "./worker-upload.ts";
import { workerHcl } from "./worker-publication.ts";
import { coversValue, mergedValue } from "./zone-setting-values.ts";

const NAME = "worker";

const worker = z.strictObject({
  name: z.string().regex(/^[a-z0-9_][a-z0-9_-]{0,62}$/i, "must be the name of a Worker"),
  main_module: z.string().min(1).max(255),
  /** The text of the one module, or the digest of what somebody else deploys: then it is only compared. */
  content: z.union([
    z.string().min(1).max(CODE_CHARS_MAX),
    z.strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits"),
    }),
  ]),
  compatibility_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date"),
  compatibility_flags: z.array(z.string().min(1)).max(100).nullish(),
  bindings: z.array(bindingSchema).max(1000),
  observability: z.record(z.string(), z.json()).optional(),
});
const schema = z.array(worker).max(500);

const resourceOf = (name: string, fields: Fields): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields: { name, ...fields },
});

function declareWorker(declared: z.infer<typeof worker>): Result<Resource, readonly Fault[]> {
  const { name, main_module, content, compatibility_flags: flags } = declared;
  const bindings = declared.bindings.map((binding) => said(binding));
  const names = namesOf(bindings);
  const repeated = names.findIndex((one, index) => names.indexOf(one) < index);
  const faults: Fault[] = [
    ...(repeated < 0
      ? []
      : [{ path: ["bindings", repeated], problem: "has a name that is taken" }]),
    // Below a collection, this name means many operations at once.
    ...(name === "batch" ? [{ path: ["name"], problem: "cannot be managed under this name" }] : []),
  ];
  if (faults.length > 0) return err(faults);
  return ok(
    resourceOf(
      name,
      said({
        main_module,
        content:
          typeof content === "string"
            ? declaredCode(main_module, content)
            : declaredDigest(content.sha256),
        compatibility_date: declared.compatibility_date,
        compatibility_flags: flags === undefined ? undefined : asSet(flags ?? []),
        bindings: normalBindings(bindings),
        secrets: secretNames(bindings),
        observability: declared.observability,
      }),
    ),
  );
}

const OBSERVABILITY = { enabled: false };
/** Settings that an upload must say again, or they would be as in the beginning. */
const CARRIED = ["usage_model", "logpush", "tags", "tail_consumers", "limits", "cache_options"];

function carriedFrom(settings: JsonObject): JsonObject {
  const kept = CARRIED.map((member): [string, Json] => [member, settings[member] ?? null]);
  // Of the placement only the wish is ours; the rest is what came of it.
  const { mode } = objectOf(settings["placement"]);
  const placement: Json = mode === undefined ? null : { mode };
  const all: readonly [string, Json][] = [...kept, ["placement", placement]];
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/** `{ id, settings, code: { entry, modules } }`, put together by the reader; of undeclared Workers the id alone. */
function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a worker is not an object");
  const { id, settings, code } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a worker has no usable `id`");
  if (settings === undefined) return ok({ ...resourceOf(id, {}), id, system: null });
  const content = isObject(code) ? observedCode(code["modules"]) : null;
  if (!isObject(settings) || content === null) return err(`worker \`${id}\` has no readable code`);
  const fields = {
    main_module: textOf(objectOf(code)["entry"]),
    content,
    compatibility_date: textOf(settings["compatibility_date"]),
    compatibility_flags: asSet(textsOf(settings["compatibility_flags"])),
    bindings: normalBindings(settings["bindings"]),
    secrets: secretNames(settings["bindings"]),
    observability: objectOf(settings["observability"] ?? OBSERVABILITY),
    carried: carriedFrom(settings),
  };
  return ok({ ...resourceOf(id, fields), id, system: null });
}

const sameMember = sameOrDefault({ compatibility_flags: [], carried: {} });

function same(field: string, desired: Json, observed: Json): boolean {
  switch (field) {
    case "content":
      return sameCode(desired, observed);
    // An undeclared secret is not ours (case 59).
    case "secrets":
      return textsOf(desired).every((name) => textsOf(observed).includes(name));
    case "observability":
      return coversValue(desired ?? OBSERVABILITY, observed);
    default:
      return sameMember(field, desired, observed);
  }
}

/** Secrets are neither made nor taken away by an upload, but for one whose name a binding takes. */
function predict(change: Change): Fields | null {
  if (change.op === "delete") return null;
  const { fields: desired } = change.desired;
  if (change.op === "create") return { ...desired, secrets: [] };
  const { fields: there } = change.observed;
  const bindings = desired["bindings"] ?? there["bindings"] ?? [];
  const [content = {}, old = {}] = [desired["content"] ?? there["content"], there["content"]];
  return {
    ...there,
    ...desired,
    bindings,
    content: sameCode(content, old) && !isWritable(content) ? old : content,
    secrets: textsOf(there["secrets"]).filter((name) => !namesOf(bindings).includes(name)),
    observability: mergedValue(desired["observability"] ?? {}, there["observability"]),
  };
}

/** Stands before a name that no object, or more than one, goes by. No id of Cloudflare's has a colon. */
const UNKNOWN = "unknown:";

/** The golden state may call what is bound by its name, the API by an id that changes when it is made again. */
const NAMED = [
  { type: "kv_namespace", member: "namespace_title", id: "namespace_id", kind: "kv_namespace" },
  { type: "d1", member: "database_name", id: "database_id", kind: "d1_database" },
] as const;

function boundById(binding: JsonObject, observed: readonly ObservedResource[]): JsonObject {
  const named = NAMED.find(({ type, member }) => binding["type"] === type && member in binding);
  if (named === undefined) return binding;
  const { [named.member]: name = null, ...rest } = binding;
  const found = observed.filter(({ kind, identity }) => kind === named.kind && identity === name);
  const [one] = found;
  const id = one !== undefined && found.length === 1 ? one.id : `${UNKNOWN}${textOf(name)}`;
  return { ...rest, [named.id]: id };
}

const resolve = (resource: Resource, observed: readonly ObservedResource[]): Resource => {
  const bindings = objectsOf(resource.fields["bindings"]).map((one) => boundById(one, observed));
  return { ...resource, fields: { ...resource.fields, bindings } };
};

/** What is to be made by the same plan has no id yet: the Worker follows in the next plan. */
function unboundReason(change: Change): string | null {
  if (change.op === "delete") return null;
  const unknown = objectsOf(change.desired.fields["bindings"])
    .flatMap((one) => [textOf(one["namespace_id"]), textOf(one["database_id"])])
    .find((id) => id.startsWith(UNKNOWN));
  return unknown === undefined
    ? null
    : `there is nothing called \`${unknown.slice(UNKNOWN.length)}\` to bind (yet)`;
}

const DIGEST_ONLY = "its code is declared by its digest only: whoever deploys it has to";
const NOT_TEXT = "its code is too long, or not text: it could not be brought back";

/** What an upload cannot do, or what could not be undone. */
function handsOff(change: Change): string | null {
  if (change.op === "create")
    return isWritable(change.desired.fields["content"]) ? null : DIGEST_ONLY;
  const { content, secrets } = change.observed.fields;
  if (!isWritable(content)) return content === undefined ? "its code was not read" : NOT_TEXT;
  const names = textsOf(secrets);
  if (change.op === "delete")
    return names.length === 0 ? null : "its secrets could not be brought back";
  const { fields } = change.desired;
  if (change.fields.every((field) => field === "secrets"))
    return `secrets are missing, and only people know their values: ${missing(fields, names)}`;
  const moves = change.fields.some((field) => field === "content" || field === "main_module");
  if (moves && !isWritable(fields["content"])) return DIGEST_ONLY;
  const lost = names.filter((name) => namesOf(fields["bindings"]).includes(name));
  return lost.length === 0 ? null : `would overwrite what is a secret now: ${lost.join(", ")}`;
}

const missing = (fields: Fields, there: readonly string[]): string =>
  textsOf(fields["secrets"])
    .filter((name) => !there.includes(name))
    .join(", ");

/** With its code where one module of text is all there is, else with the digest. Secrets by their names. */
function published({ fields }: ObservedResource): JsonObject {
  const { name = "", main_module = "", compatibility_date = "" } = fields;
  const { bindings, secrets, observability, compatibility_flags: flags } = fields;
  const secret = textsOf(secrets).map((one) => ({ name: one, type: "secret_text", secret: true }));
  return {
    name,
    main_module,
    content: publishedCode(fields["content"]),
    compatibility_date,
    ...(textsOf(flags).length === 0 ? {} : { compatibility_flags: textsOf(flags) }),
    bindings: [...objectsOf(bindings), ...secret],
    ...(sameJson(observability, OBSERVABILITY) ? {} : { observability: objectOf(observability) }),
  };
}

/** Worker scripts, by name: code, settings and bindings in one upload. Only declared ones are read whole. */
export const workerScript: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, declareWorker),
  observe,
  same,
  matchable: ["name"],
  removable: true,
  reads: ["kv_namespace", "d1_database"],
  resolve,
  handsOff: (change) => unboundReason(change) ?? handsOff(change),
  foreign: () => new Map(),
  calls: (changes, site) => workerCalls(changes, predict, site),
  predict,
  apply: applyUpload,
  publish: (observed) => observed.map(published),
  hcl: workerHcl,
  describe: (resource) => `worker ${resource.identity}`,
};
