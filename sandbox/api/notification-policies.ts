/** Which alerts go where, what was sent, and when it is quiet. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { invalidParameter, noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import { availableAlerts } from "../notifications/alert-types.ts";
import { WEBHOOK } from "../notifications/destination.ts";
import { HISTORY } from "../notifications/history.ts";
import {
  acceptPolicy,
  NOTIFICATION_POLICY,
  PolicyChange,
  PolicyInput,
  type StoredPolicy,
} from "../notifications/policy.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";
import { ownAccount } from "./accounts.ts";

const policies = (call: Call) => {
  ownAccount(call);
  return call.shelf(NOTIFICATION_POLICY, ACCOUNT.id);
};

function find(call: Call): StoredPolicy {
  const policy = policies(call).get(call.param("policy_id"));
  if (policy === undefined) throw noRoute(call.request.path);
  return policy;
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  { id, type, response }: { id: string; type: string; response: unknown },
): void {
  call.changed({
    action,
    resource: { id, type, product: "notifications", scope: "accounts" },
    request: action === "delete" ? null : jsonBody(call.body),
    response,
  });
}

function refuseUnknownWebhooks(call: Call, { mechanisms }: Pick<StoredPolicy, "mechanisms">): void {
  const known = call.shelf(WEBHOOK, ACCOUNT.id);
  const missing = (mechanisms["webhooks"] ?? []).find(({ id }) => known.get(id) === undefined);
  if (missing === undefined) return;
  throw invalidParameter(`mechanisms.webhooks: there is no destination \`${missing.id}\``);
}

function create(call: Call): Answer {
  const shelf = policies(call);
  const accepted = acceptPolicy(call.json(PolicyInput));
  refuseUnknownWebhooks(call, accepted);
  const times = { created: call.timestamp, modified: call.timestamp };
  const policy = { id: hexId(), ...accepted, ...times };
  shelf.put(policy);
  changed(call, "create", { id: policy.id, type: "notification_policy", response: policy });
  return { result: { id: policy.id } };
}

function replace(call: Call): Answer {
  const before = find(call);
  const accepted = acceptPolicy(call.json(PolicyChange), before);
  refuseUnknownWebhooks(call, accepted);
  const { id, created } = before;
  const policy = { id, ...accepted, created, modified: call.timestamp };
  policies(call).put(policy);
  changed(call, "update", { id, type: "notification_policy", response: policy });
  return { result: { id } };
}

function remove(call: Call): Answer {
  const { id } = find(call);
  policies(call).delete(id);
  changed(call, "delete", { id, type: "notification_policy", response: null });
  return { result: null };
}

const one = (call: Call): Answer => ({ result: find(call) });
const list = (call: Call): Answer => ({ result: policies(call).list() });

function alerts(call: Call): Answer {
  ownAccount(call);
  return { result: availableAlerts() };
}

function time(call: Call, name: string, initial: number): number {
  const text = call.query.text(name);
  const value = text === undefined ? initial : Date.parse(text);
  if (Number.isFinite(value)) return value;
  throw invalidParameter(`\`${name}\` must be an RFC 3339 time`);
}

/** The newest first. */
function history(call: Call): Answer {
  ownAccount(call);
  const since = time(call, "since", 0);
  const before = time(call, "before", call.now + 1);
  const found = call
    .shelf(HISTORY, ACCOUNT.id)
    .list()
    .filter(({ sent }) => Date.parse(sent) >= since && Date.parse(sent) < before)
    .toReversed();
  return call.query.page(found, { min: 1, max: 1000, initial: 25 });
}

interface StoredSilence {
  readonly id: string;
  readonly policy_id: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly created_at: string;
  readonly updated_at: string;
}

const SILENCE: Kind<StoredSilence> = { name: "notification_silence" };

const silences = (call: Call) => {
  ownAccount(call);
  return call.shelf(SILENCE, ACCOUNT.id);
};

const Times = { start_time: z.string(), end_time: z.string() };
const NewSilences = z
  .array(z.object({ policy_id: z.string(), ...Times }))
  .min(1)
  .max(100);
const SilenceChanges = z
  .array(
    z.object({ id: z.string(), start_time: z.string().nullish(), end_time: z.string().nullish() }),
  )
  .min(1)
  .max(100);

function putSilence(call: Call, action: "create" | "update", silence: StoredSilence): void {
  const [start, end] = [Date.parse(silence.start_time), Date.parse(silence.end_time)];
  if (!(start < end)) throw invalidParameter("a silence must end after it starts");
  silences(call).put(silence);
  changed(call, action, { id: silence.id, type: "notification_silence", response: silence });
}

function createSilences(call: Call): Answer {
  for (const given of call.json(NewSilences)) {
    if (policies(call).get(given.policy_id) === undefined) {
      throw invalidParameter(`policy_id: there is no policy \`${given.policy_id}\``);
    }
    const times = { created_at: call.timestamp, updated_at: call.timestamp };
    putSilence(call, "create", { id: hexId(), ...given, ...times });
  }
  return { result: null };
}

function findSilence(call: Call, id: string): StoredSilence {
  const silence = silences(call).get(id);
  if (silence === undefined) throw noRoute(call.request.path);
  return silence;
}

function changeSilences(call: Call): Answer {
  const result = call.json(SilenceChanges).map(({ id, start_time: start, end_time: end }) => {
    const before = findSilence(call, id);
    const silence = {
      ...before,
      start_time: start ?? before.start_time,
      end_time: end ?? before.end_time,
      updated_at: call.timestamp,
    };
    putSilence(call, "update", silence);
    return silence;
  });
  return { result };
}

const listSilences = (call: Call): Answer => ({ result: silences(call).list() });
const oneSilence = (call: Call): Answer => ({
  result: findSilence(call, call.param("silence_id")),
});

function removeSilence(call: Call): Answer {
  const { id } = findSilence(call, call.param("silence_id"));
  silences(call).delete(id);
  changed(call, "delete", { id, type: "notification_silence", response: null });
  return { result: null };
}

const ALERTING = "/accounts/:account_id/alerting/v3";
const read = (path: string, handle: Operation["handle"]): Operation => {
  return { method: "GET", path: `${ALERTING}/${path}`, needs: "notifications:read", handle };
};
const write = (
  method: Operation["method"],
  path: string,
  handle: Operation["handle"],
): Operation => ({ method, path: `${ALERTING}/${path}`, needs: "notifications:write", handle });

export const NOTIFICATION_POLICIES: readonly Operation[] = [
  read("available_alerts", alerts),
  read("history", history),
  read("policies", list),
  write("POST", "policies", create),
  read("policies/:policy_id", one),
  write("PUT", "policies/:policy_id", replace),
  write("DELETE", "policies/:policy_id", remove),
  read("silences", listSilences),
  write("POST", "silences", createSilences),
  write("PUT", "silences", changeSilences),
  read("silences/:silence_id", oneSilence),
  write("DELETE", "silences/:silence_id", removeSilence),
];
