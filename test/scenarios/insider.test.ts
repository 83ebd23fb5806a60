/** Somebody who holds one agent's key and can call every internal method: what that is worth (T7). */
import { env, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import {
  logOf,
  reconcilerOf,
  registerOf,
  runOf,
  vaultOf,
  voterOf,
} from "../../durable-objects/bindings.ts";
import { withoutVoice } from "../../durable-objects/seating.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { ENTRY_TYPES } from "../../src/core/entry-types/registry.ts";
import { instantOf, isScopeId, isVoterId, mint, runIdOf } from "../../src/core/ids.ts";
import type { Entry } from "../../src/core/log/entry.ts";
import { permitterOf } from "../../src/core/permit.ts";
import type { ReleaseRequest, RunStart } from "../../src/core/ports.ts";
import { keyIdOf, signedBytes } from "../../src/core/signing.ts";
import { seatingDigest } from "../../src/core/voter-register.ts";
import { type KeyPair, newSeeds, openKeyPair } from "../../src/edge/signing/key-pair.ts";
import * as swarmWorker from "../../src/index.ts";
import * as vaultWorker from "../../src/vault.ts";
import { certified, plantRogues, signedBy } from "../support/certified.ts";
import { BOOKS, control, putGolden, runs, settled, tick, vaultWrites } from "../support/world.ts";

const SCOPE = mint(isScopeId, BOOKS.scope);
const ME = mint(isVoterId, `simulation@${BOOKS.scope}`);
let key: KeyPair;
let request: ReleaseRequest;
const vault = vaultOf(env);

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await plantRogues("rogue");
  await control("DELETE", "/journal");
  request = await certified();
  const { stored } = await runInDurableObject(env.AUDITOR.getByName(ME), (_, { storage }) =>
    storage.sql.exec<{ stored: string }>("select stored from key order by position desc").one(),
  );
  key = await openKeyPair(JSON.parse(stored).seeds);
});

type Signed = ReleaseRequest["ballots"][number];
const mine = (): Signed => {
  const [found] = request.ballots.filter(({ ballot }) => ballot.voter === ME);
  if (!found) throw new Error("the insider has not voted");
  return found;
};
/** Anything, signed with the one key. */
const signed = async (change: object): Promise<Signed> => {
  const ballot = { ...mine().ballot, ...change } as Signed["ballot"];
  return { ballot, signature: await key.sign(signedBytes("ballot/v2", ballot)) };
};
const refusal = async (change: Partial<ReleaseRequest>): Promise<string> => {
  const report = await vault.release({ ...request, ...change });
  expect(await vaultWrites()).toEqual([]);
  if (report.outcome !== "refused") return report.outcome;
  const { refusal: why } = report;
  return "detail" in why && why.reason === "certificate_invalid" ? why.detail : why.reason;
};

/** What a call throws, or that it does not: a rejected RPC promise has to be looked at at once. */
const thrown = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return "nothing";
  } catch (fault) {
    return String(fault);
  }
};

/**
 * Every public method of every object and entrance, and what a call of it is worth to somebody inside. A new one has to be
 * thought about here.
 *
 * - `reads`: changes nothing.
 * - `signed`: takes what is signed, and looks at the signature.
 * - `judged`: sets something going that voters and the vault judge like everything else.
 * - `tells`: says something that is kept under the swarm's name, or takes something away from the swarm.
 * - `vault`: of the vault's own objects, which no binding of the swarm leads to.
 */
type Worth = "reads" | "signed" | "judged" | "tells" | "vault";
const OFFERED: Readonly<Record<string, Readonly<Record<string, Worth>>>> = {
  VaultRpc: { release: "signed", revert: "judged", close: "tells", tokenIds: "reads" },
  LogRpc: {
    append: "tells",
    shards: "reads",
    latest: "reads",
    read: "reads",
    proof: "reads",
    anchored: "reads",
    keys: "reads",
    notary: "reads",
    erase: "tells",
    object: "reads",
  },
  PolicyRpc: {
    active: "reads",
    version: "reads",
    versions: "reads",
    propose: "judged",
    consent: "signed",
  },
  RegisterRpc: {
    introduce: "signed",
    confirmKeys: "signed",
    hear: "signed",
    reinstate: "signed",
    roll: "reads",
    entries: "reads",
    rootKeys: "reads",
    attests: "reads",
    relyingParty: "reads",
    passkeys: "reads",
    formerPasskeys: "reads",
    registerPasskey: "signed",
    confirmPasskey: "signed",
    revokePasskey: "tells",
  },
  Vault: { release: "vault", revert: "vault", close: "vault", heed: "vault" },
  TokenSafe: {
    lend: "vault",
    giveBack: "vault",
    tokenIds: "vault",
    fetch: "vault",
    alarm: "vault",
  },
  AuditLog: {
    append: "vault",
    latest: "vault",
    enrol: "vault",
    shards: "vault",
    known: "vault",
    admit: "vault",
    admitted: "vault",
    anchored: "vault",
    read: "vault",
    proof: "vault",
    keys: "vault",
    notary: "vault",
    erase: "vault",
    object: "vault",
  },
  PolicyRegister: {
    active: "vault",
    version: "vault",
    versions: "vault",
    propose: "vault",
    consent: "vault",
  },
  Register: {
    introduce: "vault",
    confirmKeys: "vault",
    hear: "vault",
    reinstate: "vault",
    roll: "vault",
    entries: "vault",
    rootKeys: "vault",
    attests: "vault",
    relyingParty: "vault",
    passkeys: "vault",
    formerPasskeys: "vault",
    registerPasskey: "vault",
    confirmPasskey: "vault",
    revokePasskey: "vault",
  },
  Auditor: { vote: "judged", permit: "judged", rotate: "signed", enrol: "signed" },
  Reviewer: { vote: "judged", permit: "reads", rotate: "signed", enrol: "signed" },
  Run: { begin: "judged", poke: "judged", overtake: "tells", approve: "signed" },
  Reconciler: {
    adopt: "tells",
    wake: "judged",
    golden: "reads",
    generation: "reads",
    putGolden: "judged",
    facts: "reads",
    holds: "reads",
    placeHold: "tells",
    extendHold: "tells",
    endHold: "judged",
    guardrails: "reads",
    guard: "judged",
    incidentOpened: "tells",
    incidentClosed: "judged",
    drifted: "reads",
    revertRouted: "judged",
    rehearse: "reads",
    zonePlan: "reads",
    view: "reads",
    live: "reads",
    runFinished: "tells",
  },
  Architect: { onStart: "judged", ask: "judged", intent: "reads", decide: "judged" },
  Sentinel: { hint: "judged", traffic: "reads", unlogged: "reads", counted: "reads" },
  ChangeFeed: { onStart: "judged", watch: "judged" },
  // A sum of failures that never were, or that settings were others than they are: an entry in the swarm's own name.
  Door: { turnedAway: "tells", configured: "tells" },
  Governor: { acquire: "tells" },
  // What it has learned can only make people look (I13).
  LessonBook: {
    onStart: "tells",
    learn: "tells",
    experience: "reads",
    keys: "reads",
    trust: "tells",
    distrust: "tells",
    exported: "reads",
    take: "signed",
    lift: "tells",
  },
  Watch: { runBegan: "tells", runEnded: "tells", inFlight: "reads", admit: "tells" },
};
type Classes = Readonly<Record<string, { readonly prototype?: object } | undefined>>;
const CLASSES: Classes = {
  ...(swarmWorker as unknown as Classes),
  ...(vaultWorker as unknown as Classes),
};
/** Names of a class's public methods. */
const methodsOf = (name: string): string[] =>
  Object.getOwnPropertyNames(CLASSES[name]?.prototype ?? {}).filter((one) => one !== "constructor");

describe("one agent's key", () => {
  it("finds no other object and no other entrance", () =>
    expect(
      Object.keys(CLASSES)
        .filter((name) => name !== "default")
        .toSorted(),
    ).toEqual(Object.keys(OFFERED).toSorted()));

  it.each(Object.keys(OFFERED))("finds no method at %s but the ones that are named here", (name) =>
    expect(methodsOf(name).toSorted()).toEqual(Object.keys(OFFERED[name] ?? {}).toSorted()),
  );

  it("reaches none of the vault's own objects: no binding of the swarm leads there", async () => {
    for (const name of ["TOKEN_SAFE", "AUDIT_LOG", "POLICY_REGISTER"])
      expect(Object.keys(env)).not.toContain(name);
    const entrance = env.VAULT as unknown as { heed(hold: object): Promise<unknown> };
    expect(await thrown(() => entrance.heed({}))).toMatch(/does not implement|not a function/);
  });

  it("is the key that the vault knows, so everything here is signed as well as it can be", async () =>
    expect(mine().ballot.key).toBe(keyIdOf(key.publicKeys)));

  it("cannot execute: one voice is no quorum, however often and in whose name it is raised", async () => {
    const others = request.ballots.filter(({ ballot }) => ballot.voter !== ME);
    expect(await refusal({ ballots: [await signed({})] })).toBe("quorum_missed");
    expect(await refusal({ ballots: [mine(), mine(), mine()] })).toBe("voted_twice");
    const named = await Promise.all(others.map(({ ballot }) => signed({ voter: ballot.voter })));
    expect(await refusal({ ballots: [mine(), ...named] })).toBe("key_not_in_force");
    const forged = await Promise.all(
      others.map(({ ballot: { voter, key: theirs } }) => signed({ voter, key: theirs })),
    );
    expect(await refusal({ ballots: [mine(), ...forged] })).toBe("bad_signature");
    expect(await refusal({ ballots: [mine(), await signed({ voter: "nobody" })] })).toMatch(
      /unknown_voter/,
    );
  });

  it("cannot execute a plan of its own: the others have not seen it", async () => {
    const plan = { ...request.plan, epoch: request.plan.epoch + 1 };
    expect(await refusal({ plan })).toBe("another_certificate");
    const ballots = await Promise.all(
      request.ballots.map(({ ballot: { voter } }) => signed({ voter, epoch: plan.epoch })),
    );
    expect(await refusal({ plan, ballots })).toBe("plan_digest_mismatch");
  });

  it("cannot lower the risk that another voter saw", async () => {
    const ballots = [
      ...request.ballots.filter(({ ballot }) => ballot.voter !== ME),
      await signed({ tier: 0 }),
    ];
    expect(await refusal({ ballots })).toBe("approval_missing");
  });

  it("cannot approve: neither as a person, nor as itself, nor with words of a person's", async () => {
    const approval = (await signedBy("dev-approver-1", request)).approval;
    const forge = async (by: string) => {
      const said = { ...approval, by };
      const attestation = {
        type: "key",
        key: keyIdOf(key.publicKeys),
        signature: await key.sign(signedBytes("approval/v1", said)),
      } as const;
      return [{ approval: said, attestation }];
    };
    for (const by of ["dev-approver-1", "dev-operator", ME, "vault", "nobody"])
      expect(["approval_not_signed", "not_distinct"]).toContain(
        await refusal({ approvals: await forge(by) }),
      );
    const elsewhere = await signedBy("dev-approver-1", request, {
      planDigest: digestOf("another"),
    });
    const spliced = { approval, attestation: elsewhere.attestation };
    expect(await refusal({ approvals: [spliced] })).toBe("approval_not_signed");
    // The run takes no word that is not signed, either.
    const [run] = await runs();
    const answer = await runOf(env, run?.id as never)
      .approve({ approval, attestation: (await forge("dev-approver-1"))[0]?.attestation } as never)
      .catch((fault: unknown) => ({ ok: false, error: fault }));
    if (answer.ok) expect(await refusal({})).toBe("approval_missing");
    expect(await vaultWrites()).toEqual([]);
  });

  it("cannot vote twice: its own object gives no second ballot for an epoch", async () => {
    const again = await voterOf(env, ME).vote(request.motion);
    expect(again).toEqual(mine());
    const other = {
      ...request.motion,
      planDigest: digestOf("another"),
      dossierDigest: digestOf("x"),
    };
    expect(await thrown(() => voterOf(env, ME).vote(other))).toMatch(/voted/);
  });

  it("cannot replay: a ballot is for one plan and one epoch", async () => {
    const others = request.ballots.filter(({ ballot }) => ballot.voter !== ME);
    const older = await signed({ epoch: request.plan.epoch - 1 });
    expect(await refusal({ ballots: [...others, older] })).toBe("another_certificate");
  });

  it("cannot make keys count: neither another voter's, nor without the vault", async () => {
    const keys = await openKeyPair(newSeeds());
    const at = instantOf(new Date().toISOString());
    const voter = mint(isVoterId, `policy@${BOOKS.scope}`);
    const introduction = { version: 1, scope: SCOPE, voter, keys: keys.publicKeys, at } as const;
    const bytes = signedBytes("introduction/v1", introduction);
    const vouching = { key: keyIdOf(key.publicKeys), signature: await key.sign(bytes) };
    const proof = await keys.sign(bytes);
    expect(await registerOf(env).introduce({ introduction, proof, vouching })).toMatchObject({
      ok: false,
      error: { reason: "nobody_vouches" },
    });
    // Anybody may ask for a seat. It waits for people, and no ballot that is signed with it counts.
    const asked = await registerOf(env).introduce({ introduction, proof, vouching: null });
    expect(asked).toMatchObject({ ok: true, value: { standing: "waiting" } });
    const ballot = { ...mine().ballot, voter, key: keyIdOf(keys.publicKeys) } as Signed["ballot"];
    const cast = { ballot, signature: await keys.sign(signedBytes("ballot/v2", ballot)) };
    const others = request.ballots.filter((one) => one.ballot.voter !== voter);
    expect(await refusal({ ballots: [...others, cast] })).toBe("key_not_confirmed");
    // Nor can it say that people have signed.
    const ruling = {
      version: 1,
      what: "confirm_keys",
      subject: SCOPE,
      digest: seatingDigest([{ voter, key: keyIdOf(keys.publicKeys) }]),
      by: "dev-approver-1",
      at,
      expiresAt: instantOf(new Date(Date.now() + 60_000).toISOString()),
      nonce: "ab".repeat(16),
    } as const;
    const signature = await key.sign(signedBytes("ruling/v1", ruling));
    const attestation = { type: "key", key: keyIdOf(key.publicKeys), signature } as const;
    const introductions = [{ introduction, proof, vouching: null }];
    expect(
      await registerOf(env).confirmKeys(SCOPE, introductions, { ruling, attestation }),
    ).toMatchObject({ ok: false, error: { reason: "ruling_not_signed" } });
    expect(await refusal({ ballots: [...others, cast] })).toBe("key_not_confirmed");
  });

  it("cannot take a seat by asking for it first: the seat is the voter's that people signed for", async () => {
    const scope = mint(isScopeId, "zone:harbor-status.example");
    const voter = mint(isVoterId, `policy@${scope}`);
    const keys = await openKeyPair(newSeeds());
    const at = instantOf(new Date().toISOString());
    const introduction = { version: 1, scope, voter, keys: keys.publicKeys, at } as const;
    const proof = await keys.sign(signedBytes("introduction/v1", introduction));
    expect(await registerOf(env).roll(scope)).toMatchObject([{ keys: [] }, {}, {}, {}]);
    await registerOf(env).introduce({ introduction, proof, vouching: null });
    expect(await withoutVoice(env, scope)).toEqual([]);
    const roll = await registerOf(env).roll(scope);
    const [first, seated] = roll.find(({ id }) => id === voter)?.keys ?? [];
    expect(first).toMatchObject({ id: keyIdOf(keys.publicKeys), countsSince: null });
    expect(first?.retiredFrom).not.toBeNull();
    expect(seated).toMatchObject({ confirmedBy: ["dev-approver-1", "dev-approver-2"] });
    expect(seated?.countsSince).not.toBeNull();
    expect(await registerOf(env).introduce({ introduction, proof, vouching: null })).toMatchObject({
      ok: false,
      error: { reason: "keys_known_before" },
    });
  });

  it("cannot mint, and gets no credential: nothing that it can call makes or returns one", async () => {
    expect(Object.keys(env)).not.toContain("TOKEN_SAFE");
    expect(Object.keys(env)).not.toContain("AUDIT_LOG");
    const answers = [
      await vault.tokenIds("8d6e3f0a5c1b4927a0f4c2d9b7e61835"),
      await vault.tokenIds("../../user"),
      await vault.revert(SCOPE, request.motion.planDigest),
      await vault.release(request),
    ];
    expect(JSON.stringify(answers)).not.toMatch(/sandbox-vault|cf[au]t_/);
    expect(await vaultWrites()).toEqual([]);
  });

  it("cannot take back what was never released, nor anything of another scope", async () => {
    expect(await vault.revert(SCOPE, digestOf("never"))).toEqual({ outcome: "reverted", steps: 0 });
    expect(await vault.revert("nothing" as never, digestOf("x"))).toMatchObject({
      outcome: "stuck",
    });
    await vault.close("nothing" as never, digestOf("x"));
    expect(await vaultWrites()).toEqual([]);
  });

  it("cannot speak for the vault in the record", async () => {
    const entry: Entry = {
      id: "forged",
      type: "write",
      scope: BOOKS.scope,
      at: instantOf(new Date().toISOString()),
      actor: "vault",
      data: {},
    };
    const vaultOnly = Object.entries(ENTRY_TYPES).flatMap(([type, { vaultOnly: only }]) =>
      only ? [type] : [],
    );
    expect(vaultOnly).toEqual(expect.arrayContaining(["write", "write_result", "revert", "token"]));
    for (const type of [...vaultOnly, "unheard_of"]) {
      const forged = { ...entry, type: type as Entry["type"], id: `forged ${type}` };
      expect(await thrown(() => logOf(env).append([forged]))).toContain("only the vault");
    }
  });

  it("cannot erase evidence: personal data alone is gone, and the record says by whose word", async () => {
    const recorded = await logOf(env).read({ after: 0, limit: 1_000, waitMs: 0 });
    const plan = recorded.find(({ attached }) => attached?.["plan"] !== undefined);
    const digest = plan?.attached?.["plan"]?.digest;
    if (digest === undefined) throw new Error("no plan was recorded");
    await logOf(env).erase({ digest, by: "insider", at: instantOf(new Date().toISOString()) });
    expect(await env.RECORD.head(`evidence/${digest.slice(7)}.json`)).not.toBeNull();
    const after = await logOf(env).read({ after: 0, limit: 1_000, waitMs: 0 });
    expect(after.at(-1)).toMatchObject({ type: "erasure", actor: "insider", data: { digest } });
    expect(
      await thrown(() =>
        logOf(env).erase({
          digest: "../checkpoint" as never,
          by: "x",
          at: instantOf(new Date().toISOString()),
        }),
      ),
    ).toContain("not a digest");
  });

  it("cannot make itself a person: no passkey of its making counts, and no word of a person's is its to sign", async () => {
    const register = registerOf(env);
    const stamp = {
      version: 1,
      at: instantOf(new Date().toISOString()),
      expiresAt: instantOf(new Date(Date.now() + 60_000).toISOString()),
      nonce: "ab".repeat(16),
    } as const;
    const approval = { ...stamp, by: "dev-approver-1", planDigest: request.motion.planDigest };
    const signature = await key.sign(signedBytes("approval/v1", approval));
    const attestation = { type: "key", key: keyIdOf(key.publicKeys), signature } as const;
    expect(await register.attests("approval/v1", approval, attestation)).toBe(false);
    const made = { id: "AAAA", attestationObject: "AAAA", clientDataJson: "AAAA" };
    expect(await register.registerPasskey({ ...stamp, by: "dev-approver-1" }, made)).toMatchObject({
      error: { reason: "passkey_not_valid" },
    });
    const ruling = {
      ...stamp,
      what: "confirm_passkey",
      subject: "AAAA",
      digest: digestOf(null),
      by: "dev-approver-1",
    } as const;
    expect(await register.confirmPasskey("AAAA", { ruling, attestation })).toMatchObject({
      error: { reason: "no_such_passkey" },
    });
    expect(await register.revokePasskey("AAAA", ME)).toMatchObject({ ok: false });
    expect(await register.passkeys()).toEqual([]);
  });

  it("cannot begin a run of its own making: nobody votes for what no dossier says", async () => {
    const motion = {
      ...request.motion,
      epoch: request.plan.epoch + 500,
      planDigest: digestOf("of my own making"),
      dossierDigest: digestOf("nowhere"),
    };
    const id = runIdOf(motion.planDigest);
    const [known] = await runs();
    await runOf(env, id).begin({
      id,
      incident: (known as unknown as { incident: RunStart["incident"] }).incident,
      motion,
      plan: { ...request.plan, epoch: motion.epoch },
      assessed: { risk: null as never, findings: [] },
      cause: "insider",
      paths: [],
      accountId: "8d6e3f0a5c1b4927a0f4c2d9b7e61835",
    });
    expect(await runOf(env, id).poke()).not.toBe("executing");
    expect(await vaultWrites()).toEqual([]);
    // Nor a permit for it.
    expect(await thrown(() => voterOf(env, permitterOf(SCOPE)).permit(motion))).toContain(
      "dossier",
    );
    expect(await thrown(() => voterOf(env, ME).permit(request.motion))).toContain("policies");
  });

  it("cannot make the reconciler write: waking it changes nothing of what was decided", async () => {
    await reconcilerOf(env, SCOPE).wake({
      source: "cron",
      at: instantOf(new Date().toISOString()),
    });
    await settled(BOOKS.scope);
    expect(await vaultWrites()).toEqual([]);
  });

  it("is put away as soon as it says two things, and then counts for nothing", async () => {
    const others = request.ballots.filter(({ ballot }) => ballot.voter !== ME);
    expect(await refusal({ ballots: [...others, await signed({ reasons: ["or not"] })] })).toBe(
      "voter_quarantined",
    );
    expect(await refusal({})).toBe("voter_quarantined");
    const at = instantOf(new Date().toISOString());
    const ruling = {
      version: 1,
      what: "reinstate_voter",
      subject: ME,
      digest: digestOf("whatever"),
      by: "dev-approver-1",
      at,
      expiresAt: instantOf(new Date(Date.now() + 60_000).toISOString()),
      nonce: "ab".repeat(16),
    } as const;
    const attestation = {
      type: "key",
      key: keyIdOf(key.publicKeys),
      signature: await key.sign(signedBytes("ruling/v1", ruling)),
    } as const;
    expect(await registerOf(env).reinstate(SCOPE, { ruling, attestation })).toMatchObject({
      ok: false,
    });
    expect(await refusal({})).toBe("voter_quarantined");
  });
});
