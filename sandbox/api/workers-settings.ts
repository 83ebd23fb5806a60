/** Settings, secrets, schedules and the workers.dev address of a Worker. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { parseBody, type Call, type Operation } from "../product.ts";
import {
  changedWorker,
  findWorker,
  putVersion,
  redacted,
  workers,
} from "../workers/account-worker.ts";
import {
  acceptBinding,
  acceptBindings,
  byName,
  inherited,
  isSecret,
  withoutSecret,
  type StoredBinding,
} from "../workers/bindings.ts";
import { refuseUnknown } from "../workers/references.ts";
import { invalidScript, refusedUpload } from "../workers/refusal.ts";
import {
  changedSettings,
  SettingsInput,
  shownSettings,
  type StoredWorker,
} from "../workers/script.ts";
import { parsed } from "../workers/upload.ts";

const settings = (call: Call): Answer => ({ result: shownSettings(findWorker(call)) });

/** The real API takes a form with the part `settings`; JSON is taken as well. */
function sentSettings({ body }: Call): SettingsInput {
  if (body.type !== "form") return parseBody(jsonBody(body), SettingsInput);
  const text = body.fields["settings"];
  if (text === undefined) throw invalidScript("could not read content for part settings");
  return parseBody(parsed(text), SettingsInput);
}

/** `bindings` replaces the list; what it does not name is gone, unless inherited. */
function editSettings(call: Call): Answer {
  const before = findWorker(call);
  const input = sentSettings(call);
  const given =
    input.bindings === null || input.bindings === undefined ? undefined : input.bindings;
  const bindings =
    given === undefined
      ? before.bindings
      : inherited(acceptBindings(given), { before: before.bindings, keep: [], isStrict: false });
  refuseUnknown(call, bindings, { name: before.id, classes: before.classes });
  const worker = putVersion(call, {
    ...before,
    bindings: bindings.map(withoutSecret),
    settings: changedSettings(before.settings, input, call.now),
  });
  const result = shownSettings(worker);
  const said = { ...input, bindings: redacted(given === undefined ? [] : acceptBindings(given)) };
  changedWorker(call, "update", {
    type: "worker_settings",
    id: worker.id,
    request: said,
    response: result,
  });
  return { result };
}

function scriptSettings(call: Call): Answer {
  const { logpush, observability, tags, tail_consumers } = findWorker(call).settings;
  return { result: { logpush, observability, tags, tail_consumers } };
}

const ScriptSettings = SettingsInput.pick({
  logpush: true,
  observability: true,
  tags: true,
  tail_consumers: true,
});

/** These belong to the script, not to a version: changing them deploys nothing. */
function editScriptSettings(call: Call): Answer {
  const before = findWorker(call);
  const input = call.json(ScriptSettings);
  const next = changedSettings(before.settings, input, call.now);
  workers(call).put({ ...before, settings: next, modified_on: call.timestamp });
  const answer = scriptSettings(call);
  changedWorker(call, "update", {
    type: "worker_script_settings",
    id: before.id,
    request: input,
    response: answer.result,
  });
  return answer;
}

const secretsOf = ({ bindings }: StoredWorker): StoredBinding[] =>
  byName(bindings.filter(isSecret));

const secrets = (call: Call): Answer => ({ result: secretsOf(findWorker(call)) });

function findSecret(call: Call): { worker: StoredWorker; secret: StoredBinding } {
  const worker = findWorker(call);
  const name = call.param("secret_name");
  const secret = secretsOf(worker).find((binding) => binding.name === name);
  if (secret !== undefined) return { worker, secret };
  throw new ApiError(404, { code: 10056, message: `Binding '${name}' not found.` });
}

const oneSecret = (call: Call): Answer => ({ result: findSecret(call).secret });

const Secret = z.looseObject({ name: z.string(), type: z.enum(["secret_text", "secret_key"]) });

function withBinding(worker: StoredWorker, secret: StoredBinding): StoredWorker {
  const others = worker.bindings.filter(({ name }) => name !== secret.name);
  const clash = worker.bindings.find(({ name }) => name === secret.name);
  if (clash !== undefined && !isSecret(clash)) {
    throw refusedUpload(10053, `Binding name '${secret.name}' already in use.`);
  }
  return { ...worker, bindings: [...others, secret] };
}

const without = (worker: StoredWorker, name: string): StoredWorker => ({
  ...worker,
  bindings: worker.bindings.filter((binding) => binding.name !== name),
});

function secretChanged(
  call: Call,
  action: "create" | "update" | "delete",
  said: { readonly worker: StoredWorker; readonly secret: StoredBinding },
): void {
  const { worker, secret } = said;
  const shown = { name: secret.name, type: secret.type };
  changedWorker(call, action, {
    type: "worker_secret",
    id: `${worker.id}/${secret.name}`,
    request: action === "delete" ? null : shown,
    response: action === "delete" ? null : shown,
  });
}

function putSecret(call: Call): Answer {
  const before = findWorker(call);
  const secret = withoutSecret(acceptBinding(call.json(Secret)));
  const isNew = !before.bindings.some(({ name }) => name === secret.name);
  const worker = putVersion(call, withBinding(before, secret));
  secretChanged(call, isNew ? "create" : "update", { worker, secret });
  return { result: secret };
}

function removeSecret(call: Call): Answer {
  const { worker, secret } = findSecret(call);
  putVersion(call, without(worker, secret.name));
  secretChanged(call, "delete", { worker, secret });
  return { result: null };
}

const Bulk = z.object({ secrets: z.record(z.string(), Secret.nullable()).nullish() });

/** `null` removes a secret; all of them are one new version. */
function bulkSecrets(call: Call): Answer {
  const before = findWorker(call);
  let worker = before;
  for (const [name, given] of Object.entries(call.json(Bulk).secrets ?? {})) {
    const known = before.bindings.find((binding) => binding.name === name);
    if (given === null) {
      worker = without(worker, name);
      if (known !== undefined) secretChanged(call, "delete", { worker, secret: known });
      continue;
    }
    const secret = withoutSecret(acceptBinding({ ...given, name }));
    worker = withBinding(worker, secret);
    secretChanged(call, known === undefined ? "create" : "update", { worker, secret });
  }
  const stored = putVersion(call, worker);
  return { result: Object.fromEntries(secretsOf(stored).map((secret) => [secret.name, secret])) };
}

/** Five fields; names of days and months and the signs of cron, nothing more. */
const CRON = /^([\d*/,\-?LW#]|[A-Za-z]{3})+( ([\d*/,\-?LW#]|[A-Za-z]{3})+){4}$/;
const SCHEDULES_MAX = 250;

const shownSchedules = ({ schedules }: StoredWorker): Answer => ({ result: { schedules } });

const schedules = (call: Call): Answer => shownSchedules(findWorker(call));

const Schedules = z.array(z.object({ cron: z.string() })).max(SCHEDULES_MAX);

function putSchedules(call: Call): Answer {
  const before = findWorker(call);
  const crons = call.json(Schedules).map(({ cron }) => cron.trim().replace(/\s+/g, " "));
  for (const cron of crons) {
    if (!CRON.test(cron)) throw refusedUpload(10100, `invalid cron string: ${cron}`);
  }
  const unique = [...new Set(crons)];
  const list = unique.map((cron) => {
    const known = before.schedules.find((schedule) => schedule.cron === cron);
    return known ?? { cron, created_on: call.timestamp, modified_on: call.timestamp };
  });
  const worker = { ...before, schedules: list };
  workers(call).put(worker);
  changedWorker(call, "update", {
    type: "worker_schedules",
    id: before.id,
    request: crons,
    response: list,
  });
  return shownSchedules(worker);
}

const subdomain = (call: Call): Answer => ({ result: findWorker(call).subdomain });

const Subdomain = z.object({ enabled: z.boolean(), previews_enabled: z.boolean().nullish() });

function setSubdomain(call: Call, value: StoredWorker["subdomain"]): Answer {
  const worker = findWorker(call);
  workers(call).put({ ...worker, subdomain: value });
  changedWorker(call, "update", {
    type: "worker_subdomain",
    id: worker.id,
    request: jsonBody(call.body),
    response: value,
  });
  return { result: value };
}

function enableSubdomain(call: Call): Answer {
  const { enabled, previews_enabled: previews } = call.json(Subdomain);
  return setSubdomain(call, { enabled, previews_enabled: previews ?? enabled });
}

const disableSubdomain = (call: Call): Answer =>
  setSubdomain(call, { enabled: false, previews_enabled: false });

const SCRIPT = "/accounts/:account_id/workers/scripts/:script_name";
const read = (path: string, handle: Operation["handle"]): Operation => {
  return { method: "GET", path: `${SCRIPT}/${path}`, needs: "workers:read", handle };
};
const write = (
  method: Operation["method"],
  path: string,
  handle: Operation["handle"],
): Operation => ({ method, path: `${SCRIPT}/${path}`, needs: "workers:write", handle });

export const WORKERS_SETTINGS: readonly Operation[] = [
  read("settings", settings),
  write("PATCH", "settings", editSettings),
  read("script-settings", scriptSettings),
  write("PATCH", "script-settings", editScriptSettings),
  read("secrets", secrets),
  write("PUT", "secrets", putSecret),
  write("PATCH", "secrets-bulk", bulkSecrets),
  read("secrets/:secret_name", oneSecret),
  write("DELETE", "secrets/:secret_name", removeSecret),
  read("schedules", schedules),
  write("PUT", "schedules", putSchedules),
  read("subdomain", subdomain),
  write("POST", "subdomain", enableSubdomain),
  write("DELETE", "subdomain", disableSubdomain),
];
