import { describe, expect, it } from "vitest";
import { type Ballot, type Motion, said, type SignedBallot } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf, type VoterId } from "../../src/core/ids.ts";
import { checkOf, type Orchestration, seatsOf } from "../../src/core/orchestration.ts";
import { certify, type Electorate } from "../../src/core/quorum.ts";
import { SUITE } from "../../src/core/signing.ts";
import { equivocation } from "../../src/core/voter-register.ts";
import { NOW, PARTS, SCOPE } from "./harbor.ts";

/**
 * Every order in which the messages of one epoch can arrive, be doubled or get lost, with two plans that contradict each
 * other, two coordinators that each push one of them, and one voter that says whatever it likes to whomever it likes. The
 * rules are those of the product (`said`, `certify`, `equivocation`); around them are only messages.
 */

const PLANS = ["A", "B"] as const;
type PlanName = (typeof PLANS)[number];

const motionOf = (plan: PlanName): Motion => ({
  scope: SCOPE,
  epoch: 7,
  planDigest: digestOf(plan),
  dossierDigest: digestOf(`dossier ${plan}`),
  stateDigest: digestOf("state"),
  parts: PARTS,
  policyDigest: digestOf("policy"),
  riskDigest: digestOf("risk"),
});
const MOTIONS = { A: motionOf("A"), B: motionOf("B") } as const;

const ORCHESTRATION: Orchestration = {
  strategy: "consensus_voting",
  models: { sentinel: "rules", architect: "rules", reviewer: "rules" },
  hasReviewer: true,
  floor: 0,
};
const SEATS = seatsOf(ORCHESTRATION, SCOPE);
const VOTERS = SEATS.map(({ id }) => id);
const ELECTORATE: Electorate = {
  scope: SCOPE,
  strategy: "consensus_voting",
  floor: 0,
  voters: SEATS.map((seat) => ({
    ...seat,
    quarantined: false,
    waiting: [],
    keys: [{ id: digestOf("key"), keys: { suite: SUITE, keys: {} } }],
  })),
};

function ballotOf(voter: VoterId, plan: PlanName, vote: Ballot["vote"] = "yes"): SignedBallot {
  const expiresAt = instantOf("2026-03-01T13:00:00Z");
  const rest = { vote, reasons: [], tier: 0, castAt: NOW, expiresAt } as const;
  const key = digestOf("key");
  return {
    ballot: { version: 2, voter, suite: SUITE, key, ...MOTIONS[plan], ...rest },
    signature: { suite: SUITE, signatures: {} },
  };
}

/** All that is true at one moment. A message is never taken out: it may come twice, late, to the wrong one, or not at all. */
interface World {
  /** For which plans each voter has sent a yes. An honest one has stored the first before sending it. */
  readonly sent: Readonly<Record<PlanName, readonly VoterId[]>>;
  /** Whose yes each coordinator has received. */
  readonly received: Readonly<Record<PlanName, readonly VoterId[]>>;
  /** What the register heard first, `<voter> <plan>`, and whom it caught. */
  readonly heard: readonly string[];
  readonly caught: readonly VoterId[];
  readonly certified: readonly PlanName[];
  readonly executed: readonly PlanName[];
}

interface Rules {
  /** Says anything to anybody. */
  readonly faulty: VoterId;
  /** Honest, but forgets what it has said: a voter that sends before it stores. */
  readonly forgetful?: boolean;
  /** Whether the register hears ballots before they are counted. */
  readonly heard?: boolean;
}

const START: World = {
  sent: { A: [], B: [] },
  received: { A: [], B: [] },
  heard: [],
  caught: [],
  certified: [],
  executed: [],
};

const add = <T extends string>(list: readonly T[], one: T): readonly T[] =>
  list.includes(one) ? list : [...list, one].toSorted();
const other = (plan: PlanName): PlanName => (plan === "A" ? "B" : "A");

/** The product's rules are asked once for each question. */
function remembered<T>(ask: (...question: readonly string[]) => T): (...question: string[]) => T {
  const answers = new Map<string, T>();
  return (...question) => {
    const name = question.join("|");
    if (!answers.has(name)) answers.set(name, ask(...question));
    return answers.get(name) as T;
  };
}

const plans = (names: string | undefined): PlanName => (names === "A" ? "A" : "B");
const voters = (names: string | undefined): VoterId[] =>
  VOTERS.filter((id) => (names ?? "").split(",").includes(id));

const maySay = remembered((id, before, plan) => {
  const [voter] = voters(id);
  if (!voter) throw new Error("nobody");
  const stored = before === "" ? null : ballotOf(voter, plans(before));
  return said(stored, MOTIONS[plans(plan)]).ok;
});
const isCaught = remembered((id, before, plan) => {
  const [voter] = voters(id);
  if (!voter) throw new Error("nobody");
  return equivocation(ballotOf(voter, plans(before)), ballotOf(voter, plans(plan))) !== null;
});
const isCertified = remembered((plan, of, caught) => {
  const electors = ELECTORATE.voters.map((one) => ({
    ...one,
    quarantined: voters(caught).includes(one.id),
  }));
  return certify({
    motion: MOTIONS[plans(plan)],
    electorate: { ...ELECTORATE, voters: electors },
    ballots: voters(of).map((id) => ({ signed: ballotOf(id, plans(plan)), verified: true })),
    now: NOW,
  }).ok;
});

function* successors(world: World, rules: Rules): Generator<World> {
  for (const plan of PLANS) {
    for (const id of VOTERS) {
      const before = world.sent[other(plan)].includes(id) ? other(plan) : "";
      if (id === rules.faulty || rules.forgetful || maySay(id, before, plan))
        yield { ...world, sent: { ...world.sent, [plan]: add(world.sent[plan], id) } };
    }
    for (const id of world.sent[plan])
      yield { ...world, received: { ...world.received, [plan]: add(world.received[plan], id) } };
    yield* decided(world, plan, rules);
  }
}

/** A coordinator counts what it has; the vault executes what is certified, unless it has passed the epoch. */
function* decided(world: World, plan: PlanName, { heard }: Rules): Generator<World> {
  const now = heard ? hear(world, plan) : world;
  yield now;
  const of = now.received[plan];
  if (!isCertified(plan, of.join(","), now.caught.join(","))) return;
  const certified = { ...now, certified: add(now.certified, plan) };
  yield certified;
  if (certified.executed.length === 0) yield { ...certified, executed: [plan] };
}

function hear(world: World, plan: PlanName): World {
  let { heard, caught } = world;
  for (const id of world.received[plan]) {
    const before = PLANS.find((one) => heard.includes(`${id} ${one}`));
    if (before === undefined) heard = add(heard, `${id} ${plan}`);
    else if (isCaught(id, before, plan)) caught = add(caught, id);
  }
  return { ...world, heard, caught };
}

/** There are fewer worlds than this; more would be a mistake of the search. */
const WORLDS_MAX = 500_000;

/** Breadth first, until there is no world that has not been seen. */
function explore(rules: Rules): readonly World[] {
  const seen = new Map([[JSON.stringify(START), START]]);
  for (const world of seen.values()) {
    for (const next of successors(world, rules)) {
      const name = JSON.stringify(next);
      if (!seen.has(name)) seen.set(name, next);
    }
    if (seen.size > WORLDS_MAX) throw new Error("more worlds than there can be");
  }
  return [...seen.values()];
}

const contradict = (worlds: readonly World[]): boolean =>
  worlds.some(({ certified }) => certified.length > 1);
const can = (worlds: readonly World[], plan: PlanName): boolean =>
  worlds.some(({ executed }) => executed.includes(plan));

describe("every order of messages in one epoch", () => {
  it.each(VOTERS.map((id) => [checkOf(id), id] as const))(
    "with a faulty voter, %s, certifies no two plans (I2)",
    (_, faulty) => {
      const worlds = explore({ faulty });
      expect(worlds.length).toBeGreaterThan(1_000);
      expect(contradict(worlds)).toBe(false);
      // It is not that nothing ever happens: either plan can be carried out.
      expect(can(worlds, "A")).toBe(true);
      expect(can(worlds, "B")).toBe(true);
    },
    60_000,
  );

  it("catches whoever said two things, and certifies no two plans even with voters that forget", () => {
    const [faulty] = VOTERS;
    if (!faulty) throw new Error("nobody votes");
    const worlds = explore({ faulty, forgetful: true, heard: true });
    expect(contradict(worlds)).toBe(false);
    expect(worlds.some(({ caught }) => caught.includes(faulty))).toBe(true);
  }, 120_000);

  it("is seen to fail with voters that forget and nobody who listens, and the vault executes one plan even then", () => {
    const [faulty] = VOTERS;
    if (!faulty) throw new Error("nobody votes");
    const worlds = explore({ faulty, forgetful: true });
    expect(contradict(worlds)).toBe(true);
    expect(worlds.every(({ executed }) => executed.length <= 1)).toBe(true);
  }, 120_000);
});
