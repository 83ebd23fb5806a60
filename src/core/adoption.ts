/**
 * Adoption: reality stays, and the golden state follows it. Which declarations that takes, and whether a document that was
 * edited so says that and nothing else. Pure; the text itself is edited at the edge.
 */
import { isObject, type Json, type JsonObject, sameJson } from "./canonical.ts";
import { driftedFields, resolved, subjectOf } from "./diff.ts";
import type { GoldenState } from "./golden.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Amended } from "./proposal.ts";
import type { Change, Kind, Live, ObservedResource, Resource } from "./resource.ts";
import { err, ok, type Result } from "./result.ts";

/** More than anybody reads before saying yes; a whole zone is imported instead (I12). */
export const ADOPTED_MAX = 500;

/** One edit of a golden document, below `spec.resources`. Positions are those of the document before all edits. */
export type Edit =
  | { readonly op: "set"; readonly path: Path; readonly value: Json }
  | { readonly op: "remove"; readonly path: Path }
  | { readonly op: "append"; readonly path: Path; readonly value: Json }
  /** Before the item that `path` leads to. */
  | { readonly op: "insert"; readonly path: Path; readonly value: Json };
export type Path = readonly (string | number)[];

export const amendedOf = (change: Change): Amended => {
  const { kind, identity } = subjectOf(change);
  const op = { create: "remove", update: "change", delete: "add" } as const;
  return { op: op[change.op], kind, identity };
};

/** Why a change cannot be taken into the document. */
export interface Unadoptable {
  readonly kind: string;
  readonly identity: string;
  readonly problem: string;
}

/** The edits that make `document` declare what was observed, or why there are none. `resources` is its `spec.resources`. */
export function editsFor(
  changes: readonly Change[],
  resources: JsonObject,
  live: Live,
): Result<readonly Edit[], readonly Unadoptable[]> {
  const edits: Edit[] = [];
  const problems: Unadoptable[] = [];
  for (const [name, of] of Map.groupBy(changes, (change) => subjectOf(change).kind)) {
    const declarations = new Declarations(kindOf(name), resources[name], live);
    const made: Edit[] = [];
    for (const change of of) {
      const some = declarations.editsOf(change);
      if (some.ok) made.push(...some.value);
      else problems.push({ ...amendedOf(change), problem: some.error });
    }
    edits.push(...(resources[name] === undefined ? inOnePiece(name, made) : made));
  }
  return problems.length === 0 ? ok(edits) : err(problems);
}

/** Nothing of the kind stands there yet: its first declarations come in one piece. */
function inOnePiece(name: string, edits: readonly Edit[]): readonly Edit[] {
  const values = edits.flatMap((edit) => (edit.op === "remove" ? [] : [edit]));
  if (values.length === 0) return [];
  const value: Json = values.every(({ op }) => op === "append")
    ? values.map((edit) => edit.value)
    : Object.fromEntries(values.map((edit) => [String(edit.path.at(-1)), edit.value]));
  return [{ op: "set", path: [name], value }];
}

/** One kind's part of a golden document: a list of declarations, or a map of them. */
class Declarations {
  readonly #kind: Kind;
  readonly #live: Live;
  readonly #declared: Json | undefined;
  /** Where each resource stands, by identity. */
  readonly #places: ReadonlyMap<string, string | number>;

  constructor(kind: Kind, declared: Json | undefined, live: Live) {
    this.#kind = kind;
    this.#live = live;
    this.#declared = declared;
    this.#places = new Map(
      keysOf(declared).flatMap((key): [string, string | number][] => {
        const resource = this.#declare(key, memberOf(declared, key));
        return resource ? [[resource.identity, key]] : [];
      }),
    );
  }

  editsOf(change: Change): Result<readonly Edit[], string> {
    const path = [this.#kind.name];
    if (change.op === "delete") return this.#addition(change.observed);
    const key = this.#places.get(change.desired.identity);
    if (key === undefined) return err("its declaration does not stand by itself");
    if (change.op === "create") return ok([{ op: "remove", path: [...path, key] }]);
    const before = memberOf(this.#declared, key);
    const after = this.#rewritten(key, before, change);
    return after.ok ? ok(difference([...path, key], before, after.value)) : after;
  }

  #addition(observed: ObservedResource): Result<readonly Edit[], string> {
    const published = this.#publish(observed);
    if (published === undefined) return err("it cannot be declared as it is");
    const { key, value } = published;
    const path = [this.#kind.name];
    return ok([
      typeof key === "number"
        ? { op: "append", path, value }
        : { op: "set", path: [...path, key], value },
    ]);
  }

  /** The smallest declaration that says what was observed: only what differs is touched, or all of it if that is not enough. */
  #rewritten(
    key: string | number,
    before: Json,
    { desired, observed, fields }: Extract<Change, { op: "update" }>,
  ): Result<Json, string> {
    const published = this.#publish(observed);
    if (published === undefined) return err("it cannot be declared as it is");
    const { value } = published;
    const listed = typeof key === "number" && isObject(before) && isObject(value);
    const narrow = listed
      ? onlyFields(before, value, { drifted: fields, known: Object.keys(desired.fields) })
      : narrowed(before, value);
    const fit = [narrow, value].find((candidate) => {
      const resource = this.#declare(key, candidate);
      return (
        resource?.identity === observed.identity && isAsObserved(resource, observed, this.#live)
      );
    });
    return fit === undefined ? err("it cannot be declared as it is") : ok(fit);
  }

  #publish(observed: ObservedResource): { key: string | number; value: Json } | undefined {
    const all = this.#kind.publish?.([observed], this.#live);
    const [key, ...others] = keysOf(all);
    if (key === undefined || others.length > 0) return undefined;
    const value = memberOf(all, key);
    const resource = this.#declare(key, value);
    return resource?.identity === observed.identity ? { key, value } : undefined;
  }

  /** What one declaration says; null when it says nothing by itself, or more than one thing. */
  #declare(key: string | number, value: Json): Resource | null {
    const alone = typeof key === "number" ? [value] : { [key]: value };
    const declared = this.#kind.declare(alone, this.#live.site);
    const [resource, ...others] = declared.ok ? declared.value : [];
    return resource && others.length === 0 ? resource : null;
  }
}

const isAsObserved = (
  resource: Resource,
  observed: ObservedResource,
  { observed: all }: Live,
): boolean =>
  resolved([resource], all).every(
    (one) => driftedFields(kindOf(one.kind), one, observed).length === 0,
  );

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const keysOf = (declared: Json | undefined): readonly (string | number)[] => {
  if (isList(declared)) return [...declared.keys()];
  return isObject(declared) ? Object.keys(declared) : [];
};

const memberOf = (declared: Json | undefined, key: string | number): Json => {
  if (isList(declared)) return declared[Number(key)] ?? null;
  return isObject(declared) ? (declared[key] ?? null) : null;
};

/** `before` with the drifted members of `whole`; how the others are written is the writer's business. */
function onlyFields(
  before: JsonObject,
  whole: JsonObject,
  { drifted, known }: { readonly drifted: readonly string[]; readonly known: readonly string[] },
): JsonObject {
  const moves = (name: string): boolean => drifted.includes(name) || !known.includes(name);
  const kept = Object.entries(before).flatMap(([name, value]): [string, Json][] => {
    if (!moves(name)) return [[name, value]];
    const now = whole[name];
    return now === undefined ? [] : [[name, now]];
  });
  const added = Object.entries(whole).filter(
    ([name]) => before[name] === undefined && drifted.includes(name),
  );
  return Object.fromEntries([...kept, ...added]);
}

/** `whole` without the members that `before` does not speak of. */
function narrowed(before: Json, whole: Json): Json {
  if (!isObject(before) || !isObject(whole)) return whole;
  return Object.fromEntries(
    Object.entries(before).flatMap(([name, value]): [string, Json][] => {
      const now = whole[name];
      return now === undefined ? [] : [[name, narrowed(value, now)]];
    }),
  );
}

/** The edits that lead from `before` to `after`, as deep as both are objects. */
function difference(path: Path, before: Json, after: Json): readonly Edit[] {
  if (sameJson(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ op: "set", path, value: after }];
  const gone = Object.keys(before).filter((name) => after[name] === undefined);
  return [
    ...gone.map((name): Edit => ({ op: "remove", path: [...path, name] })),
    ...Object.entries(after).flatMap(([name, value]): readonly Edit[] => {
      const was = before[name];
      const below = [...path, name];
      return was === undefined
        ? [{ op: "set", path: below, value }]
        : difference(below, was, value);
    }),
  ];
}

/** Whether `after` declares what was observed of `changes`, and otherwise what `before` did. The identities that do not. */
export function unsettled(
  changes: readonly Change[],
  { before, after }: { readonly before: GoldenState; readonly after: GoldenState },
  live: Live,
): readonly string[] {
  const declared = new Map(after.resources.map((resource) => [keyOf(resource), resource]));
  const unsaid = changes.filter((change) => {
    if (change.op === "create") return declared.has(keyOf(change.desired));
    const resource = declared.get(keyOf(change.observed));
    return !resource || !isAsObserved(resource, change.observed, live);
  });
  const meant = new Set(
    changes.flatMap((change) => [
      ...(change.op === "delete" ? [] : [keyOf(change.desired)]),
      ...(change.op === "create" ? [] : [keyOf(change.observed)]),
    ]),
  );
  const rest = (state: GoldenState) => ({
    ...state,
    digest: null,
    resources: state.resources.filter((resource) => !meant.has(keyOf(resource))),
  });
  return [
    ...unsaid.map((change) => subjectOf(change).identity),
    ...(sameJson(rest(before), rest(after)) ? [] : ["what was not to be touched"]),
  ];
}

const keyOf = ({ kind, identity }: Resource): string => `${kind} ${identity}`;
