/** The bindings of a Worker: which types there are, what each must say, and what is never told. */
import { z } from "zod";
import { invalidScript, refusedUpload } from "./refusal.ts";

/** Variables and secrets together, as on the paid plan. */
const VARIABLES_MAX = 128;
const VALUE_BYTES_MAX = 5 * 1024;

export type BindingInput = { readonly type: string; readonly name: string } & Readonly<
  Record<string, unknown>
>;
/** Without the value of a secret: nobody here could use it, and nobody may read it. */
export type StoredBinding = BindingInput;

const text = z.string().min(1);
const named = (...fields: readonly string[]) =>
  z.looseObject(Object.fromEntries(fields.map((field) => [field, text])));

/** Appendix D: what a binding of each type must have besides `name`. */
const TYPES: Readonly<Record<string, z.ZodType>> = {
  ai: named(),
  ai_search: named("instance_name"),
  ai_search_namespace: named("namespace"),
  analytics_engine: named("dataset"),
  artifacts: named("namespace"),
  assets: named(),
  browser: named(),
  d1: z.union([named("database_id"), named("id")]),
  data_blob: named("part"),
  dispatch_namespace: named("namespace"),
  durable_object_namespace: z.union([named("class_name"), named("namespace_id")]),
  flagship: named("app_id"),
  hyperdrive: named("id"),
  images: named(),
  inherit: named(),
  json: z.looseObject({ json: z.unknown().refine((value) => value !== undefined) }),
  k2: named("stream"),
  kv_namespace: named("namespace_id"),
  media: named(),
  messaging: named("namespace"),
  mtls_certificate: named("certificate_id"),
  pipelines: named("pipeline"),
  plain_text: z.looseObject({ text: z.string() }),
  queue: named("queue_name"),
  r2_bucket: named("bucket_name"),
  ratelimit: z.looseObject({
    namespace_id: text,
    simple: z.looseObject({ limit: z.number(), period: z.number() }),
  }),
  secret_key: z.looseObject({
    algorithm: z.unknown().refine((value) => value !== undefined),
    format: z.enum(["raw", "pkcs8", "spki", "jwk"]),
    usages: z.array(z.string()),
  }),
  secret_text: z.looseObject({ text: z.string() }),
  secrets_store_secret: named("store_id", "secret_name"),
  send_email: named(),
  service: named("service"),
  text_blob: named("part"),
  vectorize: named("index_name"),
  version_metadata: named(),
  vpc_network: named(),
  vpc_service: named("service_id"),
  wasm_module: named("part"),
  workflow: named("workflow_name"),
};

const Binding = z.looseObject({ name: z.string().nullish(), type: z.string() });

export const Bindings = z.array(Binding).max(1000).nullish();

/** Each binding on its own, and the list as a whole. */
export function acceptBindings(list: z.infer<typeof Bindings>): BindingInput[] {
  const bindings = (list ?? []).map(acceptBinding);
  const names = new Set<string>();
  for (const { name } of bindings) {
    if (names.has(name)) throw invalidScript(`Binding name '${name}' already in use.`);
    names.add(name);
  }
  const variables = bindings.filter(({ type }) =>
    ["plain_text", "json", "secret_text"].includes(type),
  );
  if (variables.length <= VARIABLES_MAX) return bindings;
  const message = `More than ${VARIABLES_MAX} environment variables and secrets.`;
  throw refusedUpload(10055, message);
}

export function acceptBinding(given: z.infer<typeof Binding>): BindingInput {
  const { name, type } = given;
  if (name === null || name === undefined || name === "") {
    throw refusedUpload(10052, "All bindings must have a name.");
  }
  const schema = TYPES[type];
  if (schema === undefined) throw invalidScript(`binding ${name} has the unknown type ${type}`);
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw invalidScript(`binding ${name} of type ${type} is invalid: ${reasons.join(", ")}`);
  }
  refuseLongValue({ ...given, name, type });
  return { ...given, name, type };
}

function refuseLongValue(binding: BindingInput): void {
  const value = binding["text"] ?? binding["json"];
  const size = value === undefined ? 0 : new TextEncoder().encode(JSON.stringify(value)).length;
  if (size <= VALUE_BYTES_MAX) return;
  const message = `The value of ${binding.name} exceeds ${VALUE_BYTES_MAX} bytes.`;
  throw refusedUpload(10054, message);
}

/** What never comes back (case 54). */
const SECRET_FIELDS: Readonly<Record<string, readonly string[]>> = {
  secret_text: ["text"],
  secret_key: ["key_base64", "key_jwk"],
};

export const isSecret = ({ type }: { readonly type: string }): boolean => type in SECRET_FIELDS;

export function withoutSecret(binding: BindingInput): StoredBinding {
  const hidden = SECRET_FIELDS[binding.type] ?? [];
  const kept = Object.entries(binding).filter(([field]) => !hidden.includes(field));
  return { ...Object.fromEntries(kept), name: binding.name, type: binding.type };
}

/** Case 59: whatever the order in the upload. */
export const byName = <T extends { readonly name: string }>(bindings: readonly T[]): T[] =>
  bindings.toSorted((a, b) => (a.name < b.name ? -1 : 1));

export interface Inheritance {
  /** The bindings of the version before. */
  readonly before: readonly StoredBinding[];
  /** Types that stay although the upload does not name them. */
  readonly keep: readonly string[];
  /** Refuses what cannot be inherited; otherwise it is dropped in silence. */
  readonly isStrict: boolean;
}

/** Replaces `inherit` by what stood before, and adds what is to be kept. */
export function inherited(
  bindings: readonly BindingInput[],
  { before, keep, isStrict }: Inheritance,
): BindingInput[] {
  const resolved = bindings.flatMap((binding) => {
    if (binding.type !== "inherit") return [binding];
    const oldName = typeof binding["old_name"] === "string" ? binding["old_name"] : binding.name;
    const found = before.find(({ name }) => name === oldName);
    if (found !== undefined) return [{ ...found, name: binding.name }];
    if (!isStrict) return [];
    const message = `inherit binding '${binding.name}' is invalid: no binding '${oldName}' exists`;
    throw refusedUpload(10057, message);
  });
  const taken = new Set(resolved.map(({ name }) => name));
  const kept = before.filter(({ name, type }) => keep.includes(type) && !taken.has(name));
  return [...resolved, ...kept];
}
