/** The record as the world sees it: verifiable from outside, and nothing happens that it cannot record. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import * as fc from "fast-check";
import { verifyEvidence } from "../../cli/verify-evidence.ts";
import { verifyRecord } from "../../cli/verify-record.ts";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import { parseProof } from "../../src/core/log/tlog-proof.ts";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { entries } from "../support/check-world.ts";
import {
  api,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  record,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const NAME = "bastion.harbor-books.example";

async function edit(): Promise<void> {
  const live = await record("A", NAME);
  const path = `/zones/${BOOKS.zoneId}/dns_records/${live?.id}`;
  await cloudflare("PATCH", path, { body: { content: "203.0.113.77" } });
}

const wake = (): Promise<Response> =>
  api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/reconcile`, "dev-operator", {
    method: "POST",
  });

/** Waits until everything recorded so far is published. */
async function published(): Promise<void> {
  const { length } = await entries();
  const proof = await api(`/log/proof/${length - 1}`, "");
  expect(proof.status).toBe(200);
}

const sourceOf = (files: ReadonlyMap<string, Uint8Array>) => ({
  name: "a bundle",
  list: () => Promise.resolve([...files.keys()]),
  read: (path: string) => Promise.resolve(files.get(path) ?? null),
});

const source = {
  name: "the API",
  list: () => Promise.resolve(null),
  async read(path: string) {
    const response = await api(`/log/${path}`, "");
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  },
};

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

describe("the record", () => {
  it("can be verified from outside after a heal, whole and entry by entry", async () => {
    await edit();
    expect((await wake()).ok).toBe(true);
    await vi.waitFor(
      async () => expect((await record("A", NAME))?.content).not.toBe("203.0.113.77"),
      20_000,
    );
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    await published();
    const report = await verifyRecord({ source, trust: null, seen: null, isForeign: false });
    expect(report.problems).toEqual([]);
    expect(report.signedBy).toHaveLength(2);
    expect(report.entries).toMatchObject({ plan: expect.any(Number), write: expect.any(Number) });
    const proof = parseProof(await (await api("/log/proof/3", "")).text());
    const signed = proof.ok ? parseCheckpoint(proof.value.checkpoint) : proof;
    expect(signed).toMatchObject({ ok: true, value: { checkpoint: { origin: report.origin } } });
  });

  it("keeps plans, ballots and approvals as envelopes, and people's data where it can be erased", async () => {
    const all = await entries();
    const kept = (type: string, label: string) =>
      all.filter((entry) => entry.type === type).map((entry) => entry.attached?.[label]);
    for (const envelope of [...kept("plan", "plan"), ...kept("ballot", "envelope")]) {
      expect(envelope).toMatchObject({
        keep: "evidence",
        mediaType: "application/vnd.dsse.envelope.v1+json",
      });
      const object = await env.RECORD.get(`evidence/${envelope?.digest.slice(7)}.json`);
      const { text } = (await object?.json<{ text: string }>()) ?? { text: "{}" };
      expect(JSON.parse(text)).toMatchObject({
        payloadType: expect.stringMatching(/^application\/vnd\.driftless\./),
        signatures: [{}, {}],
      });
    }
    const people = kept("diagnosis", "people").filter((one) => one !== undefined);
    expect(people.length).toBeGreaterThan(0);
    const bundles = await env.RECORD.list({ prefix: "tile/entries/" });
    for (const { key } of bundles.objects)
      expect(await (await env.RECORD.get(key))?.text()).not.toContain("dashboard@sandbox.example");
  });

  it("stays whole when somebody's name is erased, and says who did that", async () => {
    const told = (await entries()).find(({ attached }) => attached?.["people"] !== undefined);
    const { digest } = told?.attached?.["people"] ?? { digest: "sha256:" };
    const erase = (token: string, of: string) =>
      api(`/api/v1/attachments/${of}`, token, { method: "DELETE" });
    expect((await erase("dev-viewer", digest)).status).toBe(403);
    expect((await erase("dev-operator", "sha256:1")).status).toBe(404);
    expect(await env.RECORD.head(`personal/${digest.slice(7)}.json`)).not.toBeNull();
    expect((await erase("dev-operator", digest)).status).toBe(200);
    expect(await env.RECORD.head(`personal/${digest.slice(7)}.json`)).toBeNull();
    const plan = (await entries()).find(({ attached }) => attached?.["plan"] !== undefined);
    const kept = plan?.attached?.["plan"]?.digest ?? "sha256:";
    await erase("dev-operator", kept);
    expect(await env.RECORD.head(`evidence/${kept.slice(7)}.json`)).not.toBeNull();
    expect((await entries()).filter(({ type }) => type === "erasure")[0]).toMatchObject({
      actor: "dev-operator",
      data: { digest },
    });
    await published();
    const report = await verifyRecord({ source, trust: null, seen: null, isForeign: false });
    expect(report.problems).toEqual([]);
  });

  it("gives an auditor the change with its proofs, and names the edit that came past it", async () => {
    const body = JSON.stringify({
      from: "2026-01-01",
      to: new Date(Date.now() + 60_000).toISOString(),
      sample: 5,
    });
    const headers = { "content-type": "application/json" };
    const response = await api("/api/v1/evidence", "dev-viewer", { method: "POST", body, headers });
    expect(response.status).toBe(200);
    const { files } = await response.json<{ files: { path: string; text: string }[] }>();
    const jsonOf = (path: string): unknown =>
      JSON.parse(files.find((file) => file.path === path)?.text ?? "null");
    const { runs } = jsonOf("sample.json") as { runs: string[] };
    expect(runs.length).toBeGreaterThan(0);
    const { entries: told } = jsonOf(`dossiers/${runs[0]}.json`) as {
      entries: { index: number; type: string }[];
    };
    expect(told.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["plan", "ballot", "release", "write", "verification", "run"]),
    );
    for (const { index } of told)
      expect(
        parseProof(files.find((file) => file.path === `proofs/${index}.tlog-proof`)?.text ?? ""),
      ).toMatchObject({
        ok: true,
        value: { index },
      });
    expect(jsonOf("completeness.json")).toMatchObject({
      status: "exceptions",
      unrecorded: [],
      outside: expect.arrayContaining([
        expect.objectContaining({ actor: "dashboard@sandbox.example" }),
      ]),
    });
    const controls = jsonOf("controls.json") as { id: string; verdict: string }[];
    expect(controls.find(({ id }) => id === "CC8.1")?.verdict).toBe("satisfied");
    expect(controls.find(({ id }) => id === "CC6.8")?.verdict).toBe("not_satisfied");
    expect((await entries()).slice(-2)).toMatchObject([
      { type: "export", actor: "dev-viewer", data: { what: "evidence" } },
      { type: "export", actor: "dev-viewer", data: { what: "evidence_made" } },
    ]);
    const bundle = new Map(files.map(({ path, text }) => [path, new TextEncoder().encode(text)]));
    const whole = await verifyEvidence({ source: sourceOf(bundle), trust: null });
    expect(whole.problems).toEqual([]);
    expect(whole.seals.plans).toBe(runs.length);
    expect(whole.seals.ballots).toBeGreaterThanOrEqual(3 * runs.length);
    const change = fc.constantFrom(...bundle.keys()).chain((file) =>
      fc.record({
        file: fc.constant(file),
        at: fc.nat((bundle.get(file)?.length ?? 1) - 1),
        bits: fc.integer({ min: 1, max: 255 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(change, async ({ file, at, bits }) => {
        const bytes = bundle.get(file) ?? new Uint8Array();
        const changed = new Map(bundle).set(file, bytes.with(at, (bytes[at] ?? 0) ^ bits));
        const report = await verifyEvidence({ source: sourceOf(changed), trust: null });
        expect(report.ok).toBe(false);
        expect(
          report.problems.map((one) => one.file),
          `${file} at ${at}`,
        ).toContain(file);
      }),
      { numRuns: 150 },
    );
    for (const file of bundle.keys()) {
      const without = new Map(bundle);
      without.delete(file);
      const { problems } = await verifyEvidence({ source: sourceOf(without), trust: null });
      expect(problems.map((one) => one.file)).toContain(file);
    }
  });

  it("cannot record, so nothing is executed; when it can again, what was due is done (I10)", async () => {
    await published();
    const checkpoint = await (await env.RECORD.get("checkpoint"))?.text();
    await env.RECORD.delete("checkpoint");
    await abortAllDurableObjects();
    await control("DELETE", "/journal");
    await edit();
    await wake();
    await new Promise((done) => setTimeout(done, 3_000));
    expect(await vaultWrites()).toEqual([]);
    expect((await record("A", NAME))?.content).toBe("203.0.113.77");
    await env.RECORD.put("checkpoint", checkpoint ?? "");
    await wake();
    await vi.waitFor(
      async () => expect((await record("A", NAME))?.content).not.toBe("203.0.113.77"),
      20_000,
    );
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await vaultWrites()).filter(({ applied }) => applied)).toHaveLength(1);
    await published();
    expect(await verifyRecord({ source, trust: null, seen: null, isForeign: false })).toMatchObject(
      {
        ok: true,
      },
    );
  });
});
