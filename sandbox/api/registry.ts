/** The products of this account. Adding one is its file and one line here. */
import type { Operation } from "../product.ts";
import { ACCESS_APPS } from "./access-apps.ts";
import { ACCESS_IDENTITY_PROVIDERS } from "./access-identity-providers.ts";
import { ACCESS_KEYS_OPERATIONS } from "./access-keys.ts";
import { ACCESS_RULES } from "./access-rules.ts";
import { DNS_SETTINGS_OPERATIONS } from "./dns-settings.ts";
import { PAGE_RULES } from "./page-rules.ts";
import { ZONE_LIFECYCLE } from "./zone-lifecycle.ts";
import { ACCESS_POLICIES } from "./access-policies.ts";
import { ACCOUNTS } from "./accounts.ts";
import { ANALYTICS } from "./analytics.ts";
import { AUDIT_LOGS } from "./audit-logs.ts";
import { DNS_RECORDS } from "./dns-records.ts";
import { GATEWAY_LISTS } from "./gateway-lists.ts";
import { GATEWAY_RULES } from "./gateway-rules.ts";
import { IPS } from "./ips.ts";
import { D1 } from "./d1.ts";
import { KV } from "./kv.ts";
import { LISTS } from "./lists.ts";
import { LOGPUSH_JOBS } from "./logpush-jobs.ts";
import { NOTIFICATION_DESTINATIONS } from "./notification-destinations.ts";
import { NOTIFICATION_POLICIES } from "./notification-policies.ts";
import { QUEUES } from "./queues.ts";
import { R2 } from "./r2.ts";
import { RULESETS } from "./rulesets.ts";
import { TOKENS } from "./tokens.ts";
import { USER } from "./user.ts";
import { WORKERS_DOMAINS } from "./workers-domains.ts";
import { WORKERS_ROUTES } from "./workers-routes.ts";
import { WORKERS_SCRIPTS } from "./workers-scripts.ts";
import { WORKERS_SETTINGS } from "./workers-settings.ts";
import { WORKERS_SERVICES } from "./workers-services.ts";
import { WORKERS_SUBDOMAIN_OPERATIONS } from "./workers-subdomain.ts";
import { WORKERS_VERSIONS } from "./workers-versions.ts";
import { ZONE_SETTINGS } from "./zone-settings.ts";
import { ZONES } from "./zones.ts";

export const OPERATIONS: readonly Operation[] = [
  ...ACCESS_APPS,
  ...ACCESS_IDENTITY_PROVIDERS,
  ...ACCESS_KEYS_OPERATIONS,
  ...ACCESS_POLICIES,
  ...ACCESS_RULES,
  ...ACCOUNTS,
  ...ANALYTICS,
  ...AUDIT_LOGS,
  ...DNS_RECORDS,
  ...DNS_SETTINGS_OPERATIONS,
  ...PAGE_RULES,
  ...GATEWAY_LISTS,
  ...GATEWAY_RULES,
  ...IPS,
  ...D1,
  ...KV,
  ...LISTS,
  ...LOGPUSH_JOBS,
  ...NOTIFICATION_DESTINATIONS,
  ...NOTIFICATION_POLICIES,
  ...QUEUES,
  ...R2,
  ...RULESETS,
  ...TOKENS,
  ...USER,
  ...WORKERS_DOMAINS,
  ...WORKERS_ROUTES,
  ...WORKERS_SCRIPTS,
  ...WORKERS_SETTINGS,
  ...WORKERS_SERVICES,
  ...WORKERS_SUBDOMAIN_OPERATIONS,
  ...WORKERS_VERSIONS,
  ...ZONE_SETTINGS,
  ...ZONES,
  ...ZONE_LIFECYCLE,
];
