/** Workers as `wrangler` asks for them: by the name of a service with one environment, and who depends on it. */
import { ApiError, type Answer } from "../envelope.ts";
import type { Call, Operation } from "../product.ts";
import { codeOf, findWorker, workers } from "../workers/account-worker.ts";
import { rawCode, readCode } from "../workers/code.ts";
import { shownBindings, shownScript, type StoredWorker } from "../workers/script.ts";
import { routesTo } from "./workers-routes.ts";
import { removeWorker } from "./workers-scripts.ts";

/** The one that has been left of environments. */
const ENVIRONMENT = "production";

/** A code of its own, which `wrangler` takes for "not there yet". */
function findService(call: Call): StoredWorker {
  const worker = workers(call).get(call.param("script_name"));
  const environment = call.request.path.split("/environments/")[1]?.split("/")[0] ?? ENVIRONMENT;
  if (worker !== undefined && environment === ENVIRONMENT) return worker;
  throw new ApiError(404, { code: 10090, message: "This service does not exist." });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const timesOf = ({ created_on, modified_on }: StoredWorker) => ({ created_on, modified_on });

const environmentOf = (worker: StoredWorker) => ({
  environment: ENVIRONMENT,
  ...timesOf(worker),
  script: shownScript(worker),
});

function service(call: Call): Answer {
  const worker = findService(call);
  const environment = environmentOf(worker);
  const { id, settings } = worker;
  const result = {
    id,
    default_environment: environment,
    environments: [environment],
    ...timesOf(worker),
    usage_model: settings.usage_model,
  };
  return { result };
}

const environment = (call: Call): Answer => ({ result: environmentOf(findService(call)) });
const bindings = (call: Call): Answer => ({ result: shownBindings(findService(call)) });
const subdomain = (call: Call): Answer => ({ result: findService(call).subdomain });

const routes = (call: Call): Answer => ({ result: routesTo(call, findService(call).id) });

function content(call: Call): Answer {
  const worker = findService(call);
  return { raw: rawCode(readCode(codeOf(call, worker.id)), worker) };
}

/** A Worker with its address, as newer clients look for it. */
const shownWorker = (found: StoredWorker): Record<string, unknown> => {
  const { logpush, observability, tags, tail_consumers: tails } = found.settings;
  return {
    id: found.tag,
    name: found.id,
    created_on: found.created_on,
    updated_on: found.modified_on,
    deployed_on: found.deployments[0]?.created_on ?? null,
    logpush,
    observability,
    subdomain: found.subdomain,
    tags,
    tail_consumers: tails ?? [],
  };
};

function allWorkers(call: Call): Answer {
  const { result, info } = call.query.page(workers(call).list(), { min: 1, max: 100, initial: 10 });
  return { result: result.map(shownWorker), info };
}

/** By its tag, or by its name. */
function oneWorker(call: Call): Answer {
  const name = call.param("worker_id");
  const found = workers(call)
    .list()
    .find(({ id, tag }) => id === name || tag === name);
  if (found === undefined) {
    throw new ApiError(404, { code: 10007, message: "This Worker does not exist." });
  }
  return { result: shownWorker(found) };
}

/** Who calls this Worker, and whose objects it has: deleting it would break them. */
function references(call: Call): Answer {
  const { id } = findWorker(call);
  const others = workers(call)
    .list()
    .filter((other) => other.id !== id);
  const incoming = others.flatMap((other) =>
    other.bindings
      .filter((binding) => binding["service"] === id)
      .map(({ name }) => ({ name, service: other.id, environment: ENVIRONMENT })),
  );
  const objects = others.flatMap((other) =>
    other.bindings
      .filter((binding) => binding["script_name"] === id)
      .map((binding) => ({
        service: other.id,
        environment: ENVIRONMENT,
        name: binding.name,
        durable_object_namespace_id: "",
        durable_object_namespace_name: `${id}_${textOf(binding["class_name"])}`,
      })),
  );
  const services = { incoming, outgoing: [], pages_function: false };
  return { result: { services, durable_objects: objects, dispatch_outbounds: [] } };
}

function tailProducers(call: Call): Answer {
  const { id } = findWorker(call);
  const result = workers(call)
    .list()
    .filter(({ settings }) => JSON.stringify(settings.tail_consumers ?? []).includes(`"${id}"`))
    .map((producer) => ({ producer: { script: producer.id } }));
  return { result };
}

/** One for each class that a Worker is bound to; they come and go with the bindings. */
function objectNamespaces(call: Call): Answer {
  const all = workers(call)
    .list()
    .flatMap((owner) =>
      shownBindings(owner)
        .filter(({ type }) => type === "durable_object_namespace")
        .map((binding) => {
          const script = textOf(binding["script_name"]) || owner.id;
          const name = textOf(binding["class_name"]);
          const id = textOf(binding["namespace_id"]);
          return { id, name: `${script}_${name}`, script, class: name, use_sqlite: true };
        }),
    );
  const unique = [...new Map(all.map((one) => [one.id, one])).values()];
  const { result, info } = call.query.page(unique, { min: 1, max: 1000, initial: 20 });
  return { result, info };
}

const WORKERS = "/accounts/:account_id/workers";
const SERVICE = `${WORKERS}/services/:script_name`;
const ENVIRONMENTS = `${SERVICE}/environments/:environment`;
const read = (path: string, handle: Operation["handle"]): Operation => {
  return { method: "GET", path, needs: "workers:read", handle };
};

export const WORKERS_SERVICES: readonly Operation[] = [
  read(SERVICE, service),
  { method: "DELETE", path: SERVICE, needs: "workers:write", handle: removeWorker },
  read(ENVIRONMENTS, environment),
  read(`${ENVIRONMENTS}/bindings`, bindings),
  read(`${ENVIRONMENTS}/routes`, routes),
  read(`${ENVIRONMENTS}/subdomain`, subdomain),
  read(`${ENVIRONMENTS}/content`, content),
  read(`${ENVIRONMENTS}/content/v2`, content),
  read(`${WORKERS}/workers`, allWorkers),
  read(`${WORKERS}/workers/:worker_id`, oneWorker),
  read(`${WORKERS}/scripts/:script_name/references`, references),
  read(`${WORKERS}/durable_objects/namespaces`, objectNamespaces),
  read(`${WORKERS}/tails/by-consumer/:script_name`, tailProducers),
];
