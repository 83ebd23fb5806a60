/** A release that the vault would grant: certified by the real auditors, waiting for one person. */
import { env, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import type { Approval, SignedApproval } from "../../src/core/approval.ts";
import { voterOf } from "../../durable-objects/bindings.ts";
import { instantOf } from "../../src/core/ids.ts";
import { permitterOf } from "../../src/core/permit.ts";
import type { ReleaseRequest } from "../../src/core/ports.ts";
import { signAsSandboxPerson } from "../../src/edge/signing/sandbox-people.ts";
import { BOOKS, cloudflare, reconcile, runs } from "./world.ts";

/** More than one batch may carry, so the plan has two calls and an order. */
export const ROGUES = 250;

/** Undeclared records whose removal is above the golden state's limits. */
export async function plantRogues(prefix: string): Promise<void> {
  const posts = Array.from({ length: ROGUES }, (_, index) => ({
    type: "A",
    name: `${prefix}-${index}`,
    content: "203.0.113.99",
    ttl: 300,
  }));
  for (let from = 0; from < posts.length; from += 200)
    await cloudflare("POST", `/zones/${BOOKS.zoneId}/dns_records/batch`, {
      body: { posts: posts.slice(from, from + 200) },
    });
}

/** What the waiting run would hand to the vault, without anybody's approval. */
export async function certified(): Promise<ReleaseRequest> {
  await reconcile();
  const run = await vi.waitFor(
    async () => {
      const [newest] = await runs();
      expect(newest?.phase).toBe("awaiting_approval");
      return newest;
    },
    { timeout: 10_000 },
  );
  const { journalled, plan } = await runInDurableObject(
    env.RUN.getByName(run?.id ?? ""),
    (_, { storage }) =>
      storage.sql
        .exec<{ journalled: string; plan: string }>("select journalled, plan from run")
        .one(),
  );
  const { run: stored, ...rest } = JSON.parse(journalled);
  const { motion, certificate } = stored;
  return {
    ...rest,
    plan: JSON.parse(plan),
    motion,
    ballots: certificate.ballots,
    approvals: [],
    permit: await voterOf(env, permitterOf(motion.scope)).permit(motion),
  } as ReleaseRequest;
}

/** A person's signed word on it. */
export async function signedBy(
  by: string,
  { motion }: ReleaseRequest,
  other: Partial<Approval> = {},
): Promise<SignedApproval> {
  const approval: Approval = {
    version: 1,
    scope: motion.scope,
    planDigest: motion.planDigest,
    stateDigest: motion.stateDigest,
    verdict: "approve",
    by,
    at: instantOf(new Date().toISOString()),
    expiresAt: instantOf(new Date(Date.now() + 600_000).toISOString()),
    nonce: "ab".repeat(16),
    ...other,
  };
  return { approval, attestation: await signAsSandboxPerson(by, "approval/v1", approval) };
}
