import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { isObjectId, isScopeId, mint } from "../../src/core/ids.ts";
import type { Call, Plan, Step } from "../../src/core/plan.ts";
import {
  prohibited,
  prohibitedNow,
  type ProhibitionRule,
  type There,
} from "../../src/core/prohibitions.ts";
import type { ApiRequest, Site } from "../../src/core/resource.ts";
import { objectId, SCOPE, ZONE } from "./harbor.ts";

const at = "/zones/z1/dns_records";
/** As Cloudflare names records. */
const idOf = (index: number): string => index.toString(16).padStart(32, "0");
const R1 = idOf(1);
const request = (
  method: ApiRequest["method"],
  path: string,
  body: JsonObject | null = null,
): ApiRequest => ({ method, path, body });

const entrypoint = (phase: string): string => `/zones/z1/rulesets/phases/${phase}/entrypoint`;

const stepOn = (index: number): Step => ({
  op: "update",
  kind: "dns_record",
  group: "A www.harbor.example",
  identity: "A www.harbor.example 192.0.2.1",
  summary: "update A www.harbor.example",
  writes: { ttl: 300 },
  before: { id: objectId(idOf(index)), fields: { ttl: 60 } },
  after: { id: objectId(idOf(index)), fields: { ttl: 300 } },
  inverse: request("PATCH", `${at}/${idOf(index)}`, { ttl: 60 }),
});
const step = stepOn(1);

const A1 = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const ACCOUNT: Site = { level: "account", id: mint(isObjectId, A1), name: "Harbor" };

const planOf = (steps: readonly Step[], calls: readonly Call[], site = ZONE): Plan => ({
  version: 2,
  scope: site === ZONE ? SCOPE : mint(isScopeId, `account:${A1}`),
  site,
  epoch: 1,
  parent: null,
  proposal: { type: "revert", goldenGeneration: 1, goldenDigest: digestOf(1), requestedBy: "olga" },
  steps,
  calls,
});

const one = (call: ApiRequest, more: Partial<Step> = {}, people = 0) =>
  prohibited(planOf([{ ...step, ...more }], [{ request: call, steps: [0] }]), people);

const deletes = (count: number) => ({
  deletes: Array.from({ length: count }, (_, index) => ({ id: idOf(index) })),
});
const many = (count: number): Step[] => Array.from({ length: count }, (_, index) => stepOn(index));
const positions = (count: number) => Array.from({ length: count }, (_, index) => index);
const ruleOf = (found: { readonly rule: ProhibitionRule } | null) => found?.rule ?? null;

/** A step about something in the account, with an inverse that puts it back. */
const accountStep = (
  kind: string,
  { id, path, fields, op = "update" }: Of & { readonly op?: Step["op"] },
): Step => ({
  ...step,
  op,
  kind,
  group: id,
  identity: id,
  before: op === "create" ? null : { id: objectId(id), fields },
  after: op === "delete" ? null : { id: op === "create" ? null : objectId(id), fields },
  inverse:
    op === "create"
      ? request("DELETE", `${path}/created.0`)
      : request(op === "delete" ? "POST" : "PUT", op === "delete" ? path : `${path}/${id}`, fields),
});
interface Of {
  readonly id: string;
  readonly path: string;
  readonly fields: JsonObject;
}

const inAccount = (call: ApiRequest, its: Step, people = 0) =>
  ruleOf(prohibited(planOf([its], [{ request: call, steps: [0] }], ACCOUNT), people));

describe("what a plan may do", () => {
  it.each<[string, ApiRequest, Partial<Step>]>([
    ["one record", request("PATCH", `${at}/${R1}`, { ttl: 300 }), {}],
    ["a new record", request("POST", at, { type: "A" }), { op: "create", before: null }],
    ["a batch", request("POST", `${at}/batch`, { deletes: [{ id: R1 }] }), {}],
    [
      "a setting",
      request("PATCH", "/zones/z1/settings/min_tls_version", { value: "1.2" }),
      {
        identity: "min_tls_version",
        inverse: request("PATCH", "/zones/z1/settings/min_tls_version", { value: "1.0" }),
      },
    ],
    [
      "an entrypoint",
      request("PUT", entrypoint("http_ratelimit"), { rules: [] }),
      {
        identity: "http_ratelimit",
        inverse: request("PUT", entrypoint("http_ratelimit"), { rules: [] }),
      },
    ],
  ])("%s", (_, call, more) => expect(one(call, more)).toBeNull());
});

describe("outside_site", () => {
  it.each([
    `/zones/z2/dns_records/${R1}`,
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
    "/zones/z1/dns_records/scan/review",
    "/zones/z1/dns_records/import",
    "/zones/z1/dns_records/export",
    "/zones/z1/dns_records/usage",
    "/zones/z1/dns_records/.",
    `/zones/z1/dns_records/../../z2/dns_records/${R1}`,
    `/zones/z1/dns_records/${R1}/x`,
    "/zones/z1/dns_records/%2e%2e",
    `/zones/z1/dns_records/${R1}?x=/zones/z1/settings/ssl`,
    "/zones/z1/dnssec",
    "/zones/z1/settings",
    "/zones/z1/settings/..",
    `/accounts/${A1}/tokens`,
    "/user/tokens",
    `https://evil.example/zones/z1/dns_records/${R1}`,
    "",
  ])("refuses the path %j, in a call and in an inverse", (path) => {
    const call = request("PATCH", `${at}/${R1}`, {});
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
      expect(ruleOf(one(request(method, path)))).toBe("outside_site");
      expect(ruleOf(one(call, { inverse: request(method, path) }))).toBe("outside_site");
    }
  });

  it.each([
    "tokens",
    "members",
    "rulesets",
    "access/policies",
    "access/keys",
    "roles",
    "subscriptions",
    "logpush/jobs",
    "workers/scripts",
    "r2/buckets/x/domains/custom",
  ])("knows no %s of the account", (collection) => {
    const its = accountStep("x", { id: "x", path: `/accounts/${A1}/${collection}`, fields: {} });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const)
      expect(inAccount(request(method, `/accounts/${A1}/${collection}`, {}), its, 2)).toBe(
        "outside_site",
      );
  });

  it.each<[ApiRequest["method"], string]>([
    ["PUT", `${at}/${R1}`],
    ["DELETE", at],
    ["PATCH", `${at}/batch`],
    ["POST", entrypoint("http_ratelimit")],
    ["PATCH", entrypoint("http_ratelimit")],
    ["DELETE", entrypoint("http_ratelimit")],
    ["DELETE", "/zones/z1/settings/ssl"],
    ["PURGE" as "DELETE", `${at}/${R1}`],
  ])("refuses %s at %s: not a way to write there, also by an inverse", (method, path) => {
    expect(ruleOf(one(request(method, path, {})))).toBe("outside_site");
    const call = request("PATCH", `${at}/${R1}`, {});
    expect(ruleOf(one(call, { inverse: request(method, path, {}) }))).toBe("outside_site");
  });
});

describe("more_than_planned", () => {
  const say = (steps: Step[], calls: Call[]) => ruleOf(prohibited(planOf(steps, calls), 2));
  const batch = (count: number, body: JsonObject) =>
    prohibited(
      planOf(many(count), [
        { request: request("POST", `${at}/batch`, body), steps: positions(count) },
      ]),
      0,
    );

  it("refuses calls and steps that do not cover each other", () => {
    const call = { request: request("PATCH", `${at}/${R1}`, {}), steps: [0] };
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
      expect(say(steps, calls)).toBe("more_than_planned");
    }
  });

  it("counts operations in the body, whatever the plan says", () => {
    expect(batch(200, deletes(200))).toBeNull();
    expect(batch(201, deletes(201))?.detail).toBe("201 operations in one call");
    expect(batch(1, deletes(300))?.detail).toBe("300 operations in one call");
    expect(batch(1, deletes(2))?.detail).toBe("2 operations for 1 steps");
    expect(batch(2, { ...deletes(1), posts: [{}], puts: [{}] })?.detail).toBe(
      "3 operations for 2 steps",
    );
    expect(batch(1, {})?.detail).toBe("0 operations for 1 steps");
  });

  it("refuses an inverse that is a batch, a strange header and a body that is too large", () => {
    const call = request("PATCH", `${at}/${R1}`, {});
    expect(one(call, { inverse: request("POST", `${at}/batch`, deletes(1)) })?.detail).toBe(
      "an inverse of more than one operation",
    );
    expect(ruleOf(one({ ...call, headers: { authorization: "x" } }))).toBe("more_than_planned");
    expect(
      ruleOf(one(call, { inverse: { ...step.inverse, headers: { "x-auth-key": "x" } } })),
    ).toBe("more_than_planned");
    expect(one(request("PATCH", `${at}/${R1}`, { content: "x".repeat(1_048_576) }))?.detail).toBe(
      "a body that is too large",
    );
  });
});

describe("another_object", () => {
  it.each<[string, ApiRequest]>([
    ["path", request("PATCH", `${at}/${idOf(2)}`, {})],
    ["batch", request("POST", `${at}/batch`, { deletes: [{ id: idOf(2) }] })],
    [
      "batch without an id",
      request("POST", `${at}/batch`, { patches: [{ content: "192.0.2.9" }] }),
    ],
    ["setting", request("PATCH", "/zones/z1/settings/ssl", { value: "off" })],
    ["phase", request("PUT", entrypoint("http_ratelimit"), { rules: [] })],
    ["name that another step's object will have", request("PATCH", `${at}/created.7`, {})],
  ])("refuses a %s that is about another one than the step", (_, call) =>
    expect(ruleOf(one(call, {}, 2))).toBe("another_object"),
  );

  it("refuses an inverse of another object, or one that takes away what the step did not make", () => {
    const call = request("PATCH", `${at}/${R1}`, {});
    expect(ruleOf(one(call, { inverse: request("PATCH", `${at}/${idOf(2)}`, {}) }, 2))).toBe(
      "another_object",
    );
    expect(ruleOf(one(call, { inverse: request("DELETE", `${at}/${R1}`) }, 2))).toBe(
      "another_object",
    );
    expect(
      one(request("POST", at, { type: "A" }), {
        op: "create",
        before: null,
        inverse: request("DELETE", `${at}/created.0`),
      }),
    ).toBeNull();
  });

  it("lets the items of a list follow the list that the plan makes", () => {
    const path = `/accounts/${A1}/rules/lists`;
    const list = accountStep("ip_list", { id: "guests", path, fields: {}, op: "create" });
    const items: Step = {
      ...list,
      identity: "items guests",
      inverse: request("PUT", `${path}/created.0/items`, { items: [] }),
    };
    const calls = [
      { request: request("POST", path, { name: "guests" }), steps: [0] },
      {
        request: request("PUT", `${path}/created.0/items`, { items: [{ ip: "192.0.2.1" }] }),
        steps: [1],
      },
    ];
    expect(prohibited(planOf([list, items], calls, ACCOUNT), 0)).toBeNull();
    const stray = {
      ...calls[1],
      request: request("PUT", `${path}/created.9/items`, { items: [] }),
    };
    expect(ruleOf(prohibited(planOf([list, items], [calls[0], stray] as Call[], ACCOUNT), 2))).toBe(
      "another_object",
    );
  });
});

describe("delegation", () => {
  const NS = { type: "NS", name: "harbor.example", content: "ns.evil.example" };
  const sub = { ...NS, name: "sub.harbor.example" };

  it.each<[string, ApiRequest, Partial<Step>]>([
    ["a body", request("POST", at, NS), { op: "create", before: null }],
    [
      "a body that says @",
      request("POST", at, { ...NS, name: "@" }),
      { op: "create", before: null },
    ],
    ["a batch", request("POST", `${at}/batch`, { patches: [{ ...NS, id: R1 }] }), {}],
    [
      "the pre-image",
      request("DELETE", `${at}/${R1}`),
      { before: { id: objectId(R1), fields: NS } },
    ],
  ])("needs a person when %s is the zone's own NS, whatever the group says", (_, call, more) => {
    expect(ruleOf(one(call, { ...more, group: "A www.harbor.example" }))).toBe("delegation");
    expect(one(call, more, 1)).toBeNull();
  });

  it("needs a person when what is read there is the zone's own NS, whatever the plan says was there", () => {
    const call = {
      request: request("PATCH", `${at}/${R1}`, { content: "ns.evil.example" }),
      steps: [0],
    };
    const plan = planOf([step], [call]);
    const live: There[] = [{ id: R1, fields: NS }];
    expect(prohibited(plan, 0)).toBeNull();
    expect(ruleOf(prohibitedNow(call, live, { plan, people: 0 }))).toBe("delegation");
    expect(prohibitedNow(call, live, { plan, people: 1 })).toBeNull();
  });

  it("leaves delegations of names below to the plan", () =>
    expect(one(request("POST", at, sub), { op: "create", before: null })).toBeNull());
});

describe("ends_worker, ends_data", () => {
  it("the end of a Worker needs one person", () => {
    const path = `/accounts/${A1}/workers/scripts`;
    const its = {
      ...accountStep("worker", { id: "api", path, fields: {}, op: "delete" }),
      inverse: request("PUT", `${path}/api`, {}),
    };
    const call = request("DELETE", `${path}/api`);
    expect(inAccount(call, its)).toBe("ends_worker");
    expect(inAccount(call, its, 1)).toBeNull();
  });

  it.each(["storage/kv/namespaces", "d1/database", "r2/buckets"])(
    "the end of one of %s needs two people",
    (collection) => {
      const path = `/accounts/${A1}/${collection}`;
      const its = accountStep("data", { id: "x1", path, fields: {}, op: "delete" });
      const call = request("DELETE", `${path}/x1`);
      expect(inAccount(call, its, 1)).toBe("ends_data");
      expect(inAccount(call, its, 2)).toBeNull();
    },
  );

  it("a lock that loses its rules needs two people", () => {
    const path = `/accounts/${A1}/r2/buckets/audit/lock`;
    const its = {
      ...accountStep("r2_bucket", { id: "audit.lock", path, fields: { rules: [{ id: "year" }] } }),
      identity: "lock audit",
      inverse: request("PUT", path, { rules: [{ id: "year" }] }),
    };
    expect(inAccount(request("PUT", path, { rules: [] }), its, 1)).toBe("ends_data");
    expect(inAccount(request("PUT", path, { rules: [] }), its, 2)).toBeNull();
    expect(inAccount(request("PUT", path, { rules: [{ id: "month" }] }), its)).toBeNull();
  });
});

describe("empties", () => {
  const phase = "http_request_firewall_custom";
  const full = { order: ["block-admin"], refs: ["block-admin"], "rule:block-admin": {} };
  const rules: Partial<Step> = {
    kind: "waf_rule",
    identity: phase,
    before: { id: objectId(phase), fields: full },
    inverse: request("PUT", entrypoint(phase), { rules: [{ ref: "block-admin" }] }),
  };

  it("a phase that loses all its rules needs a person", () => {
    const call = request("PUT", entrypoint(phase), { rules: [] });
    expect(ruleOf(one(call, rules))).toBe("empties");
    expect(ruleOf(one(request("PUT", entrypoint(phase), {}), rules))).toBe("empties");
    expect(one(call, rules, 1)).toBeNull();
    const some = request("PUT", entrypoint(phase), { rules: [{ ref: "other" }] });
    expect(one(some, rules)).toBeNull();
  });

  it("whatever the plan says was there", () => {
    const call = { request: request("PUT", entrypoint(phase), { rules: [] }), steps: [0] };
    const plan = planOf(
      [{ ...step, ...rules, before: { id: objectId(phase), fields: {} } }],
      [call],
    );
    expect(prohibited(plan, 0)).toBeNull();
    const live = [{ id: phase, fields: full }];
    expect(ruleOf(prohibitedNow(call, live, { plan, people: 0 }))).toBe("empties");
  });

  it.each(["rules/lists", "gateway/lists"])(
    "a list in %s that loses all its items needs a person",
    (collection) => {
      const path = `/accounts/${A1}/${collection}`;
      const target = collection === "rules/lists" ? `${path}/l1/items` : `${path}/l1`;
      const fields = { items: [{ ip: "192.0.2.1" }] };
      const its = {
        ...accountStep("list", { id: "l1", path, fields }),
        inverse: request("PUT", target, fields),
      };
      expect(inAccount(request("PUT", target, { items: [] }), its)).toBe("empties");
      expect(inAccount(request("PUT", target, { items: [] }), its, 1)).toBeNull();
      expect(inAccount(request("PUT", target, { items: [{ ip: "192.0.2.2" }] }), its)).toBeNull();
    },
  );

  it("an inverse may not empty what was full", () => {
    const call = request("PUT", entrypoint(phase), { rules: [{ ref: "other" }] });
    const inverse = request("PUT", entrypoint(phase), { rules: [] });
    expect(ruleOf(one(call, { ...rules, inverse }))).toBe("empties");
  });
});

describe("opens_access", () => {
  const path = `/accounts/${A1}/access/apps`;
  const staff = { decision: "allow", include: [{ email_domain: { domain: "harbor.example" } }] };
  const anybody = { decision: "bypass", include: [{ everyone: {} }] };
  const its = (policy: JsonObject, op: Step["op"] = "update") =>
    accountStep("access_application", { id: "app1", path, fields: { policies: [policy] }, op });
  const put = (policy: JsonObject) => request("PUT", `${path}/app1`, { policies: [policy] });

  it.each<[string, JsonObject]>([
    ["bypasses for everyone", anybody],
    ["allows everyone", { ...anybody, decision: "allow" }],
    ["allows every address", { decision: "allow", include: [{ ip: { ip: "0.0.0.0/0" } }] }],
    [
      "allows everyone beside somebody",
      { ...staff, include: [...staff.include, { everyone: {} }] },
    ],
  ])("a policy that %s needs a person", (_, policy) => {
    expect(inAccount(put(policy), its(staff))).toBe("opens_access");
    expect(inAccount(put(policy), its(staff), 1)).toBeNull();
    expect(inAccount(request("POST", path, { policies: [policy] }), its(policy, "create"))).toBe(
      "opens_access",
    );
    // It was so before: nothing is opened.
    expect(inAccount(put(policy), its(policy))).toBeNull();
  });

  it("the end of an application needs a person", () => {
    expect(inAccount(request("DELETE", `${path}/app1`), its(staff, "delete"))).toBe("opens_access");
    expect(inAccount(request("DELETE", `${path}/app1`), its(staff, "delete"), 1)).toBeNull();
  });

  it("does not mind a policy that asks for something, or that denies", () => {
    expect(inAccount(put({ ...anybody, decision: "deny" }), its(staff))).toBeNull();
    const asked = {
      ...anybody,
      decision: "allow",
      require: [{ auth_method: { auth_method: "swk" } }],
    };
    expect(inAccount(put(asked), its(staff))).toBeNull();
  });
});
