import { describe, expect, it } from "vitest";
import { isScopeId, mint } from "../../../src/core/ids.ts";
import { type Hint, keyOf } from "../../../src/core/intake/hint.ts";
import { Intake } from "../../../src/edge/webhooks/intake.ts";

const SCOPE = mint(isScopeId, "zone:harbor-books.example");
const ELSEWHERE = mint(isScopeId, "zone:harbor-api.example");

const hintOf = (id: number, more: Partial<Hint> = {}): Hint => ({
  source: "notification",
  topic: "traffic",
  event: "start",
  zoneName: null,
  zoneId: null,
  accountId: null,
  cves: [],
  key: keyOf(id),
  sentAtMs: null,
  ...more,
});

/** A sentinel that takes as long, and fails as often, as it is told; time passes by pauses alone. */
class World {
  readonly deliveries: (readonly Hint[])[] = [];
  readonly kept: Promise<unknown>[] = [];
  nowMs = 1_000;
  /** For how long the sentinel says that more of the same changes nothing. */
  coverMs = 0;
  answer: () => Promise<number> = async () => {
    await this.pass(6);
    return this.coverMs;
  };
  readonly intake = new Intake({
    deliver: (_, hints) => {
      this.deliveries.push(hints);
      return this.answer();
    },
    nowMs: () => this.nowMs,
    pause: (ms) => this.pass(ms),
  });

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }

  take(hint: Hint, scope = SCOPE) {
    return this.intake.take(scope, hint, (work) => this.kept.push(work));
  }
}

describe("between webhooks and the sentinel", () => {
  it("a thousand different messages at once are two deliveries, and each is answered as taken (I7)", async () => {
    const world = new World();
    const taken = await Promise.all(
      Array.from({ length: 1_000 }, (_, id) => world.take(hintOf(id))),
    );
    expect(new Set(taken)).toEqual(new Set(["accepted"]));
    expect(world.deliveries.map((hints) => hints.length)).toEqual([1, 1]);
    expect(world.kept).toHaveLength(2);
  });

  it("a message that was taken is not delivered again, at another scope it is", async () => {
    const world = new World();
    expect(await world.take(hintOf(1))).toBe("accepted");
    expect(await world.take(hintOf(1))).toBe("duplicate");
    expect(await world.take(hintOf(1), ELSEWHERE)).toBe("accepted");
    expect(world.deliveries).toHaveLength(2);
  });

  it("while the look at its sort is still to come, one more is taken without a delivery, and then delivered again (I7)", async () => {
    const world = new World();
    world.coverMs = 900;
    expect(await world.take(hintOf(0))).toBe("accepted");
    for (let id = 1; id <= 500; id += 1) {
      await world.pass(1);
      expect(await world.take(hintOf(id))).toBe("accepted");
    }
    expect(world.deliveries).toHaveLength(1);
    expect(await world.take(hintOf(500))).toBe("duplicate");
    // The delivery began 506 ms ago and covers 900 less a margin: nothing is taken as covered beyond that.
    await world.pass(294);
    expect(await world.take(hintOf(501))).toBe("accepted");
    expect(world.deliveries).toHaveLength(2);
  });

  it("covers neither another sort, nor another scope, nor anything after the clock was set back", async () => {
    const world = new World();
    world.coverMs = 900;
    await world.take(hintOf(0));
    await world.take(hintOf(1, { event: "end" }));
    await world.take(hintOf(2), ELSEWHERE);
    expect(world.deliveries).toHaveLength(3);
    world.nowMs -= 10_000;
    await world.take(hintOf(3));
    expect(world.deliveries).toHaveLength(4);
  });

  it("a delivery that failed covers nothing", async () => {
    const world = new World();
    const works = world.answer;
    world.answer = async () => {
      throw new Error("no");
    };
    await expect(world.take(hintOf(0))).rejects.toThrow();
    world.answer = works;
    await world.take(hintOf(1));
    expect(world.deliveries).toHaveLength(2);
  });

  it("at most fifty sorts wait for a scope, however many come (I12)", async () => {
    const world = new World();
    const hints = Array.from({ length: 300 }, (_, id) =>
      hintOf(id, { cves: [`CVE-2025-${10_000 + id}`] }),
    );
    await Promise.all(hints.map((hint) => world.take(hint)));
    expect(world.deliveries.map((sent) => sent.length)).toEqual([1, 50]);
  });

  it("nobody is told that it was taken when it was not, and the same message is delivered when it comes again", async () => {
    const world = new World();
    const works = world.answer;
    world.answer = async () => {
      await world.pass(6);
      throw new Error("no");
    };
    const taken = await Promise.allSettled([1, 2, 3].map((id) => world.take(hintOf(id))));
    expect(taken.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    world.answer = works;
    for (const id of [1, 2, 3]) expect(await world.take(hintOf(id))).toBe("accepted");
  });

  it("a request that is ended in the middle of a delivery takes nobody with it", async () => {
    const world = new World();
    const works = world.answer;
    world.answer = () => new Promise(() => undefined);
    void world.take(hintOf(0));
    world.answer = works;
    expect(await Promise.all([1, 2].map((id) => world.take(hintOf(id))))).toEqual([
      "accepted",
      "accepted",
    ]);
    expect(await world.take(hintOf(0))).toBe("accepted");
  });

  it("who waits too long is told so", async () => {
    const world = new World();
    world.answer = () => new Promise(() => undefined);
    const hung = Array.from({ length: 6 }, (_, id) => world.take(hintOf(id)));
    const first = await Promise.any(hung.map((one) => one.catch((fault: unknown) => fault)));
    expect(first).toBeInstanceOf(Error);
  });
});
