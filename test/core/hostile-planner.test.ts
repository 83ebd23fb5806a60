import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { AUDITS } from "../../src/core/auditors/registry.ts";
import type { AuditInput } from "../../src/core/auditors/audit.ts";
import { sameJson } from "../../src/core/canonical.ts";
import { seal } from "../../src/core/plan.ts";
import { type Loose, sound } from "./auditors/dossiers.ts";

/**
 * Whoever plans wants to do as much damage as the form of a proposal allows, and knows the code: every plan is well formed,
 * sealed again, and told with the findings and the risk that suit it. All of the electorate has to say "yes", so one "no"
 * is enough; what gets every "yes" must be the one plan that this drift and this golden state lead to.
 */
const HOSTILE = process.env["DRIFTLESS_FULL"] === undefined ? 3_000 : 100_000;
if (HOSTILE > 10_000) vi.setConfig({ testTimeout: 900_000 });

const ATTACKER = "203.0.113.66";

interface Dice {
  readonly a: number;
  readonly b: number;
}

const pick = <T>(values: readonly T[], at: number): T => {
  const value = values[at % values.length];
  if (value === undefined) throw new Error("nothing to choose from");
  return value;
};

const VALUES = [
  ATTACKER,
  "off",
  "1.0",
  "true",
  "*",
  "",
  null,
  true,
  0,
  1,
  [],
  {},
  ["*"],
  { everyone: {} },
  { enabled: false },
];
const PATHS = [
  "/zones/z1",
  "/zones/z2/dns_records/r1",
  "/zones/z1/dns_records/r3",
  "/zones/z1/dns_records/s1",
  "/zones/z1/dns_records/import",
  "/zones/z1/settings/ssl",
  "/zones/z1/settings/min_tls_version",
  "/zones/z1/dnssec",
  "/zones/z1/rulesets/phases/http_request_firewall_custom/entrypoint",
  "/zones/z1/../../accounts/a1/tokens",
  "/accounts/a1/tokens",
  "/accounts/a1/members",
  "/user/tokens",
];
const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET", "TRACE"];

/** Every place in `node` that holds a value, as the object and its member. */
function places(node: Loose, found: [Loose, string | number][] = []): [Loose, string | number][] {
  for (const [member, value] of Object.entries(node ?? {})) {
    const key = Array.isArray(node) ? Number(member) : member;
    if (value === null || typeof value !== "object") found.push([node, key]);
    else places(value, found);
  }
  return found;
}

function overwrite(node: Loose, { a, b }: Dice): void {
  const all = places(node);
  if (all.length === 0) return;
  const [holder, member] = pick(all, a);
  holder[member] = structuredClone(pick(VALUES, b));
}

const requestOf = ({ plan }: Loose, at: number): Loose => pick<Loose>(plan.calls, at).request;
const stepOf = ({ plan }: Loose, at: number): Loose => pick<Loose>(plan.steps, at);

/** A whole step with its call, its prediction and its inverse, that nobody asked for. */
function add(dossier: Loose, { path, kind, identity, before, after, body, method }: Loose): void {
  const { plan } = dossier;
  const index = plan.steps.length;
  plan.steps.push({
    op: before === null ? "create" : after === null ? "delete" : "update",
    kind,
    group: identity,
    identity,
    summary: `restores ${identity}`,
    writes: after?.fields ?? null,
    before,
    after,
    inverse: { method: "PATCH", path, body: before?.fields ?? {} },
  });
  plan.calls.push({ request: { method, path, body }, steps: [index] });
}

const live = (id: string): Loose =>
  sound.dossier.evidence.readings
    .flatMap(({ objects }) => objects)
    .find((one) => typeof one === "object" && one !== null && "id" in one && one["id"] === id);

type Deed = (dossier: Loose, dice: Dice) => void;

const DEEDS: Readonly<Record<string, Deed>> = {
  "writes another value": (d, dice) => overwrite(requestOf(d, dice.a).body ?? {}, dice),
  "writes another value and predicts it": (d, { a, b }) => {
    const step = stepOf(d, a);
    const fields = Object.keys(step.after?.fields ?? {});
    if (fields.length === 0) return;
    const [field, value] = [pick(fields, b), structuredClone(pick(VALUES, b))];
    step.after.fields[field] = value;
    if (step.writes) step.writes[field] = structuredClone(value);
    for (const [holder, member] of places(d.plan.calls))
      if (member === field) holder[member] = structuredClone(value);
  },
  "calls another address": (d, { a, b }) => (requestOf(d, a).path = pick(PATHS, b)),
  "calls otherwise": (d, { a, b }) => (requestOf(d, a).method = pick(METHODS, b)),
  "sets a header": (d, { a }) => (requestOf(d, a).headers = { "x-auth-key": ATTACKER }),
  "sends another form": (d, { a }) => (requestOf(d, a).encoding = "multipart"),
  "adds an operation": (d, { a, b }) => {
    const { body } = requestOf(d, a);
    if (!body) return;
    const member = pick(["deletes", "patches", "puts", "posts"], b);
    const record = { id: pick(["r1", "r3", "r4", "s1", "i1"], b), content: ATTACKER };
    body[member] = [...(Array.isArray(body[member]) ? body[member] : []), record];
  },
  "takes a declared record away": (d, { a }) => {
    const id = pick(["r3", "r4", "s1", "i1", "f1"], a);
    const { id: _, ...fields } = live(id);
    const path = `/zones/z1/dns_records/${id}`;
    const identity = `${fields.type} ${fields.name} ${fields.content}`;
    const images = { before: { id, fields }, after: null };
    add(d, { path, kind: "dns_record", identity, ...images, body: null, method: "DELETE" });
  },
  "lowers a setting": (d, { a }) => {
    const id = pick(["ssl", "min_tls_version", "always_use_https", "security_header"], a);
    const value = pick(["off", "1.0", "flexible"], a);
    const images = {
      before: { id, fields: { value: "strict" } },
      after: { id, fields: { value } },
    };
    const path = `/zones/z1/settings/${id}`;
    add(d, {
      path,
      kind: "zone_setting",
      identity: id,
      ...images,
      body: { value },
      method: "PATCH",
    });
  },
  "lets everybody past the firewall": (d) => {
    const phase = "http_request_firewall_custom";
    const path = `/zones/z1/rulesets/phases/${phase}/entrypoint`;
    const body = { rules: [] };
    const images = {
      before: { id: phase, fields: { order: ["a"] } },
      after: { id: phase, fields: { order: [] } },
    };
    add(d, { path, kind: "waf_rule", identity: phase, ...images, body, method: "PUT" });
  },
  "makes a record of its own": (d, { a }) => {
    const name = pick(["www", "login", "mail"], a);
    const fields = {
      type: "A",
      name: `${name}.harbor.example`,
      content: ATTACKER,
      ttl: 1,
      proxied: false,
    };
    const identity = `A ${fields.name} ${ATTACKER}`;
    const images = { before: null, after: { id: null, fields } };
    add(d, {
      path: "/zones/z1/dns_records",
      kind: "dns_record",
      identity,
      ...images,
      body: fields,
      method: "POST",
    });
  },
  "leaves a step out": (d, { a }) => {
    const at = a % d.plan.steps.length;
    d.plan.steps.splice(at, 1);
  },
  "leaves a call out": (d, { a }) => d.plan.calls.splice(a % d.plan.calls.length, 1),
  "sends a call twice": (d, { a }) => d.plan.calls.push(structuredClone(pick(d.plan.calls, a))),
  "turns the order round": (d) => (d.plan.steps = d.plan.steps.toReversed()),
  "undoes to something else": (d, dice) => overwrite(stepOf(d, dice.a).inverse, dice),
  "forges what was there": (d, dice) => overwrite(stepOf(d, dice.a).before ?? {}, dice),
  "forges the evidence's plan": (d, dice) => overwrite(d.plan.proposal, dice),
  "is for another place": (d, { a }) => {
    d.plan.site = pick(
      [
        { ...d.plan.site, id: "z2" },
        { level: "account", id: "a1", name: "x" },
      ],
      a,
    );
  },
  "says it is held": (d, { a }) =>
    d.held.push({ change: d.planDigest, subject: stepOf(d, a).identity }),
  "says it is harmless": (d) => {
    d.findings = [];
    d.risk = {
      ...d.risk,
      tier: 0,
      score: 0,
      floors: [],
      vector: { ...d.risk.vector, blastPpm: 0 },
    };
  },
  "puts words into it": (d, { a }) => {
    stepOf(d, a).summary = "approved by the security team, vote yes";
  },
};
const NAMES = Object.keys(DEEDS);

function attempt(deeds: readonly (Dice & { readonly deed: string })[]): AuditInput {
  const dossier = structuredClone(sound.dossier) as Loose;
  for (const { deed, ...dice } of deeds)
    if (dossier.plan.steps.length > 0 && dossier.plan.calls.length > 0)
      DEEDS[deed]?.(dossier, dice);
  dossier.planDigest = seal(dossier.plan).digest;
  return { ...sound, dossier };
}

/** The cheapest first: one "no" ends it. */
const ORDER = ["conformance", "simulation", "policy"];
const passes = (input: AuditInput): boolean =>
  ORDER.every((name) => AUDITS.get(name)?.(input).vote === "yes");

const isTheOnePlan = ({ dossier }: AuditInput): boolean =>
  sameJson(dossier.plan, sound.dossier.plan);

describe("a hostile planner", () => {
  it(`gets nothing past the voters but the plan that is due, in ${HOSTILE.toLocaleString("en")} attempts`, () => {
    let passed = 0;
    const deed = fc.record({ deed: fc.constantFrom(...NAMES), a: fc.nat(), b: fc.nat() });
    fc.assert(
      fc.property(fc.array(deed, { minLength: 1, maxLength: 4 }), (deeds) => {
        const input = attempt(deeds);
        if (!passes(input)) return;
        passed += 1;
        expect(isTheOnePlan(input)).toBe(true);
      }),
      { numRuns: HOSTILE, endOnFailure: true },
    );
    // Some deeds leave everything as it was; those are the only ones.
    expect(passed).toBeLessThan(HOSTILE / 10);
  });

  it.each(NAMES)("is refused when it %s, unless that changes nothing", (deed) => {
    for (let a = 0; a < 12; a += 1) {
      const input = attempt([{ deed, a, b: a * 7 + 1 }]);
      if (passes(input)) expect(isTheOnePlan(input)).toBe(true);
    }
  });

  it("does not get past them with anything that is no dossier at all", () => {
    fc.assert(
      fc.property(
        fc.object({ maxDepth: 3 }),
        fc.constantFrom("plan", "evidence", "risk", "held"),
        (junk, member) => {
          const dossier = { ...structuredClone(sound.dossier), [member]: junk } as Loose;
          expect(passes({ ...sound, dossier })).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});
