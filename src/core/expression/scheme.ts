/** What may be named in an expression. The parser is driven by it: what a literal is depends on the type at its left. */
import type { Type } from "./type.ts";

/** One argument of a function. */
export interface Parameter {
  /** `array` and `map` stand for those of any item. */
  readonly takes: readonly ("Boolean" | "Integer" | "String" | "IP address" | "array" | "map")[];
  /** `field`: must not be a literal; `literal`: must be one. */
  readonly form: "any" | "field" | "literal";
  /** Of an integer literal. */
  readonly range?: readonly [min: number, max: number];
}

export interface FunctionSpec {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** So many at the end may be left out. */
  readonly optional: number;
  /** Any number of these may follow. */
  readonly rest?: Parameter;
  /** `first`: what the first argument is. */
  readonly returns: Type | "first";
  /** `rewrite`: only in the values of Transform Rules and redirects; `response`: only where the answer is at hand. */
  readonly where: "everywhere" | "rewrite" | "response";
  /** How often it may stand in one expression; absent: as often as one likes. */
  readonly timesMax?: number;
}

export interface Scheme {
  readonly fields: ReadonlyMap<string, Type>;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
  /** Whether `true` and `false` stand for themselves. */
  readonly constants: boolean;
  /** Types whose values may be looked up in named lists (`$name`). */
  readonly lists: readonly string[];
  /** What `ne` says of a missing value. Cloudflare documents false; the open-source engine's own default is true. */
  readonly missingIsNotEqual: boolean;
}
