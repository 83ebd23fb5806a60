import type { Kind } from "../resource.ts";
import { accessApplication } from "./access-application.ts";
import { apiToken } from "./api-token.ts";
import { dnsRecord } from "./dns-record.ts";
import { notificationPolicy } from "./notification-policy.ts";
import { notificationWebhook } from "./notification-webhook.ts";
import { workerDomain } from "./worker-domain.ts";
import { workerRoute } from "./worker-route.ts";
import { workerScript } from "./worker.ts";
import { zoneSetting } from "./zone-setting.ts";
import { d1Database } from "./d1-database.ts";
import { gatewayList } from "./gateway-list.ts";
import { gatewayRule } from "./gateway-rule.ts";
import { ipList } from "./ip-list.ts";
import { kvNamespace } from "./kv-namespace.ts";
import { r2Bucket } from "./r2-bucket.ts";
import { route53Record } from "./route53-record.ts";
import { s3Bucket } from "./s3-bucket.ts";
import { wafRule } from "./waf-rule.ts";
import { rateLimitRule } from "./rate-limit-rule.ts";
import { managedRuleset } from "./managed-ruleset.ts";
import { cacheRule } from "./cache-rule.ts";
import { redirectRule } from "./redirect-rule.ts";
import { headerRule } from "./header-rule.ts";

/** Every kind of resource, by its name in the golden state. Adding one is one line. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  [
    dnsRecord,
    zoneSetting,
    workerRoute,
    accessApplication,
    // Before the Workers that they are bound to: a plan makes things in this order.
    kvNamespace,
    d1Database,
    r2Bucket,
    workerScript,
    workerDomain,
    apiToken,
    notificationWebhook,
    notificationPolicy,
    wafRule,
    rateLimitRule,
    managedRuleset,
    cacheRule,
    redirectRule,
    headerRule,
    ipList,
    gatewayList,
    gatewayRule,
    s3Bucket,
    route53Record,
  ].map((kind) => [kind.name, kind] as const),
);

/** The kind called `name`; throws when there is none, for names that a parser has let through. */
export function kindOf(name: string): Kind {
  const kind = KINDS.get(name);
  if (kind === undefined) throw new Error(`there is no kind \`${name}\``);
  return kind;
}
