/**
 * Policies that are wrong in one place, made from right ones: a decision table that still holds for one of them does not say
 * what that place is for. Works on the tree that Cedar's parser gives.
 */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";

export interface Mutant {
  /** Stable: the policy, what was done, and to the how many-th place of its kind. */
  readonly id: string;
  readonly policy: string;
  readonly what: string;
  /** Null: the policy is gone. */
  readonly tree: JsonObject | null;
}

/** A way to be wrong: what may stand in the place of a node of the tree. */
interface Operator {
  readonly name: string;
  readonly variants: (node: JsonObject) => readonly Json[];
}

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  "==": ["!="],
  "!=": ["=="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "&&": ["||"],
  "||": ["&&"],
};

const only = (node: JsonObject): readonly [string, Json] | null => {
  const [member, ...more] = Object.entries(node);
  return member !== undefined && more.length === 0 ? member : null;
};

const operandsOf = (node: JsonObject): readonly Json[] => {
  const [name, value] = only(node) ?? ["", null];
  return (name === "&&" || name === "||") && isObject(value)
    ? [value["left"] ?? null, value["right"] ?? null]
    : [];
};

const OPERATORS: readonly Operator[] = [
  { name: "one side of it", variants: operandsOf },
  {
    name: "another operator",
    variants: (node) => {
      const [name, value] = only(node) ?? ["", null];
      return (SWAPPED[name] ?? []).map((other) => ({ [other]: value }));
    },
  },
  {
    name: "without its not",
    variants: (node) => {
      const inner = node["!"];
      return isObject(inner) && only(node) !== null ? [inner["arg"] ?? null] : [];
    },
  },
  {
    name: "its opposite",
    variants: (node) => (isTruth(node) ? [{ "!": { arg: node } }] : []),
  },
  {
    name: "a shorter list",
    variants: (node) => {
      const list = node["Set"];
      return Array.isArray(list) && list.length > 1
        ? list.map((_, index) => ({ Set: list.toSpliced(index, 1) }))
        : [];
    },
  },
  {
    name: "another constant",
    variants: (node) => {
      const [name, value] = only(node) ?? ["", null];
      return name === "Value" ? others(value).map((other) => ({ Value: other })) : [];
    },
  },
];

/** Things that are true or false by themselves. Comparisons have their own opposites. */
const isTruth = (node: JsonObject): boolean => {
  const [name, value] = only(node) ?? ["", null];
  if (name === "contains") return true;
  return name === "." && isObject(value) && TRUTHS.has(textOf(value["attr"]));
};

/** The attributes of the schema that are true or false. */
const TRUTHS: ReadonlySet<string> = new Set([
  "quarantined",
  "disabled",
  "protected",
  "security",
  "proxied",
  "reversible",
  "verified",
  "bound",
  "selfApproved",
  "open",
  "frozen",
  "emergency",
  "simulated",
  "canary",
  "authorAmongThem",
  "tested",
  "circuitOpen",
]);

function others(value: Json): readonly Json[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [value - 1, value + 1];
  return typeof value === "string" ? [`${value}-other`] : [];
}

/** All mutants of one policy. */
export function mutantsOf(policy: string, tree: JsonObject): readonly Mutant[] {
  const found: Mutant[] = [
    { id: `${policy}/removed`, policy, what: "the policy is gone", tree: null },
  ];
  const add = (what: string, to: JsonObject): void => {
    const before = found.filter((one) => one.what === what).length;
    found.push({
      id: `${policy}/${what.replaceAll(" ", "-")}/${before + 1}`,
      policy,
      what,
      tree: to,
    });
  };
  add("the other effect", { ...tree, effect: tree["effect"] === "permit" ? "forbid" : "permit" });
  for (const scope of ["principal", "action", "resource"])
    for (const [what, other] of scopesOf(tree[scope]))
      add(`${what} ${scope}`, { ...tree, [scope]: other });
  const conditions = Array.isArray(tree["conditions"]) ? tree["conditions"] : [];
  conditions.forEach((clause, index) => {
    if (!isObject(clause)) return;
    const put = (replacement: readonly Json[]): JsonObject => ({
      ...tree,
      conditions: [...conditions.slice(0, index), ...replacement, ...conditions.slice(index + 1)],
    });
    add("a clause less", put([]));
    add(
      "the other clause",
      put([{ ...clause, kind: clause["kind"] === "when" ? "unless" : "when" }]),
    );
    for (const { name, variants } of OPERATORS)
      for (const body of variantsOf(clause["body"] ?? null, variants))
        add(name, put([{ ...clause, body }]));
  });
  return found;
}

const ANY: JsonObject = { op: "All" };
/** Which stand for each other in the scope of a policy. */
const PEERS: readonly (readonly string[])[] = [
  ["Mutate", "Tighten", "Loosen", "Revert"],
  ["executor", "reverter"],
  ["architect", "reviewer", "sentinel"],
];

/** A scope that is not there, or names a peer. */
function scopesOf(scope: Json | undefined): readonly (readonly [string, JsonObject])[] {
  if (!isObject(scope) || scope["op"] === "All") return [];
  const { entity } = scope;
  const id = isObject(entity) ? textOf(entity["id"]) : "";
  const peers = PEERS.find((group) => group.includes(id)) ?? [];
  return [
    ["any", ANY],
    ...peers
      .filter((peer) => peer !== id)
      .map((peer) => ["another", { ...scope, entity: { ...entityOf(entity), id: peer } }] as const),
  ];
}

const entityOf = (entity: Json | undefined): JsonObject => (isObject(entity) ? entity : {});

/** Every tree that differs from `node` in one place. */
function variantsOf(node: Json, variants: Operator["variants"]): readonly Json[] {
  if (Array.isArray(node))
    return node.flatMap((one, index) =>
      variantsOf(one, variants).map((other) => node.toSpliced(index, 1, other)),
    );
  if (!isObject(node)) return [];
  const inside = Object.entries(node).flatMap(([name, value]) =>
    variantsOf(value, variants).map((other): Json => ({ ...node, [name]: other })),
  );
  return [...variants(node), ...inside];
}
