/** What a parsed policy may look like: the tree as Cedar's own parser gives it, before the policy is loaded anywhere. */
import { isObject, type Json, type JsonObject } from "../canonical.ts";

/** Chains of 362 terms are evaluated and 364 kill the engine. A tree this deep is far from that, and nobody reads a deeper one. */
const DEPTH_MAX = 64;

/** An overflow makes a forbid err, and Cedar skips what errs. Comparisons cannot overflow. */
const ARITHMETIC = new Set(["+", "-", "*", "neg"]);

/** Why the policy must not be loaded. */
export function faultsOf(tree: JsonObject): readonly string[] {
  const conditions = tree["conditions"] ?? [];
  return [
    ...(depthOf(conditions) > DEPTH_MAX ? [`is nested more than ${DEPTH_MAX} deep`] : []),
    ...(uses(conditions, ARITHMETIC) ? ["has arithmetic; compare values as they are"] : []),
  ];
}

/**
 * What a team may write beside the shipped policies: it can only forbid, and only changes. So nothing that is shipped is ever
 * permitted more freely, and no team can forbid that policies are edited again.
 */
export function teamFaultsOf(tree: JsonObject): readonly string[] {
  const { effect, action } = tree;
  const scope = isObject(action) ? action : {};
  const actions = [scope["entity"], ...listOf(scope["entities"])].filter((one) => isObject(one));
  const edits = actions.some(({ id }) => id === "EditPolicy");
  return [
    ...(effect === "forbid"
      ? []
      : ["must be a `forbid`: what is permitted is shipped, and a team narrows it"]),
    ...(actions.length === 0
      ? ['must say which changes: `action in Driftless::Action::"Mutate"`, or single ones']
      : []),
    ...(edits ? ["must not be about `EditPolicy`: nobody could take it back"] : []),
  ];
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const membersOf = (value: Json): readonly Json[] => {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
};

/** Operators, not brackets: each is an object around its operands. */
function depthOf(value: Json): number {
  const inner = membersOf(value).reduce<number>((most, one) => Math.max(most, depthOf(one)), 0);
  return isObject(value) && "left" in value ? inner + 1 : inner;
}

const uses = (value: Json, names: ReadonlySet<string>): boolean =>
  (isObject(value) && Object.keys(value).some((name) => names.has(name))) ||
  membersOf(value).some((one) => uses(one, names));
