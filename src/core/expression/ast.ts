/**
 * What an expression says, without the ways of writing it. Text is kept as bytes: a string in which each character is
 * one byte (`bytes.ts`). Spans are offsets into the text that was read; comparing two trees leaves them out.
 */
import type { IpRange } from "./ip.ts";
import type { Type } from "./type.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Logical = "or" | "xor" | "and";
export type Ordering = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** True or false; with `[*]` inside, one such value for each element. */
export type Condition =
  | {
      readonly kind: "combined";
      readonly operator: Logical;
      readonly operands: readonly Condition[];
      readonly span: Span;
    }
  | { readonly kind: "not"; readonly operand: Condition; readonly span: Span }
  | { readonly kind: "constant"; readonly value: boolean; readonly span: Span }
  | {
      readonly kind: "comparison";
      readonly left: Access;
      readonly test: Test;
      readonly span: Span;
    };

/** A field or a call, and the way into it. */
export interface Access {
  readonly kind: "access";
  readonly base: Field | Call;
  readonly indexes: readonly Index[];
  /** Of one element, where `[*]` unpacks. */
  readonly type: Type;
  readonly span: Span;
}

export interface Field {
  readonly kind: "field";
  readonly name: string;
  readonly type: Type;
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Argument[];
  readonly type: Type;
}

export type Index =
  | { readonly kind: "position"; readonly position: number }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "each" };

export type Argument = Access | Literal | Condition;

export type Literal =
  | { readonly kind: "bytes"; readonly bytes: string }
  | { readonly kind: "integer"; readonly integer: bigint }
  | { readonly kind: "address"; readonly address: IpRange };

export type Test =
  | { readonly kind: "is_true" }
  | { readonly kind: "ordered"; readonly operator: Ordering; readonly value: Literal }
  | { readonly kind: "bits"; readonly mask: bigint }
  | { readonly kind: "contains"; readonly bytes: string }
  | { readonly kind: "matches"; readonly pattern: string }
  | { readonly kind: "wildcard"; readonly strict: boolean; readonly pattern: string }
  | { readonly kind: "one_of"; readonly set: LiteralSet }
  | { readonly kind: "in_list"; readonly list: string };

export type LiteralSet =
  | { readonly type: "String"; readonly members: readonly string[] }
  | {
      readonly type: "Integer";
      readonly members: readonly { readonly first: bigint; readonly last: bigint }[];
    }
  | { readonly type: "IP address"; readonly members: readonly IpRange[] };

/** How often `[*]` stands on the way into a value. */
export const unpackings = ({ indexes }: Access): number =>
  indexes.filter(({ kind }) => kind === "each").length;

/** A condition is true or false, or an array of such. */
export function conditionType(condition: Condition): Type {
  switch (condition.kind) {
    case "constant":
      return "Boolean";
    case "not":
      return conditionType(condition.operand);
    case "combined": {
      const [first] = condition.operands;
      return first === undefined ? "Boolean" : conditionType(first);
    }
    case "comparison":
      if (unpackings(condition.left) > 0) return { array: "Boolean" };
      return condition.test.kind === "is_true" ? condition.left.type : "Boolean";
  }
}

export function literalType(literal: Literal): Type {
  switch (literal.kind) {
    case "bytes":
      return "String";
    case "integer":
      return "Integer";
    case "address":
      return "IP address";
  }
}
