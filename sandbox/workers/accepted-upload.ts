/** An upload of code with its metadata, held against the account before anything of it is kept. */
import type { Call } from "../product.ts";
import { hexId } from "../model/identifiers.ts";
import { redacted, workers } from "./account-worker.ts";
import { acceptBindings, inherited, withoutSecret } from "./bindings.ts";
import { etagOf, refuseLarge, type Module } from "./code.ts";
import { refuseUnknown } from "./references.ts";
import { invalidScript, refusedUpload } from "./refusal.ts";
import { isWorkerName, uploadedSettings, type Metadata, type StoredWorker } from "./script.ts";
import { readUpload, type Upload } from "./upload.ts";

const WORKERS_MAX = 500;

/** The sandbox starts nothing; the real API tells how long the start took. */
export const STARTUP_MS = 12;

export function refuseName(call: Call, name: string): void {
  if (!isWorkerName(name)) throw refusedUpload(10016, `Invalid Worker name '${name}'.`);
  if (workers(call).size < WORKERS_MAX) return;
  throw refusedUpload(10037, `The account has reached the limit of ${WORKERS_MAX} Workers.`);
}

function blank(call: Call, name: string): Pick<StoredWorker, BlankField> {
  return {
    id: name,
    tag: hexId(),
    versions: [],
    deployments: [],
    schedules: [],
    subdomain: { enabled: false, previews_enabled: false },
    created_on: call.timestamp,
  };
}
type BlankField =
  | "id"
  | "tag"
  | "versions"
  | "deployments"
  | "schedules"
  | "subdomain"
  | "created_on";

/** The Worker as it would be after this upload; nothing is kept yet. */
export function acceptUpload(
  call: Call,
  name: string,
  before: StoredWorker | undefined,
): { readonly worker: StoredWorker; readonly modules: readonly Module[]; readonly said: unknown } {
  const sent = readUpload(call.request);
  const bindings = acceptUploadBindings(call, sent, before);
  refuseLarge(sent.modules, call.options.worker_bytes_max);
  const worker = {
    ...(before ?? blank(call, name)),
    etag: etagOf(sent.modules),
    entry: sent.entry,
    has_modules: sent.has_modules,
    handlers: sent.handlers,
    classes: sent.classes,
    bindings: bindings.map(withoutSecret),
    settings: uploadedSettings(sent.metadata, call.now),
    modified_on: call.timestamp,
  };
  return { worker, modules: sent.modules, said: auditedMetadata(sent.metadata) };
}

const auditedMetadata = ({ bindings, ...metadata }: Metadata): unknown => ({
  ...metadata,
  bindings: redacted(acceptBindings(bindings)),
});

function acceptUploadBindings(call: Call, sent: Upload, before: StoredWorker | undefined) {
  const { metadata } = sent;
  const bindings = inherited(acceptBindings(metadata.bindings), {
    before: before?.bindings ?? [],
    keep: metadata.keep_bindings ?? [],
    isStrict: call.query.oneOf("bindings_inherit", ["strict"]) === "strict",
  });
  const parts = new Set(sent.modules.map(({ name }) => name));
  for (const binding of bindings) {
    const part = binding["part"];
    if (typeof part !== "string" || parts.has(part)) continue;
    throw invalidScript(`binding ${binding.name}: no part "${part}" was uploaded`);
  }
  refuseUnknown(call, bindings, { name: call.param("script_name"), classes: sent.classes });
  return bindings;
}
