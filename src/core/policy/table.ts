/**
 * Decision tables: what a set of policies has to answer, row by row. A row names the policies that decide, not only the
 * outcome: overlapping forbids would hide each other's absence.
 */
import { z } from "zod";
import { sameJson } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import type { Attribute, Attributes, Decide, Entity, PolicyRequest, Uid } from "./request.ts";

/** A row is a question that somebody has to read (I12). */
export const ROWS_MAX = 500;
const ENTITIES_MAX = 200;

const name = z.string().min(1).max(200);
const uid = z
  .string()
  .regex(/^[A-Z][A-Za-z]*::.{1,255}$/, "must be `Type::id`, without a namespace");
const attribute: z.ZodType<Attribute> = z.lazy(() =>
  z.union([z.boolean(), z.number(), z.string(), z.array(z.string()), z.record(name, attribute)]),
);
const attributes = z.record(name, attribute);

const entity = z.strictObject({
  uid,
  attrs: attributes,
  parents: z.array(uid).max(10).default([]),
});

const row = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, "may have letters, digits and `-`"),
  name,
  want: z.enum(["allow", "deny"]),
  why: z.union([z.literal(["default", "invalid"]), z.array(name).min(1).max(20)]).meta({
    description:
      "ids of all policies that decide; `default`: nothing permits it; `invalid`: the question has not the shape of the schema",
  }),
  principal: uid,
  action: name,
  resource: uid,
  patch: attributes.optional().meta({
    description: "laid over `base_change`: members of its members, one level deep",
  }),
  remove: z.array(name).max(10).optional(),
  context: attributes.optional().meta({ description: "the whole context, instead of a patch" }),
});
export type Row = z.infer<typeof row>;

const rows = z.array(row).min(1).max(ROWS_MAX);
const entities = z.array(entity).max(ENTITIES_MAX);

const head = { format: z.literal(1), notes: z.array(z.string()).default([]) };

/** `policies/world.json`: who and what rows are about. */
const world = z.strictObject({ ...head, entities, base_change: attributes });

/** A table, as in `policies/tables/`. */
const table = z.strictObject({ ...head, entities: entities.default([]), rows });

/** What a team sends: its rows over the shipped entities and base, and more entities where it needs them. */
export const teamTable = z.strictObject({ entities: entities.default([]), rows });
export type TeamTable = z.output<typeof teamTable>;

export interface World {
  readonly entities: readonly Entity[];
  /** The context that patches are laid over. */
  readonly baseChange: Attributes;
}

export interface Table extends World {
  readonly rows: readonly Row[];
}

const uidOf = (text: string): Uid => {
  const at = text.indexOf("::");
  return { type: text.slice(0, at), id: text.slice(at + 2) };
};

const entityOf = ({ uid: of, attrs, parents }: z.output<typeof entity>): Entity => ({
  uid: uidOf(of),
  attrs,
  parents: parents.map(uidOf),
});

export function parseWorld(document: unknown): Result<World, string> {
  const parsed = world.safeParse(document);
  if (!parsed.success) return err(complaint(parsed.error));
  return ok({
    entities: parsed.data.entities.map(entityOf),
    baseChange: parsed.data.base_change,
  });
}

/** Reads a table file, whose rows are about `of` and what the table adds to it. */
export function parseTable(document: unknown, of: World): Result<Table, string> {
  const parsed = table.safeParse(document);
  return parsed.success ? ok(tableOf(parsed.data, of)) : err(complaint(parsed.error));
}

export const tableOf = ({ entities: own, rows: all }: TeamTable, of: World): Table => ({
  entities: [...of.entities, ...own.map(entityOf)],
  baseChange: of.baseChange,
  rows: all,
});

function complaint(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  return `${path === "" ? "" : `${path}: `}${issue?.message ?? "is malformed"}`;
}

export interface RowResult {
  readonly row: Row;
  readonly holds: boolean;
  /** What came out, in the words of `want` and `why`. */
  readonly got: { readonly want: "allow" | "deny"; readonly why: string | readonly string[] };
  readonly errors: readonly string[];
}

export const runTable = (of: Table, decide: Decide): readonly RowResult[] =>
  of.rows.map(asking(of, decide));

/** Whether some row does not hold; those that `policy` decides are asked first, and nothing after the first that breaks. */
export function breaks(of: Table, decide: Decide, policy: string): boolean {
  const ask = asking(of, decide);
  const isAbout = ({ why }: Row): boolean => typeof why !== "string" && why.includes(policy);
  const rest = of.rows.filter((one) => !isAbout(one));
  return [...of.rows.filter(isAbout), ...rest].some((one) => !ask(one).holds);
}

function asking(of: Table, decide: Decide): (row: Row) => RowResult {
  const known = new Map(of.entities.map((one) => [keyOf(one.uid), one]));
  return (one) => {
    const answer = decide(requestOf(one, of, known));
    const { reasons, errors } = answer;
    const decided = reasons.length === 0 ? "default" : reasons;
    const why = errors.length > 0 ? "invalid" : decided;
    const want = answer.allow ? "allow" : "deny";
    const wanted = typeof one.why === "string" ? one.why : one.why.toSorted();
    return {
      row: one,
      holds: want === one.want && sameJson(why, wanted),
      got: { want, why },
      errors: errors.map(({ error }) => error),
    };
  };
}

const keyOf = ({ type, id }: Uid): string => `${type}::${id}`;

function requestOf(one: Row, of: Table, known: ReadonlyMap<string, Entity>): PolicyRequest {
  const [principal, resource] = [uidOf(one.principal), uidOf(one.resource)];
  return {
    principal,
    action: one.action,
    resource,
    context: one.context ?? patched(of.baseChange, one),
    entities: withAncestors([principal, resource], known),
  };
}

function patched(base: Attributes, { patch = {}, remove = [] }: Row): Attributes {
  const changed = Object.entries(patch).map(([member, value]): [string, Attribute] => {
    const before = base[member];
    return [member, isRecord(before) && isRecord(value) ? { ...before, ...value } : value];
  });
  const all = { ...base, ...Object.fromEntries(changed) };
  return Object.fromEntries(Object.entries(all).filter(([member]) => !remove.includes(member)));
}

const isRecord = (value: Attribute | undefined): value is Attributes =>
  typeof value === "object" && !Array.isArray(value);

/** Whoever the question is about and what that belongs to, each once; what the table does not know is left out. */
function withAncestors(
  uids: readonly Uid[],
  known: ReadonlyMap<string, Entity>,
): readonly Entity[] {
  const found = new Map<string, Entity>();
  const wanted = [...uids];
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    const one = known.get(keyOf(next));
    if (one === undefined || found.has(keyOf(next))) continue;
    found.set(keyOf(next), one);
    wanted.push(...one.parents);
  }
  return [...found.values()];
}
