/**
 * Custom rules, rate limits, managed rulesets and the security level, in Cloudflare's order and with its actions:
 * `log` goes on, `skip` leaves out, a challenge holds up whoever has not solved one, `block` ends it.
 */
import type { Facts } from "../../src/core/expression/value.ts";
import type { Phase } from "../rulesets/phases.ts";
import type { StoredRule } from "../rulesets/rule.ts";
import type { StoredRuleset } from "../rulesets/ruleset.ts";
import { conditionOf, textBy, valueOf } from "./compiled.ts";
import { MANAGED_PATTERNS, OWASP_THRESHOLD, OWASP_VERDICT } from "./managed-patterns.ts";
import { overridden, type Overrides } from "./overrides.ts";
import type { Limit, RateCounters } from "./rate-counters.ts";
import type { Rulebook } from "./rulebook.ts";
import type { Visit } from "./visit.ts";

export type Source =
  | "firewallCustom"
  | "ratelimit"
  | "firewallManaged"
  | "securitylevel"
  | "bic"
  | "access";

/** One line of the security events. */
export interface Hit {
  readonly source: Source;
  readonly action: string;
  readonly ruleId: string;
  readonly ref: string;
  readonly description: string;
}

export const CHALLENGES = ["challenge", "js_challenge", "managed_challenge"] as const;
type Challenge = (typeof CHALLENGES)[number];
const isChallenge = (action: string): action is Challenge =>
  (CHALLENGES as readonly string[]).includes(action);

export type Stop =
  | { readonly kind: "block"; readonly status: number; readonly custom?: CustomAnswer }
  | { readonly kind: "limited"; readonly retryAfterS: number; readonly custom?: CustomAnswer }
  | { readonly kind: "challenge"; readonly action: Challenge };

export interface CustomAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly content: string;
}

export interface Checked {
  readonly hits: readonly Hit[];
  /** Null: it goes through. */
  readonly stop: Stop | null;
  /** Limits that count what reaches the origin only. */
  readonly countAtOrigin: readonly Limit[];
}

export interface Checking {
  readonly visit: Visit;
  readonly facts: Facts;
  readonly book: Rulebook;
  readonly counters: RateCounters;
  /** Whether the visitor has shown lately that there is a person. */
  readonly isCleared: boolean;
  /** From configuration rules; else the zone's setting counts. */
  readonly securityLevel: unknown;
}

const PHASES: readonly (readonly [Phase, Source])[] = [
  ["http_request_firewall_custom", "firewallCustom"],
  ["http_ratelimit", "ratelimit"],
  ["http_request_firewall_managed", "firewallManaged"],
];

/** Calls from one ruleset into another; Cloudflare allows two levels. */
const DEPTH_MAX = 3;

export function checkVisit(checking: Checking): Checked {
  return new Firewall(checking).check();
}

class Firewall {
  readonly #on: Checking;
  readonly #hits: Hit[] = [];
  readonly #countAtOrigin: Limit[] = [];
  readonly #skipped = {
    phases: new Set<string>(),
    products: new Set<string>(),
    rulesets: new Set<string>(),
    rules: new Set<string>(),
  };
  #stop: Stop | null = null;
  #score = 0;

  constructor(checking: Checking) {
    this.#on = checking;
  }

  check(): Checked {
    for (const [phase, source] of PHASES) {
      for (const ruleset of this.#on.book.entrypoints(phase)) {
        if (this.#stop !== null || this.#skipped.phases.has(phase)) break;
        this.#walk(ruleset, { source, overrides: undefined, depth: 0 });
      }
      if (source === "firewallCustom") this.#securityLevel();
    }
    return { hits: this.#hits, stop: this.#stop, countAtOrigin: this.#countAtOrigin };
  }

  #walk(ruleset: StoredRuleset, way: Way): void {
    if (this.#skipped.rulesets.has(ruleset.id)) return;
    for (const given of ruleset.rules) {
      const rule = overridden(given, way.overrides);
      if (!rule.enabled || this.#skipped.rules.has(rule.id) || !this.#applies(rule, ruleset)) {
        continue;
      }
      if (rule.action === "skip" && this.#skip(rule, way.source)) return;
      this.#act(rule, way);
      if (this.#stop !== null) return;
    }
  }

  #applies(rule: StoredRule, { kind }: StoredRuleset): boolean {
    if (rule.id === OWASP_VERDICT) return this.#score >= thresholdOf(rule);
    const pattern = kind === "managed" ? (MANAGED_PATTERNS[rule.id] ?? "false") : rule.expression;
    return conditionOf(pattern)(this.#on.facts) === true;
  }

  /** Actions of other phases are none of the firewall's. */
  #act(rule: StoredRule, way: Way): void {
    const { action, ratelimit } = rule;
    if (action === "execute") return this.#execute(rule, way);
    if (action === "score") {
      this.#score += Number(rule.action_parameters?.["increment"] ?? 0);
      return;
    }
    const isMitigation = action === "block" || isChallenge(action);
    if (!isMitigation && action !== "log") return;
    if (ratelimit !== undefined && !this.#isTooMuch(rule)) return;
    if (action === "log") this.#hit(rule, way.source);
    else if (ratelimit === undefined) this.#mitigate(rule, way.source);
    else this.#limit(rule, way.source);
  }

  #execute(rule: StoredRule, { source, depth }: Way): void {
    const parameters = rule.action_parameters ?? {};
    const called = this.#on.book.ruleset(String(parameters["id"]));
    if (called === undefined || depth >= DEPTH_MAX) return;
    this.#walk(called, {
      source,
      overrides: parameters["overrides"] as Overrides | undefined,
      depth: depth + 1,
    });
  }

  /** Whether the rest of this ruleset is left out. */
  #skip(rule: StoredRule, source: Source): boolean {
    const parameters = rule.action_parameters ?? {};
    addAll(this.#skipped.phases, parameters["phases"]);
    addAll(this.#skipped.products, parameters["products"]);
    addAll(this.#skipped.rulesets, parameters["rulesets"]);
    for (const ids of Object.values((parameters["rules"] ?? {}) as Record<string, unknown>))
      addAll(this.#skipped.rules, ids);
    if (rule.logging?.enabled !== false) this.#hit(rule, source);
    return parameters["ruleset"] === "current";
  }

  #mitigate(rule: StoredRule, source: Source): void {
    if (isChallenge(rule.action)) {
      if (this.#on.isCleared) return;
      this.#hit(rule, source);
      this.#stop = { kind: "challenge", action: rule.action };
      return;
    }
    this.#hit(rule, source);
    const custom = customAnswer(rule);
    const status = custom?.status ?? 403;
    this.#stop = { kind: "block", status, ...(custom === undefined ? {} : { custom }) };
  }

  #limit(rule: StoredRule, source: Source): void {
    if (isChallenge(rule.action)) return this.#mitigate(rule, source);
    this.#hit(rule, source);
    const custom = customAnswer(rule);
    const retryAfterS = this.#on.counters.retryAfterSeconds(
      this.#limitOf(rule),
      this.#on.visit.atMs,
    );
    this.#stop = { kind: "limited", retryAfterS, ...(custom === undefined ? {} : { custom }) };
  }

  /** Counts, too, unless only what reaches the origin counts. */
  #isTooMuch(rule: StoredRule): boolean {
    const { counters, visit, facts } = this.#on;
    const limit = this.#limitOf(rule);
    const counting = rule.ratelimit?.["counting_expression"];
    const counts =
      typeof counting !== "string" || counting === "" || conditionOf(counting)(facts) === true;
    if (counts && rule.ratelimit?.["requests_to_origin"] === true) this.#countAtOrigin.push(limit);
    else if (counts) counters.count(limit, visit.atMs);
    return counters.isOver(limit, visit.atMs);
  }

  #limitOf({ id, ratelimit = {} }: StoredRule): Limit {
    const names = (ratelimit["characteristics"] ?? []) as readonly string[];
    return {
      ruleId: id,
      key: names.map((name) => this.#characteristic(name)).join(" "),
      periodMs: Number(ratelimit["period"]) * 1_000,
      requests: Number(ratelimit["requests_per_period"] ?? Number.MAX_SAFE_INTEGER),
      timeoutMs: Number(ratelimit["mitigation_timeout"] ?? 0) * 1_000,
    };
  }

  #characteristic(name: string): string {
    if (name === "ip.src" || name === "cf.unique_visitor_id") return this.#on.visit.client.ip;
    const text = textBy(name, this.#on.facts);
    if (text !== undefined) return text;
    const value = this.#on.facts.valueOf(name) ?? valueOf(name)(this.#on.facts);
    return typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
  }

  #securityLevel(): void {
    const { visit, isCleared, securityLevel } = this.#on;
    if (this.#stop !== null || this.#skipped.products.has("securityLevel") || isCleared) return;
    const isUnderAttack = securityLevel === "under_attack";
    // Bots that Cloudflare vouches for are let through, or a shop would fall out of the search engines.
    if (isUnderAttack && visit.client.verifiedBot !== "") return;
    if (!isUnderAttack && visit.client.threatScore <= threatMax(securityLevel)) return;
    const action = "managed_challenge";
    this.#hits.push({
      source: "securitylevel",
      action,
      ruleId: isUnderAttack ? "iuam" : "badscore",
      ref: "",
      description: isUnderAttack ? "I'm Under Attack mode" : "Bad IP",
    });
    this.#stop = { kind: "challenge", action };
  }

  #hit({ id, ref, action, description = "" }: StoredRule, source: Source): void {
    this.#hits.push({ source, action, ruleId: id, ref, description });
  }
}

function addAll(to: Set<string>, given: unknown): void {
  if (Array.isArray(given)) for (const one of given) to.add(String(one));
}

interface Way {
  readonly source: Source;
  readonly overrides: Overrides | undefined;
  readonly depth: number;
}

/** Scores above which the levels of a zone challenge. */
const THREAT_MAX: Readonly<Record<string, number>> = {
  high: 0,
  medium: 14,
  low: 24,
  essentially_off: 49,
};
const threatMax = (level: unknown): number => THREAT_MAX[String(level)] ?? 100;

function thresholdOf(rule: StoredRule): number {
  const given = (rule as { readonly score_threshold?: number }).score_threshold;
  return given ?? OWASP_THRESHOLD;
}

function customAnswer({ action_parameters: parameters }: StoredRule): CustomAnswer | undefined {
  const response = parameters?.["response"] as
    | { status_code?: number; content_type?: string; content?: string }
    | undefined;
  if (typeof response !== "object") return undefined;
  return {
    status: response.status_code ?? 403,
    contentType: response.content_type ?? "text/html",
    content: response.content ?? "",
  };
}
