/** One Worker of the account within one call: found, changed, versioned, audited. */
import { isSecret, type BindingInput } from "./bindings.ts";
import { readCode, WORKER_CODE } from "./code.ts";
import { unknownWorker } from "./refusal.ts";
import {
  shownScript,
  type StoredWorker,
  versionOf,
  wholly,
  withDeployment,
  WORKER,
} from "./script.ts";
import { keepVersion } from "./version.ts";
import { ownAccount } from "../api/accounts.ts";
import { ACCOUNT_ID } from "../identities.ts";
import type { Call } from "../product.ts";

export const workers = (call: Call) => {
  ownAccount(call);
  return call.shelf(WORKER, ACCOUNT_ID);
};

export const codeOf = (call: Call, name: string) =>
  call.shelf(WORKER_CODE, `${ACCOUNT_ID}/${name}`);

/** The Worker of the route's `:script_name`. */
export function findWorker(call: Call): StoredWorker {
  const worker = workers(call).get(call.param("script_name"));
  if (worker === undefined) throw unknownWorker();
  return worker;
}

export interface Said {
  readonly type: string;
  readonly request: unknown;
  readonly response: unknown;
  readonly id?: string;
}

/** Audit entries name what was changed, and never the value of a secret. */
export function changedWorker(
  call: Call,
  action: "create" | "update" | "delete",
  { type, id, request, response }: Said & { readonly id: string },
): void {
  call.changed({
    action,
    resource: { id, type, product: "workers", scope: "accounts" },
    request,
    response,
  });
}

/** Who makes a version or a deployment, and with what. */
export function makerOf(call: Call) {
  const { actor } = call.identity ?? {};
  const agent = call.request.headers.get("user-agent") ?? "";
  return {
    timestamp: call.timestamp,
    author: { id: actor?.id ?? "", email: actor?.email ?? "" },
    source: agent.startsWith("wrangler/") ? "wrangler" : "api",
  };
}

/** Every change of code, settings or secrets is a new version, deployed at once. */
export function putVersion(call: Call, worker: StoredWorker): StoredWorker {
  const maker = makerOf(call);
  const { version, versions } = versionOf(worker, maker);
  const said = { versions: wholly(version.id), annotations: {} };
  const next = withDeployment({ ...worker, versions }, maker, said);
  workers(call).put(next);
  keepVersion(call, next, { id: version.id, modules: readCode(codeOf(call, worker.id)) });
  return next;
}

/** What the audit log keeps of bindings. */
export const redacted = (bindings: readonly BindingInput[] | null | undefined): unknown[] =>
  (bindings ?? []).map((binding) =>
    isSecret(binding) ? { name: binding.name, type: binding.type } : binding,
  );

export const scriptChanged = (
  call: Call,
  action: "create" | "update" | "delete",
  said: { readonly worker: StoredWorker; readonly request: unknown },
): void =>
  changedWorker(call, action, {
    type: "worker_script",
    id: said.worker.id,
    request: said.request,
    response: action === "delete" ? null : shownScript(said.worker),
  });
