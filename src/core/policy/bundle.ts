/**
 * Everything that decides, as one value with one digest: schema, shipped packs, what a team has added, and which scopes it
 * has put under which framework. A decision names the digest, so it can be asked again and compared.
 */
import { digestOf } from "../canonical.ts";
import type { Digest, ScopeId } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import { policiesIn, type PolicyFault, type PolicyText } from "./text.ts";

/** As they stand in `policies/`. */
export interface Shipped {
  readonly schema: string;
  /** Cedar text by the pack's name. */
  readonly packs: Readonly<Record<string, string>>;
}

/** What applies to a scope beside the baseline. Each is a pack, and a word in `context.frameworks`. */
export const FRAMEWORKS = ["soc2", "pci-dss"] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** Scopes by framework; `*` stands for all of them. */
export type Coverage = Readonly<Partial<Record<Framework, readonly string[] | undefined>>>;

/** What a team decides by itself: never less than what is shipped. */
export interface TeamPolicies {
  readonly policies: string;
  readonly frameworks: Coverage;
}

export const NO_TEAM_POLICIES: TeamPolicies = { policies: "", frameworks: {} };

export interface Bundle {
  readonly digest: Digest;
  readonly schema: string;
  readonly policies: readonly PolicyText[];
  readonly frameworks: Coverage;
}

/** A decision costs about 4 us for each; beyond this the bar of 2,000 a second is no longer met everywhere (I12). */
export const BUNDLE_POLICIES_MAX = 96;

export function bundleOf(
  shipped: Shipped,
  team: TeamPolicies,
): Result<Bundle, readonly PolicyFault[]> {
  const packs = Object.entries(shipped.packs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const policies: PolicyText[] = [];
  for (const [name, text] of packs) {
    const found = policiesIn(text);
    if (!found.ok) return err(found.error.map((fault) => inPack(name, fault)));
    policies.push(...found.value);
  }
  const own = policiesIn(team.policies);
  if (!own.ok) return own;
  const taken = new Set(policies.map(({ id }) => id));
  const faults: PolicyFault[] = own.value
    .filter(({ id }) => taken.has(id))
    .map(({ id, line }) => ({ line, problem: `\`${id}\` is the id of a shipped policy` }));
  policies.push(...own.value);
  if (policies.length > BUNDLE_POLICIES_MAX)
    faults.push({
      line: null,
      problem: `with the shipped ones these are ${policies.length} policies; ${BUNDLE_POLICIES_MAX} are the most`,
    });
  if (faults.length > 0) return err(faults);
  const texts = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const { schema } = shipped;
  const { frameworks } = team;
  const digest = digestOf({ schema, policies: texts, frameworks });
  return ok({ digest, schema, policies, frameworks });
}

const inPack = (name: string, { line, problem }: PolicyFault): PolicyFault => ({
  line,
  problem: `${name}: ${problem}`,
});

/** The frameworks that `scope` is under, in a fixed order. */
export const frameworksOf = (coverage: Coverage, scope: ScopeId): readonly Framework[] =>
  FRAMEWORKS.filter((name) =>
    (coverage[name] ?? []).some((covered) => covered === "*" || covered === scope),
  );
