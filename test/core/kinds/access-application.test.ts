import { describe, expect, it } from "vitest";
import { type Json, type JsonObject, textOf } from "../../../src/core/canonical.ts";
import { faultsOf } from "./compare.ts";
import { accessApplication } from "../../../src/core/kinds/access-application.ts";
import {
  ACCOUNT,
  changesIn,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  observed,
  setting,
} from "./whole-kind.ts";

const staff = {
  name: "staff",
  decision: "allow",
  include: [{ email_domain: { domain: "harbor-books.example" } }],
};
const machines = {
  name: "machines",
  decision: "non_identity",
  include: [{ any_valid_service_token: {} }],
};
const declared = { name: "Admin", domain: "admin.harbor-books.example", policies: [staff] };

const livePolicy = (members: JsonObject): JsonObject => ({
  id: `p-${textOf(members["name"])}`,
  exclude: [],
  require: [],
  session_duration: "24h",
  precedence: 1,
  reusable: false,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-02T00:00:00Z",
  ...members,
});

/** An application as the API answers it, around the given members. */
const live = (members: JsonObject = {}): JsonObject => ({
  id: "6f0c1f5e-2b0c-4a6e-9a53-2c6f0c6b7a10",
  uid: "6f0c1f5e-2b0c-4a6e-9a53-2c6f0c6b7a10",
  aud: "0f".repeat(32),
  name: "Admin",
  type: "self_hosted",
  domain: "admin.harbor-books.example",
  self_hosted_domains: ["admin.harbor-books.example"],
  destinations: [{ type: "public", uri: "admin.harbor-books.example" }],
  session_duration: "24h",
  allowed_idps: [],
  tags: [],
  auto_redirect_to_identity: false,
  app_launcher_visible: true,
  enable_binding_cookie: false,
  eager_redirect_cookie_setting: true,
  http_only_cookie_attribute: true,
  path_cookie_attribute: false,
  policies: [livePolicy(staff)],
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-02T00:00:00Z",
  ...members,
});

const caseOf = (golden: JsonObject, there: JsonObject) => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { access_application: [golden] }),
  live: { access_application: [there] },
});
const drift = (golden: JsonObject, there: JsonObject): readonly string[] =>
  changesIn(driftIn(caseOf({ ...declared, ...golden }, live(there))));
const UPDATE = "update admin.harbor-books.example";

describe("case 51", () => {
  it.each<[Json | undefined, Json | undefined]>([
    [undefined, "24h"],
    ["", "24h"],
    [null, "24h"],
    ["24h", ""],
    ["24h", null],
  ])("a policy's session of %j is %j", (golden, there) => {
    const policy = golden === undefined ? staff : { ...staff, session_duration: golden };
    expect(
      drift(
        { policies: [policy] },
        { policies: [livePolicy({ ...staff, session_duration: there ?? null })] },
      ),
    ).toEqual([]);
  });

  it("another session is reported", () => {
    expect(drift({}, { policies: [livePolicy({ ...staff, session_duration: "1h" })] })).toEqual([
      `${UPDATE}: policies`,
    ]);
  });
});

describe("case 53", () => {
  it("null and an empty list are one", () => {
    expect(drift({ allowed_idps: null, tags: [] }, { allowed_idps: [], tags: null })).toEqual([]);
    expect(drift({ policies: [] }, { policies: null })).toEqual([]);
  });

  it("tags come back sorted", () => {
    expect(drift({ tags: ["b", "a"] }, { tags: ["a", "b"] })).toEqual([]);
    expect(drift({ tags: ["b"] }, { tags: ["a", "b"] })).toEqual([`${UPDATE}: tags`]);
  });

  it("cookie flags are on unless switched off", () => {
    const flags = { http_only_cookie_attribute: true, eager_redirect_cookie_setting: null };
    expect(drift(flags, { http_only_cookie_attribute: null })).toEqual([]);
    expect(drift(flags, { http_only_cookie_attribute: false })).toEqual([
      `${UPDATE}: http_only_cookie_attribute`,
    ]);
  });

  it("a shared policy is compared by its content and goes out with its id", () => {
    const shared = livePolicy({ ...staff, reusable: true, app_count: 2, approval_required: true });
    expect(drift({}, { policies: [shared] })).toEqual([]);
    const plan = healed(caseOf(declared, live({ name: "Edited", policies: [shared] })));
    expect(plan.calls[0]?.request.body).toMatchObject({
      name: "Admin",
      policies: [{ id: "p-staff", precedence: 1, reusable: true, approval_required: true }],
    });
  });

  it("a shared policy that was edited becomes the application's own: the others keep theirs", () => {
    const shared = livePolicy({ ...staff, include: [{ everyone: {} }], reusable: true });
    const plan = healed(caseOf(declared, live({ policies: [shared] })));
    const body = plan.calls[0]?.request.body as { policies: JsonObject[] };
    expect(body.policies).toEqual([
      { ...staff, exclude: [], require: [], session_duration: "24h", precedence: 1 },
    ]);
    expect(plan.steps[0]?.inverse.body).toMatchObject({ policies: [{ id: "p-staff" }] });
  });
});

it("case 52: a single address is a network of one", () => {
  const from = (ip: string) => ({ ...staff, include: [{ ip: { ip } }] });
  expect(
    drift({ policies: [from("192.0.2.1")] }, { policies: [livePolicy(from("192.0.2.1/32"))] }),
  ).toEqual([]);
  expect(
    drift({ policies: [from("2001:DB8::1")] }, { policies: [livePolicy(from("2001:db8::1/128"))] }),
  ).toEqual([]);
  expect(
    drift({ policies: [from("192.0.2.1")] }, { policies: [livePolicy(from("192.0.2.0/24"))] }),
  ).toEqual([`${UPDATE}: policies`]);
});

it("case 56 ≠: `everyone: {}` is a rule, and reported", () => {
  const open = livePolicy({ ...staff, include: [...staff.include, { everyone: {} }] });
  expect(drift({}, { policies: [open] })).toEqual([`${UPDATE}: policies`]);
  expect(drift({}, { policies: [livePolicy({ ...staff, require: [{ everyone: {} }] })] })).toEqual([
    `${UPDATE}: policies`,
  ]);
  const nothing = livePolicy({ ...staff, include: [{ everyone: null }] });
  expect(
    drift({ policies: [{ ...staff, include: [{ everyone: {} }] }] }, { policies: [nothing] }),
  ).toEqual([`${UPDATE}: policies`]);
});

it("the order of policies decides and is reported, the order of rules does not", () => {
  const two = [livePolicy(machines), livePolicy({ ...staff, precedence: 2 })];
  expect(drift({ policies: [machines, staff] }, { policies: two.toReversed() })).toEqual([]);
  expect(drift({ policies: [staff, machines] }, { policies: two })).toEqual([
    `${UPDATE}: policies`,
  ]);
  const rules = [{ email: { email: "a@b.example" } }, { group: { id: "g1" } }];
  expect(
    drift(
      { policies: [{ ...staff, include: rules }] },
      { policies: [livePolicy({ ...staff, include: rules.toReversed() })] },
    ),
  ).toEqual([]);
});

it("a write carries over what is not modelled, and no computed member", () => {
  const there = live({ name: "Edited", custom_deny_message: "no", cors_headers: { max_age: 1 } });
  const body = healed(caseOf(declared, there)).calls[0]?.request.body ?? {};
  expect(body).toMatchObject({ custom_deny_message: "no", cors_headers: { max_age: 1 } });
  for (const computed of ["id", "aud", "uid", "created_at", "updated_at"])
    expect(body).not.toHaveProperty(computed);
});

it("an application whose hostname was edited is the same one: its aud stays", () => {
  const there = live({
    domain: "elsewhere.harbor-books.example",
    destinations: [{ type: "public", uri: "e.example" }],
  });
  const plan = healed({
    ...caseOf(declared, there),
    before: { access_application: [live()] },
  });
  expect(plan.calls.map(({ request }) => request.method)).toEqual(["PUT"]);
});

it("an application of another type is not ours", () => {
  const [resource] = observed(ACCOUNT, {
    access_application: [live({ type: "saas", domain: null })],
  });
  expect(resource?.system).toContain("saas");
});

it.each<[string, JsonObject]>([
  ["a rule with two selectors", { policies: [{ ...staff, include: [{ everyone: {}, ip: {} }] }] }],
  ["a marker that is null", { policies: [{ ...staff, include: [{ everyone: null }] }] }],
  ["a policy without rules", { policies: [{ ...staff, include: [] }] }],
  ["another type", { type: "saas" }],
  ["an unknown member", { colour: "red" }],
])("refuses %s", (_, members) => {
  expect(faultsOf(accessApplication.declare([{ ...declared, ...members }], ACCOUNT))).not.toEqual(
    [],
  );
});

it("refuses the same hostname twice", () => {
  expect(faultsOf(accessApplication.declare([declared, declared], ACCOUNT))).toEqual([
    { path: [1], problem: "`admin.harbor-books.example` is declared twice" },
  ]);
});

it("finds exactly what was edited, heals it, and can undo it", () => {
  const golden = [
    { ...declared, session_duration: "8h", allowed_idps: ["i2", "i1"], tags: ["t"] },
    {
      ...declared,
      name: "Wiki",
      domain: "Wiki.harbor-books.example/docs",
      policies: [machines, staff],
    },
  ];
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "access_application",
    declared: golden.map((one) => ({
      ...one,
      http_only_cookie_attribute: true,
      session_duration: "8h",
      allowed_idps: ["i2", "i1"],
      tags: ["t"],
    })),
    live: [
      live({ session_duration: "8h", allowed_idps: ["i1", "i2"], tags: ["t"] }),
      live({
        id: "second",
        name: "Wiki",
        domain: "wiki.harbor-books.example/docs",
        self_hosted_domains: ["wiki.harbor-books.example/docs", "w.harbor-books.example"],
        session_duration: "8h",
        allowed_idps: ["i1", "i2"],
        tags: ["t"],
        logo_url: "https://harbor-books.example/logo.png",
        policies: [
          livePolicy({ ...machines, mfa_config: { x: 1 } }),
          livePolicy({ ...staff, precedence: 2, reusable: true }),
        ],
      }),
    ],
    edits: [
      setting("name", "Edited"),
      setting("session_duration", "720h"),
      setting("allowed_idps", []),
      setting("tags", ["x"]),
      setting("http_only_cookie_attribute", false),
      setting("policies", [livePolicy({ ...staff, include: [{ everyone: {} }] })]),
    ],
  });
});
