/** An Access policy: reusable by many applications, or the property of one. */
import { z } from "zod";
import { formatNetwork, parseNetwork } from "../model/network.ts";
import type { Kind } from "../store.ts";
import { invalidAccess } from "./refusal.ts";

const DEFAULT_SESSION = "24h";

/** The selectors; each rule has exactly one. */
const SELECTORS = new Set([
  "any_valid_service_token",
  "auth_context",
  "auth_method",
  "azureAD",
  "certificate",
  "cloudflare_account_member",
  "common_name",
  "device_posture",
  "email",
  "email_domain",
  "email_list",
  "everyone",
  "external_evaluation",
  "geo",
  "github-organization",
  "group",
  "gsuite",
  "ip",
  "ip_list",
  "linked_app_token",
  "login_method",
  "oidc",
  "okta",
  "saml",
  "service_token",
  "user_risk_score",
]);

const Rule = z.record(z.string(), z.record(z.string(), z.unknown()));
type Rule = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const Rules = z.array(Rule).max(1000).nullish();
const flag = z.boolean().nullish();

export const PolicyInput = z.object({
  name: z.string().min(1).max(255),
  decision: z.enum(["allow", "deny", "non_identity", "bypass"]),
  include: z.array(Rule).min(1, "a policy needs at least one include rule").max(1000),
  exclude: Rules,
  require: Rules,
  session_duration: z.string().nullish(),
  approval_groups: z.array(z.looseObject({ approvals_needed: z.number() })).nullish(),
  approval_required: flag,
  isolation_required: flag,
  purpose_justification_required: flag,
  purpose_justification_prompt: z.string().nullish(),
  mfa_config: z.record(z.string(), z.unknown()).nullish(),
  precedence: z.number().int().min(1).nullish(),
});
export type PolicyInput = z.infer<typeof PolicyInput>;

export interface StoredAccessPolicy {
  readonly id: string;
  /** The application that owns it; none for a reusable policy. */
  readonly app_id?: string;
  readonly name: string;
  readonly decision: PolicyInput["decision"];
  readonly include: readonly Rule[];
  readonly exclude: readonly Rule[];
  readonly require: readonly Rule[];
  readonly session_duration: string;
  readonly approval_groups?: readonly unknown[];
  readonly approval_required?: boolean;
  readonly isolation_required?: boolean;
  readonly purpose_justification_required?: boolean;
  readonly purpose_justification_prompt?: string;
  readonly mfa_config?: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
}

export const ACCESS_POLICY: Kind<StoredAccessPolicy> = {
  name: "access_policy",
  key: (policy) => policy.app_id ?? "",
};

export function acceptPolicy(
  input: PolicyInput,
  before: Pick<StoredAccessPolicy, "id" | "app_id" | "created_at">,
  timestamp: string,
): StoredAccessPolicy {
  return {
    id: before.id,
    ...(before.app_id === undefined ? {} : { app_id: before.app_id }),
    name: input.name,
    decision: input.decision,
    include: input.include.map(acceptRule),
    exclude: (input.exclude ?? []).map(acceptRule),
    require: (input.require ?? []).map(acceptRule),
    session_duration: acceptSession(input.session_duration),
    ...optional(input),
    created_at: before.created_at,
    updated_at: timestamp,
  };
}

function optional(input: PolicyInput): Partial<StoredAccessPolicy> {
  const members = [
    "approval_groups",
    "approval_required",
    "isolation_required",
    "purpose_justification_required",
    "purpose_justification_prompt",
    "mfa_config",
  ] as const;
  const said = members.filter((member) => input[member] !== null && input[member] !== undefined);
  return Object.fromEntries(said.map((member) => [member, input[member]]));
}

/** A single address comes back as a network (case 52); markers such as `everyone: {}` stay. */
function acceptRule(rule: Rule): Rule {
  const [selector = "", ...more] = Object.keys(rule);
  if (!SELECTORS.has(selector) || more.length > 0) {
    throw invalidAccess(`a rule must have exactly one known selector, not \`${selector}\``);
  }
  if (selector !== "ip") return rule;
  const text = rule["ip"]?.["ip"];
  const network = typeof text === "string" ? parseNetwork(text) : undefined;
  if (network === undefined) throw invalidAccess("ip: not an address or a network");
  return { ip: { ip: formatNetwork(network) } };
}

/** Absent, null and "" mean the default (case 51). */
export function acceptSession(text: string | null | undefined): string {
  if (text === null || text === undefined || text === "") return DEFAULT_SESSION;
  if (/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return text;
  throw invalidAccess(`session_duration: \`${text}\` is not a duration`);
}
