/** Pieces of rules that several paths declare. Every text in them is a checked parameter or stands here. */
import type { Json, JsonObject } from "../canonical.ts";
import { type Expansion, listOf, mapOf, type PathState } from "./golden-path.ts";
import { allowanceOf } from "./zone-plan.ts";

/** Cloudflare's own rulesets; the ids are the same in every zone. */
export const CLOUDFLARE_MANAGED = "efb7b8c949ac4650a09736fc376e9aee";

export const onHost = (host: string | undefined): string =>
  host === undefined ? "true" : `http.host eq "${host}"`;

export const below = (path: string): string =>
  path === "/" ? "true" : `starts_with(http.request.uri.path, "${path}")`;

/** All of the conditions; what always holds is not said. */
export function every(...conditions: readonly string[]): string {
  const said = conditions.filter((one) => one !== "true");
  return said.length === 0 ? "true" : `(${said.join(" and ")})`;
}

/**
 * Runs a managed ruleset. Null where a rule of the team does so already: the same ruleset twice is refused by the API,
 * and their overrides are theirs.
 */
export function managed(
  state: PathState,
  {
    ref,
    id,
    description,
  }: { readonly ref: string; readonly id: string; readonly description: string },
): JsonObject | null {
  const theirs = listOf(state.declared["managed_ruleset"]).some(
    (rule) =>
      rule["ref"] !== ref && !isOfPath(rule) && mapOf(rule["action_parameters"])["id"] === id,
  );
  return theirs
    ? null
    : { ref, description, expression: "true", action: "execute", action_parameters: { id } };
}

/** All paths say `execute-managed` in the same words, so two paths share one rule. */
export const MANAGED_REF = "golden-path-cloudflare-managed";
const isOfPath = ({ ref }: JsonObject): boolean => ref === MANAGED_REF;

export function cloudflareManaged(state: PathState): Pick<Expansion, "declares" | "notes"> {
  if (!allowanceOf(state.plan).managedRules)
    return {
      declares: {},
      notes: [
        `the plan \`${state.plan}\` runs Cloudflare's free managed rules by itself and no others: the whole WAF needs \`pro\``,
      ],
    };
  const rule = managed(state, {
    ref: MANAGED_REF,
    id: CLOUDFLARE_MANAGED,
    description: "Cloudflare Managed Ruleset",
  });
  return { declares: rule === null ? {} : { managed_ruleset: [rule] }, notes: [] };
}

export const NO_LOGIN = 'not any(http.request.headers.names[*] eq "authorization")';
/** 0 would ask the origin again each time, -1 keeps nothing. */
const NO_ERRORS = { status_code_range: { from: 400 }, value: -1 };

/**
 * How long answers stay at the edge: as long as is wanted, errors not at all. Where the plan allows only longer times, what the
 * origin says of it counts, and `otherwise` what becomes of answers of which it says nothing.
 */
export function edgeTtl(
  { plan }: PathState,
  seconds: number,
  otherwise: "respect_origin" | "bypass_by_default",
): { readonly ttl: JsonObject; readonly notes: readonly string[] } {
  const { edgeSecondsMin } = allowanceOf(plan);
  if (seconds >= edgeSecondsMin)
    return {
      ttl: { mode: "override_origin", default: seconds, status_code_ttl: [NO_ERRORS] },
      notes: [],
    };
  return {
    ttl: { mode: otherwise },
    notes: [
      `the plan \`${plan}\` keeps answers for ${edgeSecondsMin} seconds at the least, so \`cache_seconds: ${seconds}\` cannot be had: the origin's \`Cache-Control\` counts`,
    ],
  };
}

/** A path as it was before it knew plans and the limits of others. */
export const unaware = (state: PathState): PathState => {
  const { rate_limit_rule: _limits, ...declared } = state.declared;
  return { ...state, plan: null, declared };
};

/** A strong setting stays: the later of the two in `order`, whether the team declared it or the path wants it. */
export function atLeast(
  state: PathState,
  name: string,
  { wanted, order }: { readonly wanted: string; readonly order: readonly string[] },
): string {
  const declared = mapOf(state.declared["zone_setting"])[name];
  const there = order.indexOf(textOf(declared));
  return order[Math.max(there, order.indexOf(wanted))] ?? wanted;
}

const textOf = (value: Json | undefined): string => {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return Number.isInteger(value) ? `${value}.0` : String(value);
  return typeof value === "string" ? value : "";
};

export const TLS_VERSIONS = ["1.0", "1.1", "1.2", "1.3"];
export const SSL_MODES = ["off", "flexible", "full", "strict"];
export const SECURITY_LEVELS = ["off", "essentially_off", "low", "medium", "high", "under_attack"];
