/** Worker scripts: uploaded, read, deleted. */
import type { Answer } from "../envelope.ts";
import { hexId } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import {
  codeOf,
  findWorker,
  putVersion,
  redacted,
  scriptChanged,
  workers,
} from "../workers/account-worker.ts";
import { acceptBindings, inherited, withoutSecret } from "../workers/bindings.ts";
import { etagOf, rawCode, readCode, refuseLarge, writeCode } from "../workers/code.ts";
import { refuseUnknown } from "../workers/references.ts";
import { invalidScript, refusedUpload } from "../workers/refusal.ts";
import {
  isWorkerName,
  shownScript,
  uploadedSettings,
  type Metadata,
  type StoredWorker,
} from "../workers/script.ts";
import { readUpload, type Upload } from "../workers/upload.ts";
import { dropRoutes, routesTo } from "./workers-routes.ts";
import { dropDomains } from "./workers-domains.ts";
import { ownAccount } from "./accounts.ts";

const WORKERS_MAX = 500;

/** The sandbox starts nothing; the real API tells how long the start took. */
const STARTUP_MS = 12;

function refuseName(call: Call, name: string): void {
  if (!isWorkerName(name)) throw refusedUpload(10016, `Invalid Worker name '${name}'.`);
  if (workers(call).size < WORKERS_MAX) return;
  throw refusedUpload(10037, `The account has reached the limit of ${WORKERS_MAX} Workers.`);
}

function blank(call: Call, name: string): Pick<StoredWorker, BlankField> {
  return {
    id: name,
    tag: hexId(),
    versions: [],
    schedules: [],
    subdomain: { enabled: false, previews_enabled: false },
    created_on: call.timestamp,
  };
}
type BlankField = "id" | "tag" | "versions" | "schedules" | "subdomain" | "created_on";

/** Everything is checked before anything is kept: an upload takes effect as a whole or not. */
function upload(call: Call): Answer {
  ownAccount(call);
  const name = call.param("script_name");
  const before = workers(call).get(name);
  if (before === undefined) refuseName(call, name);
  const sent = readUpload(call.request);
  const { metadata } = sent;
  const bindings = acceptUploadBindings(call, sent, before);
  refuseLarge(sent.modules, call.options.worker_bytes_max);
  writeCode(codeOf(call, name), sent.modules);
  const worker = putVersion(call, {
    ...(before ?? blank(call, name)),
    etag: etagOf(sent.modules),
    entry: sent.entry,
    has_modules: sent.has_modules,
    handlers: sent.handlers,
    classes: sent.classes,
    bindings: bindings.map(withoutSecret),
    settings: uploadedSettings(metadata, call.now),
    modified_on: call.timestamp,
  });
  scriptChanged(call, before === undefined ? "create" : "update", {
    worker,
    request: auditedMetadata(metadata),
  });
  return { result: { ...shownScript(worker), ...receipt(worker) } };
}

const receipt = ({ entry, versions }: StoredWorker) => ({
  entry_point: entry,
  startup_time_ms: STARTUP_MS,
  deployment_id: versions[0]?.deployment_id,
});

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

/** The code alone; settings and bindings stay. */
function uploadContent(call: Call): Answer {
  const before = findWorker(call);
  const sent = readUpload(call.request);
  refuseLarge(sent.modules, call.options.worker_bytes_max);
  writeCode(codeOf(call, before.id), sent.modules);
  const { entry, has_modules, handlers, classes } = sent;
  const etag = etagOf(sent.modules);
  const worker = putVersion(call, { ...before, etag, entry, has_modules, handlers, classes });
  scriptChanged(call, "update", { worker, request: { main_module: entry } });
  return { result: shownScript(worker) };
}

function content(call: Call): Answer {
  const worker = findWorker(call);
  return { raw: rawCode(readCode(codeOf(call, worker.id)), worker) };
}

/** Without the code. */
function list(call: Call): Answer {
  const tags = call.query.text("tags");
  const found = workers(call)
    .list()
    .filter((worker) => isTagged(worker, tags));
  const result = found.map((worker) => ({
    ...shownScript(worker),
    routes: routesTo(call, worker.id),
  }));
  return { result };
}

/** `tags=team:yes,old:no`: must have the one, must not have the other. */
function isTagged({ settings }: StoredWorker, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === "") return true;
  return wanted.split(",").every((pair) => {
    const [, tag = pair, answer = "yes"] = /^(.*):(yes|no)$/.exec(pair) ?? [];
    return settings.tags.includes(tag) === (answer === "yes");
  });
}

function search(call: Call): Answer {
  const name = call.query.text("name")?.toLowerCase() ?? "";
  const tag = call.query.text("id");
  const found = workers(call)
    .list()
    .filter(({ id }) => id.toLowerCase().includes(name))
    .filter((worker) => tag === undefined || worker.tag === tag);
  const { result, info } = call.query.page(found, { min: 1, max: 100, initial: 10 });
  const rows = result.map(({ id, tag: workerTag, created_on, modified_on }) => {
    return { id: workerTag, script_name: id, created_on, modified_on };
  });
  return { result: rows, info };
}

/** Routes and custom domains go with it; that others are bound to it needs `force`. */
function remove(call: Call): Answer {
  const worker = findWorker(call);
  const isUsed = workers(call)
    .list()
    .some(
      ({ id, bindings }) => id !== worker.id && bindings.some((b) => b["service"] === worker.id),
    );
  if (isUsed && call.query.flag("force") !== true) {
    const message = `Worker '${worker.id}' is bound to by other Workers; use force to delete it.`;
    throw refusedUpload(10064, message);
  }
  dropDomains(call, worker.id);
  dropRoutes(call, worker.id);
  writeCode(codeOf(call, worker.id), []);
  workers(call).delete(worker.id);
  scriptChanged(call, "delete", { worker, request: null });
  return { result: null };
}

const SCRIPTS = `/accounts/:account_id/workers/scripts`;
const SCRIPT = `${SCRIPTS}/:script_name`;

export const WORKERS_SCRIPTS: readonly Operation[] = [
  { method: "GET", path: SCRIPTS, needs: "workers:read", handle: list },
  {
    method: "GET",
    path: "/accounts/:account_id/workers/scripts-search",
    needs: "workers:read",
    handle: search,
  },
  { method: "GET", path: SCRIPT, needs: "workers:read", handle: content },
  { method: "PUT", path: SCRIPT, needs: "workers:write", handle: upload },
  { method: "DELETE", path: SCRIPT, needs: "workers:write", handle: remove },
  { method: "PUT", path: `${SCRIPT}/content`, needs: "workers:write", handle: uploadContent },
  { method: "GET", path: `${SCRIPT}/content/v2`, needs: "workers:read", handle: content },
];
