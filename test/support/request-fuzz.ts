/**
 * Requests to a route that fit it nearly: its own schemas say what would be right, and dice where it goes wrong. The same
 * seed, the same request.
 */
import { z } from "zod";
import { isObject, type Json, type JsonObject, textOf } from "../../src/core/canonical.ts";
import type { Route } from "../../src/edge/http/route.ts";
import { type Dice, pick } from "./hostile-models.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";

/** What gets further than a guess would, by the name of a member or a parameter. */
export type Known = Readonly<Record<string, readonly Json[]>>;

const DEPTH_MAX = 6;
const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + close.repeat(depth);

/** As JSON would have it, and as only JSON's text can. */
const JUNK: readonly Json[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "\u0000",
  "\uD800",
  "a\r\nset-cookie: a=b",
  "__proto__",
  "x".repeat(9_000),
  "9999-12-31T23:59:59.999Z",
  "+200000-01-01T00:00:00Z",
  "0000-00-00T00:00:00Z",
  "-1",
  "NaN",
  [],
  {},
  [[[]]],
  Array.from({ length: 300 }, () => "a"),
  JSON.parse(nested("[", "]", 3_000)) as Json,
  JSON.parse('{"__proto__":{"role":"operator"},"constructor":{"prototype":{}}}') as Json,
];
/** Bodies that are no JSON object of the form, or no JSON at all. */
const RAW: readonly string[] = [
  "{",
  "null",
  "[]",
  '"text"',
  "\uFEFF{}",
  "{}{}",
  "{'a':1}",
  "NaN",
  "1e999",
  nested("[", "]", 20_000),
  `{"a":${nested('{"a":[', "]}", 3_000)}}`,
  '{"scope":"zone:a.example","scope":"zone:b.example"}',
  '{"__proto__":{"scope":"x"}}',
  `"${"x".repeat(70_000)}"`,
  "a=b&c=d",
  "\u0000",
];

/** Segments of a path; those that begin with `%` are sent as they stand. */
const SEGMENTS: readonly string[] = [
  "%2e%2e",
  "%2e%2e%2f%2e%2e",
  "a%2fb",
  "%00",
  "%0d%0aset-cookie:%20a=b",
  "%ff%fe",
  "%ZZ",
  "%",
  "%ED%A0%80",
  "__proto__",
  "constructor",
  "undefined",
  "-1",
  "0",
  "9".repeat(40),
  "a".repeat(6_000),
  "zone:",
  "zone:unknown.example",
  "account:00000000000000000000000000000000",
  "run_00000000000000000000000000000000",
  "*",
  "'%20or%201=1--",
  "%E2%80%AE",
];

/** A value as `schema` has it, mostly. */
function fitting(schema: Json | undefined, of: Sampling, depth = 0): Json {
  const { dice, known, root } = of;
  if (!isObject(schema) || depth > DEPTH_MAX) return pick(JUNK, dice);
  const { $ref: ref, anyOf: either = schema["oneOf"], const: only, enum: some } = schema;
  if (typeof ref === "string") return fitting(definition(root, ref), of, depth + 1);
  if (Array.isArray(either)) return fitting(pick(either, dice), of, depth);
  if (only !== undefined) return only;
  if (Array.isArray(some)) return pick(some, dice);
  const make = MAKERS[textOf(schema["type"])];
  if (make) return make(schema, of, depth);
  return dice(3) === 0 ? pick(HOSTILE_TEXTS, dice) : pick(known["text"] ?? ["text"], dice);
}

function definition({ $defs: all }: JsonObject, ref: string): Json | undefined {
  return isObject(all) ? all[ref.slice("#/$defs/".length)] : undefined;
}

type Make = (schema: JsonObject, of: Sampling, depth: number) => Json;

const numberOf: Make = ({ maximum }, { dice }) => pick([0, 1, 2, 25, 1e12, maximum ?? 3], dice);
const MAKERS: Readonly<Record<string, Make>> = {
  boolean: (_, { dice }) => dice(2) === 0,
  integer: numberOf,
  number: numberOf,
  array: listOf,
  object: objectOf,
};

function listOf(schema: JsonObject, of: Sampling, depth: number): Json {
  const tuple = schema["prefixItems"];
  if (Array.isArray(tuple)) return tuple.map((one) => fitting(one, of, depth + 1));
  return Array.from({ length: of.dice(3) }, () => fitting(schema["items"], of, depth + 1));
}

function objectOf(schema: JsonObject, of: Sampling, depth: number): JsonObject {
  const members = Object.entries((schema["properties"] ?? {}) as JsonObject);
  const required = new Set((schema["required"] ?? []) as string[]);
  const given = members.filter(([name]) => required.has(name) || of.dice(2) === 0);
  const more = isObject(schema["additionalProperties"]) && of.dice(2) === 0;
  return Object.fromEntries([
    ...given.map(([name, one]): [string, Json] => {
      const right = of.known[name];
      return [name, right ? pick(right, of.dice) : fitting(one, of, depth + 1)];
    }),
    ...(more
      ? [
          [
            pick(["path", "name", "k"], of.dice),
            fitting(schema["additionalProperties"], of, depth + 1),
          ],
        ]
      : []),
  ] as [string, Json][]);
}

interface Sampling {
  readonly dice: Dice;
  readonly known: Known;
  readonly root: JsonObject;
}

/** One place of `value`, anywhere in it, gets something else, goes, or gets company. */
function spoiled(value: Json, dice: Dice, depth = 0): Json {
  if (isObject(value) && Object.keys(value).length > 0 && dice(4) > 0) {
    const [name, member] = pick(Object.entries(value), dice);
    const { [name]: _, ...rest } = value;
    const deed = dice(5);
    if (deed === 0) return rest;
    if (deed === 1) return { ...value, [pick(["x", "__proto", "Scope", ""], dice)]: 1 };
    return { ...value, [name]: depth < DEPTH_MAX ? spoiled(member, dice, depth + 1) : null };
  }
  if (Array.isArray(value) && value.length > 0 && dice(3) > 0)
    return value.map((one: Json, index) => (index === 0 ? spoiled(one, dice, depth + 1) : one));
  return dice(3) === 0 ? pick(HOSTILE_TEXTS, dice) : pick(JUNK, dice);
}

const schemaOf = (of: z.ZodType): JsonObject =>
  z.toJSONSchema(of, { io: "input", unrepresentable: "any" }) as JsonObject;

const TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "",
  "application/yaml",
];

export interface Fuzzed {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

function pathOf({ path }: Route, { dice, known }: Omit<Sampling, "root">): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const right = known[`path ${name}`] ?? known[name];
    if (right && dice(3) > 0) return encodeURIComponent(textOf(pick(right, dice)));
    const text = dice(4) === 0 ? pick(HOSTILE_TEXTS, dice).toWellFormed() : null;
    return text === null ? pick(SEGMENTS, dice) : encodeURIComponent(text);
  });
}

function queryOf(route: Route, { dice, known }: Omit<Sampling, "root">): string {
  const root = schemaOf(route.query);
  const members = Object.entries((root["properties"] ?? {}) as JsonObject);
  const given = members
    .filter(() => dice(2) === 0)
    .map(([name, schema]): [string, string] => {
      const right = known[name];
      const value =
        right && dice(2) === 0 ? pick(right, dice) : fitting(schema, { dice, known, root });
      return [name, typeof value === "string" ? value : JSON.stringify(value)];
    });
  const spoilt: [string, string][] =
    dice(6) > 0 ? [] : [pick([["x", "1"], ["__proto__", "1"], given[0] ?? ["limit", "1"]], dice)];
  const text = new URLSearchParams([...given, ...spoilt]).toString();
  const tail = dice(12) === 0 ? pick(["&%", "&=", "&a=%ff", "&a[]=1"], dice) : "";
  return text + tail === "" ? "" : `?${text}${tail}`;
}

function bodyOf(route: Route, of: Omit<Sampling, "root">): string | null {
  const { dice } = of;
  if (!route.body) return dice(3) > 0 ? null : pick(RAW, dice);
  if (dice(6) === 0) return pick(RAW, dice);
  const root = schemaOf(route.body);
  const right = fitting(root, { ...of, root });
  return JSON.stringify(dice(3) === 0 ? right : spoiled(right, dice));
}

/** A request to `route`; whoever sends it adds who they are. */
export function fuzzed(route: Route, dice: Dice, known: Known): Fuzzed {
  const of = { dice, known };
  const method =
    dice(12) === 0
      ? pick(["HEAD", "OPTIONS", "PATCH", "PUT", "DELETE", "POST"], dice)
      : route.method;
  const takesBody = method !== "GET" && method !== "HEAD";
  const own = Object.keys(route.headers ?? {}).filter(() => dice(2) === 0);
  const type = dice(8) === 0 ? pick(TYPES, dice) : "application/json";
  const headers = Object.fromEntries([
    ...own.map((name) => [name, pick(['"1"', "*", "0", '""', "x".repeat(300), '"9e9"'], dice)]),
    ...(takesBody && type !== "" ? [["content-type", type]] : []),
    ...(dice(4) === 0
      ? [["accept", pick(["application/json", "text/html", "*/*;q=x"], dice)]]
      : []),
  ]) as Record<string, string>;
  return {
    path: pathOf(route, of) + queryOf(route, of),
    method,
    headers,
    body: takesBody ? bodyOf(route, of) : null,
  };
}
