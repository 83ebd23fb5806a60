/** S16 of `drift-cases.md`: rulesets, their versions, rules and refusals. */
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, codes, control, reset, type Fields } from "./client.ts";
import {
  block,
  CUSTOM,
  entrypoint,
  FREE,
  MANAGED,
  messages,
  options,
  OWASP,
  pointers,
  putEntrypoint,
  ZONE,
  type Ruleset,
} from "./rules.ts";

beforeEach(reset);

const list = async (root = ZONE, query = "") => api<Ruleset[]>(`GET ${root}${query}`);
const ids = ({ rules }: Ruleset): string[] => rules.map(({ id }) => id);
const refs = ({ rules }: Ruleset): string[] => rules.map(({ ref }) => ref);
const versions = ({ rules }: Ruleset): string[] => rules.map(({ version }) => version);

describe("S16 rulesets", () => {
  it("are listed without rules but with version and last_updated", async () => {
    const { result } = await list();
    expect(result.map(({ phase, kind }) => `${kind} ${phase}`)).toEqual([
      "zone http_request_firewall_custom",
      "zone http_ratelimit",
      "zone http_request_firewall_managed",
      "zone http_request_cache_settings",
      "zone http_request_dynamic_redirect",
      "zone http_response_headers_transform",
      "managed http_request_firewall_managed",
      "managed http_request_firewall_managed",
    ]);
    for (const ruleset of result) {
      expect(ruleset).not.toHaveProperty("rules");
      expect(ruleset.version).toMatch(/^\d+$/);
      expect(Date.parse(ruleset.last_updated)).toBeGreaterThan(0);
    }
    expect((await list(`/accounts/${ACCOUNT}/rulesets`)).result).toHaveLength(2);
  });

  it("come in cursor pages", async () => {
    const seen: string[] = [];
    for (let query: string | undefined = "?per_page=3"; query !== undefined;) {
      const { result, info } = await list(ZONE, query);
      seen.push(...result.map(({ id }) => id));
      const cursor = info["cursor"] as string | undefined;
      query = cursor === undefined ? undefined : `?per_page=3&cursor=${cursor}`;
    }
    expect(seen).toEqual((await list()).result.map(({ id }) => id));
    expect((await list(ZONE, "?cursor=bm9ib2R5")).status).toBe(400);
  });

  it("count their version as text, one up with every write", async () => {
    expect((await entrypoint()).result.version).toBe("1");
    expect((await putEntrypoint([block("a")])).result.version).toBe("2");
    expect((await putEntrypoint([])).result.version).toBe("3");
    expect((await entrypoint()).result).toMatchObject({ version: "3", rules: [] });
  });

  it("keep id, version and last_updated of a rule that a write does not change", async () => {
    const before = (await putEntrypoint([block("a"), block("b")])).result;
    await options({ clock_offset_ms: 60_000 });
    const changed = { ...block("b"), enabled: false };
    const after = (await putEntrypoint([block("a"), changed])).result;
    expect(ids(after)).toEqual(ids(before));
    expect(after.rules[0]).toEqual(before.rules[0]);
    expect(after.rules[1]).toMatchObject({ version: "2", enabled: false });
    expect(after.rules[1]?.last_updated).not.toBe(before.rules[1]?.last_updated);
    expect(after.last_updated).toBe(after.rules[1]?.last_updated);
  });

  it("keep the versions of rules that only change places", async () => {
    const before = (await putEntrypoint([block("a"), block("b"), block("c")])).result;
    const after = (await putEntrypoint([block("c"), block("a"), block("b")])).result;
    expect(refs(after)).toEqual(["c", "a", "b"]);
    expect(after.version).not.toBe(before.version);
    expect(new Set(versions(after))).toEqual(new Set(["1"]));
  });
});

describe("S16 whole rulesets", () => {
  it("change their description without their rules", async () => {
    const before = (await entrypoint()).result;
    const body = { description: "the shop" };
    const after = (await api<Ruleset>(`PUT ${ZONE}/${before.id}`, { body })).result;
    expect(after).toMatchObject({ description: "the shop", rules: before.rules });
    const phase = await api(`PUT ${ZONE}/${before.id}`, { body: { phase: "http_ratelimit" } });
    expect(pointers(phase)).toEqual(["/phase"]);
  });
});

describe("S16 entrypoints and kinds", () => {
  it("are created once per phase: a second entrypoint is refused with 20217", async () => {
    const body = { name: "waf", kind: "zone", phase: "http_config_settings", rules: [] };
    const { status, result } = await api<Ruleset>(`POST ${ZONE}`, { body });
    expect([status, result.version, result["description"]]).toEqual([200, "1", ""]);
    const second = await api(`POST ${ZONE}`, { body });
    expect([second.status, ...codes(second), ...pointers(second)]).toEqual([400, 20217, "/kind"]);
    expect(messages(second)).toBe(
      "'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase http_config_settings",
    );
    const custom = { name: "more", kind: "custom", phase: CUSTOM, rules: [block("x")] };
    expect((await api(`POST ${ZONE}`, { body: custom })).status).toBe(200);
    expect((await api(`POST ${ZONE}`, { body: custom })).status).toBe(200);
  });

  it("belong to the account as root rulesets", async () => {
    const root = `/accounts/${ACCOUNT}/rulesets`;
    const { result } = await putEntrypoint([block("a")], CUSTOM, { root });
    expect(result).toMatchObject({ kind: "root", version: "1", name: "default" });
    const wrong = { name: "x", kind: "zone", phase: CUSTOM, rules: [] };
    expect((await api(`POST ${root}`, { body: wrong })).status).toBe(400);
  });

  it("answer 404 and 10003 where a phase has none, and 404 for an unknown id", async () => {
    const none = await entrypoint("http_request_origin");
    expect([none.status, ...codes(none)]).toEqual([404, 10003]);
    expect(messages(none)).toBe(
      "could not find entrypoint ruleset in the http_request_origin phase",
    );
    expect((await api(`GET ${ZONE}/${BOOKS}`)).status).toBe(404);
    expect((await entrypoint("http_request_nothing")).status).toBe(400);
  });
});

describe("S16 rulesets at their end", () => {
  it("are deleted with 204 and no body, versions and all", async () => {
    const { id } = (await entrypoint()).result;
    const { status, text } = await api(`DELETE ${ZONE}/${id}`);
    expect([status, text]).toEqual([204, ""]);
    expect((await api(`GET ${ZONE}/${id}`)).status).toBe(404);
    expect((await api(`GET ${ZONE}/${id}/versions`)).status).toBe(404);
    expect((await entrypoint()).status).toBe(404);
  });

  it("of Cloudflare are readable and not writable", async () => {
    const { result } = await api<Ruleset>(`GET ${ZONE}/${MANAGED}`);
    expect(result).toMatchObject({ kind: "managed", name: "Cloudflare Managed Ruleset" });
    expect(result.rules[0]?.["categories"]).toEqual(["log4j", "cve-2021-44228"]);
    expect((await api<Ruleset>(`GET ${ZONE}/${OWASP}`)).result.rules.length).toBeGreaterThan(2);
    const put = await api(`PUT ${ZONE}/${MANAGED}`, { body: { rules: [] } });
    expect([put.status, (await api(`DELETE ${ZONE}/${MANAGED}`)).status]).toEqual([400, 400]);
  });

  it("keep their earlier versions", async () => {
    const first = (await entrypoint()).result;
    await putEntrypoint([block("a")]);
    const path = `${ZONE}/${first.id}/versions`;
    const all = (await api<Ruleset[]>(`GET ${path}`)).result;
    expect(all.map(({ version, id }) => [version, id])).toEqual([
      ["1", first.id],
      ["2", first.id],
    ]);
    expect((await api(`GET ${path}/1`)).result).toEqual(first);
    const entry = `GET ${ZONE}/phases/${CUSTOM}/entrypoint/versions`;
    expect((await api(`${entry}/1`)).result).toEqual(first);
    expect((await api<Ruleset[]>(entry)).result).toEqual(all);
    expect((await api(`DELETE ${path}/2`)).status).toBe(400);
    expect((await api(`DELETE ${path}/1`)).status).toBe(204);
    expect((await api(`GET ${path}/1`)).status).toBe(404);
  });
});

const rulesPath = async () => `${ZONE}/${(await entrypoint()).result.id}/rules`;

describe("S16 single rules", () => {
  it("are appended, and the answer is the whole ruleset", async () => {
    const before = (await entrypoint()).result;
    const { result } = await api<Ruleset>(`POST ${await rulesPath()}`, { body: block("new") });
    expect(result).toMatchObject({ id: before.id, version: "2" });
    expect(refs(result)).toEqual([...refs(before), "new"]);
    expect(result.rules.slice(0, -1)).toEqual(before.rules);
  });

  it.each([
    [{ index: 1 }, ["x", "a", "b"]],
    [{ index: 2 }, ["a", "x", "b"]],
    [{ before: "" }, ["x", "a", "b"]],
    [{ after: "" }, ["a", "b", "x"]],
    [{ before: "b" }, ["a", "x", "b"]],
    [{ after: "a" }, ["a", "x", "b"]],
  ])("stand where position %j says", async (position, expected) => {
    const { result } = await putEntrypoint([block("a"), block("b")]);
    const idOf = (ref: string): string => result.rules.find((rule) => rule.ref === ref)?.id ?? ref;
    const sent = Object.fromEntries(
      Object.entries(position).map(([side, ref]) => [
        side,
        typeof ref === "string" ? idOf(ref) : ref,
      ]),
    );
    const body = { ...block("x"), position: sent };
    expect(refs((await api<Ruleset>(`POST ${await rulesPath()}`, { body })).result)).toEqual(
      expected,
    );
  });

  it("are refused a position that does not exist", async () => {
    for (const position of [{ index: 99 }, { before: "nobody" }, { index: 1, after: "" }]) {
      const body = { ...block("x"), position };
      expect((await api(`POST ${await rulesPath()}`, { body })).status).toBe(400);
    }
  });
});

describe("S16 changes of a single rule", () => {
  it("move without another version, and change with one", async () => {
    const before = (await putEntrypoint([block("a"), block("b")])).result;
    const path = `${await rulesPath()}/${before.rules[1]?.id}`;
    const moved = await api<Ruleset>(`PATCH ${path}`, { body: { position: { index: 1 } } });
    expect([refs(moved.result), versions(moved.result)]).toEqual([
      ["b", "a"],
      ["1", "1"],
    ]);
    const body = { ...block("b"), enabled: false };
    const { result } = await api<Ruleset>(`PATCH ${path}`, { body });
    expect([refs(result), versions(result)]).toEqual([
      ["b", "a"],
      ["2", "1"],
    ]);
    expect(ids(result)).toEqual([before.rules[1]?.id, before.rules[0]?.id]);
  });

  it("are replaced by a PATCH as a whole: what it leaves out is gone", async () => {
    const { result } = await putEntrypoint([{ ...block("a"), description: "why" }]);
    const path = `${await rulesPath()}/${result.rules[0]?.id}`;
    const half = await api(`PATCH ${path}`, { body: { enabled: false } });
    expect(half.status).toBe(400);
    expect(pointers(half)).toEqual(["/action", "/expression"]);
    const { ref: _, ...definition } = block("a");
    const whole = (await api<Ruleset>(`PATCH ${path}`, { body: definition })).result.rules[0];
    expect(whole).not.toHaveProperty("description");
    expect(whole?.ref).toBe(whole?.id);
  });

  it("are deleted with the whole ruleset as the answer", async () => {
    const before = (await entrypoint()).result;
    const { result } = await api<Ruleset>(`DELETE ${await rulesPath()}/${before.rules[0]?.id}`);
    expect(refs(result)).toEqual(refs(before).slice(1));
    expect((await api(`DELETE ${await rulesPath()}/${before.rules[0]?.id}`)).status).toBe(404);
  });
});

describe("rulesets of the account", () => {
  it("have every operation that those of a zone have", async () => {
    const root = `/accounts/${ACCOUNT}/rulesets`;
    const { id } = (await putEntrypoint([block("a")], CUSTOM, { root })).result;
    const custom = { name: "more", kind: "custom", phase: CUSTOM, rules: [block("x")] };
    const more = (await api<Ruleset>(`POST ${root}`, { body: custom })).result;
    const execute = {
      ref: "run",
      action: "execute",
      expression: 'cf.zone.plan eq "ENT"',
      action_parameters: { id: more.id },
    };
    const added = (await api<Ruleset>(`POST ${root}/${id}/rules`, { body: execute })).result;
    const used = await api(`DELETE ${root}/${more.id}`);
    expect([used.status, messages(used)]).toEqual([
      400,
      `the ruleset ${more.id} is executed by another ruleset`,
    ]);
    const rule = `${root}/${id}/rules/${added.rules[1]?.id}`;
    await api(`PATCH ${rule}`, { body: { ...execute, enabled: false } });
    expect((await api<Ruleset>(`DELETE ${rule}`)).result.version).toBe("4");
    expect((await api(`DELETE ${root}/${more.id}`)).status).toBe(204);
    expect((await entrypoint(CUSTOM, root)).result.id).toBe(id);
    const body = { rules: [block("b")] };
    expect((await api<Ruleset>(`PUT ${root}/${id}`, { body })).result.version).toBe("5");
    for (const path of [`${root}/${id}/versions`, `${root}/phases/${CUSTOM}/entrypoint/versions`]) {
      expect((await api<Ruleset[]>(`GET ${path}`)).result).toHaveLength(5);
      expect((await api<Ruleset>(`GET ${path}/2`)).result.rules).toHaveLength(2);
    }
    expect((await api(`DELETE ${root}/${id}/versions/1`)).status).toBe(204);
    expect((await list(root)).result).toHaveLength(3);
  });
});

describe("case 44: the entrypoint exists already", () => {
  it("can be adopted: read it, merge, put it", async () => {
    const body = { name: "waf", kind: "zone", phase: CUSTOM, rules: [block("mine")] };
    expect(codes(await api(`POST ${ZONE}`, { body }))).toEqual([20217]);
    const theirs = (await entrypoint()).result;
    const { result } = await putEntrypoint([...theirs.rules, block("mine")]);
    expect(refs(result)).toEqual([...refs(theirs), "mine"]);
    expect(result.rules.slice(0, -1)).toEqual(theirs.rules);
  });
});

describe("plans", () => {
  it.each([
    [CUSTOM, 5, 20],
    ["http_request_cache_settings", 10, 25],
  ])("pay for so many rules of %s: %d on free, %d on pro", async (phase, free, pro) => {
    const rule = (_: unknown, i: number): Fields =>
      phase === CUSTOM
        ? block(`r${i}`)
        : {
            ...block(`r${i}`),
            action: "set_cache_settings",
            action_parameters: { cache: false },
          };
    for (const [root, max] of [
      [FREE, free],
      [ZONE, pro],
    ] as const) {
      const rules = Array.from({ length: max + 1 }, rule);
      const refused = await putEntrypoint(rules, phase, { root });
      expect([refused.status, ...pointers(refused)]).toEqual([400, "/rules"]);
      expect(messages(refused)).toMatch(`${max + 1} out of ${max}`);
      expect((await putEntrypoint(rules.slice(1), phase, { root })).status).toBe(200);
      const one = await api(`POST ${root}/${(await entrypoint(phase, root)).result.id}/rules`, {
        body: rules[0],
      });
      expect(one.status).toBe(400);
    }
  });

  it("count custom rulesets of the phase too", async () => {
    const rules = Array.from({ length: 18 }, (_, i) => block(`r${i}`));
    const body = { name: "more", kind: "custom", phase: CUSTOM, rules };
    expect(messages(await api(`POST ${ZONE}`, { body }))).toMatch("21 out of 20");
  });

  it("decide on regular expressions, periods and managed rulesets", async () => {
    const regex = { ...block("a"), expression: 'http.host matches "^a"' };
    expect(messages(await putEntrypoint([regex]))).toMatch("not entitled: the use of operator");
    await control("POST /seed", { zones: [{ name: "big.example", plan: "enterprise" }] });
    const big = (await api<Fields[]>("GET /zones?name=big.example")).result[0]?.["id"];
    const root = `/zones/${String(big)}/rulesets`;
    expect((await putEntrypoint([regex], CUSTOM, { root })).status).toBe(200);
    const phase = "http_request_firewall_managed";
    const execute = { action: "execute", expression: "true", action_parameters: { id: MANAGED } };
    expect((await putEntrypoint([execute], phase, { root: FREE })).status).toBe(400);
    expect((await putEntrypoint([execute], phase, { root })).status).toBe(200);
  });
});
