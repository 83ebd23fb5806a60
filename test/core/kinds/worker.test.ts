import { describe, expect, it } from "vitest";
import { digestOfText, type JsonObject } from "../../../src/core/canonical.ts";
import { describeFinding } from "../../../src/core/check.ts";
import { workerScript } from "../../../src/core/kinds/worker.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { faultsOf } from "./compare.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  type Edit,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  planOf,
  judgedIn,
} from "./whole-kind.ts";

const CODE = 'export default { fetch: () => new Response("orders") };\n';
const EVIL = 'export default { fetch: () => new Response("evil") };\n';
const hex = (text: string): string => digestOfText(text).slice(7);

const kv = { name: "CARTS", type: "kv_namespace", namespace_id: "n1" };
const region = { name: "REGION", type: "plain_text", text: "eu" };
const secret = { name: "API_KEY", type: "secret_text" };

const declared = {
  name: "orders",
  main_module: "worker.js",
  content: CODE,
  compatibility_date: "2026-01-01",
  bindings: [region, { ...secret, secret: true }, kv],
};

const module = (text: string, name = "worker.js"): JsonObject => ({
  name,
  type: "application/javascript+module",
  text,
});

/** A Worker as the reader puts it together. */
const live = (
  settings: JsonObject = {},
  modules: readonly JsonObject[] = [module(CODE)],
): JsonObject => ({
  id: "orders",
  settings: {
    compatibility_date: "2026-01-01",
    compatibility_flags: [],
    usage_model: "standard",
    logpush: true,
    tags: [],
    tail_consumers: null,
    observability: { enabled: false },
    bindings: [secret, kv, region],
    placement: { mode: "smart", status: "SUCCESS", last_analyzed_at: "2026-01-01T00:00:00Z" },
    annotations: { "workers/triggered_by": "upload" },
    ...settings,
  },
  code: { entry: "worker.js", modules },
});

const caseOf = (golden: JsonObject, there: JsonObject | null, more: object = {}): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { worker: [{ ...declared, ...golden }] }, { ...more }),
  live: { worker: there === null ? [] : [there] },
});
const drift = (golden: JsonObject, there: JsonObject): readonly string[] =>
  changesIn(driftIn(caseOf(golden, there)));
const reasons = (one: Case): readonly string[] => driftIn(one).reported.map(({ reason }) => reason);

describe("case 59", () => {
  it("bindings come back sorted by name", () => {
    expect(drift({}, live())).toEqual([]);
    expect(drift({}, live({ bindings: [kv, region, secret] }))).toEqual([]);
  });

  it("an unmanaged secret is not ours, and stays when the rest is written", () => {
    const extra = { name: "ZZ", type: "secret_text" };
    const there = { bindings: [secret, kv, region, extra] };
    expect(drift({}, live(there))).toEqual([]);
    const plan = healed(caseOf({}, live(there, [module(EVIL)])));
    const body = plan.calls[0]?.request.body;
    expect(body).toMatchObject({ metadata: { keep_bindings: ["secret_text", "secret_key"] } });
    expect(JSON.stringify(body)).not.toContain("API_KEY");
    expect(plan.steps[0]?.after?.fields["secrets"]).toEqual(["API_KEY", "ZZ"]);
  });

  it("another binding is drift", () => {
    const rogue = { name: "SPY", type: "r2_bucket", bucket_name: "elsewhere" };
    expect(drift({}, live({ bindings: [secret, kv, region, rogue] }))).toEqual([
      "update orders: bindings",
    ]);
    expect(drift({}, live({ bindings: [secret, { ...kv, namespace_id: "n2" }, region] }))).toEqual([
      "update orders: bindings",
    ]);
  });
});

describe("case 54: secrets are there or not, their value is unknown", () => {
  it("a missing one is told and not written, and holds nothing else up", () => {
    const without = { bindings: [kv, region] };
    const one = caseOf({}, live(without));
    expect(changesIn(driftIn(one))).toEqual([]);
    expect(reasons(one)).toEqual([expect.stringContaining("API_KEY")]);
    const both = caseOf({}, live(without, [module(EVIL)]));
    expect(changesIn(driftIn(both))).toEqual(["update orders: content, secrets"]);
    expect(healed(both).calls).toHaveLength(1);
  });

  it("a binding does not overwrite a secret: nobody could bring it back", () => {
    const one = caseOf(
      {},
      live({ bindings: [secret, kv, { name: "REGION", type: "secret_text" }] }),
    );
    expect(changesIn(driftIn(one))).toEqual([]);
    expect(reasons(one)).toEqual([expect.stringContaining("REGION")]);
  });

  it.each([{ text: "s3cret" }, { type: "secret_key", key_base64: "AAAA" }])(
    "the golden state takes no value: %j",
    (members) => {
      const bindings = [{ ...secret, ...members }];
      expect(
        faultsOf(workerScript.declare([{ ...declared, bindings }], ACCOUNT))[0]?.problem,
      ).toContain("must not stand in the golden state");
    },
  );
});

describe("the code", () => {
  it("is compared by its digest and put back with settings and bindings in one upload", () => {
    const plan = healed(caseOf({}, live({}, [module(EVIL)])));
    expect(
      plan.calls.map(({ request: { method, path, encoding } }) => [method, path, encoding]),
    ).toEqual([["PUT", `/accounts/${ACCOUNT.id}/workers/scripts/orders`, "multipart"]]);
    expect(plan.calls[0]?.request.body).toEqual({
      metadata: {
        main_module: "worker.js",
        compatibility_date: "2026-01-01",
        compatibility_flags: [],
        observability: { enabled: false },
        bindings: [kv, region],
        keep_bindings: ["secret_text", "secret_key"],
        usage_model: "standard",
        logpush: true,
        tags: [],
        placement: { mode: "smart" },
      },
      parts: { "worker.js": { type: "application/javascript+module", text: CODE } },
    });
    expect(plan.steps[0]?.inverse.body).toMatchObject({ parts: { "worker.js": { text: EVIL } } });
  });

  it("may be declared by its digest: then it is compared, and settings are put back around it", () => {
    const byDigest = { content: { sha256: hex(CODE).toUpperCase() } };
    expect(drift(byDigest, live())).toEqual([]);
    const changed = caseOf(byDigest, live({}, [module(EVIL)]));
    expect(changesIn(driftIn(changed))).toEqual([]);
    expect(reasons(changed)).toEqual([expect.stringContaining("digest only")]);
    const older = caseOf(byDigest, live({ compatibility_date: "2024-01-01" }));
    expect(healed(older).calls[0]?.request.body).toMatchObject({
      metadata: { compatibility_date: "2026-01-01" },
      parts: { "worker.js": { text: CODE } },
    });
    expect(reasons(caseOf(byDigest, null))).toEqual([expect.stringContaining("digest only")]);
  });

  it("with a module more, or another entry, is drift", () => {
    expect(drift({}, live({}, [module(CODE), module(EVIL, "hidden.js")]))).toEqual([
      "update orders: content",
    ]);
    const renamed = {
      ...live({}, [module(CODE, "main.js")]),
      code: { entry: "main.js", modules: [module(CODE, "main.js")] },
    };
    expect(drift({}, renamed)).toEqual(["update orders: main_module"]);
    healed(caseOf({}, renamed));
    const classic = {
      ...live(),
      code: { entry: "", modules: [{ ...module(EVIL, "script"), type: "application/javascript" }] },
    };
    const plan = healed(caseOf({}, classic));
    expect(plan.steps[0]?.inverse.body).toMatchObject({ metadata: { body_part: "script" } });
  });

  it("that is not text cannot be brought back, so nothing is written over it", () => {
    const wasm = { name: "m.wasm", type: "application/wasm", sha256: digestOfText("x") };
    const one = caseOf({}, live({}, [module(CODE), wasm]));
    expect(changesIn(driftIn(one))).toEqual([]);
    expect(reasons(one)).toEqual([expect.stringContaining("brought back")]);
  });
});

it("settings that are not declared are carried over, results of the platform are not", () => {
  expect(
    drift({ compatibility_flags: ["b", "a"] }, live({ compatibility_flags: ["a", "b"] })),
  ).toEqual([]);
  expect(
    drift(
      { observability: { enabled: true } },
      live({ observability: { enabled: true, logs: {} } }),
    ),
  ).toEqual([]);
  expect(drift({ observability: { enabled: true } }, live())).toEqual([
    "update orders: observability",
  ]);
});

it("computed members of bindings say nothing", () => {
  const binding = { name: "ROOM", type: "durable_object_namespace", class_name: "Room" };
  const db = { name: "DB", type: "d1", database_id: "d" };
  const there = [
    { ...binding, namespace_id: "computed" },
    { name: "DB", type: "d1", id: "d", database_id: "d" },
    { ...kv },
  ];
  expect(drift({ bindings: [db, kv, binding] }, live({ bindings: there }))).toEqual([]);
});

describe("a Worker that nobody declared", () => {
  const rogue = { ...live({ bindings: [] }, [module(EVIL)]), id: "rogue" };
  const withRogue = (there: JsonObject, unmanaged: string): Case => ({
    ...caseOf({}, live(), { unmanaged: { worker: unmanaged } }),
    live: { worker: [live(), there] },
  });

  it("is told", () => {
    const { unmanaged, changes } = driftIn(withRogue({ id: "rogue" }, "report"));
    expect(unmanaged.map(({ identity }) => identity)).toEqual(["rogue"]);
    expect(changes).toEqual([]);
  });

  it("is taken away where the golden state says so, and only by a person", () => {
    const one = withRogue(rogue, "remove");
    const plan = healed(one);
    expect(plan.calls.map(({ request }) => request.method)).toEqual(["DELETE"]);
    const made = planOf(one, driftIn(one));
    const { findings } = judgedIn(one, made, { worker: 2 });
    expect(findings.map(describeFinding)).toContain("deletes the Worker rogue");
    expect(prohibited(made, 0)).toMatchObject({ rule: "ends_worker" });
  });

  it("stays when its secrets could not be brought back, or when it was not read", () => {
    expect(
      reasons(withRogue({ ...rogue, settings: live()["settings"] ?? null }, "remove")),
    ).toEqual([expect.stringContaining("secrets")]);
    expect(reasons(withRogue({ id: "rogue" }, "remove"))).toHaveLength(1);
  });
});

it("a deleted Worker is uploaded again; its secrets are asked of people", () => {
  const one = caseOf({}, null);
  expect(changesIn(driftIn(one))).toEqual(["create orders"]);
  const made = planOf(one, driftIn(one));
  expect(made.steps[0]?.after?.fields["secrets"]).toEqual([]);
  expect(made.steps[0]?.inverse).toMatchObject({ method: "DELETE", body: null });
});

it.each<[string, JsonObject]>([
  ["a name that is none", { name: "no spaces" }],
  ["a name that means many operations", { name: "batch" }],
  ["two bindings of one name", { bindings: [kv, kv] }],
  ["a binding that inherits", { bindings: [{ name: "X", type: "inherit" }] }],
  ["a digest that is none", { content: { sha256: "abc" } }],
  ["no bindings at all", { bindings: null }],
])("refuses %s", (_, members) => {
  expect(faultsOf(workerScript.declare([{ ...declared, ...members }], ACCOUNT))).not.toEqual([]);
});

it.each([
  null,
  {},
  { id: "" },
  { id: "x", settings: {} },
  { id: "x", settings: {}, code: { modules: [] } },
])("refuses the answer %j (I8)", (raw) =>
  expect(workerScript.observe(raw, ACCOUNT).ok).toBe(false),
);

it("finds exactly what was edited, heals it, and can undo it", () => {
  const inSettings = (member: string, value: JsonObject[string]): Edit => ({
    field: member,
    to: (raw) => ({ ...raw, settings: { ...(raw["settings"] as JsonObject), [member]: value } }),
  });
  const golden = {
    ...declared,
    compatibility_flags: ["nodejs_compat"],
    observability: { enabled: true },
    bindings: [kv, region],
  };
  const there = (id: string) => ({
    ...live({
      bindings: [region, kv, secret],
      compatibility_flags: ["nodejs_compat"],
      observability: { enabled: true, head_sampling_rate: 0.5 },
    }),
    id,
  });
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "worker",
    declared: ["one", "two", "three"].map((name) => ({ ...golden, name })),
    live: ["one", "two", "three"].map(there),
    edits: [
      inSettings("compatibility_date", "2020-01-01"),
      inSettings("compatibility_flags", []),
      inSettings("observability", { enabled: false }),
      inSettings("bindings", [secret, region, { ...kv, namespace_id: "other" }]),
      {
        field: "content",
        to: (raw) => ({ ...raw, code: { entry: "worker.js", modules: [module(EVIL)] } }),
      },
    ],
  });
});
