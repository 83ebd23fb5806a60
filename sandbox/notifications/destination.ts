/** A webhook that notifications go to, and what would have been sent there. */
import { z } from "zod";
import { invalidParameter } from "../envelope.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { hexId } from "../model/identifiers.ts";
import type { Kind, Shelves } from "../store.ts";

export const WebhookInput = z.object({
  name: z.string().min(1).max(255),
  url: z.string().max(2000),
  secret: z.string().max(1000).nullish(),
});
export type WebhookInput = z.infer<typeof WebhookInput>;

export interface StoredWebhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly type: string;
  /** Sent with every notification, told to nobody. */
  readonly secret?: string;
  readonly created_at: string;
  readonly last_success?: string;
  readonly last_failure?: string;
}

export const WEBHOOK: Kind<StoredWebhook> = { name: "webhook" };

/** What the real account would have sent. Nothing leaves the sandbox. */
export interface Delivery {
  readonly id: string;
  readonly time: string;
  readonly webhook_id: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const DELIVERY: Kind<Delivery> = { name: "delivery" };

const DELIVERIES_MAX = 1000;

/** Services that get messages in their own form. */
const SERVICES: readonly (readonly [type: string, host: RegExp])[] = [
  ["slack", /^hooks\.slack\.com$/],
  ["discord", /(^|\.)discord(app)?\.com$/],
  ["gchat", /^chat\.googleapis\.com$/],
  ["feishu", /(^|\.)feishu\.cn$/],
  ["opsgenie", /^api(\.eu)?\.opsgenie\.com$/],
  ["datadog", /(^|\.)datadoghq\.(com|eu)$/],
  ["splunk", /(^|\.)splunkcloud\.com$/],
];

/** Only ports 80 and 443 are reached. */
export function acceptUrl(text: string): Pick<StoredWebhook, "url" | "type"> {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw invalidParameter("url: must be an http or https URL");
  }
  if (url.port !== "" && !["80", "443"].includes(url.port)) {
    throw invalidParameter("url: only the ports 80 and 443 can be used");
  }
  const service = SERVICES.find(([, host]) => host.test(url.hostname));
  return { url: text, type: service?.[0] ?? "generic" };
}

/** Sent when a destination is created or changed; the receiver must answer it with 2xx. */
export const TEST_MESSAGE = {
  text:
    "Hello World! This is a test message sent from https://cloudflare.com. " +
    "If you can see this, your webhook is configured properly.",
};

export function deliver(
  store: Shelves,
  to: { readonly webhook: StoredWebhook; readonly body: unknown; readonly time: string },
): void {
  const { webhook, body, time } = to;
  const shelf = store.shelf(DELIVERY, ACCOUNT_ID);
  const { id, url, secret } = webhook;
  const auth = secret === undefined ? {} : { "cf-webhook-auth": secret };
  const headers = {
    "content-type": "application/json",
    "user-agent": "Go-http-client/2.0",
    ...auth,
  };
  shelf.put({ id: hexId(), time, webhook_id: id, url, headers, body });
  for (const old of shelf.list().slice(0, Math.max(0, shelf.size - DELIVERIES_MAX))) {
    shelf.delete(old.id);
  }
}
