/** Rules of the shop's zone: what somebody does to them is taken back with one write of the phase. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { checkRecord } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  journal,
  type JournalEntry,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
const KINDS: Readonly<Record<string, string>> = {
  waf_rule: "http_request_firewall_custom",
  rate_limit_rule: "http_ratelimit",
  managed_ruleset: "http_request_firewall_managed",
  cache_rule: "http_request_cache_settings",
  redirect_rule: "http_request_dynamic_redirect",
  header_rule: "http_response_headers_transform",
};
const WAF = "http_request_firewall_custom";

const ROGUE = { ref: "rogue", action: "block", expression: '(http.host eq "rogue.example")' };

type Rule = JsonObject & { readonly id: string; readonly ref: string };
interface Entrypoint {
  readonly id: string;
  readonly version: string;
  readonly rules: readonly Rule[];
}

const entrypoint = (phase: string): Promise<Entrypoint> =>
  cloudflare("GET", `${zone}/rulesets/phases/${phase}/entrypoint`);

/** A rule as a team would declare it. */
const declared = ({ id: _id, version: _version, last_updated: _at, ...rule }: Rule): JsonObject =>
  rule;

/** What each phase has, in its order. */
const state = async () =>
  Promise.all(
    Object.values(KINDS).map(async (phase) => (await entrypoint(phase)).rules.map(declared)),
  );

async function edit(phase: string, ref: string, members: JsonObject): Promise<void> {
  const { id, rules } = await entrypoint(phase);
  const rule = rules.find((one) => one.ref === ref);
  if (!rule) throw new Error(`no rule \`${ref}\``);
  const body = { ...declared(rule), ...members };
  await cloudflare("PATCH", `${zone}/rulesets/${id}/rules/${rule.id}`, { body });
}

async function add(phase: string, rule: JsonObject): Promise<void> {
  const { id } = await entrypoint(phase);
  await cloudflare("POST", `${zone}/rulesets/${id}/rules`, { body: rule });
}

async function remove(phase: string, ref: string): Promise<void> {
  const { id, rules } = await entrypoint(phase);
  const rule = rules.find((one) => one.ref === ref);
  await cloudflare<null>("DELETE", `${zone}/rulesets/${id}/rules/${rule?.id}`);
}

/** The vault's writes that were carried out, and those that were only rehearsed. */
async function writes(): Promise<{ readonly put: JournalEntry[]; readonly dry: JournalEntry[] }> {
  const all = await vaultWrites();
  return {
    put: all.filter(({ query }) => !query.includes("dry_run")),
    dry: all.filter(({ query }) => query.includes("dry_run")),
  };
}

async function healedByOnePut(phase: string): Promise<void> {
  expect((await reconcile()).status).toBe("in_sync");
  const { put, dry } = await writes();
  const path = `/rulesets/phases/${phase}/entrypoint`;
  expect(put.map(({ method, path: to }) => [method, to.endsWith(path)])).toEqual([["PUT", true]]);
  expect(dry.map(({ body }) => body)).toEqual(put.map(({ body }) => body));
  expect((await runs())[0]?.phase).toBe("verified");
}

let resources: Record<string, readonly JsonObject[]>;
let before: Awaited<ReturnType<typeof state>>;

const golden = (spec: JsonObject = {}): string =>
  JSON.stringify({
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: BOOKS.scope },
    spec: { limits: { delete_percent: 60 }, resources, ...spec },
  });

async function declare(text: string): Promise<void> {
  const path = `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`;
  const ifMatch = (await api(path)).headers.get("etag");
  const response = await putGolden(text, ifMatch === null ? {} : { ifMatch });
  expect(await response.text()).toContain("generation");
  await settled(BOOKS.scope);
}

let count = 0;
/** Values that no test has used: the loop detector must see a new difference. */
const fresh = (): string => `(http.request.uri.path eq "/${(count += 1)}")`;

const unmanaged = async (): Promise<readonly string[]> => {
  const view = await apiJson<{ unmanaged: readonly { identity: string }[] }>(
    `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/drift`,
  );
  return view.unmanaged.map(({ identity }) => identity);
};

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  const phases = await Promise.all(
    Object.entries(KINDS).map(async ([kind, phase]) => {
      const rules = (await entrypoint(phase)).rules.map(declared);
      const direction = kind === "header_rule" ? { direction: "response" } : {};
      return [kind, rules.map((rule) => ({ ...rule, ...direction }))] as const;
    }),
  );
  resources = Object.fromEntries(phases);
  await declare(golden());
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  before = await state();
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await control("PUT", "/faults", { rules: [] });
    expect(await state()).toEqual(before);
    await checkRecord();
    await control("DELETE", "/journal");
    const view = await reconcile();
    expect(view.status, "a second look finds nothing to do").toBe("in_sync");
    expect(await vaultWrites()).toEqual([]);
  };
});

describe("rules that drifted", () => {
  it("imported as they are, are in place: nothing was written", async () => {
    const all = await runs();
    expect(all).toEqual([]);
  });

  it("are asked for by one list, as long as no version moves", async () => {
    await reconcile();
    const paths = (await journal()).map(({ path }) => path).filter((path) => /rulesets/.test(path));
    expect(paths.map((path) => path.replace(/^.*\/rulesets/, "/rulesets"))).toEqual(["/rulesets"]);
  });

  it("get an edited expression back with one write, and who edited it is named", async () => {
    const ids = (await entrypoint(WAF)).rules.map(({ id }) => id);
    await edit(WAF, "block-admin-outside-office", { expression: fresh() });
    await healedByOnePut(WAF);
    expect((await entrypoint(WAF)).rules.map(({ id }) => id)).toEqual(ids);
    const { items } = await apiJson<{
      items: { drift: { identity: string; by: { actor: string } }[] }[];
    }>("/api/v1/incidents?limit=1");
    expect(items[0]?.drift).toMatchObject([
      { identity: WAF, by: { actor: "dashboard@sandbox.example" } },
    ]);
  });

  it("are switched on again", async () => {
    await edit(WAF, "challenge-checkout-bots", { enabled: false });
    await healedByOnePut(WAF);
  });

  it("are made again where they stood", async () => {
    await remove(WAF, "challenge-checkout-bots");
    await healedByOnePut(WAF);
  });

  it("are put back into their order", async () => {
    const { id, rules } = await entrypoint(WAF);
    await cloudflare("PATCH", `${zone}/rulesets/${id}/rules/${rules[2]?.id}`, {
      body: { position: { index: 1 } },
    });
    expect((await entrypoint(WAF)).rules.map(({ ref }) => ref)).not.toEqual(
      rules.map(({ ref }) => ref),
    );
    await healedByOnePut(WAF);
  });

  it.each<[string, string, string, (rule: JsonObject) => JsonObject]>([
    [
      "a lax rate limit",
      "http_ratelimit",
      "limit-login",
      ({ ratelimit }) => ({
        ratelimit: { ...(ratelimit as JsonObject), requests_per_period: 9_000 },
      }),
    ],
    [
      "a managed ruleset that was made to log only",
      "http_request_firewall_managed",
      "execute-cloudflare-managed",
      () => ({
        action_parameters: {
          id: "efb7b8c949ac4650a09736fc376e9aee",
          overrides: { action: "log" },
        },
      }),
    ],
    [
      "what must not be cached",
      "http_request_cache_settings",
      "bypass-account",
      () => ({ action_parameters: { cache: true } }),
    ],
    [
      "a redirect to another shop",
      "http_request_dynamic_redirect",
      "redirect-old-catalogue",
      () => ({
        action_parameters: {
          from_value: { target_url: { value: "https://elsewhere.example" }, status_code: 302 },
        },
      }),
    ],
    [
      "a missing header",
      "http_response_headers_transform",
      "security-headers",
      () => ({
        action_parameters: { headers: { "x-powered-by": { operation: "remove" } } },
      }),
    ],
  ])("of another kind, too: %s", async (...[, phase, ref, change]) => {
    const rule = (await entrypoint(phase)).rules.find((one) => one.ref === ref);
    await edit(phase, ref, change(rule ?? {}));
    await healedByOnePut(phase);
  });

  it("in several phases take one write each", async () => {
    await edit(WAF, "block-admin-outside-office", { expression: fresh() });
    await edit("http_request_cache_settings", "cache-covers", { expression: fresh() });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await writes()).put.map(({ method }) => method)).toEqual(["PUT", "PUT"]);
  });
});

describe("rules of others", () => {
  it("stay where they are while a declared rule is healed, and are listed", async () => {
    const { id } = await entrypoint(WAF);
    await cloudflare("POST", `${zone}/rulesets/${id}/rules`, {
      body: { ...ROGUE, position: { index: 2 } },
    });
    expect((await reconcile()).status).toBe("in_sync");
    expect(await vaultWrites()).toEqual([]);
    expect(await unmanaged()).toEqual([`${WAF} rogue`]);
    const theirs = (await entrypoint(WAF)).rules[1];
    await edit(WAF, "skip-healthchecks", { expression: fresh() });
    await healedByOnePut(WAF);
    expect((await entrypoint(WAF)).rules[1]).toEqual(theirs);
    await remove(WAF, "rogue");
    await reconcile();
  });

  it("are taken away where the golden state says so", async () => {
    await declare(golden({ unmanaged: { waf_rule: "remove" } }));
    // It only looks on. One that keeps somebody out is a protection, whoever added it.
    await add(WAF, { ...ROGUE, action: "log", expression: fresh() });
    await healedByOnePut(WAF);
    expect(await unmanaged()).toEqual([]);
    await declare(golden());
  });

  it("are taken away by a person where they keep somebody out", async () => {
    await declare(golden({ unmanaged: { waf_rule: "remove" } }));
    await add(WAF, { ...ROGUE, expression: fresh() });
    expect((await reconcile()).status).toBe("held");
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("awaiting_approval"));
    const [waiting] = await runs();
    expect(waiting).toMatchObject({
      tier: 2,
      approvals_needed: 1,
      risk: { tier: 2, floors: ["removes_protection"], vector: { direction: "loosen" } },
      findings: [{ severity: "person", code: "protection_weakened" }],
    });
    expect((await writes()).put).toEqual([]);
    const approved = await api(`/api/v1/runs/${waiting?.id}/approvals`, "dev-approver-1", {
      method: "POST",
      body: JSON.stringify({ digest: waiting?.plan_digest, verdict: "approve" }),
      headers: { "content-type": "application/json" },
    });
    expect(approved.status).toBe(200);
    await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"), {
      timeout: 10_000,
    });
    expect((await writes()).put).toHaveLength(1);
    await declare(golden());
  });
});

describe("a write that cannot be", () => {
  it("because the version moved in between is not made; the next plan starts from what is there", async () => {
    await edit(WAF, "block-admin-outside-office", { expression: fresh() });
    const { id } = await entrypoint(WAF);
    await control("PUT", "/faults", {
      rules: [
        {
          id: "slow",
          match: { method: "GET", path: "*/entrypoint", token: "driftless-vault-write" },
          times: 1,
          effect: { type: "latency", ms: 400 },
        },
      ],
    });
    const healed = reconcile();
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("executing"));
    await control("POST", `/rulesets/${id}/touch`);
    expect((await healed).status).toBe("in_sync");
    const [latest, earlier] = await runs();
    expect(latest?.phase).toBe("verified");
    if (earlier?.phase === "superseded") expect(earlier.because?.reason).toBe("basis_moved");
    expect((await writes()).put).toHaveLength(1);
  });

  it.each<[string, readonly JsonObject[], number]>([
    [
      "there would be more rules than the plan allows",
      ["one", "two"].map((ref) => ({
        ref,
        action: "block",
        expression: '(http.host eq "a.example")',
        ratelimit: {
          characteristics: ["ip.src"],
          period: 60,
          requests_per_period: 5,
          mitigation_timeout: 60,
        },
      })),
      20130,
    ],
    [
      "an expression names a list that does not exist",
      [
        {
          ref: "broken",
          action: "block",
          expression: "(ip.src in $nowhere)",
          ratelimit: {
            characteristics: ["ip.src"],
            period: 60,
            requests_per_period: 5,
            mitigation_timeout: 60,
          },
        },
      ],
      20127,
    ],
  ])("because %s is only rehearsed; the run says why", async (_, rules, code) => {
    const more = [...(resources["rate_limit_rule"] ?? []), ...rules];
    await declare(golden({ resources: { ...resources, rate_limit_rule: more } }));
    const view = await settled(BOOKS.scope, ({ status }) => status === "held");
    expect(view.why).toContain("call_refused");
    const [run] = await runs();
    expect(run).toMatchObject({ phase: "rejected", because: { reason: "call_refused" } });
    const { because } = await apiJson<{ because: unknown }>(`/api/v1/runs/${run?.id}`);
    expect(JSON.stringify(because)).toContain(String(code));
    const { put, dry } = await writes();
    expect(put).toEqual([]);
    expect(dry).toHaveLength(1);
    await declare(golden());
    await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"));
  });

  it("was carried out and the answer was lost, is not made again", async () => {
    await edit(WAF, "block-admin-outside-office", { expression: fresh() });
    await control("PUT", "/faults", {
      rules: [
        {
          id: "lost",
          // The first is the rehearsal.
          match: { method: "PUT", path: "*/entrypoint", token: "driftless-vault-write" },
          after: 1,
          times: 1,
          effect: { type: "drop_reply" },
        },
      ],
    });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await writes()).put).toHaveLength(1);
  });

  it("because others are writing the same phase is tried again", async () => {
    await edit(WAF, "block-admin-outside-office", { expression: fresh() });
    await control("PUT", "/options", { ruleset_conflicts: 1 });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await writes()).put.map(({ status }) => status)).toEqual([429, 200]);
  });

  it("after another one of its run, takes that one back with its inverse", async () => {
    await add(WAF, { ...ROGUE, expression: fresh() });
    const rules = [...(await entrypoint(WAF)).rules];
    await edit(WAF, "skip-healthchecks", { enabled: false });
    await remove(WAF, "block-admin-outside-office");
    const drifted = (await entrypoint(WAF)).rules.map(declared);
    await edit("http_request_cache_settings", "cache-covers", { expression: fresh() });
    await control("PUT", "/faults", {
      rules: [
        {
          id: "refused",
          // Rehearsal and write of the first phase, rehearsal of the second.
          match: { method: "PUT", path: "*/entrypoint", token: "driftless-vault-write" },
          after: 3,
          times: 1,
          effect: { type: "status", status: 400, code: 20127 },
        },
      ],
    });
    await reconcile();
    await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"), {
      timeout: 10_000,
    });
    const [latest, earlier] = await runs();
    expect([latest?.phase, earlier?.phase]).toEqual(["verified", "reverted"]);
    const { put } = await writes();
    const waf = put.filter(({ path }) => path.includes(WAF));
    expect(waf).toHaveLength(3);
    expect(waf[1]?.body).toMatchObject({ rules: drifted });
    expect((await entrypoint(WAF)).rules.map(({ ref }) => ref)).toEqual(
      rules.map(({ ref }) => ref),
    );
    await remove(WAF, "rogue");
  });
});
