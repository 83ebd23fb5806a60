import { z } from "zod";
import {
  type Judgement,
  newDetector,
  observe,
  type Point,
} from "../../../core/detection/detector.ts";
import { newWatch, type Oddity, observeTraffic } from "../../../core/detection/watch.ts";
import { ok } from "../../../core/result.ts";
import { defineRoute } from "../route.ts";

/** A month of five-minute values. */
const POINTS_MAX = 10_000;

const point = z.tuple([
  z.number().meta({ description: "when, in milliseconds since 1970" }),
  z.number(),
]);

const alert = z.object({
  at_ms: z.number(),
  value: z.number(),
  expected: z.number(),
  low: z.number(),
  high: z.number(),
  kind: z.enum(["spike", "drift"]),
});

interface Judged extends Judgement {
  readonly point: Point;
}

function judged(points: readonly Point[], falseAlarmRate: number): readonly (Judged | null)[] {
  let detector = newDetector();
  return points.map((one) => {
    const seen = observe(detector, one, { falseAlarmRate });
    ({ detector } = seen);
    return seen.judgement && { ...seen.judgement, point: one };
  });
}

/** Two weeks of five-minute counts. */
const WINDOWS_MAX = 4_032;

const counted = z.record(z.string().max(100), z.number().min(0));

const counts = z.strictObject({
  at_ms: z.number(),
  requests: z.number().min(0),
  errors: z.number().min(0).nullable().default(null),
  matches: counted.nullable().default(null).meta({ description: "matches by the rule's ref" }),
  asns: counted.nullable().default(null).meta({ description: "requests by autonomous system" }),
});

const oddity = z.object({ ...alert.shape, feature: z.string() });

function odditiesIn(windows: readonly z.output<typeof counts>[]) {
  let watch = newWatch();
  return windows.flatMap(({ at_ms: atMs, ...rest }) => {
    const seen = observeTraffic(watch, { atMs, ...rest });
    ({ watch } = seen);
    return seen.oddities.flatMap((one) => oddityJson(one, atMs));
  });
}

const oddityJson = (
  { feature, value, judgement }: Oddity,
  atMs: number,
): z.input<typeof oddity>[] => {
  const { expected, low, high, kind } = judgement;
  return kind === null ? [] : [{ feature, at_ms: atMs, value, expected, low, high, kind }];
};

export const seriesRoutes = [
  defineRoute({
    method: "POST",
    path: "/api/v1/traffic/assessments",
    id: "assessTraffic",
    summary:
      "Finds what is out of the ordinary in counted traffic: rate, errors, rules, new networks",
    right: "read",
    body: z.strictObject({ windows: z.array(counts).max(WINDOWS_MAX) }),
    out: z.object({ oddities: z.array(oddity) }),
    async handle({ body: { windows } }) {
      return ok({ body: { oddities: odditiesIn(windows) } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/series/assessments",
    id: "assessSeries",
    summary: "Finds what is out of the ordinary in a series, as the swarm does it in its own",
    right: "read",
    body: z.strictObject({
      points: z.array(point).max(POINTS_MAX),
      false_alarm_rate: z.number().min(1e-7).max(0.1).default(1e-4),
    }),
    out: z.object({
      scores: z
        .array(z.number())
        .meta({ description: "0: ordinary, or not judged; 1: unheard of" }),
      alerts: z.array(alert),
    }),
    async handle({ body: { points, false_alarm_rate: rate } }) {
      const told = judged(
        points.map(([atMs, value]) => ({ atMs, value })),
        rate,
      );
      const alerts = told.flatMap((one) =>
        one?.isAlert && one.kind !== null
          ? [
              {
                at_ms: one.point.atMs,
                value: one.point.value,
                expected: one.expected,
                low: one.low,
                high: one.high,
                kind: one.kind,
              },
            ]
          : [],
      );
      return ok({ body: { scores: told.map((one) => one?.score ?? 0), alerts } });
    },
  }),
];
