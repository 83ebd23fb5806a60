/** What is known of one vulnerability, and what the edge can do about it. */
import type { Plan } from "../expression/requirements.ts";

export interface ManagedRule {
  /** Of the managed ruleset that has it. */
  readonly ruleset: string;
  readonly rule: string;
  /** The smallest plan that has the ruleset. */
  readonly plan: Plan;
}

export type Mitigation =
  | {
      readonly kind: "edge";
      /** Cloudflare's own rules against it; empty where none is known for sure. */
      readonly managed: readonly ManagedRule[];
      /** Needs no body fields. Null: without the body there is nothing to tell an attack by. */
      readonly basic: string | null;
      /** Looks into the body too (Enterprise). Null: the body says nothing more. */
      readonly full: string | null;
      /** What an attacker can still do. */
      readonly unseen: string;
    }
  | { readonly kind: "none"; readonly reason: string };

export interface CveEntry {
  readonly id: string;
  readonly name: string;
  readonly product: string;
  /** Other ids of the same hole, and of those that the same rule covers. */
  readonly also: readonly string[];
  /** `ecosystem:name`, as OSV writes them. */
  readonly packages: readonly string[];
  /** Whether it stands in CISA's catalogue of known exploited vulnerabilities. */
  readonly isKnownExploited: boolean;
  readonly mitigation: Mitigation;
  /** What ends the need for a rule. */
  readonly patch: string;
  readonly references: readonly string[];
  /** Requests as text (`METHOD /uri`, headers, an empty line, a body) that the fullest expression must match, and such that it must not. */
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}
