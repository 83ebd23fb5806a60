/**
 * Every route of the API, by its own schemas, under requests that fit nearly: whatever is sent, the answer is one of those that
 * the route has, or a problem; never a fault, and nothing of the inside.
 */
import { exports } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { PROBLEMS, TYPE_BASE } from "../../src/edge/http/problem.ts";
import type { Route } from "../../src/edge/http/route.ts";
import { ROUTES } from "../../src/edge/http/routes/registry.ts";
import { checkCertifiedWrites } from "../support/certified-writes.ts";
import { isFull } from "../support/full.ts";
import { type Dice, diceOf, pick } from "../support/hostile-models.ts";
import { saw } from "../support/honeytokens.ts";
import { type Fuzzed, fuzzed, type Known } from "../support/request-fuzz.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  record,
  runs,
  settled,
  tick,
} from "../support/world.ts";

const REQUESTS = isFull ? 400 : 24;
const TOKENS = ["dev-viewer", "dev-operator", "dev-approver-1"] as const;
/** A proof waits for a publication that may never come; it is asked for what there is and what cannot be. */
const PATIENT = new Set(["logProof"]);
/** A trace, a path of ours, a word of the engine's, a query. */
const INSIDE =
  /\bat \w+ \(|\.ts:\d|node_modules|\/work\/|TypeError|RangeError|SQLITE|D1_ERROR|ZodError|\[object/;

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
let known: Known = {};
let etag = "";

async function send(one: Fuzzed, token: string | null): Promise<Response> {
  const { path, method, headers, body } = one;
  const request = new Request(`https://driftless.test${path}`, {
    method,
    headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: method === "GET" || method === "HEAD" ? null : body,
  });
  return exports.default.fetch(request);
}

const isProblem = (of: Response): boolean =>
  of.headers.get("content-type") === "application/problem+json";

/** What holds for every answer, whatever was asked. */
async function check(one: Fuzzed, response: Response): Promise<void> {
  const { status, headers } = response;
  const asked = `${one.method} ${one.path.slice(0, 200)} ${one.body?.slice(0, 300) ?? ""}`;
  expect(status, `${asked}: ${status}`).toBeLessThan(500);
  expect(headers.get("x-content-type-options"), asked).toBe("nosniff");
  expect(headers.get("content-security-policy"), asked).toContain("default-src 'none'");
  expect(headers.has("set-cookie"), asked).toBe(false);
  saw(`answer to ${asked}`, JSON.stringify([...headers]));
  if (headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return;
  }
  const text = await response.text();
  saw(`answer to ${asked}`, text);
  if (status < 400) return;
  expect(isProblem(response), `${asked}: ${headers.get("content-type")}`).toBe(true);
  if (one.method === "HEAD") return;
  expect(text, asked).not.toMatch(INSIDE);
  expect(text.length, asked).toBeLessThan(200_000);
  const problem = JSON.parse(text) as { type: string; status: number; detail?: string };
  expect(Object.keys(PROBLEMS)).toContain(problem.type.slice(TYPE_BASE.length));
  expect(problem.status).toBe(status);
}

const guess = (route: Route, dice: Dice): Fuzzed => {
  const one = fuzzed(route, dice, known);
  if (!PATIENT.has(route.id)) return one;
  return { ...one, path: `/log/proof/${pick(["0", "1", "-1", "x", "%2e%2e", "1e3"], dice)}` };
};

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api(path, "dev-operator", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  const one = await record("A", "bastion.harbor-books.example");
  await cloudflare("PATCH", `/zones/${BOOKS.zoneId}/dns_records/${one?.id}`, {
    body: { content: "198.51.100.77" },
  });
  await reconcile();
  const [run] = await runs();
  const { items } = await apiJson<{ items: { id: string }[] }>("/api/v1/incidents");
  const soon = new Date(Date.now() + 600_000).toISOString();
  known = {
    scope: [BOOKS.scope],
    text: ["/checkout", "harbor-books.example", "A www", "dns_record"],
    expires_at: [soon],
    reason: ["of no consequence"],
    digest: [run?.plan_digest ?? ""],
    "path id": [run?.id ?? "", items[0]?.id ?? ""],
    "path voter": [`policy@${BOOKS.scope}`],
    "path scope": [BOOKS.scope, `account:8d6e3f0a5c1b4927a0f4c2d9b7e61835`],
    "path name": ["web_app"],
    "path version": ["1", "0"],
    limit: ["1", "200", "201"],
  };
  await control("DELETE", "/journal");
});

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))("%s", (_, route) => {
  it("answers whatever is sent with what it has, or with a problem", async () => {
    for (let seed = 0; seed < REQUESTS; seed += 1) {
      const dice = diceOf(seed * 977 + nameOf(route).length);
      const one = guess(route, dice);
      await check(one, await send(one, pick(TOKENS, dice)));
    }
  }, 600_000);

  it.runIf(route.right !== "public" && route.right !== "published")(
    "is for nobody who does not say who they are",
    async () => {
      const path = route.path.replaceAll(/\{(\w+)\}/g, "x");
      const headers: Record<string, string>[] = [
        {},
        { authorization: "Bearer " },
        { authorization: "Bearer dev-Operator" },
        { authorization: "Basic ZGV2LW9wZXJhdG9yOg==" },
        { authorization: "dev-operator" },
        { authorization: "Bearer dev-operator, Bearer dev-operator" },
        { cookie: "authorization=Bearer dev-operator" },
        { "x-authorization": "Bearer dev-operator" },
        { "cf-access-jwt-assertion": "e30.e30.e30" },
        { "cf-access-authenticated-user-email": "dev-operator" },
      ];
      for (const one of headers) {
        const request = { path, method: route.method, headers: one, body: null };
        const response = await send(request, null);
        expect(response.status, JSON.stringify(one)).toBe(401);
        expect(response.headers.get("www-authenticate")).toContain("Bearer");
        await check(request, response);
      }
      const inQuery = { path: `${path}?access_token=dev-operator`, method: route.method };
      expect((await send({ ...inQuery, headers: {}, body: null }, null)).status).toBe(401);
    },
  );
});

describe("requests that are sent together", () => {
  const text = "Scale prod to 10k RPS with WAF";
  const asked = (key: string, of = text) =>
    post(
      "/api/v1/intents",
      { scope: BOOKS.scope, text: of, plan_only: true },
      {
        "idempotency-key": key,
      },
    );

  it("with one key are one intent", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => asked("together")));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const ids = await Promise.all(
      answers.map(async (one) => (await one.json<{ id: string }>()).id),
    );
    expect(new Set(ids).size).toBe(1);
  });

  it("with one key and other contents are one intent, and refusals", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => asked("quarrel", `${text}, please${"!".repeat(at)}`)),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([202, ...Array.from({ length: 7 }, () => 422)]);
  });

  it("that each name the same generation lead to one, and refusals", async () => {
    etag =
      (await api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`)).headers.get("etag") ??
      "";
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => putGolden(`${golden}\n# ${at}\n`, { ifMatch: etag })),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 412, 412, 412, 412, 412]);
  });
});

describe("addresses that are none", () => {
  it.each([
    "/",
    "//",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v1/scopes/",
    "/API/V1/SCOPES",
    "/api/v1/scopes/../runs/../../..//etc/passwd",
    "/api/v1/%73copes%2f..",
    "/api/v1/runs;a=b",
    "/api/v1/runs%00",
    "/log/tile/..%2f..%2fcheckpoint",
    "/log/tile/%2e%2e/evidence/x.json",
    "/log/tile/0/../../../dossiers/x",
    "/.env",
    "/__proto__",
    "/webhooks",
    `/${"a/".repeat(2_000)}`,
  ])("are a problem, or what they are without tricks: %s", async (path) => {
    for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "PROPFIND"]) {
      const one = { path, method, headers: {}, body: null };
      const response = await send(one, "dev-operator");
      expect(response.status, method).toBeGreaterThanOrEqual(400);
      await check(one, response);
    }
  });
});

describe("webhooks", () => {
  const deep = "[".repeat(9_000) + "]".repeat(9_000);
  const bodies = [
    "",
    "{",
    "null",
    "[]",
    "[".repeat(60_000),
    '{"__proto__":{}}',
    "\u0000",
    '"\\ud800"',
  ];
  const paths = ["cloudflare/notifications", "alertmanager", "advisories"];
  const logs = ["http_requests", "firewall_events", "audit_logs_v2", "__proto__", "x"];
  const hook = (path: string, init: RequestInit): Promise<Response> =>
    exports.default.fetch(new Request(`https://driftless.test/webhooks/${path}`, init));

  it.each(logs)("of logs of %s count what they can read", async (dataset) => {
    for (const body of bodies) {
      const path = `cloudflare/logpush/${dataset}?scope=${BOOKS.scope}&scope=zone:b.example`;
      const headers = { "cf-webhook-auth": "dev-webhook-secret" };
      const lines = `{"a":1}\n${body}\n${deep}\n{"ClientIP":${deep},"ZoneName":${deep}}\n{}`;
      for (const sent of [body, lines]) {
        const read = await hook(path, { method: "POST", body: sent, headers });
        expect(read.status, sent.slice(0, 40)).toBeLessThan(500);
        expect(await read.text()).not.toMatch(INSIDE);
      }
    }
  });

  it.each(paths)("of %s refuse what they cannot read, and whoever has no secret", async (path) => {
    for (const body of bodies) {
      const none = await hook(path, { method: "POST", body });
      expect(none.status).toBe(401);
      for (const sent of [body, `{"data":${deep},"alerts":[${deep}],"vulnerabilities":${deep}}`]) {
        const read = await hook(path, {
          method: "POST",
          body: sent,
          headers: { "cf-webhook-auth": "dev-webhook-secret" },
        });
        expect(read.status, sent.slice(0, 40)).toBeLessThan(500);
        expect(await read.text()).not.toMatch(INSIDE);
      }
    }
  });
});

afterAll(async () => {
  await settled(BOOKS.scope);
  await checkCertifiedWrites();
});
