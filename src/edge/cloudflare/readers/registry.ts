import type { CloudflareApi } from "../client.ts";
import type { Reader } from "../../../core/reader.ts";
import { accessApplications } from "./access-applications.ts";
import { apiTokens } from "./api-tokens.ts";
import { notificationPolicies, notificationWebhooks } from "./notifications.ts";
import { workerDomains } from "./worker-domains.ts";
import { workerRoutes } from "./worker-routes.ts";
import { workers } from "./workers.ts";
import { dnsRecords } from "./dns-records.ts";
import { gatewayLists, gatewayRules } from "./gateway.ts";
import { ipLists } from "./ip-lists.ts";
import { r2Buckets } from "./r2-buckets.ts";
import { d1Databases, kvNamespaces } from "./storage.ts";
import { zoneSettings } from "./zone-settings.ts";
import { rulesetPhases } from "./ruleset-phases.ts";

export const READERS: readonly Reader<CloudflareApi>[] = [
  dnsRecords,
  zoneSettings,
  workerRoutes,
  accessApplications,
  workers,
  workerDomains,
  apiTokens,
  notificationWebhooks,
  notificationPolicies,
  ipLists,
  gatewayLists,
  gatewayRules,
  kvNamespaces,
  d1Databases,
  r2Buckets,
  rulesetPhases("waf_rule", ["http_request_firewall_custom"]),
  rulesetPhases("rate_limit_rule", ["http_ratelimit"]),
  rulesetPhases("managed_ruleset", ["http_request_firewall_managed"]),
  rulesetPhases("cache_rule", ["http_request_cache_settings"]),
  rulesetPhases("redirect_rule", ["http_request_dynamic_redirect"]),
  rulesetPhases("header_rule", ["http_request_late_transform", "http_response_headers_transform"]),
];
