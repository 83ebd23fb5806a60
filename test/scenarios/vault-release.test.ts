/** The vault's own checks, on a release that it would grant: whatever is put in another's place has a reason of its own. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { vaultOf, voterOf } from "../../durable-objects/bindings.ts";
import type { Approval } from "../../src/core/approval.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf, isDigest, isObjectId, isScopeId, mint } from "../../src/core/ids.ts";
import { voterIdOf } from "../../src/core/orchestration.ts";
import { type Permit, permitterOf } from "../../src/core/permit.ts";
import type { Plan } from "../../src/core/plan.ts";
import type { ReleaseRequest } from "../../src/core/ports.ts";
import { signedBytes } from "../../src/core/signing.ts";
import { stolenKey } from "../support/stolen.ts";
import { certified, plantRogues, ROGUES, signedBy } from "../support/certified.ts";
import {
  api,
  BOOKS,
  control,
  putGolden,
  records,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

let earlier: ReleaseRequest;
let request: ReleaseRequest;
const vault = vaultOf(env);

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await plantRogues("rogue");
  earlier = await certified();
  // Other drift makes the plan that waits void, and another one with another certificate.
  await plantRogues("more");
  await control("DELETE", "/journal");
  request = await certified();
  expect(request.plan.epoch).toBeGreaterThan(earlier.plan.epoch);
});

const otherPlan = (change: (plan: Plan) => Partial<Plan>) => (from: ReleaseRequest) => ({
  ...from,
  plan: { ...from.plan, ...change(from.plan) },
});
const first = <T>(list: readonly T[], change: (one: T) => Partial<T>): T[] =>
  list.map((one, index) => (index === 0 ? { ...one, ...change(one) } : one));
const firstBallot =
  (change: (ballot: ReleaseRequest["ballots"][number]["ballot"]) => object) =>
  (from: ReleaseRequest): ReleaseRequest => ({
    ...from,
    ballots: first(from.ballots, (one) => ({ ballot: { ...one.ballot, ...change(one.ballot) } })),
  });
const withApproval =
  (by: string, other: Partial<Approval> = {}) =>
  async (from: ReleaseRequest): Promise<ReleaseRequest> => ({
    ...from,
    approvals: [await signedBy(by, from, other)],
    permit: await voterOf(env, permitterOf(from.motion.scope)).permit(from.motion),
  });
const firstCall = (change: (of: Plan["calls"][number]["request"]) => object) =>
  otherPlan(({ calls }) => ({
    calls: first(calls, ({ request: one }) => ({ request: { ...one, ...change(one) } })),
  }));
type Signature = ReleaseRequest["ballots"][number]["signature"];
const firstSignature =
  (change: (of: Signature) => object) =>
  (from: ReleaseRequest): ReleaseRequest => ({
    ...from,
    ballots: first(from.ballots, ({ signature }) => ({
      signature: { ...signature, ...change(signature) } as Signature,
    })),
  });
const only = (...algorithms: readonly string[]) =>
  firstSignature(({ signatures }) => ({
    signatures: Object.fromEntries(
      Object.entries(signatures).filter(([algorithm]) => algorithms.includes(algorithm)),
    ),
  }));
const ed25519 = (change: (hex: string) => string) =>
  firstSignature(({ signatures }) => ({
    signatures: { ...signatures, ed25519: change(signatures.ed25519 ?? "") },
  }));

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The same signature with the group's order added to its second half, which sloppy verifiers take. */
function malleated(hex: string): string {
  const turned = (text: string): string => text.match(/../g)?.toReversed().join("") ?? "";
  const half = BigInt(`0x${turned(hex.slice(64))}`) + ORDER;
  return hex.slice(0, 64) + turned(half.toString(16).padStart(64, "0"));
}

const ELSEWHERE = mint(isScopeId, "zone:harbor-api.example");
const PAST = instantOf("2026-01-01T00:00:00Z");

it.each<[string, string, (from: ReleaseRequest) => ReleaseRequest | Promise<ReleaseRequest>]>([
  ["scope", "another_scope", otherPlan(() => ({ scope: ELSEWHERE }))],
  [
    "zone id",
    "another_zone",
    otherPlan(({ site }) => ({ site: { ...site, id: mint(isObjectId, "0".repeat(32)) } })),
  ],
  [
    "body",
    "another_request",
    otherPlan(({ calls }) => ({
      calls: first(calls, ({ request: one }) => ({ request: { ...one, body: { deletes: [] } } })),
    })),
  ],
  [
    "path",
    "another_request",
    otherPlan(({ calls }) => ({
      calls: first(calls, ({ request: one }) => ({ request: { ...one, path: `${one.path}/x` } })),
    })),
  ],
  ["method", "another_request", firstCall(() => ({ method: "PUT" }))],
  ["query string", "another_request", firstCall(({ path }) => ({ path: `${path}?purge=all` }))],
  ["fragment", "another_request", firstCall(({ path }) => ({ path: `${path}#` }))],
  ["header", "another_request", firstCall(() => ({ headers: { "x-auth-key": "k" } }))],
  ["form of the body", "another_request", firstCall(() => ({ encoding: "multipart" }))],
  [
    "id deep in a body",
    "another_request",
    firstCall(({ body }) => ({
      body: {
        ...body,
        deletes: [{ id: "0".repeat(32) }, ...((body?.["deletes"] ?? []) as never[])],
      },
    })),
  ],
  [
    "member of a body, by one that JSON lets stand twice",
    "another_request",
    firstCall(({ body }) => ({ body: { ...body, ...JSON.parse('{"__proto__":{"posts":[]}}') } })),
  ],
  [
    "name of the zone",
    "another_zone",
    otherPlan(({ site }) => ({ site: { ...site, name: "harbor-api.example" } })),
  ],
  [
    "step, by another kind under the same name",
    "another_basis",
    otherPlan(({ steps }) => ({ steps: first(steps, () => ({ kind: "zone_setting" })) })),
  ],
  [
    "plan, by a prototype",
    "plan_digest_mismatch",
    otherPlan(() => JSON.parse('{"__proto__":{"epoch":0}}') as Partial<Plan>),
  ],
  ["signature, by its first half", "certificate_invalid", only("ed25519")],
  ["signature, by its second half", "certificate_invalid", only("ml-dsa-44")],
  ["signature, by none", "certificate_invalid", only()],
  [
    "signature, by one more",
    "certificate_invalid",
    firstSignature(({ signatures }) => ({ signatures: { ...signatures, "ml-dsa-65": "00" } })),
  ],
  ["suite", "certificate_invalid", firstSignature(() => ({ suite: "ed25519+ml-dsa-65" }))],
  ["suite, by a weaker one", "certificate_invalid", firstSignature(() => ({ suite: "ed25519" }))],
  ["suite, by a prototype", "certificate_invalid", firstSignature(() => ({ suite: "__proto__" }))],
  ["signature's letters", "certificate_invalid", ed25519((hex) => hex.toUpperCase())],
  ["signature's length", "certificate_invalid", ed25519((hex) => `${hex}00`)],
  ["signature's twin", "certificate_invalid", ed25519(malleated)],
  [
    "signature of another voter",
    "certificate_invalid",
    (from) => ({
      ...from,
      ballots: first(from.ballots, () => ({ signature: from.ballots[1]?.signature as Signature })),
    }),
  ],
  ["key", "certificate_invalid", firstBallot(() => ({ key: digestOf("another key") }))],
  [
    "one request more",
    "another_request",
    otherPlan(({ calls }) => ({ calls: [...calls, ...calls.slice(0, 1)] })),
  ],
  ["order", "another_order", otherPlan(({ calls }) => ({ calls: calls.toReversed() }))],
  [
    "basis",
    "another_basis",
    otherPlan(({ steps }) => ({ steps: first(steps, () => ({ before: null })) })),
  ],
  [
    "inverse",
    "another_inverse",
    otherPlan(({ steps }) => ({
      steps: first(steps, ({ inverse }) => ({ inverse: { ...inverse, method: "DELETE" } })),
    })),
  ],
  [
    "policy bundle",
    "another_policy",
    (from) => ({ ...from, motion: { ...from.motion, policyDigest: digestOf("other policies") } }),
  ],
  ["certificate", "another_certificate", (from) => ({ ...from, ballots: earlier.ballots })],
  ["plan", "another_certificate", (from) => ({ ...from, plan: earlier.plan })],
  [
    "plan, in what is in no part of it",
    "plan_digest_mismatch",
    otherPlan(({ steps }) => ({ steps: first(steps, () => ({ summary: "harmless" })) })),
  ],
  [
    "digest of the plan",
    "plan_digest_mismatch",
    (from) => ({ ...from, motion: { ...from.motion, planDigest: digestOf("another") } }),
  ],
  ["vote", "certificate_invalid", firstBallot(() => ({ reasons: ["convinced"] }))],
  ["voter", "certificate_invalid", firstBallot(({ voter }) => ({ voter: `x${voter}` }))],
  [
    "ballot's end",
    "certificate_invalid",
    firstBallot(() => ({ expiresAt: "2099-01-01T00:00:00Z" })),
  ],
  ["quorum", "certificate_invalid", (from) => ({ ...from, ballots: from.ballots.slice(1) })],
  [
    "ballot, by a second one of the same voter",
    "certificate_invalid",
    (from) => ({ ...from, ballots: [...from.ballots.slice(1), ...from.ballots.slice(1)] }),
  ],
  ["approval, by none", "approval_missing", (from) => from],
  [
    "approval, by one of another plan",
    "approval_of_another_plan",
    async (from) => ({ ...from, approvals: [await signedBy("dev-approver-1", earlier)] }),
  ],
  [
    "approver",
    "approval_not_signed",
    async (from) => ({
      ...from,
      approvals: first([await signedBy("dev-approver-1", from)], ({ approval }) => ({
        approval: { ...approval, by: "dev-approver-2" },
      })),
    }),
  ],
  ["approver, by who asked", "not_distinct", withApproval("dev-operator")],
  ["approval, by a denial", "plan_denied", withApproval("dev-approver-1", { verdict: "deny" })],
  [
    "approval, by an old one",
    "approval_expired",
    withApproval("dev-approver-1", { expiresAt: PAST }),
  ],
  [
    "approval, by one that is good for years",
    "approval_too_long",
    withApproval("dev-approver-1", { expiresAt: instantOf("2099-01-01T00:00:00Z") }),
  ],
  [
    "approval of this plan, by one on another state",
    "approval_of_another_state",
    withApproval("dev-approver-1", { stateDigest: digestOf("another state") }),
  ],
  [
    "approval, by one of another scope",
    "approval_of_another_plan",
    withApproval("dev-approver-1", { scope: ELSEWHERE }),
  ],
])("a swapped %s is refused as %s, and nothing is written", async (_, reason, swap) => {
  const report = await vault.release(await swap(request));
  expect(report).toMatchObject({ outcome: "refused", refusal: { reason } });
  expect(await vaultWrites()).toEqual([]);
});

/** What the policy auditor would have signed if the policies had said something else. */
const withPermit =
  (change: Partial<Permit>, by = permitterOf(mint(isScopeId, BOOKS.scope))) =>
  async (from: ReleaseRequest): Promise<ReleaseRequest> => {
    const approved = await withApproval("dev-approver-1")(from);
    const fresh = await voterOf(env, permitterOf(from.motion.scope)).permit(from.motion);
    const permit = { ...fresh.permit, ...change };
    const key = await stolenKey(by);
    const signature = await key.sign(signedBytes("permit/v1", permit));
    return { ...approved, permit: { permit, signature } };
  };

it.each<[string, object, (from: ReleaseRequest) => Promise<ReleaseRequest>]>([
  [
    "a no",
    { reason: "policy_forbids", by: ["team-freeze"] },
    withPermit({ decision: "forbid", by: ["team-freeze"] }),
  ],
  ["a yes with more people", { reason: "policy_asks_for_more", tier: 3 }, withPermit({ tier: 3 })],
  [
    "an answer of other policies",
    { reason: "other_policies" },
    withPermit({ policyDigest: digestOf("old") }),
  ],
  [
    "an answer about another plan",
    { reason: "permit_invalid", detail: "another_plan" },
    withPermit({ planDigest: digestOf("another") }),
  ],
  [
    "an old answer",
    { reason: "permit_invalid", detail: "expired" },
    withPermit({ expiresAt: PAST }),
  ],
  [
    "an answer that another voter signed",
    { reason: "permit_invalid", detail: "not_signed" },
    withPermit({}, voterIdOf("simulation", mint(isScopeId, BOOKS.scope))),
  ],
])(
  "at the time of release, %s of the policies refuses it, and nothing is written",
  async (_, refusal, asked) => {
    expect(await vault.release(await asked(request))).toMatchObject({
      outcome: "refused",
      refusal,
    });
    expect(await vaultWrites()).toEqual([]);
  },
);

it("is not released before the policies have been asked again", async () => {
  const approved = await withApproval("dev-approver-1")(request);
  expect(await vault.release({ ...approved, permit: null })).toMatchObject({
    outcome: "unavailable",
    written: 0,
  });
  expect(await vaultWrites()).toEqual([]);
});

it("a hold that was placed after the vote holds in the vault, whoever asks", async () => {
  const placed = await api("/api/v1/holds", "dev-operator", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      scope: BOOKS.scope,
      selector: { kind: "dns_record", name: "rogue-7" },
      reason: "somebody looks at it",
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  });
  const hold = await placed.json<{ id: string }>();
  expect(placed.ok, JSON.stringify(hold)).toBe(true);
  const approved = await withApproval("dev-approver-1")(request);
  expect(await vault.release(approved)).toMatchObject({
    outcome: "refused",
    refusal: { reason: "on_hold", hold: hold.id },
  });
  expect(await vaultWrites()).toEqual([]);
  expect((await api(`/api/v1/holds/${hold.id}`, "dev-operator", { method: "DELETE" })).ok).toBe(
    true,
  );
});

it("is granted as it was certified, once, and is then nobody's to take back", async () => {
  // A look of the swarm's that the ended hold set going must not plan the same drift meanwhile.
  const approved = await withApproval("dev-approver-1")(request);
  expect(await vault.release(approved)).toEqual({ outcome: "done", calls: 3 });
  expect((await records()).filter(({ name }) => /^(?:rogue|more)-/.test(name))).toEqual([]);
  const written = (await vaultWrites()).length;
  expect(written).toBe(3);
  expect(await vault.release(approved)).toEqual({ outcome: "done", calls: 3 });
  const { planDigest } = request.motion;
  // Everything is as planned: the vault sees for itself that there is nothing to take back.
  expect(await vault.revert(BOOKS.scope as never, planDigest)).toEqual({
    outcome: "refused",
    reason: "as_predicted",
  });
  await vault.close(BOOKS.scope as never, planDigest);
  expect(await vault.revert(BOOKS.scope as never, planDigest)).toEqual({
    outcome: "refused",
    reason: "window_closed",
  });
  expect((await vaultWrites()).length).toBe(written);
  expect(isDigest(planDigest)).toBe(true);
});

it("a certificate from before it is not good any more: its epoch has passed", async () => {
  const replayed = await withApproval("dev-approver-1")(earlier);
  expect(await vault.release(replayed)).toMatchObject({
    outcome: "refused",
    refusal: { reason: "epoch_passed" },
  });
  expect(ROGUES).toBeGreaterThan(200);
});
