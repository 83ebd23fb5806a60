/** What may be put to the engine at all. Checked before the call: some inputs take seconds, and some kill it. */
import type { PolicyRequest, Uid } from "../../core/policy/request.ts";

/** 100 levels are answered, 100,000 throw; ours have two. */
const DEPTH_MAX = 8;
const ENTITIES_MAX = 32;
/** A context of ours has about 700 characters. */
const CONTEXT_CHARS_MAX = 8 * 1024;
const TEXT_MAX = 1_024;
const LIST_MAX = 64;

/** Why `request` is not asked, or null. */
export function unfit({
  principal,
  action,
  resource,
  context,
  entities,
}: PolicyRequest): string | null {
  if (entities.length > ENTITIES_MAX) return `more than ${ENTITIES_MAX} entities`;
  const uids = [principal, resource, ...entities.flatMap(({ uid, parents }) => [uid, ...parents])];
  if (
    [action, ...uids.flatMap(({ type, id }: Uid) => [type, id])].some(
      (text) => text.length > TEXT_MAX,
    )
  )
    return `a name of more than ${TEXT_MAX} characters`;
  for (const attributes of [context, ...entities.map(({ attrs }) => attrs)]) {
    // Depth first: what is too deep cannot be counted in characters.
    const problem = unfitValue(attributes, DEPTH_MAX);
    if (problem !== null) return problem;
  }
  return JSON.stringify(context).length > CONTEXT_CHARS_MAX
    ? `a context of more than ${CONTEXT_CHARS_MAX} characters`
    : null;
}

function unfitValue(value: unknown, depth: number): string | null {
  if (depth === 0) return `a value more than ${DEPTH_MAX} deep`;
  if (typeof value === "boolean") return null;
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? null : "a number that is not a whole one";
  if (typeof value === "string")
    return value.length > TEXT_MAX ? `a text of more than ${TEXT_MAX} characters` : null;
  return typeof value === "object" && value !== null
    ? unfitMembers(value, depth)
    : "a value that is missing";
}

function unfitMembers(value: object, depth: number): string | null {
  const members = Object.entries(value);
  if (members.length > LIST_MAX) return `more than ${LIST_MAX} members`;
  // `__entity` and `__extn` are code to Cedar: whoever could set one could be anybody.
  if (members.some(([name]) => name.startsWith("__"))) return "a member that Cedar would run";
  for (const [, member] of members as [string, unknown][]) {
    const problem = unfitValue(member, depth - 1);
    if (problem !== null) return problem;
  }
  return null;
}
