/** A ruleset as stored, and its earlier versions. */
import type { Kind } from "../store.ts";
import type { Phase } from "./phases.ts";
import type { StoredRule } from "./rule.ts";

export const RULESET_KINDS = ["custom", "managed", "root", "zone"] as const;
export type RulesetKind = (typeof RULESET_KINDS)[number];

export interface StoredRuleset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly kind: RulesetKind;
  readonly phase: Phase;
  /** A decimal number as text; one more with every write. */
  readonly version: string;
  readonly last_updated: string;
  readonly rules: readonly StoredRule[];
}

/** On the shelf of a zone or of the account. */
export const RULESET: Kind<StoredRuleset> = { name: "ruleset" };

/** On the shelf of the ruleset; the current version is one of them. */
export const RULESET_VERSION: Kind<StoredRuleset & { readonly ruleset_id: string }> = {
  name: "ruleset_version",
};

/** Older versions go first, or a long demo would fill the account. */
export const VERSIONS_MAX = 50;

/** Without its rules, as in every list. */
export function summary(ruleset: StoredRuleset): Omit<StoredRuleset, "rules"> {
  const { rules: _, ...rest } = ruleset;
  return rest;
}
