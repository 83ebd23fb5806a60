import { AUDITS } from "../../../src/core/auditors/registry.ts";
import type { AuditInput } from "../../../src/core/auditors/audit.ts";
import { type Json, type JsonObject } from "../../../src/core/canonical.ts";
import type { Dossier } from "../../../src/core/dossier.ts";
import { diff } from "../../../src/core/diff.ts";
import { seal } from "../../../src/core/plan.ts";
import { decidePlan } from "../../../src/core/policy/decision.ts";
import { reconcile } from "../../../src/core/reconcile.ts";
import { type LeftOut, leftOut, subjectKey } from "../../../src/core/recurrence.ts";
import {
  type Drifted,
  goldenOf,
  lineageFrom,
  type Live,
  NO_LIMITS,
  NOW,
  NOW_MS,
  observed,
  readingsOf,
  record,
  SCOPE,
  setting,
  ZONE,
} from "../harbor.ts";
import { policies } from "../../support/policies.ts";
import { QUIET } from "../quiet.ts";

/** A zone that has drifted, and what the auditors are given for it. */

export type Zone = Pick<Drifted, "golden" | "live" | "lineage">;

/** What the auditors are given for the pass over `zone`; null when there is nothing to do. */
export function auditOf({ golden, live, lineage }: Zone): AuditInput | null {
  const decision = reconcile({
    ...QUIET,
    scope: SCOPE,
    site: ZONE,
    golden,
    generation: 3,
    declaredBy: "olga",
    observation: observed(live),
    lineage,
    epoch: 7,
    now: NOW,
    nowMs: NOW_MS,
  });
  if (decision.type !== "heal") return null;
  const dossier: Dossier = {
    version: 1,
    incident: decision.incident,
    plan: decision.plan.plan,
    planDigest: decision.plan.digest,
    evidence: {
      observedAt: NOW,
      readings: readingsOf(live),
      lineage: [...lineage].map(([id, of]) => ({ id, ...of })),
    },
    held: decision.held,
    findings: decision.findings,
    risk: decision.risk,
    policy: decidePlan({ ...decision, plan: decision.plan.plan, ...policies }),
  };
  return {
    ...QUIET,
    dossier: JSON.parse(JSON.stringify(dossier)) as Dossier,
    golden,
    generation: 3,
    declaredBy: "olga",
    policies,
    now: NOW,
  };
}

export const votes = (input: AuditInput): Record<string, readonly string[]> =>
  Object.fromEntries([...AUDITS].map(([name, audit]) => [name, audit(input).reasons]));
export const against = (input: AuditInput): string[] =>
  [...AUDITS].flatMap(([name, audit]) => (audit(input).vote === "no" ? [name] : []));

export const preview = {
  class: "ignored",
  match: { kind: "dns_record", name: "*.preview" },
  reason: "made by the build",
  expires_at: "2027-01-01T00:00:00Z",
};

/** Two rogues go, one record is edited, one is missing, one setting is off; everything else is in place or not ours. */
export function harbor(): Zone {
  const golden = goldenOf({
    unmanaged: { dns_record: "remove" },
    ownership: [preview],
    limits: NO_LIMITS,
    resources: {
      dns_record: [
        { name: "www", type: "A", content: "192.0.2.1", ttl: 300 },
        { name: "new", type: "A", content: "192.0.2.2" },
        { name: "api", type: "CNAME", content: "target.example.net" },
        { name: "mail", type: "MX", content: "mx.example.net", priority: 10 },
      ],
      zone_setting: { ssl: "strict", min_tls_version: "1.2" },
    },
  });
  const live: Live = {
    dns_record: [
      record("r1", { content: "192.0.2.1", ttl: 60, comment: "note" }),
      record("r3", { name: "api.harbor.example", type: "CNAME", content: "target.example.net" }),
      record("r4", {
        name: "mail.harbor.example",
        type: "MX",
        content: "mx.example.net",
        priority: 10,
      }),
      record("x1", { name: "rogue.harbor.example", content: "198.51.100.1" }),
      record("x2", { name: "other.harbor.example", content: "198.51.100.2", proxied: true }),
      record("s1", { name: "harbor.example", type: "NS", content: "ns.example.net" }),
      record("i1", { name: "a.preview.harbor.example", content: "198.51.100.3" }),
      record("f1", { name: "_acme-challenge.harbor.example", type: "TXT", content: "token" }),
    ],
    zone_setting: [setting("ssl", "off"), setting("min_tls_version", "1.2")],
  };
  return {
    golden,
    live,
    lineage: lineageFrom({ ...live, dns_record: live.dns_record.slice(0, 3) }),
  };
}

export const must = (input: AuditInput | null): AuditInput => {
  if (!input) throw new Error("nothing to do");
  return input;
};
export const sound = must(auditOf(harbor()));

/** A copy that may be written to. */
// oxlint-disable-next-line typescript/no-explicit-any -- tampering knows no types
export type Loose = any;

/** The sound dossier, tampered with; the plan is sealed again, as whoever tampers would. */
export function tampered(tamper: (dossier: Loose) => void): AuditInput {
  const dossier = structuredClone(sound.dossier) as Loose;
  tamper(dossier);
  dossier.planDigest = seal(dossier.plan).digest;
  return { ...sound, dossier };
}

const positionOf = (dossier: Loose, op: string, kind = "dns_record"): number =>
  dossier.plan.steps.findIndex((step: Loose) => step.op === op && step.kind === kind);
export const stepOf = (dossier: Loose, op: string, kind?: string): Loose =>
  dossier.plan.steps[positionOf(dossier, op, kind)];
export const batchOf = (dossier: Loose): Loose => dossier.plan.calls[0].request.body;

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** Adds a whole step, with its operation and an inverse, that nobody asked for. */
export function addDelete(dossier: Loose, raw: JsonObject, members: JsonObject): void {
  const { steps, calls } = dossier.plan;
  const { id, ...body } = raw;
  const fields = {
    type: raw["type"],
    name: raw["name"],
    content: raw["content"],
    ttl: 1,
    proxied: false,
    settings: {},
    comment: "",
    tags: [],
  };
  steps.push({
    op: "delete",
    kind: "dns_record",
    group: `${textOf(raw["type"])} ${textOf(raw["name"])}`,
    identity: `${textOf(raw["type"])} ${textOf(raw["name"])} ${textOf(raw["content"])}`,
    summary: "delete",
    before: { id, fields },
    after: null,
    inverse: { method: "POST", path: "/zones/z1/dns_records", body },
    ...members,
  });
  calls[0].request.body.deletes.push({ id });
  calls[0].steps.splice(calls[0].request.body.deletes.length - 1, 0, steps.length - 1);
}

export const rawOf = (id: string): JsonObject => {
  const raw = harbor().live.dns_record.find((one) => one["id"] === id);
  if (!raw) throw new Error(`no ${id}`);
  return raw;
};

/** The change about `subject` in the sound dossier's drift, as a dossier names what it leaves out. */
export function leftOutOf(subject: string): LeftOut {
  const { golden, live, lineage } = harbor();
  const { resources } = observed(live);
  const drift = diff({ golden, observed: resources, lineage, site: ZONE, now: NOW });
  const change = drift.changes.find((one) => subjectKey(one) === subject);
  if (!change) throw new Error(`nothing about ${subject} has drifted`);
  return leftOut(change);
}
