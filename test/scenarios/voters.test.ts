/** How voters of a scope get their voice: nobody's first keys count before people have signed for them. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { logOf, voterOf } from "../../durable-objects/bindings.ts";
import { isScopeId, mint } from "../../src/core/ids.ts";
import { voterIdOf } from "../../src/core/orchestration.ts";
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
  vaultWrites,
} from "../support/world.ts";

const SCOPE = mint(isScopeId, BOOKS.scope);
const PATH = `/api/v1/scopes/${SCOPE}/voters`;

interface Shown {
  readonly voter: string;
  readonly key: string;
  readonly standing: string;
  readonly confirmed_by: readonly string[];
  readonly people_needed: number;
  readonly has_voice: boolean;
}
const post = (path: string, token: string, body: unknown = {}): Promise<Response> =>
  api(path, token, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
const voters = async (): Promise<readonly Shown[]> => {
  const { items } = await apiJson<{ items: Shown[] }>(PATH, "dev-operator", { method: "POST" });
  return items;
};
const seatings = async () => (await voters()).map(({ voter, key }) => ({ voter, key }));
const confirm = async (person: string): Promise<readonly Shown[]> => {
  const answer = await post(`${PATH}/confirmation`, person, { keys: await seatings() });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json<{ items: Shown[] }>()).items;
};

async function edit(content: string): Promise<void> {
  const found = await record("A", "bastion.harbor-books.example");
  const path = `/zones/${BOOKS.zoneId}/dns_records/${found?.id}`;
  await cloudflare("PATCH", path, { body: { content } });
}

beforeAll(async () => {
  // As on a live account: no set-up signs for anybody.
  await runInDurableObject(env.RECONCILER.getByName(SCOPE), (instance) => {
    const own = (instance as unknown as { env: Env }).env;
    Object.defineProperty(instance, "env", {
      value: new Proxy(own, {
        get: (of, name) => (name === "SANDBOX_KEYS_CONFIRMED_BY" ? "" : Reflect.get(of, name)),
      }),
    });
  });
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
});

describe("first keys", () => {
  it("give no voice before people have signed: the drift is held, with the reason and the remedy", async () => {
    await settled(BOOKS.scope, ({ status }) => status !== "unknown");
    await edit("203.0.113.90");
    await reconcile();
    const seen = await settled(BOOKS.scope, ({ status }) => status === "held");
    expect(seen.why).toContain(`policy@${SCOPE}`);
    expect(seen.why).toContain("/voters");
    expect(await vaultWrites()).toEqual([]);
    expect(await runs()).toEqual([]);
    const all = await voters();
    expect(all.map(({ standing, has_voice }) => [standing, has_voice])).toEqual(
      all.map(() => ["waiting", false]),
    );
    expect(all.map(({ people_needed }) => people_needed)).toEqual([2, 2, 2, 1]);
  });

  it("are not an operator's or a viewer's to confirm, and not another key's", async () => {
    const keys = await seatings();
    expect((await post(`${PATH}/confirmation`, "dev-operator", { keys })).status).toBe(403);
    expect((await post(`${PATH}/confirmation`, "dev-viewer", { keys })).status).toBe(403);
    const [first] = keys;
    const swapped = [{ ...first, key: `sha256:${"0".repeat(64)}` }];
    const answer = await post(`${PATH}/confirmation`, "dev-approver-1", { keys: swapped });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ reason: "another_key" });
  });

  it("count when two people have signed, not when one has done so twice; then what was held is healed", async () => {
    for (const again of [1, 2]) {
      const after = await confirm("dev-approver-1");
      expect(
        after.map(({ has_voice }) => has_voice),
        String(again),
      ).toEqual([false, false, false, true]);
      expect(after.slice(0, 3).map(({ confirmed_by }) => confirmed_by)).toEqual(
        Array.from({ length: 3 }, () => ["dev-approver-1"]),
      );
    }
    expect(await vaultWrites()).toEqual([]);
    const after = await confirm("dev-approver-2");
    expect(after.every(({ has_voice, standing }) => has_voice && standing === "in_force")).toBe(
      true,
    );
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await vaultWrites()).length).toBeGreaterThan(0);
  });

  it("stand in the record: who asked, and who signed for it", async () => {
    const entries = await logOf(env).read({ after: -1, limit: 1_000, waitMs: 0 });
    const told = entries.filter(({ type, scope }) => type === "voter_key" && scope === SCOPE);
    expect(told.map(({ data, actor }) => [data["what"], actor])).toEqual(
      expect.arrayContaining([
        ["introduced", "root"],
        ["confirmed", "dev-approver-1"],
        ["confirmed", "dev-approver-2"],
      ]),
    );
  });
});

describe("a voter that has lost its keys", () => {
  const lost = voterIdOf("conformance", SCOPE);

  it("has no voice with new ones: nothing is written, and the run says why", async () => {
    await runInDurableObject(env.AUDITOR.getByName(lost), (_, { storage }) => {
      storage.sql.exec("delete from key");
    });
    const before = (await vaultWrites()).length;
    await edit("203.0.113.91");
    await reconcile();
    const [run] = await runs();
    expect(run).toMatchObject({ phase: "rejected", because: { reason: "key_not_confirmed" } });
    expect((await vaultWrites()).length).toBe(before);
    expect((await voters()).find(({ voter }) => voter === lost)).toMatchObject({
      standing: "waiting",
      has_voice: true,
    });
  });

  it("is let back by two people, and its old keys end at once", async () => {
    const keys = (await seatings()).filter(({ voter }) => voter === lost);
    for (const person of ["dev-approver-1", "dev-approver-2"])
      expect((await post(`${PATH}/confirmation`, person, { keys })).status).toBe(200);
    const { items } = await apiJson<{
      items: { voter: string; keys: { status: string }[] }[];
    }>(`/api/v1/agents?scope=${encodeURIComponent(SCOPE)}`);
    expect(items.find(({ voter }) => voter === lost)?.keys.map(({ status }) => status)).toEqual([
      "retired",
      "in_force",
    ]);
    await edit("203.0.113.92");
    await reconcile();
    expect((await runs())[0]).toMatchObject({ phase: "verified" });
    expect((await voterOf(env, lost).enrol()).introduction.voter).toBe(lost);
  });
});
