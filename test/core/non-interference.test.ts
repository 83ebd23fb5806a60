import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUDITS } from "../../src/core/auditors/registry.ts";
import { canonicalise, type Json } from "../../src/core/canonical.ts";
import type { AuditEntry } from "../../src/core/diagnosis/out-of-band-change.ts";
import { diff } from "../../src/core/diff.ts";
import type { Dossier } from "../../src/core/dossier.ts";
import { parseAdvisory } from "../../src/core/intake/advisory.ts";
import { parseAlertmanager } from "../../src/core/intake/alertmanager.ts";
import { parseNotification } from "../../src/core/intake/notification.ts";
import { observe } from "../../src/core/observation.ts";
import { type Plan, plan, type SealedPlan } from "../../src/core/plan.ts";
import { decidePlan } from "../../src/core/policy/decision.ts";
import { type Heal, lineageOf, reconcile } from "../../src/core/reconcile.ts";
import { scopeOf } from "../../src/core/resource.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";
import { policies } from "../support/policies.ts";
import { ACCOUNT_PLACE, type Place, ZONE_PLACE } from "./free-text.ts";
import { NOW, NOW_MS, must } from "./harbor.ts";
import { readingsOf } from "./kinds/whole-kind.ts";
import { QUIET } from "./quiet.ts";

const lineageIn = ({ before, site }: Place) =>
  lineageOf(must(observe(readingsOf(before), site, NOW)));

function healOf(place: Place, text: string, entries: readonly AuditEntry[] = []): Heal {
  const { site, golden } = place;
  const decision = reconcile({
    ...QUIET,
    scope: scopeOf(site),
    site,
    golden,
    generation: 3,
    declaredBy: "olga",
    observation: must(observe(readingsOf(place.live(text)), site, NOW)),
    lineage: lineageIn(place),
    entries,
    epoch: 7,
    now: NOW,
    nowMs: NOW_MS,
  });
  if (decision.type !== "heal") throw new Error(`nothing to heal: ${decision.type}`);
  return decision;
}

/** The plan for all of the drift at once, what waits for people included. */
function wholePlan({ site, golden, live, ...place }: Place, text: string): SealedPlan {
  const { resources } = must(observe(readingsOf(live(text)), site, NOW));
  const lineage = lineageIn({ site, golden, live, ...place });
  const { changes } = diff({ golden, observed: resources, lineage, site, now: NOW });
  const proposal = {
    type: "revert",
    goldenGeneration: 3,
    goldenDigest: golden.digest,
    requestedBy: "olga",
  } as const;
  return plan({ scope: scopeOf(site), site, epoch: 7, parent: null, proposal, changes });
}

/** What all auditors have against it. */
function refusals(place: Place, heal: Heal, text: string): readonly string[] {
  const dossier: Dossier = {
    version: 1,
    incident: heal.incident,
    plan: heal.plan.plan,
    planDigest: heal.plan.digest,
    evidence: {
      observedAt: NOW,
      readings: readingsOf(place.live(text)),
      lineage: [...lineageIn(place)].map(([id, of]) => ({ id, ...of })),
    },
    held: heal.held,
    findings: heal.findings,
    risk: heal.risk,
    policy: decidePlan({ ...heal, plan: heal.plan.plan, ...policies }),
  };
  const told = JSON.parse(JSON.stringify(dossier)) as Dossier;
  const { golden } = place;
  const asked = {
    ...QUIET,
    generation: 3,
    declaredBy: "olga",
    policies,
    now: NOW,
  };
  const input = { dossier: told, golden, ...asked };
  return [...AUDITS].flatMap(([name, audit]) =>
    audit(input).reasons.map((reason) => `${name}: ${reason}`),
  );
}

/** Everything that the plan decides, as one text: what a person signs. */
const decided = ({ steps, calls }: Plan): string =>
  canonicalise([
    steps.map(({ op, kind, identity, writes, before }) => [
      op,
      kind,
      op === "delete" ? before?.id : identity,
      writes,
    ]),
    calls.map(({ request: { method, path } }) => [method, path]),
  ]);

const operationsIn = ({ site: { level } }: Place): string[] =>
  level === "zone"
    ? ["create dns_record", "update dns_record", "delete dns_record", "update waf_rule"]
    : [
        ...["gateway_rule", "kv_namespace", "d1_database"].map((kind) => `delete ${kind}`),
        ...["ip_list", "access_application", "worker", "notification_policy", "gateway_rule"].map(
          (kind) => `update ${kind}`,
        ),
      ];

/** What one drift leads to, part by part: everything at once may be two plans, of which this is the first. */
const PLACES: readonly (readonly [string, Place])[] = [
  ["a zone", ZONE_PLACE],
  ["an account", ACCOUNT_PLACE],
];

describe.each(PLACES)("text in every field of %s that takes text (I5)", (_, place) => {
  const empty = healOf(place, "");
  const whole = wholePlan(place, "");

  it("has every operation on it", () => {
    const operations = new Set(whole.plan.steps.map(({ op, kind }) => `${op} ${kind}`));
    expect([...operations]).toEqual(expect.arrayContaining(operationsIn(place)));
  });

  it.each(HOSTILE_TEXTS)("leads to the same plan as no text at all: %j", (text) => {
    const heal = healOf(place, text);
    expect(heal.plan.digest).toBe(empty.plan.digest);
    expect(decided(heal.plan.plan)).toBe(decided(empty.plan.plan));
    expect(wholePlan(place, text).digest).toBe(whole.digest);
    expect(heal.risk).toEqual(empty.risk);
    expect(heal.plan.plan.steps.map(({ before }) => before?.id)).toEqual(
      empty.plan.plan.steps.map(({ before }) => before?.id),
    );
    // It was read, it is restored when the plan is undone, and it is certified: under the other digest.
    expect(heal.plan.stateDigest).not.toBe(empty.plan.stateDigest);
    expect(refusals(place, heal, text)).toEqual([]);
  });

  it("leads to the same plan as no text at all, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(healOf(place, text).plan.digest).toBe(empty.plan.digest);
        expect(wholePlan(place, text).digest).toBe(whole.digest);
      }),
      { numRuns: 200 },
    );
  });

  it("never stands in what the plan decides", () => {
    const marker = "tainted-7f3a9c51";
    const made = healOf(place, marker).plan.plan;
    expect(decided(made)).not.toContain(marker);
    // The state has it, or it could not be brought back.
    expect(canonicalise(made.steps.map(({ inverse }) => inverse))).toContain(marker);
  });
});

/** A message with `text` in every member that somebody writes freely, as the parsers read it; but for its name, which is of all of it. */
const MESSAGES: Readonly<Record<string, (text: string) => unknown>> = {
  "a notification": (text) => {
    const data = { zone_name: "harbor.example", title: text, message: text, mitigation: text };
    const of = { ts: 1, alert_type: "advanced_ddos_attack_l7_alert", policy_name: text, data };
    return parseNotification({ ...of, text: `a ${text}`, name: text });
  },
  "an alert of Alertmanager": (text) => {
    const labels = { zone: "harbor.example", alertname: "HighErrorRate", team: text };
    const annotations = { summary: text, description: text, runbook_url: text };
    const alerts = [{ status: "firing", labels, annotations, generatorURL: text }];
    return parseAlertmanager({
      version: "4",
      receiver: text,
      commonAnnotations: annotations,
      alerts,
    });
  },
  "an advisory": (text) => {
    const of = { ghsa_id: "GHSA-f82v-jwr5-mffw", cve_id: "CVE-2099-10001", summary: text };
    const vulnerabilities = [{ package: { name: text, ecosystem: text } }];
    return parseAdvisory({ security_advisory: { ...of, description: text, vulnerabilities } });
  },
  "a record of OSV": (text) => {
    const of = { id: "GHSA-x", modified: "2026", summary: text, details: text };
    return parseAdvisory({
      ...of,
      affected: [{ package: { name: text } }],
      aliases: ["CVE-2099-1"],
    });
  },
};

describe.each(Object.entries(MESSAGES))("the texts of %s (I5)", (_, parsed) => {
  const told = (text: string): string =>
    JSON.stringify(parsed(text), (member, value: unknown) => (member === "key" ? null : value));

  it("lead to the hint that no text leads to", () => {
    for (const text of HOSTILE_TEXTS) expect(told(text), text).toBe(told(""));
  });
});

describe("names in the audit log (I5)", () => {
  const entry = (text: string): AuditEntry => ({
    id: "a1",
    at: NOW,
    action: "update",
    resourceId: "r1",
    actor: { type: text, email: text, context: text, tokenName: text },
  });

  it.each(HOSTILE_TEXTS)("lead to the same plan as no names: %j", (text) => {
    expect(healOf(ZONE_PLACE, "", [entry(text)]).plan.digest).toBe(
      healOf(ZONE_PLACE, "", [entry("")]).plan.digest,
    );
  });
});

describe("what is decided", () => {
  it.each<[string, (value: Json) => Json]>([
    ["another declared value", () => "203.0.113.66"],
    ["a declared value less", () => null],
  ])("is another plan with %s", (_, to) => {
    const made = healOf(ZONE_PLACE, "").plan;
    const golden = { ...ZONE_PLACE.golden };
    const resources = golden.resources.map((resource) =>
      resource.identity.startsWith("A gone")
        ? { ...resource, fields: { ...resource.fields, content: to(null) } }
        : resource,
    );
    const other = healOf({ ...ZONE_PLACE, golden: { ...golden, resources } }, "").plan;
    expect(other.plan.steps.length).toBe(made.plan.steps.length);
    expect(other.digest).not.toBe(made.digest);
  });
});
