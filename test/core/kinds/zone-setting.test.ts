import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/core/canonical.ts";
import { SETTINGS } from "../../../src/core/kinds/zone-setting-values.ts";
import { zoneSetting } from "../../../src/core/kinds/zone-setting.ts";
import type { Change } from "../../../src/core/resource.ts";
import { compare, declareOne, faultsOf, must, updateOf, ZONE } from "./compare.ts";

const answer = (id: string, value: Json, more: JsonObject = {}): JsonObject => ({
  id,
  value,
  editable: true,
  modified_on: null,
  ...more,
});
const drift = (id: string, golden: Json, live: Json) =>
  compare(zoneSetting, { [id]: golden }, answer(id, live));
const hsts = (members: JsonObject): JsonObject => ({ strict_transport_security: members });

it.each<[string, Json, Json]>([
  ["min_tls_version", 1.2, "1.2"],
  ["min_tls_version", 1, "1.0"],
  ["min_tls_version", "1.2", 1.2],
  ["browser_cache_ttl", 14_400, "14400"],
  ["browser_cache_ttl", "14400", 14_400],
  ["challenge_ttl", "1800", 1800],
  ["origin_max_http_version", 2, "2"],
  ["max_upload", 100, "100"],
])("case 30: %s %s and %s are one value", (id, golden, live) => {
  expect(drift(id, golden, live)).toEqual([]);
});

it("case 30: another value is reported", () => {
  expect(drift("min_tls_version", 1.2, "1.3")).toEqual(["value"]);
  expect(drift("browser_cache_ttl", 14_400, 0)).toEqual(["value"]);
});

it("case 31: what the plan does not let anyone edit is not manageable", () => {
  expect(must(zoneSetting.observe(answer("polish", "off", { editable: false }), ZONE)).system).toBe(
    "not editable on this plan",
  );
  expect(must(zoneSetting.observe(answer("polish", "off"), ZONE)).system).toBeNull();
  expect(
    must(zoneSetting.observe({ id: "aegis", value: { enabled: true } }, ZONE)).system,
  ).toBeNull();
});

it("take YAML booleans for on and off", () => {
  expect(drift("always_use_https", true, "on")).toEqual([]);
  expect(drift("tls_1_3", false, "off")).toEqual([]);
  expect(drift("http3", "on", "off")).toEqual(["value"]);
  expect(drift("nel", { enabled: "on" }, { enabled: true })).toEqual([]);
});

it("give one resource per setting", () => {
  const resources = must(zoneSetting.declare({ ssl: "strict", http3: "on" }, ZONE));
  expect(resources).toEqual([
    { kind: "zone_setting", group: "ssl", identity: "ssl", fields: { value: "strict" } },
    { kind: "zone_setting", group: "http3", identity: "http3", fields: { value: "on" } },
  ]);
  expect(resources.map((resource) => zoneSetting.describe(resource))).toEqual([
    "setting ssl",
    "setting http3",
  ]);
});

it("know the 66 ids of the reference", () => {
  expect(SETTINGS.size).toBe(66);
});

it("compare of an object only what is declared, and write the whole object", () => {
  const live = hsts({
    enabled: false,
    max_age: 0,
    include_subdomains: true,
    preload: false,
    nosniff: true,
  });
  expect(drift("security_header", hsts({ include_subdomains: true }), live)).toEqual([]);
  expect(drift("security_header", hsts({ enabled: true }), live)).toEqual(["value"]);
  const desired = declareOne(zoneSetting, {
    security_header: hsts({ enabled: true, max_age: "31536000" }),
  });
  const change = updateOf(
    zoneSetting,
    desired,
    must(zoneSetting.observe(answer("security_header", live), ZONE)),
  );
  const value = hsts({
    enabled: true,
    max_age: 31_536_000,
    include_subdomains: true,
    preload: false,
    nosniff: true,
  });
  expect(zoneSetting.predict(change)).toEqual({ value });
  expect(zoneSetting.calls([change], ZONE)).toEqual([
    {
      request: { method: "PATCH", path: "/zones/z1/settings/security_header", body: { value } },
      changes: [0],
    },
  ]);
});

it("write `enabled` for ssl_recommender", () => {
  const desired = declareOne(zoneSetting, { ssl_recommender: "on" });
  const observed = must(zoneSetting.observe({ id: "ssl_recommender", enabled: false }, ZONE));
  const change = updateOf(zoneSetting, desired, observed);
  expect(zoneSetting.calls([change], ZONE)[0]?.request.body).toEqual({ enabled: true });
});

it("are written one by one, each once", () => {
  const resources = must(zoneSetting.declare({ ssl: "strict", http3: "on", polish: "off" }, ZONE));
  const calls = zoneSetting.calls(
    resources.map((desired): Change => ({ op: "create", desired })),
    ZONE,
  );
  expect(calls.map((call) => call.changes)).toEqual([[0], [1], [2]]);
});

it.each<[string, JsonObject, string, string]>([
  [
    "an unknown id",
    { min_tls_versoin: "1.2" },
    "min_tls_versoin",
    "did you mean `min_tls_version`",
  ],
  ["a name that is nothing like one", { zzzzzzzz: "on" }, "zzzzzzzz", "is not a zone setting"],
  [
    "a value that does not exist",
    { ssl: "strictest" },
    "ssl",
    "`off`, `flexible`, `full`, `strict`",
  ],
  [
    "a text that only counts as the same number",
    { min_tls_version: "1.20" },
    "min_tls_version",
    "`1.2`",
  ],
  ["a switch that is neither", { http3: "maybe" }, "http3", "`on` or `off`"],
  ["a negative number", { browser_cache_ttl: -1 }, "browser_cache_ttl", "not negative"],
  [
    "an object with an unknown member",
    { security_header: hsts({ on: true }) },
    "security_header",
    "`max_age`",
  ],
])("refuse %s", (...[, declared, id, problem]) => {
  expect(faultsOf(zoneSetting.declare(declared, ZONE))).toEqual([
    { path: [id], problem: expect.stringContaining(problem) },
  ]);
});

it("keep an observed value that this version does not know", () => {
  expect(must(zoneSetting.observe(answer("ssl", "strict_origin_pull"), ZONE)).fields).toEqual({
    value: "strict_origin_pull",
  });
  expect(must(zoneSetting.observe(answer("newest", "x"), ZONE)).identity).toBe("newest");
});

it.each<[string, Json]>([
  ["no object", "x"],
  ["no id", { value: "on" }],
  ["an empty id", answer("", "on")],
  ["no value", { id: "ssl" }],
])("refuse an answer with %s (I8)", (_, raw) => {
  expect(zoneSetting.observe(raw, ZONE).ok).toBe(false);
});
