/**
 * How a mitigation goes out: to look first and to stop later, unless the hole is being used already; always with an end,
 * and with a word that a rule is no patch.
 */
import { parseExpression } from "../expression/parse.ts";
import { type Plan, PLANS, requirementOf } from "../expression/requirements.ts";
import type { CveEntry, ManagedRule } from "./entry.ts";

const HOUR_MS = 3_600_000;
/** Nothing that was made in a hurry outlives its reason: after three days somebody decides again. */
const LEASE_MS_MAX = 72 * HOUR_MS;
/** A rule that only looks is kept for a day: by then its match rate is known. */
const WATCH_MS = 24 * HOUR_MS;
const REMINDER_MS = 24 * HOUR_MS;
/** Parts of a million of ordinary traffic: a rule that matches more is not enforced by itself. */
export const MATCHED_PPM_MAX = 1_000;

export interface Circumstances {
  readonly plan: Plan;
  /** Whether requests that match were seen, or others report attacks on this scope. */
  readonly isExploitationSeen: boolean;
  /** Share of recorded ordinary requests that the expression matched; null: not measured. */
  readonly share: number | null;
}

export interface Deployment {
  readonly ref: string;
  readonly description: string;
  readonly expression: string;
  /** `log`: to look. `managed_challenge`: the canary. `block`: to stop. */
  readonly action: "log" | "managed_challenge" | "block";
  readonly leaseMs: number;
  readonly remindAfterMs: number;
  readonly reminder: string;
  readonly why: string;
}

export type Advice =
  | { readonly kind: "deploy"; readonly managed: readonly ManagedRule[]; readonly rule: Deployment }
  /** Cloudflare's own rules do it, and this plan can see nothing more. */
  | {
      readonly kind: "managed_only";
      readonly managed: readonly ManagedRule[];
      readonly why: string;
    }
  | { readonly kind: "nothing"; readonly reason: string };

const takes = (plan: Plan, needed: Plan): boolean => PLANS.indexOf(needed) <= PLANS.indexOf(plan);

/** What to do about a vulnerability on a scope. It decides nothing: it is the content of a proposal. */
export function adviceOn(entry: CveEntry, circumstances: Circumstances): Advice {
  const { mitigation } = entry;
  if (mitigation.kind === "none") return { kind: "nothing", reason: mitigation.reason };
  const managed = mitigation.managed.filter(({ plan }) => takes(circumstances.plan, plan));
  const expression = strongestFor(entry, circumstances.plan);
  if (expression === null) {
    return managed.length > 0
      ? { kind: "managed_only", managed, why: mitigation.unseen }
      : { kind: "nothing", reason: mitigation.unseen };
  }
  const { action, why, leaseMs } = stepFor(circumstances);
  return {
    kind: "deploy",
    managed,
    rule: {
      ref: entry.id.toLowerCase(),
      description: `${entry.id} (${entry.name})`,
      expression,
      action,
      leaseMs,
      remindAfterMs: REMINDER_MS,
      reminder: `a rule is no patch: ${entry.product} needs ${entry.patch}`,
      why,
    },
  };
}

/** The expression that sees most of what the plan lets a rule look at. */
export function strongestFor({ mitigation }: CveEntry, plan: Plan): string | null {
  if (mitigation.kind === "none") return null;
  const fits = [mitigation.full, mitigation.basic].filter((text) => text !== null);
  return (
    fits.find((text) => {
      const parsed = parseExpression(text);
      return parsed.ok && takes(plan, requirementOf(parsed.value).plan);
    }) ?? null
  );
}

type Step = Pick<Deployment, "action" | "why" | "leaseMs">;

function stepFor({ isExploitationSeen, share }: Circumstances): Step {
  if (share === null) {
    return { action: "log", leaseMs: WATCH_MS, why: "how much it matches is not known yet" };
  }
  if (share * 1_000_000 > MATCHED_PPM_MAX) {
    const why = `it matches more than ${MATCHED_PPM_MAX} of a million ordinary requests: a person decides`;
    return { action: "log", leaseMs: WATCH_MS, why };
  }
  if (isExploitationSeen) {
    return {
      action: "block",
      leaseMs: LEASE_MS_MAX,
      why: "attacks are seen, and ordinary traffic is spared",
    };
  }
  return {
    action: "managed_challenge",
    leaseMs: LEASE_MS_MAX,
    why: "no attack is seen: a challenge first, as a canary",
  };
}
