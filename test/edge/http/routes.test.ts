import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ScopeId } from "../../../src/core/ids.ts";
import { err } from "../../../src/core/result.ts";
import type { RunRefusal } from "../../../src/core/run.ts";
import { isBySandboxPerson } from "../../../src/edge/signing/sandbox-people.ts";
import { ROUTES } from "../../../src/edge/http/routes/registry.ts";
import {
  DIGEST,
  FakeSwarm,
  incidentAt,
  incidentId,
  NOW,
  problemOf,
  runAt,
  runId,
  SCOPE,
  LESSON,
  LESSON_BUNDLE,
} from "./fake-swarm.ts";

const OPERATOR = { method: "POST", token: "dev-operator" };
const drift = `/api/v1/scopes/${SCOPE}/drift`;
const reconcile = `/api/v1/scopes/${SCOPE}/reconcile`;
const approvals = `/api/v1/runs/${runId("r0")}/approvals`;
const yes = { digest: DIGEST, verdict: "approve" };
const approve = (body: unknown, token = "dev-approver-1"): RequestInit & { token: string } => ({
  method: "POST",
  token,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

let swarm: FakeSwarm;
let logged: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  swarm = new FakeSwarm();
  logged = vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  logged.mockRestore();
});

/** The JSON of a good answer, checked against the schema that the document shows for it. */
async function good(id: string, response: Response): Promise<Record<string, unknown>> {
  const route = ROUTES.find((one) => one.id === id);
  const body = (await response.json()) as Record<string, unknown>;
  expect([200, 201, 202], JSON.stringify(body)).toContain(response.status);
  expect(response.status).toBe(route?.status ?? 200);
  expect(route?.out.safeParse(body)).toMatchObject({ success: true });
  return body;
}

describe("health", () => {
  it("answers everybody", async () => {
    const response = await swarm.ask("/healthz", { token: null });
    expect(await good("health", response)).toEqual({
      status: "ok",
      version: "0.1.0",
      sandbox: true,
      swarm_token: "read_only",
    });
  });
});

describe("every answer", () => {
  it("has the security headers, good or bad", async () => {
    for (const path of ["/healthz", drift, "/nowhere", "/api/v1/runs?limit=x"]) {
      const { headers } = await swarm.ask(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    }
  });

  it("is 404 for an unknown address and 405 with Allow for a wrong method", async () => {
    expect(await problemOf(await swarm.ask("/api/v1/nothing"))).toMatchObject({
      slug: "not-found",
      status: 404,
    });
    const wrong = await swarm.ask(`/api/v1/scopes/${SCOPE}/golden`, { method: "DELETE" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, HEAD, PUT");
    expect(await problemOf(wrong)).toMatchObject({ slug: "method-not-allowed" });
    expect((await swarm.ask(reconcile)).headers.get("allow")).toBe("POST");
    expect((await swarm.ask("/healthz", { method: "HEAD" })).status).toBe(200);
  });

  it("reflects nothing of an unknown address", async () => {
    const text = await (await swarm.ask("/api/v1/<script>")).text();
    expect(text).not.toContain("script");
  });
});

describe("authentication", () => {
  const asserted = (assertion: string, token: string | null = null): Promise<Response> =>
    Promise.resolve(
      swarm.ask(reconcile, {
        method: "POST",
        token,
        headers: { "cf-access-jwt-assertion": assertion },
      }),
    );

  it("takes the word of Cloudflare Access where no token is given", async () => {
    expect((await asserted("good")).status).toBe(202);
    const bad = await asserted("bad");
    expect(bad.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(await problemOf(bad)).toMatchObject({ slug: "unauthenticated" });
    expect(swarm.assertions).toEqual(["good", "bad"]);
  });

  it("lets no assertion stand in for a token that is wrong or of another role", async () => {
    expect((await asserted("good", "nobody's")).status).toBe(401);
    expect((await asserted("good", "dev-viewer")).status).toBe(403);
    expect(swarm.assertions).toEqual([]);
  });

  it("says that it cannot judge while the keys of Access cannot be had", async () => {
    swarm.identify = () => Promise.reject(Object.assign(new Error("keys"), { retryable: true }));
    expect(await problemOf(await asserted("good"))).toMatchObject({ slug: "unavailable" });
  });

  const guarded = ROUTES.filter(({ right }) => right !== "public");

  it.each(guarded)("$method $path wants a token", async ({ method, path }) => {
    const at = path.replace("{scope}", SCOPE).replace("{id}", runId("r0"));
    const none = await swarm.ask(at, { method, token: null });
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="driftless"');
    expect(await problemOf(none)).toMatchObject({ slug: "unauthenticated", status: 401 });
    const wrong = await swarm.ask(at, { method, token: "sandbox-dashboard" });
    expect(wrong.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(wrong.status).toBe(401);
  });

  it.each([
    ["POST", reconcile, "dev-viewer", "reconcile"],
    ["POST", reconcile, "dev-approver-1", "reconcile"],
    ["PUT", `/api/v1/scopes/${SCOPE}/golden`, "dev-viewer", "putGolden"],
    ["PUT", `/api/v1/scopes/${SCOPE}/golden`, "dev-approver-2", "putGolden"],
    ["POST", approvals, "dev-viewer", "approveRun"],
    ["POST", approvals, "dev-operator", "approveRun"],
  ])("%s %s is refused for %s, and recorded", async (...[method, path, token, operation]) => {
    const response = await swarm.ask(path, { method, token, body: "secret body" });
    expect(await problemOf(response)).toMatchObject({ slug: "forbidden", status: 403 });
    expect(swarm.entries).toHaveLength(1);
    expect(swarm.entries[0]).toMatchObject({
      type: "denied",
      actor: token,
      scope: SCOPE,
      at: NOW,
      data: { operation },
    });
    expect(JSON.stringify(swarm.entries)).not.toContain("secret body");
    expect([swarm.signals, swarm.puts, swarm.approvals]).toEqual([[], [], []]);
  });

  it("keeps what is not an id out of the record", async () => {
    await swarm.ask("/api/v1/scopes/evil%20text/reconcile", { method: "POST" });
    expect(swarm.entries[0]).toMatchObject({ scope: "unknown", data: { subject: null } });
    expect(JSON.stringify(swarm.entries)).not.toContain("evil");
  });

  it("refuses although the record does not answer", async () => {
    vi.spyOn(swarm.log, "append").mockRejectedValue(new Error("log away"));
    expect((await swarm.ask(reconcile, { method: "POST" })).status).toBe(403);
    expect(logged).toHaveBeenCalledWith('{"event":"denial_not_recorded","message":"log away"}');
  });
});

describe("scopes", () => {
  it("are listed with their posture, unknown while there is none", async () => {
    const body = await good("listScopes", await swarm.ask("/api/v1/scopes"));
    expect(body).toEqual({
      items: [
        {
          scope: SCOPE,
          level: "zone",
          zone_name: "example.com",
          zone_id: "z1",
          generation: 3,
          status: "unknown",
          since: null,
          drifted: null,
          observed_at: null,
        },
      ],
      next: null,
    });
    const posture = { status: "drifted", since: NOW, drifted: 2, observed_at: NOW } as const;
    swarm.postures.set(SCOPE, { ...posture, generation: 4 });
    const { items } = await good("listScopes", await swarm.ask("/api/v1/scopes"));
    expect(items).toMatchObject([{ ...posture, generation: 4 }]);
  });

  it("come page by page", async () => {
    const [row] = swarm.rows;
    swarm.rows = ["a", "b", "c", "d", "e"].map((name) => ({
      scope: `zone:${name}.example.com` as ScopeId,
      level: "zone" as const,
      zone_id: name,
      zone_name: `${name}.example.com`,
      account_id: row?.account_id ?? "",
      generation: 0,
    }));
    const seen: unknown[] = [];
    let next: unknown = null;
    do {
      const cursor: string = typeof next === "string" ? `&cursor=${next}` : "";
      const page = await good("listScopes", await swarm.ask(`/api/v1/scopes?limit=2${cursor}`));
      seen.push(...(page["items"] as { zone_id: string }[]).map(({ zone_id }) => zone_id));
      next = page["next"];
    } while (next !== null);
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe("one scope", () => {
  it("shows its drift in full", async () => {
    expect(await good("getDrift", await swarm.ask(drift))).toEqual({
      scope: SCOPE,
      zone_name: "example.com",
      generation: 3,
      status: "drifted",
      why: "one resource differs",
      since: NOW,
      observed_at: NOW,
      drift: [
        {
          kind: "dns_record",
          identity: "A www.example.com",
          summary: "update A www.example.com",
          fields: [{ field: "content", desired: "192.0.2.1", observed: "198.51.100.9" }],
          by: {
            actor: "kim@example.com",
            channel: "dash",
            token_name: null,
            at: NOW,
            audit_id: "audit-1",
          },
        },
      ],
      held: [
        {
          kind: "dns_record",
          identity: "A www.example.com",
          reason: "moving",
          hold: null,
          asks: true,
        },
      ],
      notes: ["ignore rule expired: dns_record"],
      quarantined: [
        { kind: "dns_record", identity: "A loop.example.com", reason: "came back twice" },
      ],
      reported: [],
      unmanaged: [],
      not_ours: [
        { kind: "dns_record", identity: "NS x", reason: "the platform's own", class: "system" },
      ],
      managed: { dns_record: 12, zone_setting: 2 },
      not_checked: [],
      run: runId("one"),
      unknown: { reason: "rate_limited", detail: "asked to wait", retry_after_ms: 4000 },
    });
  });

  it("is shown by itself", async () => {
    const one = await good("getScope", await swarm.ask(`/api/v1/scopes/${SCOPE}`));
    expect(one).toMatchObject({
      status: "drifted",
      drifted: 1,
      account_id: "8d6e3f0a5c1b4927a0f4c2d9b7e61835",
    });
    const encoded = await swarm.ask(`/api/v1/scopes/${encodeURIComponent(SCOPE)}`);
    expect(encoded.status).toBe(200);
  });

  it.each(["zone:other.example", "zone:EXAMPLE.com", "nonsense", "zone%3A..%2F", "%ff"])(
    "is 404 for %s",
    async (scope) => {
      for (const path of ["", "/drift", "/golden"]) {
        const response = await swarm.ask(`/api/v1/scopes/${scope}${path}`);
        expect(await problemOf(response)).toMatchObject({ slug: "not-found", status: 404 });
      }
      const post = await swarm.ask(`/api/v1/scopes/${scope}/reconcile`, OPERATOR);
      expect(post.status).toBe(404);
      expect(swarm.signals).toEqual([]);
    },
  );
});

describe("reconcile", () => {
  it.each([undefined, "{}"])("wakes, without instruction (body %s)", async (body) => {
    const headers = { "content-type": "application/json" };
    const response = await swarm.ask(reconcile, {
      ...OPERATOR,
      ...(body === undefined ? {} : { body, headers }),
    });
    expect(response.headers.get("location")).toBe(drift);
    expect(await good("reconcile", response)).toEqual({ scope: SCOPE, accepted: true });
    expect(swarm.signals).toEqual([{ source: "request", at: NOW, by: "dev-operator" }]);
  });

  it.each([
    ['{"force":true}', "application/json", 422],
    ["[]", "application/json", 422],
    ["{", "application/json", 400],
    ["{}", "text/plain", 415],
    [" ".repeat(70_000), "application/json", 413],
  ])("refuses the body %.20s as %s with %i", async (body, type, status) => {
    const headers = { "content-type": type };
    const response = await swarm.ask(reconcile, { ...OPERATOR, body, headers });
    expect(response.status).toBe(status);
    await problemOf(response);
    expect(swarm.signals).toEqual([]);
  });
});

describe("incidents and runs", () => {
  it("come newest first, page by page, without a gap", async () => {
    swarm.allIncidents = [3, 1, 2, 2, 5].map((at, index) => incidentAt(at, `i${index}`));
    swarm.allRuns = [3, 1, 2, 2, 5].map((at, index) => runAt(at, `r${index}`));
    for (const [id, noun] of [
      ["listIncidents", "incidents"],
      ["listRuns", "runs"],
    ] as const) {
      const seen: string[] = [];
      let next: unknown = null;
      do {
        const cursor: string = typeof next === "string" ? `&cursor=${next}` : "";
        const page = await good(id, await swarm.ask(`/api/v1/${noun}?limit=2${cursor}`));
        seen.push(...(page["items"] as { id: string }[]).map((one) => one.id));
        next = page["next"];
      } while (next !== null);
      expect(new Set(seen).size).toBe(5);
      expect(seen).toHaveLength(5);
    }
  });

  it("can be asked for by scope", async () => {
    const none = await swarm.ask("/api/v1/incidents?scope=zone:other.example");
    expect(await good("listIncidents", none)).toEqual({ items: [], next: null });
    const some = await good("listRuns", await swarm.ask(`/api/v1/runs?scope=${SCOPE}`));
    expect(some["items"]).toHaveLength(1);
  });

  it.each([
    ["limit=0", "bad-query"],
    ["limit=201", "bad-query"],
    ["limit=ten", "bad-query"],
    ["limit=1.5", "bad-query"],
    ["scope=nonsense", "bad-query"],
    ["scopee=zone:example.com", "bad-query"],
    ["limit=1&limit=2", "bad-query"],
    ["cursor=nonsense", "bad-cursor"],
    ["cursor=", "bad-cursor"],
    ["cursor=WyJhIiwiYiJd", "bad-cursor"],
  ])("refuse the query %s", async (query, slug) => {
    for (const noun of ["incidents", "runs"]) {
      const response = await swarm.ask(`/api/v1/${noun}?${query}`);
      expect(await problemOf(response)).toMatchObject({ slug, status: 400 });
    }
  });
});

describe("one incident, one run", () => {
  it("is shown in full", async () => {
    const incident = await swarm.ask(`/api/v1/incidents/${incidentId("i0")}`);
    expect(await good("getIncident", incident)).toMatchObject({
      id: incidentId("i0"),
      status: "healing",
      opened_at: NOW,
      closed_at: null,
      drifted: 1,
      drift: [{ by: { audit_id: "audit-1" } }],
    });
    const run = await good("getRun", await swarm.ask(`/api/v1/runs/${runId("r0")}`));
    expect(run).toMatchObject({
      plan_digest: DIGEST,
      golden_generation: 3,
      because: { reason: "ballot_expired", expires_at: NOW },
      ballots: [{ voter: "policy@zone:example.com", vote: "yes", tier: 1, reasons: ["fine"] }],
    });
    // Names inside resources are Cloudflare's, not ours to rewrite.
    expect(run["steps"]).toHaveLength(30);
    expect(run["steps"]).toMatchObject([
      { after: { fields: { someValue: 0 } } },
      ...Array.from({ length: 29 }, () => ({})),
    ]);
  });

  it("shows in lists only the first of its details", async () => {
    const { items } = await good("listRuns", await swarm.ask("/api/v1/runs"));
    expect((items as { steps: unknown[] }[])[0]?.steps).toHaveLength(20);
  });

  it.each(["nonsense", runId("other"), incidentId("other"), "run_", "%00"])(
    "is 404 for the id %s",
    async (id) => {
      for (const noun of ["incidents", "runs"]) {
        const response = await swarm.ask(`/api/v1/${noun}/${id}`);
        expect(await problemOf(response)).toMatchObject({ slug: "not-found", status: 404 });
      }
      const post = await swarm.ask(`/api/v1/runs/${id}/approvals`, approve(yes));
      expect(post.status).toBe(404);
    },
  );
});

describe("approvals", () => {
  it.each(["approve", "deny"])("carry the person's word: %s", async (verdict) => {
    const response = await swarm.ask(approvals, approve({ ...yes, verdict }, "dev-approver-2"));
    const body = await good("approveRun", response);
    expect(body).toEqual({ run: runId("r0"), phase: "executing" });
    expect(swarm.approvals.map(({ approval }) => approval)).toMatchObject([
      { scope: SCOPE, planDigest: DIGEST, verdict, by: "dev-approver-2", at: NOW },
    ]);
    const [signed] = swarm.approvals;
    if (signed?.attestation.type !== "key") throw new Error("is not signed");
    const { approval, attestation } = signed;
    expect(await isBySandboxPerson("approval/v1", approval, attestation)).toBe(true);
  });

  it.each<[RunRefusal, number, string, object]>([
    [{ reason: "run_finished", phase: "verified" }, 409, "run-finished", { phase: "verified" }],
    [
      { reason: "not_expected", phase: "voting", event: "approval_given" },
      409,
      "not-awaiting-approval",
      { phase: "voting" },
    ],
    [{ reason: "another_plan", expected: DIGEST }, 409, "another-plan", { plan_digest: DIGEST }],
    [{ reason: "approval_expired", expiresAt: NOW }, 410, "approval-expired", { expires_at: NOW }],
    [{ reason: "not_distinct", by: "dev-approver-1" }, 403, "not-distinct", {}],
  ])("are refused with %j as %i", async (...[refusal, status, slug, facts]) => {
    swarm.approval = err(refusal);
    const problem = await problemOf(await swarm.ask(approvals, approve(yes)));
    expect(problem).toMatchObject({ status, slug, instance: approvals, ...facts });
  });

  it.each([
    [{}, ["#/digest", "#/verdict"]],
    [{ ...yes, digest: "sha256:12" }, ["#/digest"]],
    [{ ...yes, verdict: "maybe" }, ["#/verdict"]],
    [{ ...yes, by: "somebody" }, ["#"]],
    ["yes", ["#"]],
  ])("name everything that is wrong with %j", async (body, pointers) => {
    const problem = await problemOf(await swarm.ask(approvals, approve(body)));
    expect(problem).toMatchObject({ slug: "invalid-body", status: 422 });
    const errors = problem["errors"] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(swarm.approvals).toEqual([]);
  });

  it("need a body", async () => {
    const response = await swarm.ask(approvals, { method: "POST", token: "dev-approver-1" });
    expect(response.status).toBe(422);
  });
});

describe("lessons", () => {
  it("are listed", async () => {
    const body = await good("listLessons", await swarm.ask("/api/v1/lessons?limit=2"));
    expect(body["items"]).toHaveLength(2);
    expect(body).toMatchObject({ next: null, items: [{ outcome: "verified", calls: 1 }, {}] });
  });
});

describe("models", () => {
  it("are listed by role, for who may operate", async () => {
    const asked = swarm.ask("/api/v1/models", { token: "dev-operator" });
    const body = await good("listModels", await asked);
    expect(body).toMatchObject({
      items: [{ providers: [] }, { providers: [{ has: true }, { has: null, why: "slow" }] }],
    });
    expect((await swarm.ask("/api/v1/models")).status).toBe(403);
  });
});

describe("what was learned", () => {
  const send = (
    path: string,
    [method, token]: readonly [string, string],
    body?: unknown,
  ): Promise<Response> =>
    Promise.resolve(
      swarm.ask(path, {
        method,
        token,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    );
  const keys = async () => (await swarm.lessonBook().keys()).own;

  it("is shown with the mean of what was counted, and what asks for care", async () => {
    const body = await good("getExperience", await swarm.ask("/api/v1/lessons/experience"));
    expect(body).toMatchObject({
      statistics: [{ own: { well: 2, badly: 1 }, mean_ppm: 600_000 }],
      cautions: [LESSON.shapeDigest],
    });
  });

  it("goes out as a signed bundle, and comes in from whom an approver named", async () => {
    const bundle = await good(
      "exportLessons",
      await send("/api/v1/lessons/exports", ["POST", "dev-operator"]),
    );
    expect(JSON.stringify(bundle)).not.toContain("example.com");
    const named = { public_keys: await keys(), label: "our other company" };
    await good(
      "trustLessonKey",
      await send("/api/v1/lessons/keys", ["POST", "dev-approver-1"], named),
    );
    const taken = await good(
      "importLessons",
      await send("/api/v1/lessons/imports", ["POST", "dev-approver-1"], bundle),
    );
    expect(taken).toMatchObject({ version: 1, taken: 1, left_out: 0 });
    expect(swarm.bundles).toEqual([LESSON_BUNDLE]);
    const listed = await good("listLessonKeys", await swarm.ask("/api/v1/lessons/keys"));
    expect(listed["trusted"]).toMatchObject([{ label: "our other company", by: "dev-approver-1" }]);
  });

  it.each([
    ["POST", "/api/v1/lessons/keys"],
    ["POST", "/api/v1/lessons/imports"],
    ["DELETE", `/api/v1/lessons/cautions/${LESSON.shapeDigest}`],
    ["DELETE", `/api/v1/lessons/keys/${LESSON.shapeDigest}`],
  ])("%s %s is an approver's", async (method, path) => {
    const refused = await send(path, [method, "dev-operator"], {});
    expect(await problemOf(refused)).toMatchObject({ slug: "forbidden" });
  });

  it("is refused with the reason and the remedy", async () => {
    swarm.bookRefusal = { reason: "key_not_trusted", key: LESSON.shapeDigest };
    const path = "/api/v1/lessons/imports";
    const refused = await problemOf(await send(path, ["POST", "dev-approver-1"], LESSON_BUNDLE));
    expect(refused).toMatchObject({ slug: "lessons-refused", reason: "key_not_trusted" });
    expect(String(refused["detail"])).toContain("POST /api/v1/lessons/keys");
  });

  it("is refused where it is no bundle: a name where a count belongs, a shape out of order", async () => {
    const { content } = LESSON_BUNDLE;
    for (const statistics of [
      [{ cause: "acme.example", about: { of: "path", path: "static-site" }, well: 1, badly: 0 }],
      [
        {
          cause: "intent",
          about: { of: "shape", changes: ["worker create", "dns_record update"] },
          well: 1,
          badly: 0,
        },
      ],
      [{ cause: "intent", about: { of: "path", path: "static-site" }, well: -1, badly: 0 }],
    ]) {
      const body = { ...LESSON_BUNDLE, content: { ...content, statistics } };
      const refused = await send("/api/v1/lessons/imports", ["POST", "dev-approver-1"], body);
      expect(await problemOf(refused)).toMatchObject({ slug: "invalid-body", status: 422 });
    }
    expect(swarm.bundles).toEqual([]);
  });

  it("asks for care until an approver says otherwise", async () => {
    const lift = (shape: string): Promise<Response> =>
      send(`/api/v1/lessons/cautions/${shape}`, ["DELETE", "dev-approver-2"]);
    await good("liftCaution", await lift(LESSON.shapeDigest));
    expect((await lift("sha256:12")).status).toBe(404);
    expect((await lift(LESSON_BUNDLE.content.key)).status).toBe(404);
  });
});

describe("faults", () => {
  it("tell nothing outside and everything inside", async () => {
    swarm.fault = new Error("token cf_secret at db-7");
    const response = await swarm.ask(drift);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ slug: "fault", status: 500 });
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(logged).toHaveBeenCalledWith(expect.stringContaining("db-7"));
  });

  it.each([{ code: "retryable" }, { retryable: true }])("may pass: %j", async (mark) => {
    swarm.fault = Object.assign(new Error("overloaded"), mark);
    const response = await swarm.ask(drift);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await problemOf(response)).toMatchObject({ slug: "unavailable", status: 503 });
  });
});
