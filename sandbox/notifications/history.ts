/** What was sent: the fallback of receivers that were down. */
import { ACCOUNT_ID } from "../identities.ts";
import { hexId, uuid } from "../model/identifiers.ts";
import type { Kind, Shelves } from "../store.ts";
import { deliver, WEBHOOK } from "./destination.ts";
import { NOTIFICATION_POLICY, type StoredPolicy } from "./policy.ts";

export interface Sent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly alert_type: string;
  readonly alert_body: string;
  readonly mechanism: string;
  readonly mechanism_type: "email" | "pagerduty" | "webhook";
  readonly policy_id: string;
  readonly sent: string;
}

export const HISTORY: Kind<Sent> = { name: "notification_history" };

const TYPE_OF = { email: "email", pagerduty: "pagerduty", webhooks: "webhook" } as const;

/** What happens when something is wrong; only the control plane can make it so. */
export interface Alert {
  readonly policy_id: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly alert_event: string;
  /** The same for the beginning and the end of one thing; a new one unless it is said. */
  readonly alert_correlation_id?: string;
}

/** Tells every destination of the policy. Undefined when there is no such policy. */
export function raise(store: Shelves, alert: Alert, now: number): Sent[] | undefined {
  const policy = store.shelf(NOTIFICATION_POLICY, ACCOUNT_ID).get(alert.policy_id);
  if (policy === undefined) return undefined;
  const time = new Date(now).toISOString();
  const body = messageOf(policy, alert, now);
  if (!policy.enabled) return [];
  return Object.entries(policy.mechanisms).flatMap(([kind, targets]) =>
    targets.map(({ id }) => {
      const webhook = store.shelf(WEBHOOK, ACCOUNT_ID).get(id);
      if (webhook !== undefined) deliver(store, { webhook, body, time });
      const sent: Sent = {
        id: uuid(),
        name: policy.name,
        description: policy.description,
        alert_type: policy.alert_type,
        alert_body: JSON.stringify(body),
        mechanism: webhook?.name ?? id,
        mechanism_type: TYPE_OF[kind as keyof typeof TYPE_OF],
        policy_id: policy.id,
        sent: time,
      };
      store.shelf(HISTORY, ACCOUNT_ID).put(sent);
      return sent;
    }),
  );
}

function messageOf(policy: StoredPolicy, alert: Alert, now: number): Record<string, unknown> {
  return {
    name: policy.name,
    text: alert.text,
    data: alert.data,
    ts: Math.floor(now / 1000),
    account_id: ACCOUNT_ID,
    policy_id: policy.id,
    policy_name: policy.name,
    alert_type: policy.alert_type,
    alert_correlation_id: alert.alert_correlation_id ?? hexId(),
    alert_event: alert.alert_event,
  };
}
