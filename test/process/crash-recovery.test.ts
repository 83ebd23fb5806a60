/**
 * The whole system is killed at any stage of a run and started again: the run ends correctly within five seconds without
 * being touched, and no step is applied twice (I11).
 */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { Account, Swarm, until, type Zone } from "./account.ts";
import { type Aim, AIMS, type Scene, slowWrite } from "./aims.ts";
import { checkRuns, checkSettled, checkZone, isAsBefore, type Window } from "./check-recovery.ts";
import { Driftless, leaveNothing } from "./driftless.ts";
import { edit } from "./drifts.ts";
import { landing } from "./landing.ts";

const FULL = process.env["DRIFTLESS_FULL"] === "1";
const RECOVERY_MS_MAX = 5_000;
const KILLS_MIN = FULL ? 24 : 8;
/** A stage that nothing can slow down is aimed at again; every kill counts and is checked. */
const TRIES = FULL ? 4 : 2;
/** Shorter than any stage; a run takes some 50 ms. */
const SLICE_MS = 2;
const SLICES_MAX = 500;
const ALONE = "test/process/without-crons.mjs";

interface Kill {
  readonly stage: string;
  readonly drift: string;
  readonly landed: string;
  readonly started: string;
  /** From the new process's first moment until it says that it is ready. */
  readonly ready_ms: number;
  /** From then on, until the zone is healed and the run verified. */
  readonly recovery_ms: number;
}

const kills: Kill[] = [];
let driftless: Driftless;
let account: Account;
let swarm: Swarm;
let baseline: Zone;
/** Something has gone wrong: the next test begins with another account. */
let spoiled = true;

function adopt(next: Driftless): void {
  driftless = next;
  account = new Account(next);
  swarm = new Swarm(next);
}

const inSync = async (): Promise<boolean> => (await swarm.drift()).status === "in_sync";

async function beginAnew(): Promise<void> {
  if (driftless?.running) await driftless.kill();
  adopt(await Driftless.make());
  await driftless.start();
  // The feed does not wake anybody here, and many kills in a short time are no reason for a 429.
  await account.setOptions({ audit_delay_ms: 86_400_000, ratelimit: { quota: 1_000_000 } });
  await until("the first start is in sync", 15_000, inSync);
  await account.quiet();
  baseline = await account.zone();
}

const windowNow = async (): Promise<Window> => ({
  journal: await account.quiet(),
  record: (await swarm.record()).length - 1,
  epoch: (await swarm.runs(1))[0]?.epoch ?? 0,
});

async function scene(aim: Pick<Aim, "drift" | "faults">, window: Window): Promise<Scene> {
  const drift = aim.drift();
  await account.setFaults(aim.faults?.(drift) ?? []);
  await drift.make(account);
  return {
    account,
    swarm,
    drift,
    since: window.journal,
    wake: () => swarm.reconcile(),
    async step(place) {
      const { stateDir } = driftless.place;
      for (let slices = 0; slices < SLICES_MAX; slices += 1) {
        const stands = landing(stateDir, window.epoch);
        if (place.test(stands) || stands === "verified") return;
        await driftless.slice(SLICE_MS);
      }
    },
  };
}

/** Looks at the account and at the shared record only, which wakes nobody. Returns the time that it took. */
async function recovered(epoch: number): Promise<number> {
  const startedAt = performance.now();
  await until("the zone is healed and the run is verified", RECOVERY_MS_MAX, async () => {
    const [zone, [run]] = await Promise.all([account.zone(), swarm.runs(1)]);
    return isAsBefore(baseline, zone) && run?.phase === "verified" && run.epoch > epoch;
  });
  return Math.round(performance.now() - startedAt);
}

/** One drift, one kill, one recovery. Returns where the kill has landed. */
async function killAt(aim: Aim): Promise<string> {
  const window = await windowNow();
  const at = await scene(aim, window);
  await aim.reach(at);
  await driftless.kill();
  const landed = landing(driftless.place.stateDir, window.epoch);
  const script = aim.alone ? ALONE : undefined;
  if (aim.againAfterMs !== undefined) {
    driftless.spawn(script);
    await new Promise((done) => setTimeout(done, aim.againAfterMs));
    await driftless.kill();
  }
  const startedAt = performance.now();
  await driftless.start(script);
  const ready = performance.now() - startedAt;
  await aim.afterwards?.(at);
  const ms = await recovered(window.epoch);
  kills.push({
    stage: aim.stage + (aim.againAfterMs ? `, and again after ${aim.againAfterMs} ms` : ""),
    drift: at.drift.what,
    landed,
    started: aim.alone ? "without cron" : "npm start",
    ready_ms: Math.round(ready),
    recovery_ms: ms,
  });
  await check(at, { ...aim, window });
  return landed;
}

async function check(
  { drift }: Scene,
  { window, writes = drift, runs = ["verified"] }: Omit<Partial<Aim>, "drift"> & { window: Window },
): Promise<void> {
  await checkSettled({ account, swarm });
  checkZone(baseline, await account.zone());
  await checkRuns({ account, swarm }, window, { calls: writes.calls, ops: writes.ops, runs });
}

beforeEach(async () => {
  if (spoiled) await beginAnew();
  spoiled = true;
});

afterEach(({ task }) => {
  spoiled = task.result?.state === "fail";
});

afterAll(async () => {
  await leaveNothing();
  if (FULL) console.table(kills);
});

describe("a killed system ends its run by itself", () => {
  for (const aim of AIMS.filter(({ quick }) => FULL || quick)) {
    it(`${aim.stage} (${aim.drift().what}${aim.alone ? ", without cron" : ""})`, async () => {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const landed = await killAt(aim);
        if (aim.hit?.test(landed) ?? true) break;
      }
    });
  }

  it("when only workerd is killed, the runner says so, and a restart goes on", async () => {
    await driftless.stop();
    await driftless.start();
    const window = await windowNow();
    const at = await scene({ drift: edit }, window);
    const woken = at.wake().catch(() => {});
    await at.step(/^voting/);
    const { child } = driftless;
    expect(await driftless.killRuntime()).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/workerd \(pid \d+\) ended unexpectedly: SIGKILL; the state is/);
    await woken;
    await driftless.start();
    await recovered(window.epoch);
    await check(at, { window });
  });

  it("stopped in the middle of a run, it goes on after the next start", async () => {
    await driftless.stop();
    await driftless.start();
    const window = await windowNow();
    const at = await scene({ drift: edit, faults: slowWrite }, window);
    await at.wake();
    await account.caught("write");
    expect(await driftless.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    await driftless.start();
    await recovered(window.epoch);
    await check(at, { window });
  });

  it.runIf(FULL).each([400, 900, 1_300, 1_700])(
    "killed %i ms into its very first start, it begins as if nothing had been",
    async (afterMs) => {
      if (driftless.running) await driftless.kill();
      adopt(await Driftless.make());
      driftless.spawn();
      await new Promise((done) => setTimeout(done, afterMs));
      await driftless.kill();
      await driftless.start();
      await until("the first start is in sync", RECOVERY_MS_MAX, inSync);
      await checkSettled({ account, swarm });
      // The example's account is not quite as its golden state says: one record is healed at the start.
      const expected = { calls: 1, ops: 1, runs: ["verified"] };
      await checkRuns({ account, swarm }, { journal: 0, record: -1, epoch: 0 }, expected);
    },
  );

  it(`has been killed at least ${KILLS_MIN} times, and has always recovered in time`, () => {
    expect(kills.length).toBeGreaterThanOrEqual(KILLS_MIN);
    for (const { recovery_ms } of kills) expect(recovery_ms).toBeLessThan(RECOVERY_MS_MAX);
  });
});
