import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { verifyEvidence } from "../../cli/verify-evidence.ts";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { registerOf } from "../../durable-objects/bindings.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf } from "../../src/core/ids.ts";
import type { Authenticator } from "../support/authenticator.ts";
import { plantRogues } from "../support/certified.ts";
import { type Asked, json, type Passkey, post, registered, slug } from "../support/people.ts";
import {
  api,
  apiJson,
  BOOKS,
  control,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

async function waiting(): Promise<{ id: string; plan_digest: string }> {
  await reconcile();
  return vi.waitFor(
    async () => {
      const [run] = await runs();
      expect(run?.phase).toBe("awaiting_approval");
      if (!run) throw new Error("there is no run");
      return run;
    },
    { timeout: 10_000 },
  );
}

let run: { id: string; plan_digest: string };
let ana: Authenticator;
const word = () => ({ digest: run.plan_digest, verdict: "approve" });
const path = () => `/api/v1/runs/${run.id}/approvals`;

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await plantRogues("passkey");
  await control("DELETE", "/journal");
  run = await waiting();
});

describe("a passkey", () => {
  it("is registered by its person and counts once a second one has confirmed it", async () => {
    ana = await registered("dev-approver-1");
    const confirmation = `/api/v1/passkeys/${ana.id}/confirmation`;
    expect(await slug(post(confirmation, "dev-approver-1"))).toBe("passkey-refused");
    expect((await post(confirmation, "dev-viewer")).status).toBe(403);
    const asked = await json<Asked>(post(`${path()}/challenge`, "dev-approver-1", word()));
    expect(asked.public_key.allowCredentials).toEqual([]);
    const confirmed = await json<Passkey>(post(confirmation, "dev-operator"));
    expect(confirmed.confirmed_by).toBe("dev-operator");
    const { items } = await apiJson<{ items: Passkey[] }>("/api/v1/passkeys");
    expect(items.map(({ person, confirmed_by }) => [person, confirmed_by])).toEqual([
      ["dev-approver-1", "dev-operator"],
    ]);
  });

  it("is confirmed by signature from the second one on", async () => {
    const bo = await registered("dev-approver-2");
    const { statement, public_key } = await json<Asked>(
      post(`/api/v1/passkeys/${bo.id}/confirmation/challenge`, "dev-approver-1"),
    );
    const good = await ana.sign({ challenge: public_key.challenge });
    const foreign = await bo.sign({ challenge: public_key.challenge });
    const confirm = (assertion: object) =>
      post(`/api/v1/passkeys/${bo.id}/confirmation`, "dev-approver-1", {
        signed: { statement, assertion },
      });
    expect(await slug(confirm(foreign))).toBe("signature-invalid");
    expect((await json<Passkey>(confirm(good))).confirmed_by).toBe("dev-approver-1");
  });

  it("does not approve with a signature over anything else, for anybody else, or by a copy", async () => {
    const { statement, public_key } = await json<Asked>(
      post(`${path()}/challenge`, "dev-approver-1", word()),
    );
    const { challenge } = public_key;
    const give = (assertion: object, more: object = {}, token = "dev-approver-1") =>
      slug(post(path(), token, { ...word(), signed: { statement, assertion }, ...more }));
    expect(await give(await ana.sign({ challenge }), { verdict: "deny" })).toBe(
      "signature-invalid",
    );
    expect(await give(await ana.sign({ challenge }), {}, "dev-approver-2")).toBe(
      "signature-invalid",
    );
    expect(await give(await ana.sign({ challenge, verified: false }))).toBe("signature-invalid");
    expect(await give(await ana.sign({ challenge, origin: "https://evil.example" }))).toBe(
      "signature-invalid",
    );
    expect(await give(await ana.sign({ challenge, counter: 1 }))).toBe("signature-invalid");
    expect((await runs())[0]?.phase).toBe("awaiting_approval");
    expect(await vaultWrites()).toEqual([]);
  });

  it("approves the plan whose digest it signed, and the vault takes it by the signature", async () => {
    const { statement, public_key } = await json<Asked>(
      post(`${path()}/challenge`, "dev-approver-1", word()),
    );
    expect(public_key.allowCredentials).toEqual([{ type: "public-key", id: ana.id }]);
    const assertion = await ana.sign({ challenge: public_key.challenge, counter: 50 });
    const given = { ...word(), signed: { statement, assertion } };
    await json(post(path(), "dev-approver-1", given));
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("verified"), {
      timeout: 15_000,
    });
    expect((await vaultWrites()).length).toBeGreaterThan(0);
    // Spent: the run is over, and for another plan it is no signature.
    expect(await slug(post(path(), "dev-approver-1", given))).toBe("run-finished");
  });

  it("stays what the approval is verified by, offline, when it has been taken away", async () => {
    const verified = async () => {
      const to = new Date(Date.now() + 60_000).toISOString();
      const { files } = await json<{ files: { path: string; text: string }[] }>(
        post("/api/v1/evidence", "dev-viewer", { from: "2026-01-01", to, sample: 50 }),
      );
      const bytes = new Map(
        files.map(({ path: name, text }) => [name, new TextEncoder().encode(text)]),
      );
      const source = {
        name: "a bundle",
        list: () => Promise.resolve([...bytes.keys()]),
        read: (name: string) => Promise.resolve(bytes.get(name) ?? null),
      };
      const { problems, seals } = await verifyEvidence({ source, trust: null });
      return { problems, byPasskey: seals.approvals - seals.sandbox };
    };
    const before = await verified();
    expect(before.problems).toEqual([]);
    expect(before.byPasskey).toBeGreaterThan(0);
    expect(
      (await api(`/api/v1/passkeys/${ana.id}`, "dev-operator", { method: "DELETE" })).status,
    ).toBe(200);
    expect(await verified()).toEqual(before);
  });

  it("counts no more when it is taken away", async () => {
    const asked = await json<Asked>(post(`${path()}/challenge`, "dev-approver-1", word()));
    expect(asked.public_key.allowCredentials).toEqual([]);
  });

  it("is not confirmed by word again when all of them were taken away", async () => {
    const { items } = await apiJson<{ items: Passkey[] }>("/api/v1/passkeys");
    for (const { id } of items)
      expect(
        (await api(`/api/v1/passkeys/${id}`, "dev-operator", { method: "DELETE" })).status,
      ).toBe(200);
    const stolen = await registered("dev-approver-1");
    const register = registerOf(env);
    const known = (await register.passkeys()).find(({ id }) => id === stolen.id);
    // Without a signature, which the people of a sandbox always have.
    const byWord = await register.confirmPasskey(stolen.id, {
      ruling: {
        version: 1,
        what: "confirm_passkey",
        subject: stolen.id,
        digest: digestOf(known?.publicKey ?? null),
        by: "dev-operator",
        at: instantOf("2026-11-20T12:00:00Z"),
        expiresAt: instantOf("2099-01-01T00:00:00Z"),
        nonce: "0".repeat(32),
      },
      attestation: null,
    });
    expect(byWord).toMatchObject({ ok: false, error: { reason: "confirmation_not_signed" } });
    const left = await apiJson<{ items: Passkey[] }>("/api/v1/passkeys");
    expect(left.items.map(({ confirmed_by }) => confirmed_by)).toEqual([null]);
  });
});
