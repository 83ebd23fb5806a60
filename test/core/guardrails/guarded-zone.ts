import { AUDITS } from "../../../src/core/auditors/registry.ts";
import type { JsonObject } from "../../../src/core/canonical.ts";
import type { Dossier } from "../../../src/core/dossier.ts";
import { type Guardrail, guardrailOf } from "../../../src/core/guardrails/guardrail.ts";
import { type Leases, NO_LEASES, ruleKindsOf } from "../../../src/core/guardrails/overlay.ts";
import { type Instant, instantOf } from "../../../src/core/ids.ts";
import { type Observation, observe, type Reading } from "../../../src/core/observation.ts";
import { decidePlan } from "../../../src/core/policy/decision.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { type Decision, reconcile, type ReconcileInput } from "../../../src/core/reconcile.ts";
import { simulate } from "../../../src/core/simulate.ts";
import { policies } from "../../support/policies.ts";
import { goldenOf, must, NOW_MS, SCOPE, setting, ZONE } from "../harbor.ts";
import { declaredRule, entrypoint, liveRule, WAF } from "../kinds/entrypoint.ts";
import { QUIET } from "../quiet.ts";

/** A zone whose state is plain data, its golden state, and passes over it by a clock that the test turns. */

export const LIMIT = "http_ratelimit";
export const CACHE = "http_request_cache_settings";

export const golden = goldenOf({
  resources: {
    waf_rule: [
      declaredRule("partners", { action: "skip", action_parameters: { ruleset: "current" } }),
      declaredRule("office"),
    ],
    zone_setting: { ssl: "strict" },
    worker_route: [{ pattern: "harbor.example/api/*", script: "api" }],
  },
});

export const LIVE: readonly Reading[] = [
  {
    kind: "waf_rule",
    objects: [
      entrypoint(WAF, [
        liveRule("partners", { action: "skip", action_parameters: { ruleset: "current" } }),
        liveRule("office"),
        liveRule("stranger"),
      ]),
    ],
    claimedTotal: 1,
  },
  { kind: "rate_limit_rule", objects: [entrypoint(LIMIT, [])], claimedTotal: 1 },
  { kind: "cache_rule", objects: [entrypoint(CACHE, [])], claimedTotal: 1 },
  {
    kind: "zone_setting",
    objects: [setting("ssl", "strict"), setting("security_level", "medium")],
    claimedTotal: 2,
  },
  {
    kind: "worker_route",
    objects: [{ id: "route1", pattern: "harbor.example/api/*", script: "api" }],
    claimedTotal: 1,
  },
];

export const at = (ms: number): { now: Instant; nowMs: number } => ({
  now: instantOf(new Date(NOW_MS + ms).toISOString()),
  nowMs: NOW_MS + ms,
});

export const MINUTE = 60_000;

const WISHES: Readonly<Record<string, { mode: Guardrail["mode"]; parameters: JsonObject }>> = {
  managed_challenge: { mode: "challenge", parameters: { path: "/login" } },
  block_source: { mode: "block", parameters: { asns: [64_496], path: "/", match: "prefix" } },
  rate_limit: { mode: "block", parameters: { path: "/search", requests: 20 } },
  under_attack: { mode: "apply", parameters: { afterwards: "medium" } },
  cache_everything: { mode: "apply", parameters: { path: "/news", match: "prefix" } },
  cve_rule: { mode: "block", parameters: { cve: "CVE-2025-29927" } },
  disable_route: { mode: "apply", parameters: { pattern: "harbor.example/api/*" } },
};
export const ZONE_TEMPLATES = Object.keys(WISHES);

/** A guardrail of `template` that is placed `ms` after the beginning. */
export function guard(template: string, ms = 0, minutes = 30): Guardrail {
  const { mode = "log", parameters = {} } = WISHES[template] ?? {};
  const request = {
    template,
    parameters,
    mode,
    reason: "a test",
    evidence: [],
    incident: null,
    owner: { type: "person", name: "kim" },
    expiresAt: at(ms + minutes * MINUTE).now,
  } as const;
  return must(guardrailOf(request, { scope: SCOPE, site: ZONE, ...at(ms) }));
}

export const leasesOf = (...guardrails: readonly Guardrail[]): Leases => ({
  guardrails,
  touched: [...new Set(guardrails.flatMap(ruleKindsOf))],
});

const seen = (readings: readonly Reading[], now: Instant): Observation =>
  must(observe(readings, ZONE, now));

export interface Moment {
  readonly readings: readonly Reading[];
  readonly leases: Leases;
  readonly ms: number;
  readonly more?: Partial<ReconcileInput>;
}

export const pass = ({ readings, leases, ms, more }: Moment): Decision =>
  reconcile({
    ...QUIET,
    scope: SCOPE,
    site: ZONE,
    golden,
    generation: 3,
    declaredBy: "olga",
    leases,
    observation: seen(readings, at(ms).now),
    lineage: new Map(),
    epoch: 7,
    ...at(ms),
    ...more,
  });

type Heal = Extract<Decision, { type: "heal" }>;

export function dossierOf(decision: Heal, { readings, ms }: Moment): Dossier {
  const dossier: Dossier = {
    version: 1,
    incident: decision.incident,
    plan: decision.plan.plan,
    planDigest: decision.plan.digest,
    evidence: { observedAt: at(ms).now, readings, lineage: [] },
    held: decision.held,
    findings: decision.findings,
    risk: decision.risk,
    policy: decidePlan({ ...decision, plan: decision.plan.plan, ...policies }),
  };
  return JSON.parse(JSON.stringify(dossier)) as Dossier;
}

/** What the auditors have against the plan, asked `later` ms after it was made, with what its owner knows then. */
export function against(
  decision: Heal,
  moment: Moment,
  { later = 0, leases = moment.leases }: { later?: number; leases?: Leases } = {},
): readonly string[] {
  const input = {
    ...QUIET,
    dossier: dossierOf(decision, moment),
    golden,
    generation: 3,
    declaredBy: "olga",
    policies,
    leases,
    now: at(moment.ms + later).now,
  };
  return [...AUDITS].flatMap(([name, audit]) =>
    audit(input).reasons.map((reason) => `${name}: ${reason}`),
  );
}

/** What is there after the plan, if there is one; every voter agrees with it and nobody is asked. */
export function healed(moment: Moment): readonly Reading[] {
  const decision = pass(moment);
  if (decision.type === "in_sync") return moment.readings;
  if (decision.type === "held") throw new Error(`held: ${JSON.stringify(decision.why)}`);
  const refused = [
    ...against(decision, moment),
    prohibited(decision.plan.plan, 0)?.detail ?? null,
    decision.risk.tier > 1 ? `tier ${decision.risk.tier}: ${decision.risk.reasons.join()}` : null,
  ].filter((reason) => reason !== null);
  if (refused.length > 0) throw new Error(refused.join("; "));
  return must(simulate(moment.readings, ZONE, decision.plan.plan.calls));
}

export { NO_LEASES };
