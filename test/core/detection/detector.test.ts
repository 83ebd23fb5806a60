import { describe, expect, it } from "vitest";
import {
  type Detector,
  type Judgement,
  newDetector,
  observe,
  type Point,
} from "../../../src/core/detection/detector.ts";
import { KINDS, type Kind, ordinary } from "./series.ts";

function judge(points: readonly Point[], from: Detector = newDetector()) {
  let detector = from;
  const judgements: (Judgement | null)[] = [];
  for (const point of points) {
    const seen = observe(detector, point);
    ({ detector } = seen);
    judgements.push(seen.judgement);
  }
  return { detector, judgements };
}

const alertsIn = (judgements: readonly (Judgement | null)[]): number =>
  judgements.filter((told) => told?.isAlert).length;

/** Seasonal series at five minutes and at an hour, with an oddity at one place. */
const odd = (kind: Kind, minutes: number, change: (value: number, since: number) => number) => {
  const points = ordinary(kind, { seed: 11, length: 2_000, minutes });
  // By day: at night an outage of a quiet site is hard to tell from the night.
  const at = points.findIndex(({ value }, index) => index >= 1_630 && value > 90);
  return {
    at,
    points: points.map((point, index) =>
      index < at ? point : { ...point, value: change(point.value, index - at) },
    ),
  };
};

describe("on an ordinary series", () => {
  // The stated rate is one in 10,000; the whole of this is 190,000 points of twelve kinds.
  it("raises no more than two alarms in 10,000 points, once it has seen the seasons", () => {
    let [points, alerts] = [0, 0];
    for (const kind of KINDS) {
      for (const seed of [1, 2]) {
        const series = ordinary(kind, { seed: seed * 131, length: 8_000, minutes: 5 });
        const told = judge(series).judgements.slice(2_100);
        points += told.length;
        alerts += alertsIn(told);
      }
    }
    expect(points).toBeGreaterThan(120_000);
    expect(alerts / points).toBeLessThanOrEqual(2e-4);
  }, 120_000);

  it("is not alarmed by a gap, nor by what comes late or twice", () => {
    const points = ordinary("daily", { seed: 3, length: 3_000, minutes: 5 });
    const gapped = points.filter((_, index) => index < 2_000 || index > 2_400);
    expect(alertsIn(judge(gapped).judgements.slice(1_990))).toBe(0);
    const { detector } = judge(points);
    const late = points[100];
    if (late === undefined) throw new Error("too short");
    const again = observe(detector, late);
    expect(again.judgement).toBeNull();
    expect(again.detector).toEqual(detector);
    expect(observe(detector, { atMs: late.atMs * 2, value: Number.NaN }).judgement).toBeNull();
  });
});

describe("a season", () => {
  const START = 1_767_225_600_000;
  const MINUTES_OF_DAY = 1_440;

  /** Office hours: up within a moment at nine, a little earlier or later each day, and down at six. */
  const office = (minutes: number, days: number, change = (value: number, _day: number) => value) =>
    Array.from({ length: (days * MINUTES_OF_DAY) / minutes }, (_, index): Point => {
      const minute = (index * minutes) % MINUTES_OF_DAY;
      const day = Math.floor((index * minutes) / MINUTES_OF_DAY);
      const late = (day % 2) * minutes;
      const isOpen = minute >= 540 + late && minute < 1_080 + late;
      const value = (isOpen ? 80 : 20) + ((index * 37) % 11) / 4;
      return { atMs: START + index * minutes * 60_000, value: change(value, day) };
    });

  it.each([5, 15, 60])(
    "that is steep and not quite punctual, at %i minutes, raises no alarm after its third day",
    (minutes) => {
      const points = office(minutes, 14);
      const told = judge(points).judgements.slice((3 * MINUTES_OF_DAY) / minutes);
      expect(alertsIn(told)).toBe(0);
    },
  );

  it("excuses no value of its own at another time of the day", () => {
    const points = office(5, 10);
    const night = points.findIndex(({ atMs }) => atMs === START + 9 * 86_400_000 + 2 * 3_600_000);
    const awake = points.map((point, index) =>
      index >= night && index < night + 6 ? { ...point, value: 80 } : point,
    );
    expect(alertsIn(judge(awake).judgements.slice(night, night + 2))).toBe(1);
  });

  it("is not learned from a day that was seen in part: nothing is judged before the first is over", () => {
    expect(alertsIn(judge(office(5, 1)).judgements)).toBe(0);
  });
});

describe("what is odd", () => {
  const oddities: readonly (readonly [string, (value: number, since: number) => number])[] = [
    ["a flood", (value, since) => (since < 4 ? value * 3 + 200 : value)],
    ["an outage", (value, since) => (since < 8 ? 0 : value)],
    ["another level", (value) => value + 150],
  ];
  const cases = (["daily", "weekly", "counts"] as const).flatMap((kind) =>
    [5, 60].flatMap((minutes) =>
      oddities.map(([name, change]) => ({ kind, minutes, name, change })),
    ),
  );

  it.each(cases)(
    "$name in a $kind series of $minutes minutes is told within four points, once",
    ({ kind, minutes, change }) => {
      const { at, points } = odd(kind, minutes, change);
      const { judgements } = judge(points);
      expect(alertsIn(judgements.slice(at, at + 4))).toBe(1);
      expect(alertsIn(judgements.slice(at + 4, at + 12))).toBe(0);
      const score = Math.max(...judgements.slice(at, at + 4).map((told) => told?.score ?? 0));
      expect(score).toBeGreaterThan(0.5);
    },
  );

  it("lasts for a while only: another level becomes the ordinary one", () => {
    const { at, points } = odd("counts", 5, (value) => value + 300);
    const { judgements } = judge(points);
    const late = judgements.slice(at + 200);
    expect(late.filter((told) => told?.isAnomaly).length).toBeLessThan(3);
  });
});

describe("the state", () => {
  it("is plain JSON: judging goes on from it as if nothing had happened", () => {
    const points = ordinary("weekly", { seed: 5, length: 1_500, minutes: 5 });
    const whole = judge(points);
    const half = judge(points.slice(0, 700));
    const stored = JSON.parse(JSON.stringify(half.detector)) as Detector;
    const rest = judge(points.slice(700), stored);
    expect(rest.judgements).toEqual(whole.judgements.slice(700));
    expect(rest.detector).toEqual(whole.detector);
  });

  it("has a bounded size, however long the series is", () => {
    const size = (length: number): number =>
      JSON.stringify(judge(ordinary("weekly", { seed: 9, length, minutes: 5 })).detector).length;
    expect(size(12_000)).toBeLessThan(size(4_200) * 1.1);
    expect(size(12_000)).toBeLessThan(40_000);
  });
});
