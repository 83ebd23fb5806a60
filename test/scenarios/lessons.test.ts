import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import books from "../../examples/harbor-books.example.yaml?raw";
import { lessonBookOf } from "../../durable-objects/bindings.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { contentOf, type LessonBundle } from "../../src/core/experience/bundle.ts";
import type { Experience } from "../../src/core/experience/experience.ts";
import type { Statistic } from "../../src/core/experience/statistic.ts";
import { instantOf } from "../../src/core/ids.ts";
import { keyIdOf, signedBytes } from "../../src/core/signing.ts";
import { newSeeds, openKeyPair } from "../../src/edge/signing/key-pair.ts";
import { entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  approved,
  BOOKS,
  cloudflare,
  drift,
  putGolden,
  record,
  reconcile,
  runs,
  settled,
  tick,
} from "../support/world.ts";

const book = lessonBookOf(env);
const AT = instantOf("2026-11-20T10:00:00Z");
const UPDATE = ["dns_record update"];
const SHAPE = digestOf(UPDATE);
const them = await openKeyPair(newSeeds());

const ended = (well: number, badly: number): Statistic => ({
  cause: "out_of_band_change",
  about: { of: "shape", changes: UPDATE },
  well,
  badly,
});

async function bundled(statistics: readonly Statistic[], version: number): Promise<LessonBundle> {
  const content = contentOf(statistics, { version, at: AT, key: keyIdOf(them.publicKeys) });
  return { content, signature: await them.sign(signedBytes("lessons/v1", content)) };
}

const send = (method: string, path: string, body?: unknown): Promise<Response> =>
  api(`/api/v1/lessons/${path}`, "dev-approver-1", {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

const experience = (): Promise<Experience> => apiJson("/api/v1/lessons/experience");
const posted = (is: (copy: Experience | null) => boolean): Promise<void> =>
  vi.waitFor(async () => {
    expect(is(await env.BLACKBOARD.get<Experience>("lessons/experience", "json"))).toBe(true);
  });

/** Somebody points a record of the zone elsewhere. */
async function edit(content: string): Promise<void> {
  const { id = "" } = (await record("A", "checkout.harbor-books.example")) ?? {};
  await cloudflare("PATCH", `/zones/${BOOKS.zoneId}/dns_records/${id}`, { body: { content } });
}

beforeAll(async () => {
  await tick();
  expect((await putGolden(books)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

describe("lessons", () => {
  it("are counted when a run ends, after the record has them (I10)", async () => {
    await edit("203.0.113.77");
    await reconcile();
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    await posted((copy) => (copy?.statistics.length ?? 0) > 0);
    const { statistics } = await experience();
    expect(statistics).toContainEqual(
      expect.objectContaining({
        cause: "out_of_band_change",
        about: { of: "shape", changes: UPDATE },
        own: { well: 1, badly: 0 },
      }),
    );
    const lesson = (await entries()).findLast(({ type }) => type === "lesson");
    expect(lesson?.data).toMatchObject({ outcome: "verified", paths: [] });
  });

  it("of an intent name its golden path", async () => {
    const asked = await api("/api/v1/intents", "dev-operator", {
      method: "POST",
      body: JSON.stringify({ scope: BOOKS.scope, text: "Block traffic from North Korea" }),
      headers: { "content-type": "application/json" },
    });
    expect(asked.status).toBe(202);
    await vi.waitFor(async () => {
      const { items } = await apiJson<{ items: { cause: string; paths: string[] }[] }>(
        "/api/v1/lessons",
      );
      expect(items[0]).toMatchObject({ cause: "intent", paths: ["geo-restriction"] });
    });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  });

  it("are learned once, however often they are told", async () => {
    const taught = { id: "run_twice", statistics: [ended(5, 0)], at: AT };
    await Promise.all([book.learn(taught), book.learn(taught)]);
    await book.learn(taught);
    const { statistics } = await experience();
    const own = statistics.find(
      ({ about }) => about.of === "shape" && about.changes[0] === UPDATE[0],
    );
    expect(own?.own).toEqual({ well: 6, badly: 0 });
  });
});

describe("lessons of others", () => {
  it("are taken from whom an approver has named, and from nobody else", async () => {
    const bundle = await bundled([ended(100, 0)], 1);
    const unknown = await send("POST", "imports", bundle);
    expect(unknown.status).toBe(409);
    expect(await unknown.json()).toMatchObject({ reason: "key_not_trusted" });
    const key = { public_keys: them.publicKeys, label: "the other company" };
    expect((await send("POST", "keys", key)).status).toBe(201);
    const forged = { ...bundle, content: { ...bundle.content, version: 7 } };
    expect(await (await send("POST", "imports", forged)).json()).toMatchObject({
      reason: "signature_invalid",
    });
    const taken = await send("POST", "imports", bundle);
    expect(taken.status, await taken.clone().text()).toBe(201);
    expect(await (await send("POST", "imports", bundle)).json()).toMatchObject({
      reason: "version_not_newer",
      last: 1,
    });
    const { statistics } = await experience();
    expect(statistics).toContainEqual(
      expect.objectContaining({ own: { well: 6, badly: 0 }, imported: { well: 100, badly: 0 } }),
    );
    const said = (await entries()).filter(({ type }) => type === "lesson_trust");
    expect(said.map(({ data }) => data["what"])).toEqual(["trusted", "taken"]);
    expect(said.every(({ actor }) => actor === "dev-approver-1")).toBe(true);
  });

  it("are not in what is handed on, and no name is", async () => {
    const text = await (
      await api("/api/v1/lessons/exports", "dev-operator", { method: "POST" })
    ).text();
    const { content } = JSON.parse(text) as LessonBundle;
    expect(content.statistics).toContainEqual(ended(6, 0));
    expect(text).not.toMatch(/harbor|zone:|account:|run_/);
  });
});

describe("plans of a shape that goes badly", () => {
  it("wait for a person, whatever good news others tell, until a person says otherwise (I13)", async () => {
    await book.learn({ id: "run_badly", statistics: [ended(0, 20)], at: AT });
    const caution = (await entries()).find(({ type }) => type === "caution");
    expect(caution?.data).toMatchObject({ what: "raised", shape: SHAPE });
    const praise = await send("POST", "imports", await bundled([ended(1_000_000, 0)], 2));
    expect(praise.status).toBe(201);
    await posted((copy) => copy?.cautions.includes(SHAPE) === true);
    await edit("203.0.113.78");
    await apiJson(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/reconcile`, "dev-operator", {
      method: "POST",
    });
    await vi.waitFor(async () => {
      expect((await runs())[0]).toMatchObject({ phase: "awaiting_approval", tier: 2 });
    });
    expect((await drift()).why).toContain("waits for a person");
    await approved(BOOKS.scope);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await send("DELETE", `cautions/${SHAPE}`)).status).toBe(200);
    await posted((copy) => copy?.cautions.length === 0);
    await edit("203.0.113.79");
    await reconcile();
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await runs())[0]).toMatchObject({ phase: "verified", tier: 1 });
  });

  it("count no more of others when their key is taken away", async () => {
    const key = keyIdOf(them.publicKeys);
    expect((await send("DELETE", `keys/${key}`)).status).toBe(200);
    const { statistics } = await experience();
    expect(statistics.every(({ imported }) => imported.well + imported.badly === 0)).toBe(true);
    expect((await send("POST", "imports", await bundled([], 9))).status).toBe(409);
  });
});
