/** Versions of a Worker and how the traffic is divided among them: deploying, dividing, rolling back. */
import { z } from "zod";
import type { Answer, ApiError } from "../envelope.ts";
import type { Call, Operation } from "../product.ts";
import { acceptUpload, STARTUP_MS } from "../workers/accepted-upload.ts";
import {
  changedWorker,
  codeOf,
  findWorker,
  makerOf,
  scriptChanged,
  workers,
} from "../workers/account-worker.ts";
import { writeCode } from "../workers/code.ts";
import { invalidScript, refusedUpload } from "../workers/refusal.ts";
import {
  shownBindings,
  versionOf,
  withDeployment,
  type Deployment,
  type StoredWorker,
} from "../workers/script.ts";
import { keepVersion, modulesOfVersion, versionKept } from "../workers/version.ts";

type Version = StoredWorker["versions"][number];

function shownVersion({ id, number, created_on, source, author }: Version) {
  const { id: author_id, email: author_email } = author;
  const metadata = { created_on, modified_on: created_on, source, author_id, author_email };
  return { id, number, metadata: { ...metadata, hasPreview: false, has_preview: false } };
}

function list(call: Call): Answer {
  const found = findWorker(call).versions.map(shownVersion);
  const { result, info } = call.query.page(found, { min: 1, max: 100, initial: 20 });
  return { result: { items: result }, info };
}

function resourcesOf(worker: StoredWorker, version: Version) {
  const { compatibility_date: date, compatibility_flags: flags, usage_model } = worker.settings;
  const { etag, source } = version;
  return {
    bindings: shownBindings(worker),
    script: { etag, handlers: worker.handlers, last_deployed_from: source },
    script_runtime: {
      ...(date === undefined ? {} : { compatibility_date: date }),
      compatibility_flags: flags,
      usage_model,
    },
  };
}

const unknownVersion = (): ApiError => invalidScript("This version does not exist.");

/** The Worker as it was, or is, in this version. */
function asOf(call: Call, worker: StoredWorker, id: string): StoredWorker {
  const kept = versionKept(call, worker.id, id);
  if (kept === undefined) throw unknownVersion();
  return { ...worker, ...kept.worker };
}

function one(call: Call): Answer {
  const worker = findWorker(call);
  const version = worker.versions.find(({ id }) => id === call.param("version_id"));
  if (version === undefined) throw unknownVersion();
  const resources = resourcesOf(asOf(call, worker, version.id), version);
  return { result: { ...shownVersion(version), resources } };
}

/** Kept beside what is deployed, which stays as it is. */
function upload(call: Call): Answer {
  const before = findWorker(call);
  const { worker, modules, said } = acceptUpload(call, before.id, before);
  const { version, versions } = versionOf(worker, makerOf(call));
  workers(call).put({ ...before, versions });
  keepVersion(call, { ...worker, versions }, { id: version.id, modules });
  const result = {
    ...shownVersion(version),
    resources: resourcesOf(worker, version),
    startup_time_ms: STARTUP_MS,
  };
  const id = `${before.id}/${version.id}`;
  changedWorker(call, "create", { type: "worker_version", id, request: said, response: result });
  return { result };
}

const shownDeployment = ({ author, ...deployment }: Deployment) => ({
  ...deployment,
  strategy: "percentage",
  author_email: author.email,
});

/** `wrangler` reads all of them as `deployments`; the `cloudflare` package pages of `items`, each with `deployments` of its own. */
function deployments(call: Call): Answer {
  const all = findWorker(call).deployments.map(shownDeployment);
  const { result, info } = call.query.page(all, { min: 1, max: 100, initial: 20 });
  return { result: { deployments: all, items: [{ deployments: result }] }, info };
}

function findDeployment(call: Call): { worker: StoredWorker; deployment: Deployment } {
  const worker = findWorker(call);
  const deployment = worker.deployments.find(({ id }) => id === call.param("deployment_id"));
  if (deployment === undefined) throw invalidScript("This deployment does not exist.");
  return { worker, deployment };
}

const oneDeployment = (call: Call): Answer => ({
  result: shownDeployment(findDeployment(call).deployment),
});

const Input = z.object({
  strategy: z.literal("percentage"),
  versions: z
    .array(z.object({ version_id: z.string(), percentage: z.number().min(0.01).max(100) }))
    .min(1)
    .max(2),
  annotations: z.record(z.string(), z.unknown()).nullish(),
});

/** The version with most of the traffic is what settings and content show from now on. */
function deploy(call: Call): Answer {
  const before = findWorker(call);
  const { versions, annotations } = call.json(Input);
  if (versions.reduce((sum, { percentage }) => sum + percentage, 0) !== 100) {
    throw refusedUpload(10186, "The percentages of a deployment must add up to 100.");
  }
  const [main] = versions.toSorted((a, b) => b.percentage - a.percentage);
  const id = main?.version_id ?? "";
  for (const { version_id: other } of versions) asOf(call, before, other);
  const worker = withDeployment(asOf(call, before, id), makerOf(call), {
    versions,
    annotations: annotations ?? {},
  });
  workers(call).put(worker);
  writeCode(codeOf(call, worker.id), modulesOfVersion(call, worker.id, id));
  scriptChanged(call, "update", { worker, request: { strategy: "percentage", versions } });
  const [made] = worker.deployments;
  return { result: made === undefined ? null : shownDeployment(made) };
}

/** Of the past only: the newest one is what answers requests. */
function removeDeployment(call: Call): Answer {
  const { worker, deployment } = findDeployment(call);
  if (deployment === worker.deployments[0]) {
    throw refusedUpload(10187, "The latest deployment of a Worker cannot be deleted.");
  }
  const deploymentsLeft = worker.deployments.filter((other) => other !== deployment);
  workers(call).put({ ...worker, deployments: deploymentsLeft });
  const id = `${worker.id}/${deployment.id}`;
  changedWorker(call, "delete", {
    type: "worker_deployment",
    id,
    request: null,
    response: null,
  });
  return { result: null };
}

const SCRIPT = "/accounts/:account_id/workers/scripts/:script_name";
const VERSIONS = `${SCRIPT}/versions`;
const DEPLOYMENTS = `${SCRIPT}/deployments`;
const DEPLOYMENT = `${DEPLOYMENTS}/:deployment_id`;

export const WORKERS_VERSIONS: readonly Operation[] = [
  { method: "GET", path: VERSIONS, needs: "workers:read", handle: list },
  { method: "POST", path: VERSIONS, needs: "workers:write", handle: upload },
  { method: "GET", path: `${VERSIONS}/:version_id`, needs: "workers:read", handle: one },
  { method: "GET", path: DEPLOYMENTS, needs: "workers:read", handle: deployments },
  { method: "POST", path: DEPLOYMENTS, needs: "workers:write", handle: deploy },
  { method: "GET", path: DEPLOYMENT, needs: "workers:read", handle: oneDeployment },
  { method: "DELETE", path: DEPLOYMENT, needs: "workers:write", handle: removeDeployment },
];
