/**
 * The whole system is killed (SIGKILL) while a guardrail's lease runs, and started again without its cron: what is stored
 * is all that can end the lease. Whatever the kill hits, the rule is gone once the lease is over (I11).
 */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { Account, type FaultRule, Swarm, until, ZONE } from "./account.ts";
import { Driftless, leaveNothing } from "./driftless.ts";

const ALONE = "test/process/without-crons.mjs";
const WAF = `/zones/${ZONE}/rulesets/phases/http_request_firewall_custom/entrypoint`;
/** From the end of the lease, or from when the system is up again, whichever is later. */
const GONE_MS_MAX = 8_000;
const SLOW: FaultRule["effect"] = { type: "latency", ms: 3_000 };
const VAULT = "driftless-vault-write";
const write = (effect: FaultRule["effect"]): FaultRule => ({
  id: "write",
  match: { method: "PUT", path: "*/entrypoint", token: VAULT },
  // The first is the rehearsal.
  after: 1,
  effect,
});

let driftless: Driftless;
let account: Account;
let swarm: Swarm;

const guarded = async (): Promise<boolean> => {
  const { rules } = await account.cloudflare<{ rules: { ref: string }[] }>("GET", WAF);
  return rules.some(({ ref }) => ref.startsWith("guardrail-"));
};

beforeEach(async () => {
  driftless = await Driftless.make();
  account = new Account(driftless);
  swarm = new Swarm(driftless);
  await driftless.start();
  await account.setOptions({ audit_delay_ms: 86_400_000, ratelimit: { quota: 1_000_000 } });
  await until(
    "the first start is in sync",
    20_000,
    async () => (await swarm.drift()).status === "in_sync",
  );
  await account.quiet();
});
afterEach(async () => {
  if (driftless.running) await driftless.kill();
});
afterAll(leaveNothing);

/** Kills, lets `asleepMs` go by, starts again without cron, and looks without waking anybody. */
async function killed(asleepMs: number): Promise<void> {
  await driftless.kill();
  await sleep(asleepMs);
  await driftless.start(ALONE);
}

async function isGone(id: string, endsAtMs: number): Promise<void> {
  await sleep(Math.max(0, endsAtMs - Date.now()));
  await until("the rule is gone", GONE_MS_MAX, async () => !(await guarded()));
  await until("the end is told", GONE_MS_MAX, async () =>
    (await swarm.record()).some(
      ({ data }) => data["guardrail"] === id && data["what"] === "end" && data["how"] === "expired",
    ),
  );
  await account.quiet();
  expect((await swarm.drift()).status).toBe("in_sync");
  expect(await guarded()).toBe(false);
}

describe("a lease ends also when the system was killed", () => {
  it.each([
    ["and was down when it ran out", 6_000],
    ["and is up again before it runs out", 0],
  ])("%s", async (_, asleepMs) => {
    const { id, endsAtMs } = await swarm.guard(7_000);
    await until("the rule is there", 6_000, guarded);
    await killed(asleepMs);
    await isGone(id, endsAtMs);
  });

  it("in the middle of the write that puts its rule there", async () => {
    await account.setFaults([write(SLOW)]);
    const { id, endsAtMs } = await swarm.guard(5_000);
    await account.caught("write");
    await killed(2_000);
    await account.setFaults([]);
    await isGone(id, endsAtMs);
  });

  it("in the middle of the write that takes its rule away, whose answer is lost", async () => {
    const { id, endsAtMs } = await swarm.guard(4_000);
    await until("the rule is there", 4_000, guarded);
    await account.setFaults([write({ type: "drop_reply" })]);
    await account.caught("write");
    await killed(0);
    await account.setFaults([]);
    await isGone(id, endsAtMs);
  });

  it("right after it was renewed: then at its new end, not before", async () => {
    const { id } = await swarm.guard(4_000);
    await until("the rule is there", 4_000, guarded);
    const endsAtMs = Date.now() + 8_000;
    await swarm.renew(id, endsAtMs);
    await killed(0);
    await sleep(Math.max(0, endsAtMs - 1_000 - Date.now()));
    expect(await guarded()).toBe(true);
    await isGone(id, endsAtMs);
  });
});
