import { expect, it } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/canonical.ts";
import type { Call, Plan, Step } from "../../src/core/plan.ts";
import { prohibited } from "../../src/core/prohibitions.ts";
import type { ApiRequest } from "../../src/core/resource.ts";
import { objectId, SCOPE, ZONE } from "./harbor.ts";

const at = "/zones/z1/dns_records";
const request = (
  method: ApiRequest["method"],
  path: string,
  body: JsonObject | null = null,
): ApiRequest => ({ method, path, body });

const entrypoint = (phase: string): string => `/zones/z1/rulesets/phases/${phase}/entrypoint`;

const step: Step = {
  op: "update",
  kind: "dns_record",
  group: "A www.harbor.example",
  identity: "A www.harbor.example 192.0.2.1",
  summary: "update A www.harbor.example",
  before: { id: objectId("r1"), fields: { ttl: 60 } },
  after: { id: objectId("r1"), fields: { ttl: 300 } },
  inverse: request("PATCH", `${at}/r1`, { ttl: 60 }),
};

const planOf = (steps: readonly Step[], calls: readonly Call[]): Plan => ({
  version: 1,
  scope: SCOPE,
  site: ZONE,
  epoch: 1,
  parent: null,
  proposal: { type: "revert", goldenGeneration: 1, goldenDigest: digestOf(1), requestedBy: "olga" },
  steps,
  calls,
});

const one = (call: ApiRequest, more: Partial<Step> = {}, people = 0) =>
  prohibited(planOf([{ ...step, ...more }], [{ request: call, steps: [0] }]), people);

const deletes = (count: number) => ({
  deletes: Array.from({ length: count }, (_, index) => ({ id: `r${index}` })),
});
const many = (count: number): Step[] => Array.from({ length: count }, () => step);
const positions = (count: number) => Array.from({ length: count }, (_, index) => index);

it.each([
  ["one record", request("PATCH", `${at}/r1`, { ttl: 300 })],
  ["a new record", request("POST", at, { type: "A" })],
  ["a batch", request("POST", `${at}/batch`, deletes(1))],
  ["a setting", request("PATCH", "/zones/z1/settings/min_tls_version", { value: "1.2" })],
  ["an entrypoint", request("PUT", entrypoint("http_ratelimit"), { rules: [] })],
])("prohibitions let %s pass", (_, call) => expect(one(call)).toBeNull());

it.each([
  "/zones/z2/dns_records/r1",
  "/zones/z1/rulesets",
  "/zones/z1/rulesets/0123456789abcdef",
  "/zones/z1/rulesets/phases/http_ratelimit",
  "/zones/z1/rulesets/phases/http_ratelimit/entrypoint/versions",
  "/zones/z1/rulesets/phases/ddos_l7/entrypoint",
  "/zones/z1/rulesets/phases/http_ratelimit/entrypoint?dry_run=true",
  "/zones/z1",
  "/zones/z1/",
  "/zones/z1/dns_records/..",
  "/zones/z1/dns_records/scan",
  "/zones/z1/dns_records/import",
  "/zones/z1/dns_records/.",
  "/zones/z1/dns_records/../../z2/dns_records/r1",
  "/zones/z1/dns_records/r1/x",
  "/zones/z1/dns_records/%2e%2e",
  "/zones/z1/dns_records/r1?x=/zones/z1/settings/ssl",
  "/zones/z1/dnssec",
  "/zones/z1/settings",
  "/zones/z1/settings/..",
  "/accounts/a1/tokens",
  "/user/tokens",
  "https://evil.example/zones/z1/dns_records/r1",
  "",
])("prohibitions refuse the path %j, in a call and in an inverse", (path) => {
  expect(one(request("DELETE", path))).toContain("outside the site");
  expect(one(request("PATCH", `${at}/r1`, {}), { inverse: request("DELETE", path) })).toContain(
    "outside the site",
  );
});

const say = (steps: Step[], calls: Call[]) => prohibited(planOf(steps, calls), 2);

it("prohibitions refuse calls and steps that do not cover each other", () => {
  const call = { request: request("PATCH", `${at}/r1`, {}), steps: [0] };
  expect(say([step], [call])).toBeNull();
  for (const [steps, calls] of [
    [[step], []],
    [[], [call]],
    [[step], [call, call]],
    [[step, step], [call]],
    [[step], [{ ...call, steps: [1] }]],
    [[step], [{ ...call, steps: [-1] }]],
    [[step], [call, { ...call, steps: [] }]],
  ] as [Step[], Call[]][]) {
    expect(say(steps, calls)).toMatch(/cover each other|operations for/);
  }
});

const batch = (count: number, body: JsonObject) =>
  prohibited(
    planOf(many(count), [
      { request: request("POST", `${at}/batch`, body), steps: positions(count) },
    ]),
    0,
  );
expect(batch(200, deletes(200))).toBeNull();

it.each(["POST", "PATCH", "DELETE"] as const)(
  "prohibitions refuse to %s an entrypoint: it is written as a whole, also by an inverse",
  (method) => {
    const partial = request(method, entrypoint("http_ratelimit"), { rules: [] });
    expect(one(partial)).toBe(`method ${method}`);
    const whole = request("PUT", entrypoint("http_ratelimit"), { rules: [] });
    expect(one(whole, { inverse: partial })).toBe(`method ${method} in an inverse`);
  },
);

it("prohibitions count operations in the body, whatever the plan says", () => {
  expect(batch(201, deletes(201))).toBe("201 operations in one call");
  expect(batch(1, deletes(300))).toBe("300 operations in one call");
  expect(batch(1, deletes(2))).toBe("2 operations for 1 steps");
  expect(batch(2, { ...deletes(1), posts: [{}], puts: [{}] })).toBe("3 operations for 2 steps");
  expect(batch(1, {})).toBe("0 operations for 1 steps");
});

it("prohibitions refuse an inverse that is a batch, or of an unknown method", () => {
  const call = request("PATCH", `${at}/r1`, {});
  expect(one(call, { inverse: request("POST", `${at}/batch`, deletes(100)) })).toBe(
    "an inverse of more than one operation",
  );
  expect(one(call, { inverse: request("PURGE" as "DELETE", `${at}/r1`) })).toBe(
    "method PURGE in an inverse",
  );
  expect(one(request("PURGE" as "DELETE", `${at}/r1`))).toBe("method PURGE");
});

it("prohibitions refuse a body that is too large", () => {
  expect(one(request("PATCH", `${at}/r1`, { content: "x".repeat(1_048_576) }))).toBe(
    "a body that is too large",
  );
});

it("prohibitions refuse the zone's own delegation, unless a person has approved", () => {
  const call = request("PATCH", `${at}/r1`, {});
  const apex = { group: "NS harbor.example" };
  expect(one(call, apex, 0)).toBe("the zone's own delegation, without a person");
  expect(one(call, apex, 1)).toBeNull();
  expect(one(call, { group: "NS sub.harbor.example" }, 0)).toBeNull();
});
