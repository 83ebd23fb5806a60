/** Applications behind Access: who is let in, how it is asked, and that somebody still is. */
import {
  canonicalise,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
  textOf,
} from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, type Invariant, perhaps, type Protection, type Weakening } from "./invariant.ts";

const KIND = "access_application";
const LETS_IN = new Set(["allow", "bypass", "non_identity"]);

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const policiesOf = (fields: Fields): readonly JsonObject[] =>
  listOf(fields["policies"]).filter(isObject);
const letsIn = (policy: JsonObject): boolean => LETS_IN.has(textOf(policy["decision"]));

const within = (some: Json | undefined, all: Json | undefined): boolean => {
  const known = new Set(listOf(all).map((one) => canonicalise(one)));
  return listOf(some).every((one) => known.has(canonicalise(one)));
};

/** The policies of one name, before and after: whether more people come in. Only what widens and nothing else is certain. */
function policyWeakened(name: string, was: JsonObject, is: JsonObject): readonly Weakening[] {
  if (sameJson(was, is)) return [];
  const said = `policy \`${name}\``;
  if (textOf(was["decision"]) !== textOf(is["decision"]))
    return letsIn(is) ? [certain(`${said} does \`${textOf(is["decision"])}\``)] : [];
  const [wider, narrower] = letsIn(is) ? [is, was] : [was, is];
  const reached = within(narrower["include"], wider["include"]) || isForEverybody(wider);
  const widens =
    reached &&
    within(wider["exclude"], narrower["exclude"]) &&
    within(wider["require"], narrower["require"]);
  const same = ["include", "exclude", "require"].every((member) =>
    sameJson(was[member] ?? [], is[member] ?? []),
  );
  return [widens && !same ? certain(`${said} is for more`) : perhaps(`${said} is for others`)];
}

const isForEverybody = ({ decision, include }: JsonObject): boolean =>
  decision === "bypass" || listOf(include).some((one) => isObject(one) && "everyone" in one);
const opensToAll = (policy: JsonObject): boolean => letsIn(policy) && isForEverybody(policy);

type Named = ReadonlyMap<string, JsonObject>;

const named = (fields: Fields): Named =>
  new Map(policiesOf(fields).map((policy) => [textOf(policy["name"]), policy]));
/** The names that both have, in the order of the first. */
const orderOf = (of: Named, other: Named): readonly string[] =>
  [...of.keys()].filter((name) => other.has(name));

function policiesWeakened(was: Fields, is: Fields): readonly Weakening[] {
  const [before, after] = [named(was), named(is)];
  const made = [...after].filter(([name, policy]) => !before.has(name) && letsIn(policy));
  const gone = [...before].filter(([name, policy]) => !after.has(name) && !letsIn(policy));
  const kept = [...before].flatMap(([name, policy]) => {
    const now = after.get(name);
    return now === undefined ? [] : policyWeakened(name, policy, now);
  });
  return [
    ...made.map(([name, policy]) => {
      const what = `policy \`${name}\` is new and does \`${textOf(policy["decision"])}\``;
      const opens = opensToAll(policy) && !policiesOf(was).some(opensToAll);
      return opens ? certain(what) : perhaps(what);
    }),
    ...gone.map(([name]) => certain(`policy \`${name}\`, which denies, is gone`)),
    ...kept,
    // The first policy that matches decides.
    ...(sameJson(orderOf(before, after), orderOf(after, before))
      ? []
      : [perhaps("policies stand in another order")]),
  ];
}

/** Cookie flags and what else is declared: from the weakest value to the strongest. */
const STRENGTHS: Readonly<Record<string, readonly Json[]>> = {
  same_site_cookie_attribute: ["none", "", "lax", "strict"],
  http_only_cookie_attribute: [false, true],
  enable_binding_cookie: [false, true],
  path_cookie_attribute: [false, true],
};

function membersWeakened(was: Fields, is: Fields): readonly Weakening[] {
  const flags = Object.entries(STRENGTHS).flatMap(([member, values]) => {
    const [from, to] = [was[member], is[member]];
    if (from === undefined || to === undefined || sameJson(from, to)) return [];
    return values.indexOf(to) < values.indexOf(from) ? [certain(`\`${member}\` is weaker`)] : [];
  });
  const [idps, now] = [listOf(was["allowed_idps"]), listOf(is["allowed_idps"])];
  // No identity providers named: all of the account's.
  const wider = idps.length > 0 && (now.length === 0 || !within(now, idps));
  return [
    ...flags,
    ...(is["allowed_idps"] !== undefined && wider
      ? [certain("more identity providers are accepted")]
      : []),
    ...(sameJson(was["session_duration"] ?? null, is["session_duration"] ?? null)
      ? []
      : [perhaps("sessions have another length")]),
  ];
}

export const accessApplications: Protection = {
  kind: KIND,
  weakened(before, after) {
    if (before === null) return [];
    if (after === null) return [certain("nobody is asked who they are any more")];
    return [
      ...(sameJson(before["domain"], after["domain"])
        ? []
        : [certain("it stands before another domain")]),
      ...policiesWeakened(before, after),
      ...membersWeakened(before, after),
    ];
  },
};

const admits = (fields: Fields | null): boolean =>
  fields !== null && policiesOf(fields).some(letsIn);

/** Whoever could come in, nobody can now. */
export const accessClosed: Invariant = {
  name: "access_closed",
  violations: (states) =>
    states.turns
      .filter(
        ({ kind, before, after }) =>
          kind === KIND && after !== null && admits(before) && !admits(after),
      )
      .map(({ kind, identity }) => ({
        severity: "person",
        effect: "locks_out",
        kind,
        identity,
        explanation: "no policy lets anybody in any more",
      })),
};
