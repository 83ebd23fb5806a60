/** Whether what a binding names exists. The codes were seen on the live API by public clients. */
import { ACCOUNT_ID } from "../identities.ts";
import type { Call } from "../product.ts";
import { D1_DATABASE } from "../storage/d1.ts";
import { KV_NAMESPACE } from "../storage/kv.ts";
import { R2_BUCKET } from "../storage/r2.ts";
import { QUEUE } from "./queue.ts";
import type { BindingInput } from "./bindings.ts";
import { refusedUpload } from "./refusal.ts";
import { WORKER } from "./script.ts";

/** The Worker that is being changed: it may name itself before it exists. */
export interface Naming {
  readonly name: string;
  readonly classes: readonly string[];
}

type Field = string | undefined;

interface Reference {
  readonly code: number;
  readonly exists: (call: Call, binding: BindingInput, own: Naming) => boolean;
  readonly message: (binding: BindingInput) => string;
}

const field = (binding: BindingInput, name: string): Field => {
  const value = binding[name];
  return typeof value === "string" ? value : undefined;
};

const never = () => false;

const REFERENCES: Readonly<Record<string, Reference>> = {
  kv_namespace: {
    code: 10041,
    exists: (call, binding) =>
      call.shelf(KV_NAMESPACE, ACCOUNT_ID).get(field(binding, "namespace_id") ?? "") !== undefined,
    message: (binding) => `No KV namespace found with ID ${field(binding, "namespace_id")}`,
  },
  d1: {
    code: 10181,
    exists: (call, binding) => {
      const id = field(binding, "database_id") ?? field(binding, "id") ?? "";
      return call.shelf(D1_DATABASE, ACCOUNT_ID).get(id) !== undefined;
    },
    message: (binding) => `D1 binding '${binding.name}' references a database that does not exist.`,
  },
  r2_bucket: {
    code: 10085,
    exists: (call, binding) => {
      const jurisdiction = field(binding, "jurisdiction") ?? "default";
      return call
        .shelf(R2_BUCKET, ACCOUNT_ID)
        .withKey(field(binding, "bucket_name") ?? "")
        .some((bucket) => bucket.jurisdiction === jurisdiction);
    },
    message: (binding) => `R2 bucket '${field(binding, "bucket_name")}' not found.`,
  },
  queue: {
    code: 11000,
    exists: (call, binding) =>
      call.shelf(QUEUE, ACCOUNT_ID).withKey(field(binding, "queue_name") ?? "").length > 0,
    message: (binding) => `Queue '${field(binding, "queue_name")}' does not exist.`,
  },
  service: {
    code: 10144,
    exists: (call, binding, own) => {
      const name = field(binding, "service") ?? "";
      return name === own.name || call.shelf(WORKER, ACCOUNT_ID).get(name) !== undefined;
    },
    message: (binding) => `Service binding '${binding.name}' names a Worker that does not exist.`,
  },
  durable_object_namespace: {
    code: 10061,
    exists: (call, binding, own) => {
      const className = field(binding, "class_name");
      const script = field(binding, "script_name") ?? own.name;
      if (className === undefined) return true;
      if (script === own.name) return own.classes.includes(className);
      return call.shelf(WORKER, ACCOUNT_ID).get(script)?.classes.includes(className) ?? false;
    },
    message: (binding) =>
      `Cannot create binding for class '${field(binding, "class_name")}' because it is not exported.`,
  },
  hyperdrive: { code: 10157, exists: never, message: () => "Hyperdrive config not found." },
  vectorize: { code: 10159, exists: never, message: () => "Vectorize index not found." },
  dispatch_namespace: {
    code: 100119,
    exists: never,
    message: () => "Dispatch namespace not found.",
  },
  mtls_certificate: { code: 100143, exists: never, message: () => "Certificate not found." },
};

/** Products that the sandbox does not have at all are taken on trust, these are not. */
export function refuseUnknown(call: Call, bindings: readonly BindingInput[], own: Naming): void {
  for (const binding of bindings) {
    const reference = REFERENCES[binding.type];
    if (reference === undefined || reference.exists(call, binding, own)) continue;
    throw refusedUpload(reference.code, reference.message(binding));
  }
}
