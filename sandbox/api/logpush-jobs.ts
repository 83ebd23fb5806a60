/** Logpush jobs of zones and of the account. */
import { noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { digestId } from "../model/identifiers.ts";
import { zoneOf } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import {
  ACCOUNT_DATASETS,
  destinationOf,
  invalidJob,
  JobInput,
  LOGPUSH_JOB,
  ZONE_DATASETS,
  type Dataset,
  type StoredJob,
} from "../traffic/logpush-job.ts";
import { ownAccount } from "./accounts.ts";

type Level = "zones" | "accounts";

interface Place {
  readonly level: Level;
  readonly id: string;
}

function placeOf(call: Call, level: Level): Place {
  if (level === "zones") return { level, id: zoneOf(call).id };
  ownAccount(call);
  return { level, id: ACCOUNT_ID };
}

const jobs = (call: Call, { id }: Place) => call.shelf(LOGPUSH_JOB, id);

function find(call: Call, place: Place): StoredJob {
  const job = jobs(call, place).get(call.param("job_id"));
  if (job !== undefined) return job;
  throw noRoute(call.request.path);
}

const shown = ({ id, ...job }: StoredJob): Record<string, unknown> => ({
  id: Number(id),
  ...job,
  frequency: "high",
  kind: "",
  logpull_options: null,
});

/** What is in the address of a destination is a secret: the audit log leaves it out. */
function changed(
  call: Call,
  place: Place,
  job: StoredJob,
): (action: "create" | "update" | "delete") => void {
  return (action) => {
    const { destination_conf: _, ...told } = shown(job);
    call.changed({
      action,
      resource: { id: job.id, type: "logpush_job", product: "logpush", scope: place.level },
      request: action === "delete" ? null : told,
      response: action === "delete" ? null : told,
    });
  };
}

function readDataset(name: string | undefined, { level }: Place): Dataset {
  const known: readonly Dataset[] = level === "zones" ? ZONE_DATASETS : ACCOUNT_DATASETS;
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw invalidJob(`invalid dataset: must be one of ${known.join(", ")}`);
}

const EMPTY: Omit<StoredJob, "id" | "dataset" | "destination_conf"> = {
  enabled: false,
  name: "",
  output_options: null,
  max_upload_bytes: null,
  max_upload_records: null,
  max_upload_interval_seconds: null,
  last_complete: null,
  last_error: null,
  error_message: null,
};

/** Ids are numbers that never come again. */
function nextId(call: Call, place: Place): string {
  const seed = digestId("logpush job", place.id, call.timestamp, `${jobs(call, place).size}`);
  return String(Number.parseInt(seed.slice(0, 8), 16));
}

function create(call: Call, place: Place): Answer {
  const { dataset, destination_conf: conf = "", ...rest } = call.json(JobInput);
  destinationOf(conf);
  const job = accepted(rest, {
    ...EMPTY,
    id: nextId(call, place),
    dataset: readDataset(dataset ?? "http_requests", place),
    destination_conf: conf,
  });
  jobs(call, place).put(job);
  changed(call, place, job)("create");
  return { result: shown(job) };
}

function update(call: Call, place: Place): Answer {
  const before = find(call, place);
  const { dataset, destination_conf: conf, ...rest } = call.json(JobInput);
  if (dataset !== undefined && dataset !== before.dataset)
    throw invalidJob("the dataset of a job cannot change");
  if (conf !== undefined) destinationOf(conf);
  const job = accepted(rest, { ...before, destination_conf: conf ?? before.destination_conf });
  jobs(call, place).put(job);
  changed(call, place, job)("update");
  return { result: shown(job) };
}

function accepted(given: JobInput, before: StoredJob): StoredJob {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const { name, ...job } = { ...before, ...Object.fromEntries(said) } as StoredJob;
  return { ...job, name: name ?? "" };
}

function remove(call: Call, place: Place): Answer {
  const job = find(call, place);
  jobs(call, place).delete(job.id);
  changed(call, place, job)("delete");
  return { result: { id: Number(job.id) } };
}

function operations(level: Level): readonly Operation[] {
  const base =
    level === "zones" ? "/zones/:zone_id/logpush/jobs" : "/accounts/:account_id/logpush/jobs";
  const at = (work: (call: Call, place: Place) => Answer) => (call: Call) =>
    work(call, placeOf(call, level));
  return [
    {
      method: "GET",
      path: base,
      needs: "logs:read",
      handle: at((call, place) => ({ result: jobs(call, place).list().map(shown) })),
    },
    { method: "POST", path: base, needs: "logs:write", handle: at(create) },
    {
      method: "GET",
      path: `${base}/:job_id`,
      needs: "logs:read",
      handle: at((call, place) => ({ result: shown(find(call, place)) })),
    },
    { method: "PUT", path: `${base}/:job_id`, needs: "logs:write", handle: at(update) },
    { method: "DELETE", path: `${base}/:job_id`, needs: "logs:write", handle: at(remove) },
  ];
}

export const LOGPUSH_JOBS: readonly Operation[] = [
  ...operations("zones"),
  ...operations("accounts"),
];
