/** Where notifications can go. */
import { jsonBody } from "../api-request.ts";
import { ApiError, noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import {
  acceptUrl,
  deliver,
  TEST_MESSAGE,
  WEBHOOK,
  WebhookInput,
  type StoredWebhook,
} from "../notifications/destination.ts";
import { NOTIFICATION_POLICY } from "../notifications/policy.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const webhooks = (call: Call) => {
  ownAccount(call);
  return call.shelf(WEBHOOK, ACCOUNT.id);
};

function find(call: Call): StoredWebhook {
  const webhook = webhooks(call).get(call.param("webhook_id"));
  if (webhook === undefined) throw noRoute(call.request.path);
  return webhook;
}

const shown = ({ secret: _secret, ...webhook }: StoredWebhook) => webhook;

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  webhook: StoredWebhook,
): Answer {
  const { id } = webhook;
  const { secret: _secret, ...request } = { ...(jsonBody(call.body) as object), secret: "" };
  call.changed({
    action,
    resource: { id, type: "notification_webhook", product: "notifications", scope: "accounts" },
    request: action === "delete" ? null : request,
    response: action === "delete" ? null : shown(webhook),
  });
  return { result: action === "delete" ? null : { id } };
}

/** The destination is tried at once: it must be up when it is written down. */
function store(call: Call, before: StoredWebhook | undefined): Answer {
  const shelf = webhooks(call);
  const { name, url, secret } = call.json(WebhookInput);
  const webhook: StoredWebhook = {
    ...(before ?? { id: hexId(), created_at: call.timestamp }),
    name,
    ...acceptUrl(url),
    ...(secret === null || secret === undefined || secret === "" ? {} : { secret }),
    last_success: call.timestamp,
  };
  shelf.put(webhook);
  deliver(call, { webhook, body: TEST_MESSAGE, time: call.timestamp });
  return changed(call, before === undefined ? "create" : "update", webhook);
}

const create = (call: Call): Answer => store(call, undefined);
const replace = (call: Call): Answer => store(call, find(call));
const one = (call: Call): Answer => ({ result: shown(find(call)) });
const list = (call: Call): Answer => ({ result: webhooks(call).list().map(shown) });

function remove(call: Call): Answer {
  const webhook = find(call);
  const user = call
    .shelf(NOTIFICATION_POLICY, ACCOUNT.id)
    .list()
    .find(({ mechanisms }) => mechanisms["webhooks"]?.some(({ id }) => id === webhook.id));
  if (user !== undefined) {
    const message = `The destination is used by the policy \`${user.name}\``;
    throw new ApiError(409, { code: 17103, message });
  }
  webhooks(call).delete(webhook.id);
  return changed(call, "delete", webhook);
}

function eligible(call: Call): Answer {
  ownAccount(call);
  const types = { email: "email", pagerduty: "pagerduty", webhooks: "webhook" };
  const result = Object.entries(types).map(([kind, type]) => {
    return [kind, [{ eligible: true, ready: type !== "pagerduty", type }]];
  });
  return { result: Object.fromEntries(result) as unknown };
}

const DESTINATIONS = "/accounts/:account_id/alerting/v3/destinations";
const WEBHOOKS_PATH = `${DESTINATIONS}/webhooks`;
const WEBHOOK_PATH = `${WEBHOOKS_PATH}/:webhook_id`;

export const NOTIFICATION_DESTINATIONS: readonly Operation[] = [
  {
    method: "GET",
    path: `${DESTINATIONS}/eligible`,
    needs: "notifications:read",
    handle: eligible,
  },
  { method: "GET", path: WEBHOOKS_PATH, needs: "notifications:read", handle: list },
  { method: "POST", path: WEBHOOKS_PATH, needs: "notifications:write", handle: create },
  { method: "GET", path: WEBHOOK_PATH, needs: "notifications:read", handle: one },
  { method: "PUT", path: WEBHOOK_PATH, needs: "notifications:write", handle: replace },
  { method: "DELETE", path: WEBHOOK_PATH, needs: "notifications:write", handle: remove },
];
