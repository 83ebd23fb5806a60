import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { SignedBallot } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf, isScopeId, mint } from "../../src/core/ids.ts";
import { voterIdOf } from "../../src/core/orchestration.ts";
import type { RegisterPort, ReleaseRequest, VaultPort } from "../../src/core/ports.ts";
import { keyIdOf, signedBytes } from "../../src/core/signing.ts";
import { isChain } from "../../src/core/voter-register.ts";
import { type KeyPair, newSeeds, openKeyPair, verify } from "../../src/edge/signing/key-pair.ts";
import { signAsSandboxPerson } from "../../src/edge/signing/sandbox-people.ts";
import { stolenKey } from "../support/stolen.ts";
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
import golden from "../../examples/harbor-books.example.yaml?raw";

const SCOPE = mint(isScopeId, BOOKS.scope);
const register = env.REGISTER as unknown as RegisterPort;
const vault = env.VAULT as unknown as VaultPort;
const voter = (check: string) => voterIdOf(check, SCOPE);

interface Agent {
  readonly role: string;
  readonly voter: string | null;
  readonly standing: string | null;
  readonly quarantined_since: string | null;
  readonly keys: readonly {
    readonly id: string;
    readonly status: string;
    readonly suite: string;
  }[];
}
const agents = async (): Promise<readonly Agent[]> =>
  (await apiJson<{ items: Agent[] }>(`/api/v1/agents?scope=${encodeURIComponent(SCOPE)}`)).items;
const agent = async (check: string): Promise<Agent | undefined> =>
  (await agents()).find((one) => one.voter === voter(check));

const stolen = (check: string): Promise<KeyPair> => stolenKey(voter(check));

/** What an auditor has signed, newest first. */
async function ballots(check: string): Promise<readonly SignedBallot[]> {
  const stub = env.AUDITOR.getByName(voter(check));
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ signed: string }>("select signed from ballot order by epoch desc")
      .toArray()
      .map(({ signed }) => JSON.parse(signed) as SignedBallot),
  );
}

const sign = async (keys: KeyPair, ballot: SignedBallot["ballot"]): Promise<SignedBallot> => ({
  ballot,
  signature: await keys.sign(signedBytes("ballot/v2", ballot)),
});

/** Somebody edits a record; the swarm puts it back. */
async function heal(content: string): Promise<string | undefined> {
  const found = await record("A", "bastion.harbor-books.example");
  await cloudflare("PATCH", `/zones/${BOOKS.zoneId}/dns_records/${found?.id}`, {
    body: { content },
  });
  await reconcile();
  return (await runs())[0]?.phase;
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  const put = await putGolden(golden);
  if (!put.ok) throw new Error(await put.text());
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

describe("the electorate", () => {
  it("has four voters, each with keys that it made itself and the register entered", async () => {
    expect(await heal("203.0.113.77")).toBe("verified");
    const voting = (await agents()).filter((one) => one.voter !== null);
    expect(voting.map(({ role, standing, keys }) => [role, standing, keys.length])).toEqual([
      ["auditor", "good", 1],
      ["auditor", "good", 1],
      ["auditor", "good", 1],
      ["reviewer", "good", 1],
    ]);
    expect(new Set(voting.flatMap(({ keys }) => keys.map(({ id }) => id))).size).toBe(4);
  });

  it("stands in a register that anybody can verify: one chain, every entry signed by the root key", async () => {
    const [entries, root] = await Promise.all([register.entries(SCOPE), register.rootKeys()]);
    expect(entries.length).toBeGreaterThanOrEqual(4);
    expect(isChain(entries.map(({ entry }) => entry))).toBe(true);
    for (const { entry, signature } of entries) {
      expect(await verify(signedBytes("register/v1", entry), signature, root)).toBe(true);
      const other = { ...entry, at: instantOf("2026-01-01T00:00:00Z") };
      expect(await verify(signedBytes("register/v1", other), signature, root)).toBe(false);
    }
  });

  it("rotates a voter's keys with an overlap, and goes on healing under the new ones", async () => {
    const path = `/api/v1/agents/${encodeURIComponent(voter("simulation"))}/rotation`;
    const { key } = await apiJson<{ key: string }>(path, "dev-operator", { method: "POST" });
    expect((await agent("simulation"))?.keys.map(({ status }) => status)).toEqual([
      "retiring",
      "in_force",
    ]);
    expect(await heal("203.0.113.78")).toBe("verified");
    expect((await ballots("simulation"))[0]?.ballot.key).toBe(key);
  });
});

describe("an insider with one auditor's key", () => {
  it("cannot introduce keys for another voter, nor for itself a second time without the old ones", async () => {
    const [mine, fresh] = [await stolen("policy"), await openKeyPair(newSeeds())];
    for (const check of ["simulation", "conformance", "reviewer", "nobody"]) {
      const introduction = {
        version: 1,
        scope: SCOPE,
        voter: voter(check),
        keys: fresh.publicKeys,
        at: instantOf(new Date().toISOString()),
      } as const;
      const bytes = signedBytes("introduction/v1", introduction);
      const vouching = { key: keyIdOf(mine.publicKeys), signature: await mine.sign(bytes) };
      const proof = await fresh.sign(bytes);
      const refused = await register.introduce({ introduction, proof, vouching });
      expect(refused).toMatchObject({ ok: false });
      const asked = await register.introduce({ introduction, proof, vouching: null });
      // Asking is for everybody. What was asked waits for people, and changes nothing for the voter.
      if (check === "nobody") expect(asked).toMatchObject({ ok: false });
      else expect(asked).toMatchObject({ value: { standing: "waiting" } });
    }
    expect(await heal("203.0.113.80")).toBe("verified");
    for (const { keys } of (await agents()).filter((one) => one.voter !== null))
      expect(
        keys.at(-1)?.id !== keyIdOf(fresh.publicKeys) || keys.at(-1)?.status === "waiting",
      ).toBe(true);
  });

  it("cannot execute: not with its own ballot alone, nor with ballots that it signs for others", async () => {
    const mine = await stolen("policy");
    const [real] = await ballots("policy");
    const [run] = await runs();
    if (!real || !run) throw new Error("nothing has happened yet");
    const motion = { ...real.ballot, epoch: real.ballot.epoch + 100 };
    const forged = await Promise.all(
      ["simulation", "policy", "conformance"].map((check) =>
        sign(mine, { ...motion, voter: voter(check), key: keyIdOf(mine.publicKeys) }),
      ),
    );
    const before = (await vaultWrites()).length;
    const plan = await planOf(run.id);
    for (const cast of [[], forged.slice(1, 2), forged]) {
      const request: ReleaseRequest = {
        plan: { ...plan, epoch: motion.epoch },
        motion,
        ballots: cast,
        approvals: [],
        permit: null,
      };
      expect(await vault.release(request)).toMatchObject({ outcome: "refused" });
    }
    expect((await vaultWrites()).length).toBe(before);
  });

  it("cannot replay a certificate: what was carried out is not carried out again", async () => {
    const [run] = await runs();
    const cast = await Promise.all(
      ["simulation", "policy", "conformance"].map(async (check) => (await ballots(check))[0]),
    );
    const [first] = cast;
    if (!run || !first) throw new Error("nothing has happened yet");
    const before = (await vaultWrites()).length;
    const request: ReleaseRequest = {
      plan: await planOf(run.id),
      motion: first.ballot,
      ballots: cast.flatMap((one) => one ?? []),
      approvals: [],
      permit: null,
    };
    await vault.release(request);
    expect((await vaultWrites()).length).toBe(before);
  });

  it("cannot approve: a voter's signature is no person's", async () => {
    const mine = await stolen("policy");
    const ruling = {
      version: 1,
      what: "reinstate_voter",
      subject: voter("policy"),
      digest: digestOf(null),
      by: "dev-approver-1",
      at: instantOf(new Date().toISOString()),
      expiresAt: instantOf(new Date(Date.now() + 60_000).toISOString()),
      nonce: "0".repeat(32),
    } as const;
    const signature = await mine.sign(signedBytes("ruling/v1", ruling));
    const attestation = { type: "key", key: keyIdOf(mine.publicKeys), signature } as const;
    expect(await register.reinstate(SCOPE, { ruling, attestation })).toMatchObject({
      error: { reason: "ruling_not_signed" },
    });
  });

  it("cannot vote twice: it is caught, nothing it says counts, and a person lets it back", async () => {
    const mine = await stolen("policy");
    const [real] = await ballots("policy");
    if (!real) throw new Error("has not voted yet");
    const other = await sign(mine, { ...real.ballot, planDigest: digestOf("another plan") });
    await register.hear(SCOPE, [other]);
    const caught = await agent("policy");
    expect(caught?.standing).toBe("quarantined");
    // Every plan needs its yes, so nothing is written until somebody has looked.
    const before = (await vaultWrites()).length;
    expect(await heal("203.0.113.79")).toBe("rejected");
    expect((await vaultWrites()).length).toBe(before);
    expect((await runs())[0]?.because).toMatchObject({ reason: "voter_quarantined" });
    const path = `/api/v1/agents/${encodeURIComponent(voter("policy"))}/reinstatement`;
    const ask = (quarantined_since: string | null | undefined) =>
      api(path, "dev-approver-1", {
        method: "POST",
        body: JSON.stringify({ quarantined_since }),
        headers: { "content-type": "application/json" },
      });
    expect((await ask("2026-01-01T00:00:00.000Z")).status).toBe(409);
    expect((await ask(caught?.quarantined_since)).status).toBe(200);
    expect((await agent("policy"))?.standing).toBe("good");
    const types = (await apiRecord()).filter((type) => /equivocation|reinstatement/.test(type));
    expect(types).toEqual(["equivocation", "reinstatement"]);
  });

  it("cannot be told by a signature that is not its own that it voted twice", async () => {
    const stranger = await openKeyPair(newSeeds());
    const [real] = await ballots("conformance");
    if (!real) throw new Error("has not voted yet");
    await register.hear(SCOPE, [
      await sign(stranger, { ...real.ballot, planDigest: digestOf("x") }),
    ]);
    expect((await agent("conformance"))?.standing).toBe("good");
    // The person's key of a sandbox is no voter's either.
    const person = await signAsSandboxPerson("dev-operator", "ballot/v2", real.ballot);
    await register.hear(SCOPE, [
      { ballot: { ...real.ballot, vote: "no" }, signature: person.signature },
    ]);
    expect((await agent("conformance"))?.standing).toBe("good");
  });
});

/** The plan of a run, from its own storage. */
async function planOf(id: string): Promise<ReleaseRequest["plan"]> {
  return runInDurableObject(
    env.RUN.getByName(id),
    (_, { storage }) =>
      JSON.parse(
        storage.sql.exec<{ plan: string }>("select plan from run").one().plan,
      ) as ReleaseRequest["plan"],
  );
}

async function apiRecord(): Promise<readonly string[]> {
  const log = env.LOG as unknown as {
    read(query: {
      after: number;
      limit: number;
      waitMs: number;
    }): Promise<readonly { type: string }[]>;
    latest(): Promise<number>;
  };
  const types: string[] = [];
  for (let after = -1; after < (await log.latest());) {
    const page = await log.read({ after, limit: 500, waitMs: 0 });
    types.push(...page.map(({ type }) => type));
    after += page.length;
  }
  return types;
}
