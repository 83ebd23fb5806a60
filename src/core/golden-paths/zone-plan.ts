/**
 * The plan that a zone is on, and what it allows of what paths declare, as Cloudflare's pages on availability say (2026). Whatever
 * goes beyond it the API refuses, in the middle of a run.
 */
const ZONE_PLANS = ["free", "pro", "business", "enterprise"] as const;
export type ZonePlan = (typeof ZONE_PLANS)[number];

/** Null: a plan that nobody here knows. */
export const zonePlanOf = (name: string | null): ZonePlan | null =>
  ZONE_PLANS.find((plan) => plan === name) ?? null;

export interface Allowance {
  readonly rateLimits: number;
  /** How long a rate limit may keep somebody out. */
  readonly timeoutSecondsMax: number;
  /** What a rate limit may look at: the path, the host too, the method too. */
  readonly limitsSee: readonly ("path" | "host" | "method")[];
  /** The shortest time that a rule may keep an answer at the edge, whatever the origin says of it. */
  readonly edgeSecondsMin: number;
  /** Cloudflare's managed ruleset; on the free plan another one runs by itself. */
  readonly managedRules: boolean;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

const ALLOWANCES: Readonly<Record<ZonePlan, Allowance>> = {
  free: {
    rateLimits: 1,
    timeoutSecondsMax: 10,
    limitsSee: ["path"],
    edgeSecondsMin: 2 * HOUR,
    managedRules: false,
  },
  pro: {
    rateLimits: 2,
    timeoutSecondsMax: HOUR,
    limitsSee: ["path", "host"],
    edgeSecondsMin: HOUR,
    managedRules: true,
  },
  business: {
    rateLimits: 5,
    timeoutSecondsMax: DAY,
    limitsSee: ["path", "host", "method"],
    edgeSecondsMin: 1,
    managedRules: true,
  },
  enterprise: {
    rateLimits: 100,
    timeoutSecondsMax: DAY,
    limitsSee: ["path", "host", "method"],
    edgeSecondsMin: 1,
    managedRules: true,
  },
};

/** Of a plan that is not known nothing is known to be forbidden (I8): the most is assumed, and the API has the last word. */
export const allowanceOf = (plan: ZonePlan | null): Allowance => ALLOWANCES[plan ?? "enterprise"];
