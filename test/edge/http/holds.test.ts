import { beforeEach, describe, expect, it } from "vitest";
import { isHoldId } from "../../../src/core/ids.ts";
import { diff } from "../../../src/core/diff.ts";
import { parseGolden } from "../../../src/core/golden.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { observe } from "../../../src/core/observation.ts";
import { ok } from "../../../src/core/result.ts";
import { FakeSwarm, GOLDEN_YAML, incidentAt, NOW, problemOf, SCOPE } from "./fake-swarm.ts";

let swarm: FakeSwarm;
beforeEach(() => {
  swarm = new FakeSwarm();
});

const LATER = "2026-11-02T10:00:00.000Z";
const asked = { scope: SCOPE, reason: "moving house", expires_at: LATER };
const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  swarm.ask(path, {
    method: "POST",
    token: "dev-operator",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const placed = async (): Promise<string> => {
  const response = await send("/api/v1/holds", asked);
  const { id } = (await response.json()) as { id: string };
  return id;
};

describe("holds", () => {
  it("are placed, shown, listed and lifted", async () => {
    const selector = { kind: "dns_record", name: "www" };
    const response = await send("/api/v1/holds", { ...asked, selector });
    expect(response.status).toBe(201);
    const hold = (await response.json()) as { id: string };
    expect(response.headers.get("location")).toBe(`/api/v1/holds/${hold.id}`);
    expect(isHoldId(hold.id)).toBe(true);
    const shown = {
      id: hold.id,
      scope: SCOPE,
      selector,
      reason: "moving house",
      by: "dev-operator",
      placed_at: NOW,
      expires_at: LATER,
      status: "in_force",
      ended: null,
    };
    expect(hold).toEqual(shown);
    expect(await (await swarm.ask(`/api/v1/holds/${hold.id}`)).json()).toEqual(shown);
    const list = await swarm.ask(`/api/v1/holds?scope=${SCOPE}`);
    expect(await list.json()).toEqual({ items: [shown], next: null });
    const lift = { method: "DELETE", token: "dev-operator" };
    const lifted = await swarm.ask(`/api/v1/holds/${hold.id}`, lift);
    expect(await lifted.json()).toMatchObject({
      status: "ended",
      ended: { how: "lifted", by: "dev-operator" },
    });
    expect((await swarm.ask(`/api/v1/holds/${hold.id}`, lift)).status, "twice is once").toBe(200);
  });

  it("are for operators, and a refused attempt is recorded with the hold", async () => {
    const id = await placed();
    for (const token of ["dev-viewer", "dev-approver-1"]) {
      const lift = await swarm.ask(`/api/v1/holds/${id}`, { method: "DELETE", token });
      expect(lift.status).toBe(403);
    }
    expect(swarm.entries.map(({ data }) => data["subject"])).toEqual([id, id]);
  });

  it("are extended, or given up, and never both", async () => {
    const path = `/api/v1/holds/${await placed()}/resolution`;
    expect((await send(path, { decision: "extend" })).status).toBe(422);
    expect((await send(path, { decision: "revert", expires_at: LATER })).status).toBe(422);
    const to = "2026-11-03T10:00:00.000Z";
    const longer = await send(path, { decision: "extend", expires_at: to });
    expect(await longer.json()).toMatchObject({ expires_at: to, ended: null });
    const over = await send(path, { decision: "revert" });
    expect(await over.json()).toMatchObject({ ended: { how: "reverted" } });
    expect((await send(path, { decision: "revert" })).status).toBe(404);
  });

  it("are refused with every reason", async () => {
    swarm.holdRefusal = { reason: "too_many", max: 100 };
    expect(await problemOf(await send("/api/v1/holds", asked))).toMatchObject({
      slug: "too-many-holds",
      max: 100,
    });
    const faults = [{ path: ["selector", "name"], problem: "Is odd." }];
    swarm.holdRefusal = { reason: "invalid", faults };
    expect(await problemOf(await send("/api/v1/holds", asked))).toMatchObject({
      slug: "invalid-body",
      errors: [{ pointer: "#/selector/name", detail: "is odd" }],
    });
    const nowhere = await send("/api/v1/holds", { ...asked, scope: "zone:nowhere.example" });
    expect(nowhere.status).toBe(404);
    for (const id of ["hold_1", `hold_${"0".repeat(32)}`])
      expect((await swarm.ask(`/api/v1/holds/${id}`)).status).toBe(404);
  });
});

const site = { level: "zone", id: mint(isObjectId, "z1"), name: "example.com" } as const;

/** One record has another address, and one that nobody declared is there. */
async function drift(): Promise<void> {
  await swarm.ask(`/api/v1/scopes/${SCOPE}/golden`, {
    method: "PUT",
    token: "dev-operator",
    body: GOLDEN_YAML,
    headers: { "content-type": "application/yaml", "if-none-match": "*" },
  });
  const record = (id: string, name: string) => ({
    id,
    type: "A",
    name: `${name}.example.com`,
    content: "198.51.100.9",
    ttl: 1,
    proxied: false,
  });
  const readings = [
    { kind: "dns_record", objects: [record("a", "www"), record("b", "new")], claimedTotal: 2 },
    { kind: "zone_setting", objects: [{ id: "ssl", value: "strict" }], claimedTotal: null },
  ];
  const observation = observe(readings, site, NOW);
  const golden = parseGolden(swarm.stored?.document, SCOPE, site);
  if (!observation.ok || !golden.ok || !swarm.stored) throw new Error("not readable");
  const observed = observation.value.resources;
  const found = diff({ golden: golden.value, observed, lineage: new Map(), site, now: NOW });
  swarm.drift = ok({
    golden: swarm.stored,
    live: { site, observed },
    changes: found.changes,
    heldBack: [],
    others: found.unmanaged.map((one) => ({ op: "delete", observed: one }) as const),
  });
}

const preview = async (query = ""): Promise<{ etag: string; text: string; changes: unknown[] }> => {
  const response = await swarm.ask(`/api/v1/scopes/${SCOPE}/adoptions/preview${query}`);
  return (await response.json()) as { etag: string; text: string; changes: unknown[] };
};

describe("adoptions", () => {
  const path = `/api/v1/scopes/${SCOPE}/adoptions`;

  it("show first and apply only what was shown", async () => {
    await drift();
    const { text, etag, changes } = await preview();
    expect(text).toBe(GOLDEN_YAML.replace("192.0.2.1", "198.51.100.9"));
    expect(changes).toMatchObject([{ op: "change", identity: "A www.example.com 192.0.2.1" }]);
    expect(await problemOf(await send(path, {}))).toMatchObject({ slug: "precondition-required" });
    const other = await send(path, {}, { "if-match": '"1"' });
    expect(other.headers.get("etag")).toBe(etag);
    expect(await problemOf(other)).toMatchObject({ slug: "proposal-moved" });
    const applied = await send(path, {}, { "if-match": etag });
    expect(await applied.json()).toMatchObject({ scope: SCOPE, generation: 2, changes });
    expect(swarm.puts.at(-1)).toMatchObject({
      text,
      expected: 1,
      by: "dev-operator",
      amends: changes,
    });
  });

  it("take what nobody declared when it is named", async () => {
    await drift();
    const subjects = [{ kind: "dns_record", identity: "A new.example.com 198.51.100.9" }];
    const { text } = await preview(`?subjects=${encodeURIComponent(JSON.stringify(subjects))}`);
    const added = text.split("\n").filter((line) => !GOLDEN_YAML.includes(line));
    expect(added).toEqual([expect.stringMatching(/^ {6}- \{ .*name: new.* \}$/)]);
    expect(text).toContain("# our zone");
  });

  it("write JSON where JSON was declared", async () => {
    await drift();
    const now = swarm.drift.ok ? swarm.drift.value : null;
    if (!now) throw new Error("no drift");
    const text = JSON.stringify(now.golden.document);
    swarm.drift = ok({ ...now, golden: { ...now.golden, text, mediaType: "application/json" } });
    expect(JSON.parse((await preview()).text)).toMatchObject({
      spec: { resources: { dns_record: [{ name: "www", content: "198.51.100.9" }] } },
    });
  });

  it("are refused for what has not drifted, and when nothing has", async () => {
    await drift();
    const subjects = [{ kind: "dns_record", identity: "A x.example.com 192.0.2.1" }];
    expect(await problemOf(await send(path, { subjects }, { "if-match": '"1"' }))).toMatchObject({
      slug: "not-adoptable",
      errors: [{ pointer: "#/subjects/0" }],
    });
    if (swarm.drift.ok && swarm.drift.value)
      swarm.drift = ok({ ...swarm.drift.value, changes: [] });
    const { etag, changes } = await preview();
    expect(changes).toEqual([]);
    expect(await problemOf(await send(path, {}, { "if-match": etag }))).toMatchObject({
      slug: "not-adoptable",
    });
    expect((await swarm.ask(`${path}/preview?subjects=x`)).status).toBe(400);
  });

  it("say so where nothing is declared or nothing can be read (I8)", async () => {
    expect((await swarm.ask(`${path}/preview`)).status).toBe(404);
    const error = { reason: "rate_limited", detail: "asked to wait", retryAfterMs: 4000 } as const;
    swarm.drift = { ok: false, error };
    const response = await swarm.ask(`${path}/preview`);
    expect(response.headers.get("retry-after")).toBe("4");
    expect(await problemOf(response)).toMatchObject({
      slug: "unavailable",
      reason: "rate_limited",
    });
  });
});

describe("an incident", () => {
  it("is resolved by a person's word", async () => {
    const path = `/api/v1/incidents/${incidentAt(0).id}/resolution`;
    const reverted = await send(path, { decision: "revert" });
    expect(await reverted.json()).toMatchObject({
      decision: "revert",
      generation: null,
      changes: 1,
    });
    swarm.allIncidents = [{ ...incidentAt(0), drift: [] }];
    expect(await problemOf(await send(path, { decision: "revert" }))).toMatchObject({
      slug: "not-waiting",
    });
    expect((await send(path, { decision: "ignore" })).status).toBe(422);
    expect((await send("/api/v1/incidents/inc_1/resolution", { decision: "revert" })).status).toBe(
      404,
    );
  });
});
