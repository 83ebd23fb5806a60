/**
 * What a step does, in words that policies can be written about. Worked out from the pre-image and the prediction alone; what
 * cannot be ranked counts as the worse. Names and texts of resources never become an effect.
 */
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { kindOf } from "../kinds/registry.ts";
import type { Step } from "../plan.ts";
import type { Fields } from "../resource.ts";
import { s3Buckets } from "../invariants/s3-buckets.ts";
import { type Direction, DIRECTIONS } from "../risk/tables.ts";
import { isWeakTransport, shiftOf } from "./setting-strength.ts";

export type Effect =
  /** A rule, a block or a setting that protects is gone or weaker, or something is let past it. */
  | "removes_protection"
  | "adds_protection"
  /** Afterwards traffic is in clear text somewhere, or under less than TLS 1.2. */
  | "weak_transport"
  /** Who may get in has changed, and not only towards fewer. */
  | "widens_access"
  | "opens_to_everyone"
  | "drops_monitoring"
  | "deletes_data"
  | "ends_worker"
  | "deploys_code"
  | "changes_delegation"
  /** A name stops being answered by the edge. */
  | "exposes_origin";

/** What an effect says about the direction of a change. */
const LOOSENING: ReadonlySet<Effect> = new Set([
  "removes_protection",
  "weak_transport",
  "widens_access",
  "opens_to_everyone",
  "drops_monitoring",
  "exposes_origin",
]);

export function directionOf(effects: readonly Effect[]): Direction {
  if (effects.some((effect) => LOOSENING.has(effect))) return "loosen";
  return effects.includes("adds_protection") ? "tighten" : "neutral";
}

export const looser = (a: Direction, b: Direction): Direction =>
  DIRECTIONS.indexOf(a) > DIRECTIONS.indexOf(b) ? a : b;

type Rule = (step: Step, zone: string) => readonly Effect[];

/** In alphabetical order, so that two auditors ask the same question. */
export function effectsOf(step: Step, zone: string): readonly Effect[] {
  const data: readonly Effect[] =
    step.op === "delete" && kindOf(step.kind).holdsData === true ? ["deletes_data"] : [];
  return [...data, ...(RULES[step.kind]?.(step, zone) ?? [])].toSorted();
}

const RULES: Readonly<Partial<Record<string, Rule>>> = {
  dns_record: dnsEffects,
  zone_setting: settingEffects,
  waf_rule: ruleEffects,
  rate_limit_rule: ruleEffects,
  managed_ruleset: ruleEffects,
  gateway_rule: gatewayEffects,
  access_application: accessEffects,
  notification_policy: alertEffects,
  notification_webhook: ({ op }) => (op === "delete" ? ["drops_monitoring"] : []),
  s3_bucket: bucketEffects,
  worker: ({ op }) => (op === "delete" ? ["ends_worker"] : ["deploys_code"]),
};

const fieldsOf = (image: Step["before"]): Fields => image?.fields ?? {};

function dnsEffects({ group, before, after }: Step, zone: string): Effect[] {
  const exposes = before?.fields["proxied"] === true && after?.fields["proxied"] === false;
  return [
    ...(group === `NS ${zone}` ? (["changes_delegation"] as const) : []),
    ...(exposes ? (["exposes_origin"] as const) : []),
  ];
}

function settingEffects({ identity, before, after }: Step): Effect[] {
  const value = fieldsOf(after)["value"];
  const shift = shiftOf(identity, fieldsOf(before)["value"], value);
  return [
    ...(shift === "weaker" ? (["removes_protection"] as const) : []),
    ...(shift === "stronger" ? (["adds_protection"] as const) : []),
    ...(isWeakTransport(identity, value) ? (["weak_transport"] as const) : []),
  ];
}

/** What these do to a request is no protection: they only watch it or let it through. */
const LENIENT = new Set(["log", "skip", "allow"]);
/** What is only logged goes on to the next rule as if this one were not there. */
const PASSING = new Set(["skip", "allow"]);
const RULE = "rule:";

const rulesOf = (fields: Fields): ReadonlyMap<string, JsonObject> =>
  new Map(
    Object.entries(fields).flatMap(([name, rule]) =>
      name.startsWith(RULE) && isObject(rule) ? [[name, rule] as const] : [],
    ),
  );
const isOn = (rule: JsonObject): boolean => rule["enabled"] !== false;
const protects = (rule: JsonObject): boolean => isOn(rule) && !LENIENT.has(textOf(rule["action"]));
const letsPast = (rule: JsonObject): boolean => isOn(rule) && PASSING.has(textOf(rule["action"]));

/** A protecting rule that is not there afterwards as it was, or a rule that lets past and was not there before. */
function ruleEffects({ before, after }: Step): Effect[] {
  const [was, is] = [rulesOf(fieldsOf(before)), rulesOf(fieldsOf(after))];
  const same = (name: string): boolean => sameJson(was.get(name) ?? null, is.get(name) ?? null);
  const lost = [...was].some(([name, rule]) => protects(rule) && !same(name));
  const skips = [...is].some(([name, rule]) => letsPast(rule) && !same(name));
  const gained = [...is].some(([name, rule]) => protects(rule) && !same(name));
  return [
    ...(lost || skips ? (["removes_protection"] as const) : []),
    ...(gained ? (["adds_protection"] as const) : []),
  ];
}

/** In Gateway, these are what keeps people and machines from something. */
const BLOCKING = new Set(["block", "isolate", "quarantine", "on", "scan", "safesearch"]);

function gatewayEffects({ before, after }: Step): Effect[] {
  const blocks = (fields: Fields | undefined): boolean =>
    fields !== undefined && isOn(fields) && BLOCKING.has(textOf(fields["action"]));
  const [was, is] = [blocks(before?.fields), blocks(after?.fields)];
  const same = sameJson(fieldsOf(before), fieldsOf(after));
  const lets = after !== null && isOn(after.fields) && !is;
  return [
    ...((was || lets) && !same ? (["removes_protection"] as const) : []),
    ...(is && !same ? (["adds_protection"] as const) : []),
  ];
}

const policiesOf = (fields: Fields): readonly JsonObject[] => {
  const { policies } = fields;
  return Array.isArray(policies) ? policies.filter((one: Json) => isObject(one)) : [];
};

const isForEveryone = (policy: JsonObject): boolean => {
  const { decision, include } = policy;
  if (decision === "bypass") return true;
  const rules: readonly Json[] = Array.isArray(include) ? include : [];
  return decision !== "deny" && rules.some((rule) => isObject(rule) && "everyone" in rule);
};

/** Two lists of policies cannot be ranked by reading them: any difference may let somebody in. */
function accessEffects({ op, before, after }: Step): Effect[] {
  const [was, is] = [policiesOf(fieldsOf(before)), policiesOf(fieldsOf(after))];
  const moved = before !== null && !sameJson([...was], [...is]);
  const opens = is.some(
    (policy) => isForEveryone(policy) && !was.some((one) => sameJson(one, policy)),
  );
  return [
    ...(op === "delete" || moved ? (["widens_access"] as const) : []),
    ...(opens ? (["opens_to_everyone"] as const) : []),
    ...(op === "create" && !opens ? (["adds_protection"] as const) : []),
  ];
}

/** What the invariant calls weaker removes protection; the other way round it adds some. */
function bucketEffects({ before, after }: Step): Effect[] {
  const [was, is] = [before?.fields ?? null, after?.fields ?? null];
  const [lost, gained] = [s3Buckets.weakened(was, is, ""), s3Buckets.weakened(is, was, "")];
  const ends = was?.["rules"] !== undefined && lost.length > 0;
  return [
    ...(ends ? (["deletes_data"] as const) : []),
    ...(lost.length > 0 && !ends ? (["removes_protection"] as const) : []),
    ...(lost.length === 0 && gained.length > 0 ? (["adds_protection"] as const) : []),
  ];
}

const destinationsOf = (fields: Fields): readonly string[] => {
  const { mechanisms } = fields;
  return isObject(mechanisms)
    ? Object.entries(mechanisms).flatMap(([name, list]) =>
        Array.isArray(list) ? list.map((one: Json) => `${name} ${textOf(one)}`) : [],
      )
    : [];
};

function alertEffects({ op, before, after }: Step): Effect[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const silenced = was["enabled"] === true && is["enabled"] !== true;
  const kept = new Set(destinationsOf(is));
  const lost = destinationsOf(was).some((destination) => !kept.has(destination));
  return op === "delete" || silenced || lost ? ["drops_monitoring"] : [];
}
