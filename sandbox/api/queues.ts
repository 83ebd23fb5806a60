/** Queues: made, listed and deleted; messages are not imitated. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { QUEUE, type StoredQueue } from "../workers/queue.ts";
import { ownAccount } from "./accounts.ts";

const PER_PAGE = { min: 1, max: 100, initial: 20 };
const Input = z.object({ queue_name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i) });

const queues = (call: Call) => {
  ownAccount(call);
  return call.shelf(QUEUE, ACCOUNT.id);
};

function shown({ id, ...queue }: StoredQueue): Record<string, unknown> {
  return { queue_id: id, ...queue, producers: [], consumers: [] };
}

function changed(call: Call, action: "create" | "delete", queue: StoredQueue): unknown {
  const result = shown(queue);
  call.changed({
    action,
    resource: { id: queue.id, type: "queue", product: "queues", scope: "accounts" },
    request: action === "create" ? jsonBody(call.body) : null,
    response: action === "create" ? result : null,
  });
  return result;
}

function find(call: Call): StoredQueue {
  const queue = queues(call).get(call.param("queue_id"));
  if (queue !== undefined) return queue;
  throw new ApiError(404, { code: 11000, message: "Queue does not exist." });
}

function create(call: Call): Answer {
  const { queue_name } = call.json(Input);
  if (queues(call).withKey(queue_name).length > 0) {
    throw new ApiError(409, { code: 11009, message: `Queue '${queue_name}' exists already.` });
  }
  const times = { created_on: call.timestamp, modified_on: call.timestamp };
  const queue = { id: hexId(), queue_name, ...times };
  queues(call).put(queue);
  return { result: changed(call, "create", queue) };
}

function remove(call: Call): Answer {
  const queue = find(call);
  queues(call).delete(queue.id);
  changed(call, "delete", queue);
  return { result: null };
}

function list(call: Call): Answer {
  const { result, info } = call.query.page(queues(call).list(), PER_PAGE);
  return { result: result.map(shown), info };
}

const one = (call: Call): Answer => ({ result: shown(find(call)) });

const QUEUES_PATH = "/accounts/:account_id/queues";
const QUEUE_PATH = `${QUEUES_PATH}/:queue_id`;

export const QUEUES: readonly Operation[] = [
  { method: "GET", path: QUEUES_PATH, needs: "queues:read", handle: list },
  { method: "POST", path: QUEUES_PATH, needs: "queues:write", handle: create },
  { method: "GET", path: QUEUE_PATH, needs: "queues:read", handle: one },
  { method: "DELETE", path: QUEUE_PATH, needs: "queues:write", handle: remove },
];
