/** Where in a run to kill, and how to get there: slow the neighbourhood of the stage down, then wait for it. */
import { expect } from "vitest";
import { type Account, type FaultRule, RECORDS, type Swarm, until, ZONE } from "./account.ts";
import {
  deletion,
  type Drift,
  edit,
  flood,
  mixed,
  pair,
  rogue,
  setting,
  several,
} from "./drifts.ts";

export interface Scene {
  readonly account: Account;
  readonly swarm: Swarm;
  readonly drift: Drift;
  /** Wakes the swarm. */
  readonly wake: () => Promise<void>;
  /** Lets the swarm run in slices of some ms until it stands where `place` says, or is past it. */
  readonly step: (place: RegExp) => Promise<void>;
  /** The journal before the drift. */
  readonly since: number;
}

export interface Aim {
  readonly stage: string;
  readonly drift: () => Drift;
  readonly faults?: (drift: Drift) => readonly FaultRule[];
  /** Ends at the moment of the kill. */
  readonly reach: (scene: Scene) => Promise<void>;
  /** Where the kill should land; when it does not, the next try does. */
  readonly hit?: RegExp;
  /** What a person does after the restart. */
  readonly afterwards?: (scene: Scene) => Promise<void>;
  /** How the runs of the drift end, oldest first. */
  readonly runs?: readonly string[];
  /** The vault's writes for it, where they are more than the drift's own. */
  readonly writes?: { readonly calls: number; readonly ops: number };
  /** Start again without the cron tick of `npm start`: what is stored must be enough. */
  readonly alone?: boolean;
  /** Kill the next start, too, after so many ms. */
  readonly againAfterMs?: number;
  /** Part of the plain `npm test`. */
  readonly quick?: boolean;
}

const READER = "sandbox-swarm-read";
const VAULT = "sandbox-vault-write";
const SLOW = { type: "latency", ms: 4_000 };

const slowPass: FaultRule = {
  id: "pass",
  match: { method: "GET", path: RECORDS, token: READER },
  effect: SLOW,
};
const slowBasis = (): FaultRule[] => [
  { id: "basis", match: { method: "GET", token: VAULT, path: `/zones/${ZONE}/*` }, effect: SLOW },
];
export const slowWrite = ({ method }: Drift): FaultRule[] => [
  { id: "write", match: { method, token: VAULT }, effect: SLOW },
];
/** The vault looks before it records a write, and once more before it sends it. */
const LOOKS = 2;
/** The answer of the first write is lost, and the look that would settle it is slow. */
const lostReply = ({ method, reads }: Drift): FaultRule[] => [
  { id: "lost", match: { method, token: VAULT }, effect: { type: "drop_reply" } },
  {
    id: "look",
    match: { method: "GET", token: VAULT, path: `/zones/${ZONE}/*` },
    after: LOOKS * reads,
    effect: SLOW,
  },
];
/** Reads by id: the pass has none for an edit. */
const slowReadBack = (times: number): FaultRule => ({
  id: "read back",
  match: { method: "GET", path: `${RECORDS}/*`, token: READER },
  times,
  effect: { type: "latency", ms: 1_200 },
});

const caught =
  (rule: string) =>
  async ({ wake, account }: Scene): Promise<void> => {
    await wake();
    await account.caught(rule);
  };

/** For stages in which no call goes out that could be slowed down. */
const stepped = (hit: RegExp) => ({
  hit,
  async reach({ wake, step }: Scene): Promise<void> {
    const woken = wake().catch(() => {}); // the answer may be killed with the rest
    await step(hit);
    void woken;
  },
});

let intruders = 100;
async function editBastion({ account }: Scene): Promise<void> {
  const { id } = await account.record("A", "bastion.harbor-books.example");
  const content = `198.51.100.${(intruders += 1)}`;
  await account.cloudflare("PATCH", `${RECORDS}/${id}`, { content });
}

/** Somebody changes a record again between its write and its read-back. */
const intruded =
  (reach: (scene: Scene) => Promise<void>) =>
  async (scene: Scene): Promise<void> => {
    await scene.wake();
    await scene.account.caught("read back");
    await editBastion(scene);
    await reach(scene);
  };

/** Both writes are undone as far as they still stand, and both records are healed by a second run. */
const revertOfPair = {
  drift: pair,
  runs: ["reverted", "verified"],
  writes: { calls: 3, ops: 5 },
} as const;

const waiting = async ({ wake, swarm }: Scene): Promise<void> => {
  await wake();
  await until("a run waits for a person", 15_000, async () =>
    (await swarm.runs(1)).some(({ phase }) => phase === "awaiting_approval"),
  );
};

async function approveNewest({ swarm }: Scene): Promise<void> {
  const [run] = await swarm.runs(1);
  if (run) await swarm.approve(run);
}

const APPROVED = /^(certified|released|executing)/;

async function stillWaits({ swarm, account, since }: Scene): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (performance.now() < deadline) {
    expect((await swarm.runs(1))[0]?.phase).toBe("awaiting_approval");
    expect(await account.vaultWrites(since)).toEqual([]);
  }
}

export const AIMS: readonly Aim[] = [
  {
    stage: "reconcile accepted",
    drift: edit,
    ...stepped(/^woken/),
    alone: true,
    quick: true,
  },
  { stage: "reconcile accepted", drift: several, ...stepped(/^woken/) },
  { stage: "reconcile answered", drift: rogue, reach: ({ wake }) => wake() },
  { stage: "zone being read", drift: rogue, faults: () => [slowPass], reach: caught("pass") },
  {
    stage: "zone being read",
    drift: setting,
    faults: () => [slowPass],
    reach: caught("pass"),
    alone: true,
  },
  { stage: "planned", drift: deletion, ...stepped(/^(planned|voting, 0)/) },
  { stage: "planned", drift: several, ...stepped(/^(planned|voting, 0)/), alone: true },
  { stage: "between ballots", drift: edit, ...stepped(/^voting, [12]/), quick: true },
  { stage: "between ballots", drift: rogue, ...stepped(/^voting, [12]/), alone: true },
  { stage: "certified, not released", drift: rogue, ...stepped(/^certified/) },
  { stage: "certified, not released", drift: several, ...stepped(/^certified/), alone: true },
  {
    stage: "released, before the write",
    drift: deletion,
    faults: slowBasis,
    reach: caught("basis"),
    quick: true,
  },
  {
    stage: "released, before the write",
    drift: several,
    faults: slowBasis,
    reach: caught("basis"),
    alone: true,
  },
  {
    stage: "write sent, not applied",
    drift: several,
    faults: slowWrite,
    reach: caught("write"),
    alone: true,
    quick: true,
  },
  { stage: "write sent, not applied", drift: edit, faults: slowWrite, reach: caught("write") },
  {
    stage: "write sent, not applied",
    drift: setting,
    faults: slowWrite,
    reach: caught("write"),
    againAfterMs: 900,
  },
  {
    stage: "second write sent, not applied",
    drift: mixed,
    faults: () => [
      { id: "write", match: { method: "PATCH", token: VAULT }, after: 1, effect: SLOW },
    ],
    reach: caught("write"),
  },
  {
    stage: "write applied, reply lost",
    drift: edit,
    faults: lostReply,
    reach: caught("look"),
    alone: true,
    quick: true,
  },
  { stage: "write applied, reply lost", drift: deletion, faults: lostReply, reach: caught("look") },
  { stage: "write applied, reply lost", drift: several, faults: lostReply, reach: caught("look") },
  {
    // Neither as before nor as planned: the run ends without another write, and the next one has the rest.
    stage: "write applied, reply lost, and edited again",
    drift: pair,
    faults: lostReply,
    reach: async (scene) => {
      await caught("look")(scene);
      await editBastion(scene);
    },
    writes: { calls: 2, ops: 3 },
  },
  { stage: "written, outcome not reported", drift: rogue, ...stepped(/calls done/) },
  { stage: "written, outcome not reported", drift: setting, ...stepped(/calls done/), alone: true },
  { stage: "written, before read-back", drift: deletion, ...stepped(/^verifying/) },
  { stage: "written, before read-back", drift: mixed, ...stepped(/^verifying/), alone: true },
  {
    stage: "during read-back",
    drift: edit,
    faults: () => [slowReadBack(1)],
    reach: caught("read back"),
    alone: true,
    quick: true,
  },
  {
    stage: "during read-back",
    drift: edit,
    faults: () => [slowReadBack(1)],
    reach: caught("read back"),
    againAfterMs: 1_400,
  },
  { stage: "just verified", drift: several, ...stepped(/^verified, .* not told/) },
  { stage: "just verified, reconciler told", drift: rogue, ...stepped(/^verified$/), alone: true },
  { stage: "just verified", drift: setting, ...stepped(/^verified, .* not told/), alone: true },
  {
    stage: "reverting, before the inverse",
    ...revertOfPair,
    faults: ({ reads }) => [
      slowReadBack(2),
      {
        id: "revert",
        match: { method: "GET", token: VAULT, path: `${RECORDS}/*` },
        after: LOOKS * reads,
        effect: SLOW,
      },
    ],
    reach: intruded(({ account }) => account.caught("revert")),
  },
  {
    stage: "reverting, inverse sent, not applied",
    ...revertOfPair,
    faults: () => [
      slowReadBack(2),
      { id: "inverse", match: { method: "PATCH", token: VAULT }, effect: SLOW },
    ],
    reach: intruded(({ account }) => account.caught("inverse")),
    alone: true,
  },
  {
    stage: "reverting, inverse applied, reply lost",
    ...revertOfPair,
    faults: () => [
      slowReadBack(2),
      { id: "inverse", match: { method: "PATCH", token: VAULT }, effect: { type: "drop_reply" } },
    ],
    reach: intruded(({ account }) => account.caught("inverse")),
    quick: true,
  },
  {
    stage: "just reverted, reconciler told",
    drift: edit,
    runs: ["reverted", "verified"],
    writes: { calls: 2, ops: 2 },
    faults: () => [slowReadBack(1)],
    hit: /^reverted$/,
    reach: intruded(({ step }) => step(/^reverted$/)),
    alone: true,
  },
  {
    stage: "just reverted",
    drift: edit,
    runs: ["reverted", "verified"],
    writes: { calls: 2, ops: 2 },
    faults: () => [slowReadBack(1)],
    reach: intruded(({ step }) => step(/^reverted/)),
    alone: true,
  },
  {
    stage: "awaiting approval",
    drift: flood,
    reach: waiting,
    afterwards: async (scene) => {
      await stillWaits(scene);
      await approveNewest(scene);
    },
    quick: true,
  },
  {
    stage: "just approved",
    drift: flood,
    hit: APPROVED,
    reach: async (scene) => {
      await waiting(scene);
      const approved = approveNewest(scene).catch(() => {}); // as above
      await scene.step(APPROVED);
      void approved;
    },
    alone: true,
  },
];
