/** The account's name below workers.dev. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import type { Call, Operation } from "../product.ts";
import { WORKERS_SUBDOMAIN } from "../workers/subdomain.ts";
import { ownAccount } from "./accounts.ts";

/** There is one at most. */
const ID = "subdomain";

const shelf = (call: Call) => {
  ownAccount(call);
  return call.shelf(WORKERS_SUBDOMAIN, ACCOUNT.id);
};

function get(call: Call): Answer {
  const stored = shelf(call).get(ID);
  if (stored !== undefined) return { result: { subdomain: stored.subdomain } };
  throw new ApiError(404, { code: 10007, message: "This account has no workers.dev subdomain." });
}

const Input = z.object({ subdomain: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) });

function put(call: Call): Answer {
  const before = shelf(call).get(ID);
  const { subdomain } = call.json(Input);
  shelf(call).put({ id: ID, subdomain });
  call.changed({
    action: before === undefined ? "create" : "update",
    resource: { id: ACCOUNT.id, type: "worker_subdomain", product: "workers", scope: "accounts" },
    request: jsonBody(call.body),
    response: { subdomain },
  });
  return { result: { subdomain } };
}

function remove(call: Call): Answer {
  get(call);
  shelf(call).delete(ID);
  call.changed({
    action: "delete",
    resource: { id: ACCOUNT.id, type: "worker_subdomain", product: "workers", scope: "accounts" },
    request: null,
    response: null,
  });
  return { result: null };
}

const PATH = "/accounts/:account_id/workers/subdomain";

export const WORKERS_SUBDOMAIN_OPERATIONS: readonly Operation[] = [
  { method: "GET", path: PATH, needs: "workers:read", handle: get },
  { method: "PUT", path: PATH, needs: "workers:write", handle: put },
  { method: "DELETE", path: PATH, needs: "workers:write", handle: remove },
];
