import { beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../src/core/canonical.ts";
import { isScopeId, mint } from "../../../src/core/ids.ts";
import { err } from "../../../src/core/result.ts";
import { isBySandboxPerson } from "../../../src/edge/signing/sandbox-people.ts";
import { FakeSwarm, instantAt, NOW, problemOf, VOTER } from "./fake-swarm.ts";

let swarm: FakeSwarm;
beforeEach(() => {
  swarm = new FakeSwarm();
});

interface Agents {
  readonly items: readonly {
    readonly role: string;
    readonly voter: string | null;
    readonly standing: string | null;
    readonly keys: readonly { readonly status: string }[];
  }[];
  readonly strategy: string;
}
const agents = async (): Promise<Agents> => (await swarm.ask("/api/v1/agents")).json<Agents>();
const post = (what: string, token: string, body?: unknown): Promise<Response> =>
  swarm.ask(`/api/v1/agents/${encodeURIComponent(VOTER.id)}/${what}`, {
    method: "POST",
    token,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

describe("agents", () => {
  it("are listed with role, power, standing and keys", async () => {
    const { items, strategy } = await agents();
    expect(strategy).toBe("consensus_voting");
    expect(items.map(({ role, voter }) => [role, voter])).toEqual([
      ["sentinel", null],
      ["architect", null],
      ["auditor", VOTER.id],
      ["executor", null],
    ]);
    expect(items[2]).toMatchObject({ standing: "good", keys: [{ status: "in_force" }] });
  });

  it.each([
    [{ quarantinedSince: NOW }, { standing: "quarantined" }],
    [{ keys: [] }, { standing: "not_enrolled" }],
    [
      { keys: VOTER.keys.map((key) => ({ ...key, confirmedBy: ["ana"], countsSince: null })) },
      { standing: "waiting", keys: [{ status: "waiting", confirmed_by: ["ana"] }] },
    ],
    [
      { keys: VOTER.keys.map((key) => ({ ...key, retiredFrom: instantAt(60) })) },
      { keys: [{ status: "retiring" }] },
    ],
    [
      { keys: VOTER.keys.map((key) => ({ ...key, retiredFrom: NOW })) },
      { keys: [{ status: "retired" }] },
    ],
  ])("with %j show it", async (more, shown) => {
    swarm.roll = [{ ...VOTER, ...more }];
    expect((await agents()).items[2]).toMatchObject(shown);
  });

  it("page by whole scopes", async () => {
    const other = mint(isScopeId, "zone:other.example");
    const [row] = swarm.rows;
    if (row) swarm.rows = [row, { ...row, scope: other }];
    const first = await (
      await swarm.ask("/api/v1/agents?limit=1")
    ).json<{ next: string; items: object[] }>();
    expect(first.items).toHaveLength(4);
    const second = await swarm.ask(`/api/v1/agents?limit=1&cursor=${first.next}`);
    expect(await second.json()).toMatchObject({
      next: null,
      items: [{ scope: other }, {}, {}, {}],
    });
  });

  it("rotate when an operator asks, and say why not", async () => {
    const done = await post("rotation", "dev-operator");
    expect(await done.json()).toEqual({ voter: VOTER.id, key: digestOf("new") });
    expect((await post("rotation", "dev-approver-1")).status).toBe(403);
    swarm.rotated = err({ reason: "voter_in_quarantine" });
    expect(await problemOf(await post("rotation", "dev-operator"))).toMatchObject({
      slug: "register-refused",
      reason: "voter_in_quarantine",
    });
    const nobody = await swarm.ask("/api/v1/agents/policy@zone:nowhere.example/rotation", {
      method: "POST",
      token: "dev-operator",
    });
    expect(nobody.status).toBe(404);
  });

  it("show the keys that they ask with, and count by the word of an approver who has seen these", async () => {
    const of = `/api/v1/scopes/${VOTER.id.slice("policy@".length)}/voters`;
    const send = (path: string, token: string, body?: unknown): Promise<Response> =>
      swarm.ask(path, {
        method: "POST",
        token,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
    const [key] = VOTER.keys;
    const shown = await (await send(of, "dev-operator")).json();
    expect(shown).toMatchObject({
      items: [{ voter: VOTER.id, key: key?.id, standing: "in_force", people_needed: 2 }],
    });
    const keys = [{ voter: VOTER.id, key: key?.id }];
    const word = `${of}/confirmation`;
    expect((await send(word, "dev-operator", { keys })).status).toBe(403);
    const other = [{ voter: VOTER.id, key: digestOf("of somebody else") }];
    expect(await problemOf(await send(word, "dev-approver-1", { keys: other }))).toMatchObject({
      slug: "register-refused",
      reason: "another_key",
    });
    expect(swarm.seated).toEqual([]);
    expect((await send(word, "dev-approver-1", { keys })).status).toBe(200);
    expect(swarm.seated.map(({ introduction }) => introduction.voter)).toEqual([VOTER.id]);
    expect(swarm.rulings[0]?.ruling).toMatchObject({ what: "confirm_keys", by: "dev-approver-1" });
    const challenge = await send(`${word}/challenge`, "dev-approver-1", { keys });
    expect(await challenge.json()).toMatchObject({ statement: {}, public_key: {} });
  });

  it("are reinstated by what an approver signed about this very quarantine", async () => {
    const done = await post("reinstatement", "dev-approver-1", { quarantined_since: NOW });
    expect(await done.json()).toEqual({ voter: VOTER.id });
    const [signed] = swarm.rulings;
    if (signed?.attestation.type !== "key") throw new Error("is not signed");
    expect(signed.ruling).toMatchObject({
      subject: VOTER.id,
      digest: digestOf(NOW),
      by: "dev-approver-1",
    });
    expect(await isBySandboxPerson("ruling/v1", signed.ruling, signed.attestation)).toBe(true);
    expect((await post("reinstatement", "dev-operator", { quarantined_since: NOW })).status).toBe(
      403,
    );
  });
});
