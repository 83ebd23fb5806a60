/**
 * Desired state = golden state ⊕ guardrails in force. Computed anew from `now` at every look, by whoever needs it: a
 * lease that has run out is in nobody's desired state, so nothing can apply it again. Pure.
 */
import type { GoldenState } from "../golden.ts";
import { withItem } from "../kinds/gateway-list.ts";
import { guardedPhase } from "../kinds/ruleset-phase.ts";
import { withoutWorker } from "../kinds/worker-route.ts";
import type { Change, Resource } from "../resource.ts";
import { digestOf, type JsonObject } from "../canonical.ts";
import { millisOf } from "../instant.ts";
import { type At, effectsOf, type Guardrail, isInForce, type Warrant } from "./guardrail.ts";
import type { Effect, RuleKind } from "./template.ts";

/** What the owner of a scope's guardrails keeps. Whether a lease runs is not in it: that is for the reader's clock. */
export interface Leases {
  /** In force, run out and not seen gone yet. */
  readonly guardrails: readonly Guardrail[];
  /** Kinds of rules that guardrails have ever written here: no rule of theirs may be left in these phases. */
  readonly touched: readonly RuleKind[];
}

export const NO_LEASES: Leases = { guardrails: [], touched: [] };

export interface Desired {
  readonly golden: GoldenState;
  /** Names, as `kind identity`, of what guardrails have a say in. */
  readonly guarded: ReadonlySet<string>;
}

const PHASE: Readonly<Record<RuleKind, string>> = {
  waf_rule: "http_request_firewall_custom",
  rate_limit_rule: "http_ratelimit",
  cache_rule: "http_request_cache_settings",
};

type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

/** Behind every exemption, so that whoever is let through stays so, and before the rest where there is none. */
const behindSkips = (rules: readonly JsonObject[]): number =>
  rules.findLastIndex(({ action }) => action === "skip") + 1;

/** Of cache rules the last one that matches wins: a declared rule beats a guardrail, so what is personal stays so. */
const first = (): number => 0;
const last = (rules: readonly JsonObject[]): number => rules.length;

const PLACE: Readonly<Record<RuleKind, (rules: readonly JsonObject[]) => number>> = {
  waf_rule: behindSkips,
  rate_limit_rule: last,
  cache_rule: first,
};

const keyOf = ({ kind, identity }: Pick<Resource, "kind" | "identity">): string =>
  `${kind} ${identity}`;

/** The golden state with the guardrails in force laid over it. Its digest stays that of the golden state. */
export function overlay(golden: GoldenState, leases: Leases, at: At): Desired {
  const { guardrails, touched } = leases;
  if (guardrails.length + touched.length === 0) return { golden, guarded: new Set() };
  const now = guardrails.filter((one) => isInForce(one, at)).flatMap(effects);
  const over = guardrails.filter((one) => !isInForce(one, at)).flatMap(effects);
  const resources = new Map(golden.resources.map((resource) => [keyOf(resource), resource]));
  const put = (resource: Resource): unknown => resources.set(keyOf(resource), resource);
  for (const setting of over.filter(isSetting)) {
    // The golden state says what it is; where it does not, the lease did, until it is seen so.
    const isDeclared = resources.has(`zone_setting ${setting.id}`);
    if (!isDeclared && setting.afterwards !== null) put(settingOf(setting.id, setting.afterwards));
  }
  for (const effect of now) {
    const changed = changedBy(effect, resources);
    if (changed) put(changed);
  }
  for (const kind of phasesOf(leases, now)) {
    const phase = PHASE[kind];
    const rules = now.filter(isRule).flatMap((one) => (one.kind === kind ? [one.rule] : []));
    const declared = resources.get(`${kind} ${phase}`) ?? null;
    put(guardedPhase(kind, { phase, declared, rules, place: PLACE[kind] }));
  }
  const all = [...resources.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const guarded = [...now, ...over].map(subjectOf);
  return {
    golden: { ...golden, resources: all },
    guarded: new Set([...guarded, ...touched.map((kind) => `${kind} ${PHASE[kind]}`)]),
  };
}

/** What a single effect makes of a resource; null: nothing, or it is one of a phase's rules. */
function changedBy(effect: Effect, resources: ReadonlyMap<string, Resource>): Resource | null {
  const declared = resources.get(subjectOf(effect));
  switch (effect.type) {
    case "rule":
      return null;
    case "setting":
      return settingOf(effect.id, effect.value);
    case "list_item":
      return declared ? withItem(declared, itemOf(effect)) : null;
    case "route_off":
      return declared ? withoutWorker(declared) : null;
  }
}

const itemOf = ({ of, value }: Of<"list_item">) => ({
  type: of,
  value,
  description: "guardrail of Driftless",
});

function subjectOf(effect: Effect): string {
  switch (effect.type) {
    case "rule":
      return `${effect.kind} ${PHASE[effect.kind]}`;
    case "setting":
      return `zone_setting ${effect.id}`;
    case "list_item":
      return `gateway_list ${effect.list}`;
    case "route_off":
      return `worker_route ${effect.pattern}`;
  }
}

const effects = (guardrail: Guardrail): readonly Effect[] => {
  const of = effectsOf(guardrail);
  // Of another version's template nothing is known; its rules are taken away like those of any lease that is over.
  return of.ok ? of.value : [];
};

const isRule = (effect: Effect): effect is Of<"rule"> => effect.type === "rule";
const isSetting = (effect: Effect): effect is Of<"setting"> => effect.type === "setting";

const phasesOf = ({ touched }: Leases, now: readonly Effect[]): ReadonlySet<RuleKind> =>
  new Set([...touched, ...now.filter(isRule).map(({ kind }) => kind)]);

const settingOf = (id: string, value: Resource["fields"][string]): Resource => ({
  kind: "zone_setting",
  group: id,
  identity: id,
  fields: { value },
});

const HOUR_MS = 3_600_000;

export function warrantOf(guardrail: Guardrail): Warrant {
  const { id, scope, template, parameters, mode, placedAt, expiresAt, owner, evidence } = guardrail;
  return {
    id,
    expiresAt,
    digest: digestOf([id, scope, template, parameters, mode, expiresAt]),
    template,
    hours: Math.ceil((millisOf(expiresAt) - millisOf(placedAt)) / HOUR_MS),
    owner: { type: owner.type, name: owner.name },
    evidence: evidence.length,
    covers: [...new Set(effects(guardrail).map(subjectOf))].toSorted(),
  };
}

/** `kind identity` of the settings that leases, running or over, have a say in. What they added goes without anybody. */
export const leasedSettings = ({ guardrails }: Leases): ReadonlySet<string> =>
  new Set(guardrails.flatMap(effects).filter(isSetting).map(subjectOf));

/** Kinds of rules that a guardrail writes. */
export const ruleKindsOf = (guardrail: Guardrail): readonly RuleKind[] => [
  ...new Set(
    effects(guardrail)
      .filter(isRule)
      .map(({ kind }) => kind),
  ),
];

/** Why a guardrail would do nothing, or could not be taken back: what it changes has to be declared. Null: it is fine. */
export function groundless(guardrail: Guardrail, golden: GoldenState): string | null {
  const declared = new Map(golden.resources.map((resource) => [keyOf(resource), resource]));
  return effects(guardrail).reduce<string | null>(
    (problem, effect) => problem ?? groundlessEffect(effect, declared.get(subjectOf(effect))),
    null,
  );
}

function groundlessEffect(effect: Effect, declared: Resource | undefined): string | null {
  switch (effect.type) {
    case "rule":
      return null;
    case "setting":
      return effect.afterwards !== null || declared
        ? null
        : `\`${effect.id}\` is not declared: declare it, or say what it is to be \`afterwards\``;
    case "list_item":
      if (!declared) return `the list \`${effect.list}\` is not declared`;
      return withItem(declared, itemOf(effect))
        ? null
        : `the list \`${effect.list}\` is not of type ${effect.of}`;
    case "route_off":
      return declared ? null : `the route \`${effect.pattern}\` is not declared`;
  }
}

/** Whether a change is (also) one that guardrails ask for: it is not drift, and nothing of it waits for an incident's end. */
export const isGuarded = (change: Change, guarded: ReadonlySet<string>): boolean =>
  guarded.has(keyOf(change.op === "delete" ? change.observed : change.desired));
