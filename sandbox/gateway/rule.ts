/** A Gateway rule: from what a client sent to what is stored and shown. */
import { z } from "zod";
import { ACCOUNT_ID } from "../identities.ts";
import type { Options } from "../options.ts";
import type { Kind } from "../store.ts";
import { formatExpression, parseExpression } from "./expression.ts";
import { invalidGateway } from "./refusal.ts";
import { acceptSettings, RuleSettings } from "./rule-settings.ts";
import { acceptSchedule, ScheduleInput } from "./schedule.ts";

export const ACTIONS = [
  "on",
  "off",
  "block",
  "redirect",
  "allow",
  "scan",
  "noscan",
  "safesearch",
  "ytrestricted",
  "isolate",
  "noisolate",
  "override",
  "l4_override",
  "egress",
  "resolve",
  "quarantine",
] as const;
type Action = (typeof ACTIONS)[number];

const FILTERS = ["dns", "http", "l4", "egress", "dns_resolver"] as const;
type Filter = (typeof FILTERS)[number];

/** Which actions a filter knows. From the dashboard's choices; the API may allow more. */
const ACTIONS_OF: Readonly<Record<Filter, readonly Action[]>> = {
  dns: ["allow", "block", "override", "safesearch", "ytrestricted"],
  http: [
    "on",
    "off",
    "allow",
    "block",
    "redirect",
    "scan",
    "noscan",
    "isolate",
    "noisolate",
    "quarantine",
  ],
  l4: ["allow", "block", "l4_override"],
  egress: ["egress"],
  dns_resolver: ["resolve"],
};

const PRECEDENCE_MAX = 2 ** 31 - 1;
const expression = z.string().nullish();

export const RuleInput = z.object({
  name: z.string().min(1).max(255),
  description: z.string().max(5000).nullish(),
  action: z.enum(ACTIONS),
  enabled: z.boolean().nullish(),
  filters: z.array(z.enum(FILTERS)).nullish(),
  precedence: z.number().int().min(0).max(PRECEDENCE_MAX).nullish(),
  traffic: expression,
  identity: expression,
  device_posture: expression,
  rule_settings: RuleSettings.nullish(),
  schedule: ScheduleInput.nullish(),
  expiration: z
    .object({ expires_at: z.string(), duration: z.number().int().min(1).nullish() })
    .nullish(),
});
export type RuleInput = z.infer<typeof RuleInput>;

interface Expiration {
  readonly expires_at: string;
  /** Minutes that `reset_expiration` starts anew. */
  readonly duration?: number;
}

export interface StoredRule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly action: Action;
  readonly enabled: boolean;
  readonly filters: readonly Filter[];
  readonly precedence: number;
  readonly traffic: string;
  readonly identity: string;
  readonly device_posture: string;
  readonly rule_settings: Readonly<Record<string, unknown>>;
  readonly schedule: Readonly<Record<string, string>> | null;
  readonly expiration: Expiration | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export const GATEWAY_RULE: Kind<StoredRule> = { name: "gateway_rule", key: (rule) => rule.name };

export interface Setting {
  readonly options: Options;
  readonly timestamp: string;
  /** What a rule gets that says nothing about its place: the end. */
  readonly nextPrecedence: number;
}

export function acceptRule(
  input: RuleInput,
  before: Pick<StoredRule, "id" | "version" | "created_at" | "precedence">,
  setting: Setting,
): StoredRule {
  const { options, timestamp } = setting;
  const filter = acceptFilter(input);
  return {
    id: before.id,
    name: input.name,
    description: input.description ?? "",
    action: input.action,
    enabled: input.enabled ?? false,
    filters: [filter],
    precedence: acceptPrecedence(input, before, setting),
    traffic: acceptExpression(input.traffic, options),
    identity: acceptExpression(input.identity, options),
    device_posture: acceptExpression(input.device_posture, options),
    rule_settings: acceptSettings(input.rule_settings ?? {}),
    schedule: acceptSchedule(filter, input.schedule),
    expiration: acceptExpiration(filter, input.expiration),
    version: before.version + 1,
    created_at: before.created_at,
    updated_at: timestamp,
  };
}

function acceptFilter({ filters, action }: RuleInput): Filter {
  const [filter, ...more] = filters ?? [];
  if (filter === undefined || more.length > 0) {
    throw invalidGateway("filters must contain exactly one of dns, http, l4, egress, dns_resolver");
  }
  if (ACTIONS_OF[filter].includes(action)) return filter;
  throw invalidGateway(`action ${action} is not available for ${filter} rules`);
}

function acceptExpression(text: string | null | undefined, options: Options): string {
  if (text === null || text === undefined) return "";
  if (options.gateway_reformat) return formatExpression(text);
  parseExpression(text);
  return text;
}

function acceptPrecedence(
  { precedence, name }: RuleInput,
  before: Pick<StoredRule, "precedence">,
  { options, nextPrecedence }: Setting,
): number {
  const wanted = precedence ?? (before.precedence > 0 ? before.precedence : nextPrecedence);
  return options.gateway_precedence_noise ? noisy(wanted, name) : wanted;
}

/**
 * 1400 → 1400392 (case 47): times 1000 and a hash of the name. What was read and is written back
 * is recognised, or a value would grow with every write.
 */
function noisy(precedence: number, name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1000;
  const isNoisy = precedence >= 1000 && precedence % 1000 === hash;
  return isNoisy ? precedence : precedence * 1000 + hash;
}

function acceptExpiration(filter: Filter, input: RuleInput["expiration"]): Expiration | null {
  if (input === null || input === undefined) return null;
  if (filter !== "dns") throw invalidGateway("expiration can be set for dns rules only");
  const { expires_at: given, duration } = input;
  const isTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
  const time = isTime.test(given) ? Date.parse(given.toUpperCase()) : Number.NaN;
  if (!Number.isFinite(time)) {
    throw invalidGateway("expiration.expires_at must be an RFC 3339 time with an offset");
  }
  const expires_at = writtenTime(time);
  return duration === null || duration === undefined ? { expires_at } : { expires_at, duration };
}

const writtenTime = (time: number): string => new Date(time).toISOString().replace(/\.000Z$/, "Z");

export function withExpirationReset(
  rule: StoredRule,
  now: { readonly now: number; readonly timestamp: string },
): StoredRule {
  const { expiration } = rule;
  if (expiration?.duration === undefined) {
    throw invalidGateway("the rule has no expiration.duration to start anew");
  }
  const expires_at = writtenTime(now.now + expiration.duration * 60_000);
  return {
    ...rule,
    expiration: { ...expiration, expires_at },
    version: rule.version + 1,
    updated_at: now.timestamp,
  };
}

/** With the members that only an answer has. */
export function shownRule(rule: StoredRule, now: number): Record<string, unknown> {
  const { expiration } = rule;
  const expired = expiration !== null && Date.parse(expiration.expires_at) <= now;
  return {
    ...rule,
    expiration: expiration === null ? null : { ...expiration, expired },
    read_only: false,
    sharable: false,
    source_account: ACCOUNT_ID,
    warning_status: null,
    deleted_at: null,
  };
}
