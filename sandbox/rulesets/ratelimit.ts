/** The `ratelimit` member of a rate limiting rule. */
import { z } from "zod";
import type { Plan } from "../model/zone.ts";
import { ExpressionError, readExpression } from "./expression.ts";
import { ALLOWANCE } from "./phases.ts";
import { CODE, type Complaints } from "./refusal.ts";

const PERIODS = [
  10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65_535,
  86_400,
];

const Ratelimit = z
  .strictObject({
    characteristics: z.array(z.string().min(1).max(500)).min(1).max(10),
    period: z.number().int(),
    requests_per_period: z.number().int().min(1).max(10_000_000).optional(),
    mitigation_timeout: z.number().int().min(0).max(86_400).optional(),
    /** Null and absent mean the rule's expression; "" is kept, for it counts every request. */
    counting_expression: z.string().nullish(),
    requests_to_origin: z.boolean().optional(),
    score_per_period: z.number().int().min(1).optional(),
    score_response_header_name: z.string().min(1).max(200).optional(),
  })
  .refine((given) => (given.requests_per_period ?? given.score_per_period) !== undefined, {
    message: "requests_per_period or score_per_period is required",
  });

/** Counters live in a data centre each, so the API adds it to what is counted by. */
const COLO = "cf.colo.id";

export type StoredRatelimit = Readonly<Record<string, unknown>>;

/** As stored; undefined when there was something to complain about. */
export function readRatelimit(
  given: unknown,
  plan: Plan,
  complaints: Complaints,
): StoredRatelimit | undefined {
  const parsed = Ratelimit.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const place = path.reduce<Complaints>((at, step) => at.at(String(step)), complaints);
      place.add(CODE.ratelimitInvalid, `invalid ratelimit: ${message}`);
    }
    return undefined;
  }
  const { counting_expression: counting, characteristics, ...rest } = parsed.data;
  complainOfPeriod(rest.period, plan, complaints.at("period"));
  complainOfCharacteristics(characteristics, complaints.at("characteristics"));
  if (counting !== undefined && counting !== null && counting.trim() !== "") {
    complainOfExpression(counting, complaints.at("counting_expression"));
  }
  return {
    ...rest,
    characteristics: characteristics.includes(COLO) ? characteristics : [COLO, ...characteristics],
    ...(counting === undefined || counting === null ? {} : { counting_expression: counting }),
  };
}

function complainOfPeriod(period: number, plan: Plan, complaints: Complaints): void {
  const allowed = ALLOWANCE[plan].periods;
  if (!PERIODS.includes(period)) {
    complaints.add(CODE.ratelimitInvalid, `the period must be one of ${PERIODS.join(", ")}`);
  } else if (allowed !== undefined && !allowed.includes(period)) {
    const message = `not entitled: the use of period ${period} is not allowed, a higher plan is required`;
    complaints.add(CODE.notEntitled, message);
  }
}

function complainOfCharacteristics(all: readonly string[], complaints: Complaints): void {
  for (const [index, characteristic] of all.entries()) {
    const place = complaints.at(index);
    if (all.indexOf(characteristic) < index) {
      place.add(CODE.ratelimitInvalid, `the characteristic \`${characteristic}\` occurs twice`);
    }
    complainOfExpression(characteristic, place);
  }
}

function complainOfExpression(expression: string, complaints: Complaints): void {
  try {
    readExpression(expression);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    complaints.add(CODE.brokenExpression, `'${expression}' is not valid because ${error.message}`);
  }
}
