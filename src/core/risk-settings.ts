/** What a team says about the risk of changing a scope, as part of its golden state. What it leaves out counts as the worst. */
import { z } from "zod";
import { type Instant, instantOf } from "./ids.ts";
import type { Fault } from "./resource.ts";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface RiskSettings {
  /** 0 sandbox, 1 internal, 2 a site, 3 production, 4 regulated; null: nobody has said. */
  readonly criticality: number | null;
  /** Nothing but repairs and protection in these. */
  readonly freezes: readonly Freeze[];
  /** When a change is welcome, and when it is least so. */
  readonly hours: readonly Hours[];
  /** How many runs may end badly in so many days; null: nobody has said. */
  readonly errorBudget: { readonly failedRuns: number; readonly days: number } | null;
  /** Names that must not stop leading somewhere, beside the apex and `www`. In full. */
  readonly protectedNames: readonly string[];
  /** Requests of a day by hostname, as they were recorded; empty: nobody has said. */
  readonly traffic: Readonly<Record<string, number>>;
}

export interface Freeze {
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
}

export interface Hours {
  readonly days: readonly Weekday[];
  /** Minutes of the day, in UTC; `until` is not among them. */
  readonly from: number;
  readonly until: number;
  readonly are: "window" | "peak";
}

export const NO_SETTINGS: RiskSettings = {
  criticality: null,
  freezes: [],
  hours: [],
  errorBudget: null,
  protectedNames: [],
  traffic: {},
};

const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "must be a time such as `09:00`, in UTC");
const hostname = z
  .string()
  .max(253)
  .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/, "must be a full hostname in lower case");

/** `spec.risk` as it stands in a file. */
export const riskSettings = z.strictObject({
  criticality: z.int().min(0).max(4).optional().meta({
    description:
      "0 sandbox, 1 internal, 2 a site, 3 production, 4 regulated; left out, it counts as 4",
  }),
  freezes: z
    .array(
      z.strictObject({
        from: z.iso.datetime(),
        until: z.iso.datetime(),
        reason: z.string().min(3).max(500),
      }),
    )
    // More is a calendar, and belongs somewhere else.
    .max(100)
    .optional()
    .meta({
      description: "nothing but repairs and protection in these: anything else takes two people",
    }),
  hours: z
    .array(
      z.strictObject({
        days: z.array(z.enum(WEEKDAYS)).min(1).max(7),
        from: clockTime,
        until: clockTime,
        are: z.enum(["window", "peak"]),
      }),
    )
    .max(50)
    .optional()
    .meta({ description: "weekly hours in UTC: a `window` for changes, or `peak` traffic" }),
  error_budget: z
    .strictObject({ failed_runs: z.int().min(1).max(1_000), days: z.int().min(1).max(90) })
    .optional()
    .meta({ description: "how many runs may end badly in so many days" }),
  protected_names: z.array(hostname).max(100).optional().meta({
    description: "names that must not stop leading somewhere, beside the apex and `www`",
  }),
  traffic: z.record(hostname, z.int().min(0)).optional().meta({
    description:
      "requests of a day by full hostname, as recorded: how much of the site a name stands for",
  }),
});

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
};

export function settingsOf(given: z.output<typeof riskSettings> | undefined): RiskSettings {
  if (given === undefined) return NO_SETTINGS;
  const { error_budget: budget } = given;
  return {
    criticality: given.criticality ?? null,
    freezes: (given.freezes ?? []).map(({ from, until, reason }) => ({
      from: instantOf(from),
      until: instantOf(until),
      reason,
    })),
    hours: (given.hours ?? []).map(({ days, from, until, are }) => ({
      days,
      from: minutesOf(from),
      until: minutesOf(until),
      are,
    })),
    errorBudget:
      budget === undefined ? null : { failedRuns: budget.failed_runs, days: budget.days },
    protectedNames: given.protected_names ?? [],
    traffic: given.traffic ?? {},
  };
}

/** Windows that nothing can be in: a mistake that would otherwise protect nothing. */
export function settingsFaults({ freezes, hours }: RiskSettings): readonly Fault[] {
  return [
    ...freezes.flatMap(({ from, until }, index) =>
      from < until
        ? []
        : [{ path: ["freezes", index], problem: "ends before it begins: swap `from` and `until`" }],
    ),
    ...hours.flatMap(({ from, until }, index) =>
      from < until
        ? []
        : [
            {
              path: ["hours", index],
              problem: "ends before it begins: write hours past midnight as two entries",
            },
          ],
    ),
  ];
}
