/**
 * From a plan to the questions that are asked about it: one for each resource that a step touches, under the name that it had
 * and the one that it gets. Pure, and total: what this page does not know is a fault, and a fault is a "no".
 */
import { digestOfText, textOf } from "../canonical.ts";
import type { Plan, Step } from "../plan.ts";
import type { Fields, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import type { RiskAssessment, Tier } from "../risk.ts";
import type { Provenance } from "../risk/tables.ts";
import type { RiskVector } from "../risk/vector.ts";
import type { Framework } from "./bundle.ts";
import { guardedPart } from "./guarded-step.ts";
import { directionOf, type Effect, effectsOf, looser } from "./effect.ts";
import type { Attributes, Entity, PolicyRequest } from "./request.ts";
import { isProtective } from "./setting-strength.ts";

/** What is true around the plan, from whoever owns it. */
export interface PolicyFacts {
  readonly accountId: string;
  readonly frameworks: readonly Framework[];
  /** Somebody has put the whole scope on hold. */
  readonly frozen: boolean;
  readonly recentRuns: number;
}

/** What the release will have to show. */
export interface Proof {
  readonly quorum: {
    readonly required: number;
    readonly yes: number;
    readonly no: number;
    readonly domains: number;
    readonly deterministicYes: number;
    readonly bound: boolean;
  };
  readonly approvals: {
    readonly humans: number;
    readonly selfApproved: boolean;
    readonly maxAgeSec: number;
    readonly bound: boolean;
  };
  /** A voter has played the plan through and found nothing. */
  readonly simulated: boolean;
  /** A voter has worked the risk out again. */
  readonly verified: boolean;
}

export interface QuestionInput {
  readonly plan: Plan;
  /** At which tier it would run: never below that of the risk (I13). */
  readonly tier: Tier;
  readonly risk: RiskAssessment;
  /** Findings that no person can wave through. */
  readonly violations: number;
  readonly facts: PolicyFacts;
  readonly proof: Proof;
}

export type QuestionFault =
  | { readonly reason: "unknown_kind"; readonly kind: string }
  | { readonly reason: "unknown_proposal"; readonly type: string };

export function questionsOf(input: QuestionInput): Result<readonly PolicyRequest[], QuestionFault> {
  const { plan, facts } = input;
  // A proposal of a type that nobody has given rights to has none.
  if (plan.proposal.type !== "revert")
    return err({ reason: "unknown_proposal", type: String(plan.proposal.type) });
  const around = surroundings(plan.site, facts.accountId);
  const questions: PolicyRequest[] = [];
  for (const step of plan.steps) {
    const resources = resourcesOf(step, plan.site, around[0]);
    if (resources === null) return err({ reason: "unknown_kind", kind: step.kind });
    for (const { principal, action, context } of asksOf(step, input))
      for (const resource of resources)
        questions.push({
          principal: principal.uid,
          action,
          resource: resource.uid,
          context,
          entities: [principal, resource, ...around],
        });
  }
  return ok(questions);
}

type Ask = Pick<PolicyRequest, "action" | "context"> & { readonly principal: Entity };

/** What a step truly is: declared values that are put back, guardrails that are carried out, or both at once. */
function asksOf(step: Step, input: QuestionInput): readonly Ask[] {
  const { plan } = input;
  const { warrants, alone } = guardedPart(step, plan.proposal.guardrails ?? []);
  const change = contextOf(step, input);
  const guards = warrants.map((warrant): Ask => {
    const tightens = directionOf(effectsOf(step, plan.site.name)) === "tighten";
    return {
      principal: agentOf("guardian", plan),
      action: tightens ? "guardrail.tighten" : "guardrail.change",
      // A person's wish, or a template of the catalogue that an agent filled in: what it says is declared nowhere.
      context: {
        ...change,
        provenanceFloor: FLOORS[warrant.owner.type === "person" ? "human" : "catalog"],
        lease: {
          template: warrant.template,
          hours: warrant.hours,
          owner: warrant.owner.type,
          evidence: warrant.evidence,
        },
      },
    };
  });
  const reverts: readonly Ask[] =
    alone && guards.length > 0
      ? []
      : [{ principal: agentOf("reverter", plan), action: "drift.revert", context: change }];
  return [...guards, ...reverts];
}

const agentOf = (role: "reverter" | "guardian", { scope }: Plan): Entity => ({
  uid: { type: "Agent", id: `${role}@${scope}` },
  attrs: { runtime: "deterministic", quarantined: false },
  parents: [{ type: "Role", id: role }],
});

/** The site and what it belongs to, the nearest first. */
function surroundings(site: Site, accountId: string): readonly [Entity, ...Entity[]] {
  const account: Entity = { uid: { type: "Account", id: accountId }, attrs: {}, parents: [] };
  return site.level === "zone"
    ? [{ uid: { type: "Zone", id: site.name }, attrs: {}, parents: [account.uid] }, account]
    : [account];
}

/** What policies count provenance by. */
const FLOORS: Readonly<Record<Provenance, number>> = {
  golden: 3,
  human: 2,
  catalog: 2,
  trusted: 1,
  untrusted: 0,
};

/** From here on an error budget counts as spent: the burn rate, times ten, at which people are woken. */
const BURN_MAX_X10 = 144;

/**
 * Runs of one scope in ten minutes. The API's quota of 1,200 calls in five minutes carries no more: a run needs two calls
 * at the least. Whoever gets there is fighting somebody.
 */
const RUNS_MAX = 1_000;

/** What policies know of the risk, in one place: the plan's vector, and what this one step does. */
function riskContext({ vector, score }: RiskAssessment, effects: readonly Effect[]) {
  return {
    score,
    // The looser of the two: neither may hide what the other has seen.
    direction: looser(directionOf(effects), vector.direction),
    reversible: vector.reversal !== "none" && !effects.includes("deletes_data"),
  };
}

const remainingBudget = ({ burnX10 }: RiskVector): number =>
  Math.max(0, 100 - Math.ceil((burnX10 * 100) / BURN_MAX_X10));

function contextOf(step: Step, input: QuestionInput): Attributes {
  const { plan, proof, facts, violations, risk, tier } = input;
  const { vector } = risk;
  const effects = effectsOf(step, plan.site.name);
  return {
    risk: { ...riskContext(risk, effects), tier, verified: proof.verified },
    quorum: { ...proof.quorum },
    approvals: { ...proof.approvals },
    window: { open: vector.timing === "window", frozen: facts.frozen },
    budget: {
      inFlightAndRecent: facts.recentRuns,
      limit: RUNS_MAX,
      errorBudgetPct: remainingBudget(vector),
    },
    provenanceFloor: FLOORS[vector.provenance],
    simulated: proof.simulated,
    violations,
    canary: vector.canary,
    criticality: vector.criticality,
    effects,
    frameworks: facts.frameworks,
  };
}

/** Under which names a step touches its resource: one, or two when it is renamed. Null: a kind without a place here. */
function resourcesOf(step: Step, site: Site, parent: Entity): readonly Entity[] | null {
  const type = TYPES[step.kind];
  if (type === undefined) return null;
  const images = [step.after, step.before].filter((image) => image !== null);
  const entities = images.map(({ fields }): Entity => {
    const name = nameOf(step, fields);
    return {
      uid: { type: type.name, id: idOf(name) },
      attrs: type.attrs({ name, fields, zone: site.name, kind: step.kind }),
      parents: [parent.uid],
    };
  });
  return entities.filter(
    ({ uid }, index) => entities.findIndex((one) => one.uid.id === uid.id) === index,
  );
}

/** An id longer than the engine is given goes by its digest. */
const ID_MAX = 255;
const idOf = (name: string): string => (name.length > ID_MAX ? digestOfText(name) : name);

/** No kind takes a longer one. What somebody has made live may have any length, and it is put back or taken away all the same. */
const NAME_MAX = 512;
const NAME_KEPT = 255;

/** Anybody may name something with half a character, or with a page of them, and the engine cannot read that. */
function nameOf({ kind, group, identity }: Step, fields: Fields): string {
  const own = textOf(fields["name"]) || textOf(fields["domain"]);
  const isRecord = kind === "dns_record" || kind === "route53_record";
  const name = isRecord ? group : own || identity;
  const short = name.length > NAME_MAX ? `${name.slice(0, NAME_KEPT)} ${digestOfText(name)}` : name;
  return short.toWellFormed();
}

interface Described {
  readonly name: string;
  readonly fields: Fields;
  readonly zone: string;
  readonly kind: string;
}

interface EntityType {
  readonly name: string;
  readonly attrs: (of: Described) => Attributes;
}

const named = (name: string): EntityType => ({ name, attrs: (of) => ({ name: of.name }) });
const RULESET: EntityType = { name: "Ruleset", attrs: ({ name }) => ({ phase: name }) };
const STORE: EntityType = {
  name: "Store",
  attrs: ({ name, kind }) => ({ name, product: kind }),
};

/** Adding a kind is one line here; a kind without one is never written. */
const TYPES: Readonly<Partial<Record<string, EntityType>>> = {
  dns_record: {
    name: "DnsRecord",
    attrs: ({ fields, zone }) => {
      const [rtype, name] = [textOf(fields["type"]), textOf(fields["name"]).toWellFormed()];
      return {
        name,
        rtype,
        proxied: fields["proxied"] === true,
        protected: isProtected({ rtype, name }, zone),
      };
    },
  },
  zone_setting: {
    name: "ZoneSetting",
    attrs: ({ name }) => ({ setting: name, security: isProtective(name) }),
  },
  waf_rule: RULESET,
  rate_limit_rule: RULESET,
  managed_ruleset: RULESET,
  cache_rule: RULESET,
  redirect_rule: RULESET,
  header_rule: RULESET,
  worker: named("Script"),
  worker_route: named("Script"),
  worker_domain: named("Script"),
  gateway_rule: named("GatewayRule"),
  gateway_list: named("AddressList"),
  ip_list: named("AddressList"),
  access_application: named("AccessApp"),
  kv_namespace: STORE,
  d1_database: STORE,
  r2_bucket: STORE,
  s3_bucket: STORE,
  route53_record: {
    name: "DnsRecord",
    attrs: ({ fields }) => {
      const [rtype, name] = [textOf(fields["type"]), textOf(fields["name"]).toWellFormed()];
      const zone = textOf(fields["zone"]);
      return { name, rtype, proxied: false, protected: isProtected({ rtype, name }, zone) };
    },
  },
  notification_policy: named("Alert"),
  notification_webhook: named("Alert"),
};

/** Whether policies know what a step of this kind touches. */
export const isKnownKind = (kind: string): boolean => kind in TYPES;

const PROTECTED_TYPES = new Set(["NS", "MX", "DS", "CAA"]);
const PROTECTED_LABELS = new Set(["_dmarc", "_domainkey", "_acme-challenge"]);

/** Names that everything else of a zone hangs on. */
const isProtected = ({ rtype, name }: { rtype: string; name: string }, zone: string): boolean =>
  name === zone ||
  PROTECTED_TYPES.has(rtype) ||
  name.split(".").some((label) => PROTECTED_LABELS.has(label));
