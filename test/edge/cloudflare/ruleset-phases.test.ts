import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import type { Site } from "../../../src/core/resource.ts";
import { CloudflareApi } from "../../../src/edge/cloudflare/client.ts";
import type { ReadCache, ReadContext } from "../../../src/core/reader.ts";
import { rulesetPhases } from "../../../src/edge/cloudflare/readers/ruleset-phases.ts";

const site: Site = { level: "zone", id: mint(isObjectId, "z1"), name: "harbor.example" };
const WAF = "http_request_firewall_custom";
const LIMITS = "http_ratelimit";
const golden = { resources: [] } as never;
const declares = (...phases: readonly string[]) =>
  ({
    resources: phases.map((group) => {
      return { kind: "waf_rule", group, fields: { "rule:a": { ref: "a" }, order: ["a"] } };
    }),
  }) as never;

const ruleset = (phase: string, members: JsonObject = {}): JsonObject => ({
  id: `id-${phase}`,
  kind: "zone",
  phase,
  version: "3",
  rules: [{ id: "r", ref: "r", action: "block", expression: "true" }],
  ...members,
});
const summary = ({ rules: _rules, ...rest }: JsonObject): JsonObject => rest;

interface Reply {
  readonly status?: number;
  readonly result?: Json;
  readonly code?: number;
  readonly info?: JsonObject;
}

/** An API that answers from a table, by path and cursor, and remembers what it was asked. */
function apiOf(replies: Readonly<Record<string, Reply>>) {
  const asked: string[] = [];
  const api = new CloudflareApi({
    base: "https://api.example",
    token: "t",
    fetch: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const cursor = searchParams.get("cursor");
      const path = pathname.replace("/zones/z1/", "") + (cursor === null ? "" : `?${cursor}`);
      asked.push(path);
      const { status = 200, result = null, code = 0, info = {} } = replies[path] ?? { status: 500 };
      const errors = status < 400 ? [] : [{ code, message: "no" }];
      const body = { success: status < 400, errors, result, result_info: info };
      return Response.json(body, { status });
    },
  });
  return { api, asked };
}

function cacheOf(): ReadCache {
  const kept = new Map<string, readonly [string, Json]>();
  return {
    has: (key) => kept.has(key),
    get: (key, version) => (kept.get(key)?.[0] === version ? kept.get(key)?.[1] : undefined),
    set: (key, version, value) => void kept.set(key, [version, value]),
  };
}

const waf = rulesetPhases("waf_rule", [WAF]);
const limits = rulesetPhases("rate_limit_rule", [LIMITS]);
const at = (phase: string) => `rulesets/phases/${phase}/entrypoint`;

describe("entrypoints of phases", () => {
  it("are read by one list for all kinds, and one call for each phase that has one", async () => {
    const { api, asked } = apiOf({
      rulesets: { result: [summary(ruleset(WAF))] },
      [at(WAF)]: { result: ruleset(WAF) },
    });
    const context: ReadContext = { api, site, lists: new Map() };
    const [first, second] = await Promise.all([
      waf.readAll(context, golden),
      limits.readAll(context, golden),
    ]);
    expect(first).toMatchObject({
      ok: true,
      value: { objects: [{ id: WAF, ruleset_id: `id-${WAF}`, version: "3" }], claimedTotal: 1 },
    });
    expect(second).toMatchObject({ ok: true, value: { objects: [{ id: LIMITS, rules: [] }] } });
    expect(asked).toEqual(["rulesets", at(WAF)]);
  });

  it("are read without a list where rules are declared, and with it once they were read", async () => {
    const { api, asked } = apiOf({
      rulesets: { result: [summary(ruleset(WAF))] },
      [at(WAF)]: { result: ruleset(WAF) },
    });
    const cache = cacheOf();
    const first = await waf.readAll({ api, site, cache }, declares(WAF));
    expect(first).toMatchObject({ ok: true, value: { objects: [{ version: "3" }] } });
    expect(asked).toEqual([at(WAF)]);
    expect(await waf.readAll({ api, site, cache }, declares(WAF))).toEqual(first);
    expect(asked).toEqual([at(WAF), "rulesets"]);
  });

  it("are looked up where a phase is declared without rules", async () => {
    const { api, asked } = apiOf({ rulesets: { result: [] } });
    const none = { resources: [{ kind: "waf_rule", group: WAF, fields: { order: [] } }] } as never;
    await waf.readAll({ api, site, cache: cacheOf() }, none);
    expect(asked).toEqual(["rulesets"]);
  });

  it("are empty where rules are declared and nothing is there", async () => {
    const { api, asked } = apiOf({ [at(WAF)]: { status: 404, code: 10003 } });
    const read = await waf.readAll({ api, site, cache: cacheOf() }, declares(WAF));
    expect(read).toMatchObject({ ok: true, value: { objects: [{ id: WAF, rules: [] }] } });
    expect(asked).toEqual([at(WAF)]);
  });

  it("are found on a later page of the list", async () => {
    const { api } = apiOf({
      rulesets: { result: [summary(ruleset(LIMITS))], info: { cursor: "next" } },
      "rulesets?next": { result: [summary(ruleset(WAF))] },
      [at(WAF)]: { result: ruleset(WAF) },
    });
    const read = await waf.readAll({ api, site }, golden);
    expect(read).toMatchObject({ ok: true, value: { objects: [{ version: "3" }] } });
  });

  it("are not those of other kinds of rulesets", async () => {
    const { api } = apiOf({ rulesets: { result: [summary(ruleset(WAF, { kind: "managed" }))] } });
    const read = await waf.readAll({ api, site }, golden);
    expect(read).toMatchObject({ ok: true, value: { objects: [{ rules: [] }] } });
  });

  it.each<[string, JsonObject, number]>([
    ["nothing moved", {}, 1],
    ["the version moved", { version: "4" }, 2],
    ["the ruleset was made anew", { id: "other" }, 2],
  ])("are read again only when they moved: %s", async (_, members, reads) => {
    const cache = cacheOf();
    const seen: string[] = [];
    for (const now of [ruleset(WAF), ruleset(WAF, members)]) {
      const { api, asked } = apiOf({
        rulesets: { result: [summary(now)] },
        [at(WAF)]: { result: now },
      });
      const read = await waf.readAll({ api, site, cache }, golden);
      expect(read).toMatchObject({
        ok: true,
        value: { objects: [{ version: now["version"], ruleset_id: now["id"] }] },
      });
      seen.push(...asked);
    }
    expect(seen.filter((path) => path === at(WAF))).toHaveLength(reads);
  });

  it("that a plan touches are asked for themselves; one that does not exist is an empty one", async () => {
    const { api, asked } = apiOf({ [at(WAF)]: { status: 404, code: 10003 } });
    const read = await waf.readSome({ api, site }, [{ id: mint(isObjectId, WAF), group: WAF }]);
    expect(read).toEqual({ ok: true, value: [{ id: WAF, rules: [], ruleset_id: null }] });
    expect(asked).toEqual([at(WAF)]);
  });

  it.each<[string, Reply]>([
    ["another 404", { status: 404, code: 7003 }],
    ["a refusal", { status: 403, code: 10000 }],
    ["a server error", { status: 502 }],
    ["no object", { result: [] }],
    ["another phase", { result: ruleset(LIMITS) }],
    ["no id", { result: ruleset(WAF, { id: null }) }],
  ])("are unknown and never empty after %s (I8)", async (_, reply) => {
    const { api } = apiOf({ [at(WAF)]: reply });
    const read = await waf.readSome({ api, site }, [{ id: mint(isObjectId, WAF), group: WAF }]);
    expect(read.ok).toBe(false);
  });

  it.each<[string, Readonly<Record<string, Reply>>]>([
    ["cannot be read", { rulesets: { status: 500 } }],
    ["is none", { rulesets: { result: {} } }],
    [
      "never ends (I12)",
      {
        rulesets: { result: [], info: { cursor: "x" } },
        "rulesets?x": { result: [], info: { cursor: "x" } },
      },
    ],
  ])("are unknown when the list %s", async (_, replies) => {
    const { api } = apiOf(replies);
    expect((await waf.readAll({ api, site }, golden)).ok).toBe(false);
  });
});
