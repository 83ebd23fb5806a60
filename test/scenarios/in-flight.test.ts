/** Runs elsewhere in the account, as risk counts them: from the moment a run begins until it is over, whatever becomes of it. */
import { env, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, it, vi } from "vitest";
import api from "../../examples/harbor-api.example.yaml?raw";
import books from "../../examples/harbor-books.example.yaml?raw";
import { isScopeId, mint } from "../../src/core/ids.ts";
import {
  apiJson,
  approved,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const API = mint(isScopeId, "zone:harbor-api.example");
const watch = () => env.WATCH.getByName(ACCOUNT);

interface Risk {
  readonly vector: { readonly in_flight: number };
  readonly points: { readonly in_flight: number };
  readonly score: number;
}

const PATIENCE = { timeout: 15_000, interval: 50 };

let zoneId = "";
let edits = 0;

async function edited(): Promise<void> {
  const [first] = await cloudflare<{ id: string }[]>(
    "GET",
    `/zones/${zoneId}/dns_records?name=sandbox.harbor-api.example`,
  );
  edits += 1;
  await cloudflare("PATCH", `/zones/${zoneId}/dns_records/${first?.id}`, {
    body: { content: `203.0.113.${100 + edits}` },
  });
}

/** A record of the other zone is edited and put right again: what its plan knew of runs elsewhere. */
async function riskOfAHeal(): Promise<Risk> {
  await edited();
  const before = (await runs(API))[0]?.id;
  await reconcile(API);
  return riskOfARun(before);
}

async function riskOfARun(before: string | undefined): Promise<Risk> {
  const run = await vi.waitFor(async () => {
    const [newest] = await runs(API);
    expect(newest?.id).not.toBe(before);
    expect(newest?.phase).toBe("verified");
    return newest;
  }, PATIENCE);
  return (await apiJson<{ risk: Risk }>(`/api/v1/runs/${run?.id}`)).risk;
}

/** More records than a plan takes away without a person. */
async function waiting(): Promise<void> {
  const posts = Array.from({ length: 30 }, (_, index) => ({
    type: "A",
    name: `rogue-${index}`,
    content: "203.0.113.99",
    ttl: 1,
  }));
  await cloudflare("POST", `/zones/${BOOKS.zoneId}/dns_records/batch`, { body: { posts } });
  await reconcile();
  await vi.waitFor(
    async () => expect((await runs())[0]?.phase).toBe("awaiting_approval"),
    PATIENCE,
  );
}

const isOver = (phase: string) =>
  vi.waitFor(async () => {
    expect((await runs())[0]?.phase).toBe(phase);
    expect(await watch().inFlight(API)).toBe(0);
  }, PATIENCE);

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  for (const [scope, text] of [
    [BOOKS.scope, books],
    [API, api],
  ] as const) {
    expect((await putGolden(text, { scope })).status).toBe(200);
    await settled(scope, ({ status }) => status === "in_sync");
  }
  const [zone] = await cloudflare<{ id: string }[]>("GET", "/zones?name=harbor-api.example");
  zoneId = zone?.id ?? "";
});

it("one that waits for a person counts until somebody has approved it and it is over", async () => {
  const alone = await riskOfAHeal();
  expect([alone.vector.in_flight, alone.points.in_flight]).toEqual([0, 0]);
  await waiting();
  expect(await watch().inFlight(API)).toBe(1);
  expect(await watch().inFlight(mint(isScopeId, BOOKS.scope))).toBe(0);
  const beside = await riskOfAHeal();
  expect([beside.vector.in_flight, beside.points.in_flight]).toEqual([1, 3]);
  expect(beside.score).toBe(alone.score + 3);
  await approved(BOOKS.scope);
  await isOver("verified");
  expect((await riskOfAHeal()).vector.in_flight).toBe(0);
});

it("one that is turned down counts no more", async () => {
  await waiting();
  const [run] = await runs();
  await apiJson(`/api/v1/runs/${run?.id}/approvals`, "dev-approver-1", {
    method: "POST",
    body: JSON.stringify({ digest: run?.plan_digest, verdict: "deny" }),
    headers: { "content-type": "application/json" },
  });
  await isOver("rejected");
  expect((await drift()).status).toBe("held");
});

it("four elsewhere count as the most that there is, and one whose end was never told is forgotten", async () => {
  const scopes = ["a", "b", "c", "d"].map((name) => mint(isScopeId, `zone:${name}.example`));
  for (const [index, scope] of scopes.entries())
    await watch().runBegan(scope, `run:${index}` as never);
  const many = await riskOfAHeal();
  expect([many.vector.in_flight, many.points.in_flight]).toEqual([4, 10]);
  // The end of another run says nothing about this one.
  await watch().runEnded(scopes[0] ?? API, "run:9" as never);
  expect(await watch().inFlight(API)).toBe(4);
  await runInDurableObject(watch(), (_, { storage }) => {
    storage.sql.exec("update under_way set at_ms = at_ms - ?", 3 * 60 * 60_000 + 1);
  });
  expect(await watch().inFlight(API)).toBe(0);
});

it("when nobody can be asked, it is the worst, and nothing begins before it can be told", async () => {
  const of = (sql: string) =>
    runInDurableObject(watch(), (_, { storage }) => void storage.sql.exec(sql));
  const before = (await runs(API))[0]?.id;
  await of("alter table under_way rename to gone");
  await control("DELETE", "/journal");
  await edited();
  await apiJson(`/api/v1/scopes/${encodeURIComponent(API)}/reconcile`, "dev-operator", {
    method: "POST",
  });
  await vi.waitFor(async () => expect((await drift(API)).status).toBe("drifted"), PATIENCE);
  expect(await vaultWrites()).toEqual([]);
  await of("alter table gone rename to under_way");
  const unknown = await riskOfARun(before);
  expect([unknown.vector.in_flight, unknown.points.in_flight]).toEqual([3, 10]);
});
