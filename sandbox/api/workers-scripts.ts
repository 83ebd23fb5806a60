/** Worker scripts: uploaded, read, deleted. */
import type { Answer } from "../envelope.ts";
import type { Call, Operation } from "../product.ts";
import { acceptUpload, refuseName, STARTUP_MS } from "../workers/accepted-upload.ts";
import {
  codeOf,
  findWorker,
  putVersion,
  scriptChanged,
  workers,
} from "../workers/account-worker.ts";
import { etagOf, rawCode, readCode, refuseLarge, writeCode } from "../workers/code.ts";
import { refusedUpload } from "../workers/refusal.ts";
import { shownScript, type StoredWorker } from "../workers/script.ts";
import { readUpload } from "../workers/upload.ts";
import { dropVersions } from "../workers/version.ts";
import { dropRoutes, routesTo } from "./workers-routes.ts";
import { dropDomains } from "./workers-domains.ts";
import { ownAccount } from "./accounts.ts";

/** Everything is checked before anything is kept: an upload takes effect as a whole or not. */
function upload(call: Call): Answer {
  ownAccount(call);
  const name = call.param("script_name");
  const before = workers(call).get(name);
  if (before === undefined) refuseName(call, name);
  const accepted = acceptUpload(call, name, before);
  writeCode(codeOf(call, name), accepted.modules);
  const worker = putVersion(call, accepted.worker);
  scriptChanged(call, before === undefined ? "create" : "update", {
    worker,
    request: accepted.said,
  });
  return { result: { ...shownScript(worker), ...receipt(worker) } };
}

/** What is called a deployment here is the version. */
const receipt = ({ entry, versions }: StoredWorker) => ({
  entry_point: entry,
  startup_time_ms: STARTUP_MS,
  deployment_id: versions[0]?.id,
});

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
export function removeWorker(call: Call): Answer {
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
  dropVersions(call, worker.id);
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
  { method: "DELETE", path: SCRIPT, needs: "workers:write", handle: removeWorker },
  { method: "PUT", path: `${SCRIPT}/content`, needs: "workers:write", handle: uploadContent },
  { method: "GET", path: `${SCRIPT}/content/v2`, needs: "workers:read", handle: content },
];
