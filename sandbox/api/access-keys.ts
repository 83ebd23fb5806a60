/** How often Access rotates the keys that sign its tokens. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import type { Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";
import { ownAccount } from "./accounts.ts";

interface StoredKeys {
  readonly id: string;
  readonly key_rotation_interval_days: number;
  readonly last_key_rotation_at: string;
}

const ACCESS_KEYS: Kind<StoredKeys> = { name: "access_keys" };

/** The documented six weeks. */
const INITIAL: StoredKeys = {
  id: "keys",
  key_rotation_interval_days: 42,
  last_key_rotation_at: "2026-11-02T00:00:00Z",
};

const DAY_MS = 86_400_000;

const shelf = (call: Call) => {
  ownAccount(call);
  return call.shelf(ACCESS_KEYS, ACCOUNT.id);
};

const read = (call: Call): StoredKeys => shelf(call).get(INITIAL.id) ?? INITIAL;

function shown(call: Call, { id: _id, ...keys }: StoredKeys): Record<string, unknown> {
  const age = Math.floor((call.now - Date.parse(keys.last_key_rotation_at)) / DAY_MS);
  const left = Math.max(0, keys.key_rotation_interval_days - age);
  return { ...keys, days_until_next_rotation: left };
}

function put(call: Call, keys: StoredKeys): Answer {
  shelf(call).put(keys);
  const result = shown(call, keys);
  call.changed({
    action: "update",
    resource: { id: ACCOUNT.id, type: "access_keys", product: "access", scope: "accounts" },
    request: jsonBody(call.body),
    response: result,
  });
  return { result };
}

const get = (call: Call): Answer => ({ result: shown(call, read(call)) });

const Interval = z.object({ key_rotation_interval_days: z.number().int().min(21).max(365) });

const set = (call: Call): Answer => put(call, { ...read(call), ...call.json(Interval) });

const rotate = (call: Call): Answer =>
  put(call, { ...read(call), last_key_rotation_at: call.timestamp });

const KEYS = "/accounts/:account_id/access/keys";

export const ACCESS_KEYS_OPERATIONS: readonly Operation[] = [
  { method: "GET", path: KEYS, needs: "access:read", handle: get },
  { method: "PUT", path: KEYS, needs: "access:write", handle: set },
  { method: "POST", path: `${KEYS}/rotate`, needs: "access:write", handle: rotate },
];
