/** `rule_settings` of a Gateway rule: 28 members, most of them nullable. */
import { z } from "zod";
import { formatDuration } from "./duration.ts";

const flag = z.boolean().nullish();
const text = z.string().nullish();
const switchable = z.looseObject({ enabled: z.boolean().optional() }).nullish();
const object = z.record(z.string(), z.unknown()).nullish();
const headers = z.record(z.string(), z.array(z.string())).nullish();

export const RuleSettings = z.object({
  add_headers: z.union([headers, z.array(z.never())]),
  allow_child_bypass: flag,
  audit_ssh: object,
  biso_admin_controls: object,
  block_page: object,
  block_page_enabled: flag,
  block_reason: text,
  bypass_parent_rule: flag,
  check_session: z.object({ enforce: flag, duration: text }).nullish(),
  delete_headers: z.array(z.string()).nullish(),
  dns_resolvers: object,
  egress: object,
  forensic_copy: switchable,
  ignore_cname_category_matches: flag,
  insecure_disable_dnssec_validation: flag,
  ip_categories: flag,
  ip_indicator_feeds: flag,
  l4override: object,
  notification_settings: object,
  override_host: text,
  override_ips: z.union([z.array(z.string()), z.record(z.string(), z.never())]).nullish(),
  payload_log: switchable,
  quarantine: object,
  redirect: object,
  resolve_dns_internally: object,
  resolve_dns_through_cloudflare: flag,
  set_headers: headers,
  untrusted_cert: object,
});
export type RuleSettings = z.infer<typeof RuleSettings>;

function says(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Null, `{}` and `[]` mean the same and come back as nothing (case 48). */
export function acceptSettings(settings: RuleSettings): Record<string, unknown> {
  const kept = Object.entries(settings).filter(([, value]) => says(value));
  const result: Record<string, unknown> = Object.fromEntries(kept);
  const session = settings.check_session;
  if (typeof session?.duration !== "string") return result;
  return { ...result, check_session: { ...session, duration: formatDuration(session.duration) } };
}
