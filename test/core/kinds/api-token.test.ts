import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { apiToken } from "../../../src/core/kinds/api-token.ts";
import { publish } from "../../../src/core/publish.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  goldenAt,
  NOW,
  observed,
  planOf,
} from "./whole-kind.ts";

const ZONES = { "com.cloudflare.api.account.zone.*": "*" };
const ACCOUNTS = { [`com.cloudflare.api.account.${ACCOUNT.id}`]: "*" };
const group = (id: string, name: string): JsonObject => ({ id, name });
const dns = group("g1", "DNS Write");
const zone = group("g2", "Zone Read");

const declared = {
  name: "ci",
  policies: [
    { resources: ZONES, permission_groups: ["DNS Write", "g2"] },
    { effect: "deny", resources: ACCOUNTS, permission_groups: ["Zone Read"] },
  ],
  condition: { "request.ip": { in: ["192.0.2.0/24", "198.51.100.0/24"] } },
  expires_on: "2027-01-01T00:00:00Z",
  status: "active",
};
const allow = { id: "a", effect: "allow", resources: ZONES, permission_groups: [dns, zone] };
const deny = { id: "b", effect: "deny", resources: ACCOUNTS, permission_groups: [zone] };
const live = (members: JsonObject = {}): JsonObject => ({
  id: "t1",
  name: "ci",
  status: "active",
  policies: [allow, deny],
  condition: { "request.ip": { in: ["198.51.100.0/24", "192.0.2.0/24"] } },
  issued_on: "2026-01-01T00:00:00Z",
  modified_on: "2026-01-01T00:00:00Z",
  last_used_on: "2026-02-01T00:00:00Z",
  expires_on: "2027-01-01T00:00:00.000Z",
  ...members,
});
const caseOf = (there: readonly JsonObject[], more: object = {}): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { api_token: [declared] }, { ...more }),
  live: { api_token: there },
  before: { api_token: [live()] },
});
/** What is told, as `changesIn` says it; nothing is ever written. */
function told(one: Case): readonly string[] {
  const { changes, reported } = driftIn(one);
  expect(changes).toEqual([]);
  for (const { reason } of reported) expect(reason).toContain("never written");
  return changesIn({ changes: reported.map(({ change }) => change) });
}

it("case 58: the order of policies and of their groups says nothing", () => {
  const turned = { ...allow, permission_groups: [zone, dns] };
  expect(told(caseOf([live()]))).toEqual([]);
  expect(told(caseOf([live({ policies: [deny, turned] })]))).toEqual([]);
  fc.assert(
    fc.property(fc.shuffledSubarray([allow, deny], { minLength: 2 }), (policies) => {
      expect(told(caseOf([live({ policies })]))).toEqual([]);
    }),
  );
});

it.each<[string, JsonObject]>([
  ["policies", { policies: [allow] }],
  ["policies", { policies: [allow, deny, deny] }],
  ["policies", { policies: [{ ...allow, effect: "deny" }, deny] }],
  ["policies", { policies: [{ ...allow, resources: ACCOUNTS }, deny] }],
  [
    "policies",
    { policies: [{ ...allow, permission_groups: [dns, zone, group("g3", "All")] }, deny] },
  ],
  ["policies", { policies: [{ ...allow, permission_groups: [dns] }, deny] }],
  ["condition", { condition: null }],
  ["condition", { condition: { "request.ip": { in: ["0.0.0.0/0"] } } }],
  ["expires_on", { expires_on: null }],
  ["status", { status: "disabled" }],
  ["name", { name: "renamed" }],
])("another `%s` is told and not written: %j", (field, members) => {
  expect(told(caseOf([live(members)]))).toEqual([`update ci: ${field}`]);
});

it("a token that is gone, and one that nobody declared, are told and not written", () => {
  expect(told(caseOf([]))).toEqual(["create ci"]);
  const rogue = live({ id: "t2", name: "rogue" });
  expect(driftIn(caseOf([live(), rogue])).unmanaged.map(({ identity }) => identity)).toEqual([
    "rogue",
  ]);
  expect(told(caseOf([live(), rogue], { unmanaged: { api_token: "remove" } }))).toEqual([
    "delete rogue",
  ]);
});

it("what is published is declared as it is", () => {
  const { document } = publish({
    site: ACCOUNT,
    kinds: ["api_token"],
    observation: {
      observedAt: NOW,
      kinds: ["api_token"],
      resources: observed(ACCOUNT, { api_token: [live()] }),
    },
    unasked: [],
  });
  expect(document).toMatchObject({
    spec: { resources: { api_token: [{ name: "ci", status: "active" }] } },
  });
});

it("the value goes nowhere, should an answer ever have it (I6)", () => {
  const [resource] = observed(ACCOUNT, { api_token: [live({ value: "cfat_secret" })] });
  expect(JSON.stringify(resource)).not.toContain("cfat_secret");
});

it("no plan can be made for a token, and the vault would not carry it out", () => {
  const one = caseOf([live({ status: "disabled" })]);
  const { reported } = driftIn(one);
  expect(() => planOf(one, { changes: reported.map(({ change }) => change) })).toThrow(
    "never written",
  );
  const plan = planOf(one, { changes: [] });
  const path = `/accounts/${ACCOUNT.id}/tokens/t1`;
  const request = { method: "DELETE", path, body: null } as const;
  expect(prohibited({ ...plan, calls: [{ request, steps: [] }] }, 2)?.rule).toBe("outside_site");
});

it.each([null, {}, { id: "", name: "x" }, { id: "r" }])("refuses the answer %j (I8)", (raw) =>
  expect(apiToken.observe(raw, ACCOUNT).ok).toBe(false),
);
