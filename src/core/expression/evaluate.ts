/**
 * A parsed expression to a function of what is known of a request. Logic has three values: what nobody can say stays
 * open, unless the rest decides (`false and unknown` is false). Time is bounded: expressions are short, every test is
 * linear in its value, and regular expressions do not backtrack.
 */
import {
  type Access,
  type Argument,
  type Call,
  type Condition,
  conditionType,
  type Index,
  type Literal,
  type LiteralSet,
  type Logical,
  type Ordering,
  type Test,
  unpackings,
} from "./ast.ts";
import { callOf } from "./calls.ts";
import { CLOUDFLARE } from "./functions.ts";
import { type IpAddress, type IpRange, isWithin } from "./ip.ts";
import { printArgument } from "./print.ts";
import { compileRegex } from "./regex/compile.ts";
import { Matcher } from "./regex/match.ts";
import type { Scheme } from "./scheme.ts";
import { type Facts, type Found, isArray, isMap, NotAssessable, type Value } from "./value.ts";
import { matchesWildcard, parseWildcard } from "./wildcard.ts";

export type Truth = boolean | NotAssessable;
export type Evaluation = (facts: Facts) => Truth;

type Vector = (facts: Facts) => readonly Truth[] | NotAssessable;
type Tester = (value: Value, facts: Facts) => Truth;

/** The condition as a function; make it once and ask it for every request. */
export const compileCondition = (condition: Condition, scheme: Scheme = CLOUDFLARE): Evaluation =>
  new Compiler(scheme).scalar(condition);

/** A value as a function: what a target URL or a header is computed with. */
export const compileValue = (
  value: Argument,
  scheme: Scheme = CLOUDFLARE,
): ((facts: Facts) => Found) => new Compiler(scheme).value(value);

class Compiler {
  readonly #scheme: Scheme;

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  value(argument: Argument): (facts: Facts) => Found {
    return this.#argument(argument);
  }

  scalar(condition: Condition): Evaluation {
    switch (condition.kind) {
      case "constant":
        return () => condition.value;
      case "not": {
        const inner = this.scalar(condition.operand);
        return (facts) => negated(inner(facts));
      }
      case "combined": {
        const operands = condition.operands.map((operand) => this.scalar(operand));
        return combinedScalar(condition.operator, operands);
      }
      case "comparison":
        return this.#comparison(condition.left, condition.test);
    }
  }

  #comparison(left: Access, test: Test): Evaluation {
    const value = this.#single(left);
    const tester = testerOf(test);
    const ifMissing =
      test.kind === "ordered" && test.operator === "ne" && this.#scheme.missingIsNotEqual;
    return (facts) => {
      const found = value(facts);
      if (found instanceof NotAssessable) return found;
      return found === undefined ? ifMissing : tester(found, facts);
    };
  }

  #vector(condition: Condition): Vector {
    switch (condition.kind) {
      // The parser joins arrays with arrays alone.
      case "constant":
        return () => [condition.value];
      case "not": {
        const inner = this.#vector(condition.operand);
        return (facts) => {
          const values = inner(facts);
          return values instanceof NotAssessable ? values : values.map(negated);
        };
      }
      case "combined": {
        const operands = condition.operands.map((operand) => this.#vector(operand));
        return combinedVector(condition.operator, operands);
      }
      case "comparison": {
        const values = this.#elements(condition.left);
        const tester = testerOf(condition.test);
        return (facts) => {
          const found = values(facts);
          if (found instanceof NotAssessable) return found;
          return (found ?? []).map((value) => tester(value, facts));
        };
      }
    }
  }

  /** A value without `[*]` on the way. */
  #single(access: Access): (facts: Facts) => Found {
    const base = this.#base(access);
    const { indexes } = access;
    if (indexes.length === 0) return base;
    return (facts) => indexes.reduce<Found>(stepInto, base(facts));
  }

  /** All values that `[*]` leads to, or the elements of an array that is meant as a whole. */
  #elements(access: Access): (facts: Facts) => readonly Value[] | undefined | NotAssessable {
    const base = this.#base(access);
    const { indexes } = access;
    if (unpackings(access) === 0) {
      const single = this.#single(access);
      return (facts) => {
        const found = single(facts);
        return found instanceof NotAssessable || isArray(found) ? found : undefined;
      };
    }
    return (facts) => {
      const found = base(facts);
      if (found instanceof NotAssessable || found === undefined) return found;
      return indexes.reduce<readonly Value[]>(
        (values, index) => values.flatMap((value) => unpacked(value, index)),
        [found],
      );
    };
  }

  #base(access: Access): (facts: Facts) => Found {
    const { base } = access;
    if (base.kind === "field") {
      const { name } = base;
      return (facts) => facts.valueOf(name);
    }
    const give = this.#call(base);
    const key = printArgument({ ...access, indexes: [] });
    return (facts) => {
      const { memo } = facts;
      if (memo === undefined) return give(facts);
      if (!memo.has(key)) memo.set(key, give(facts));
      return memo.get(key);
    };
  }

  #call(base: Call): (facts: Facts) => Found {
    const [first, ...rest] = base.args;
    const call = callOf(base.name);
    const others = rest.map((argument) => this.#argument(argument));
    if (first?.kind === "access" && unpackings(first) > 0) {
      const elements = this.#elements(first);
      return (facts) => {
        const found = elements(facts);
        if (found instanceof NotAssessable || found === undefined) return found;
        return collected(
          found.map((value) => called(call, [value, ...others.map((one) => one(facts))])),
        );
      };
    }
    const all = base.args.map((argument) => this.#argument(argument));
    return (facts) =>
      called(
        call,
        all.map((one) => one(facts)),
      );
  }

  #argument(argument: Argument): (facts: Facts) => Found {
    switch (argument.kind) {
      case "bytes":
        return () => argument.bytes;
      case "integer":
        return () => argument.integer;
      case "address": {
        const { version, first } = argument.address;
        return () => ({ version, value: first });
      }
      case "access":
        return this.#single(argument);
      case "combined":
      case "comparison":
      case "constant":
      case "not": {
        if (conditionType(argument) === "Boolean") return this.scalar(argument);
        const vector = this.#vector(argument);
        return (facts) => quantified(vector(facts));
      }
    }
  }
}

/**
 * Truths as an array of values for `any` and `all`. Elements that stay open leave the whole open: which of them decides
 * depends on the function, and guessing is not worth it.
 */
function quantified(values: readonly Truth[] | NotAssessable): Found {
  if (values instanceof NotAssessable) return values;
  const open = values.find((value) => value instanceof NotAssessable);
  return open ?? values.filter((value) => typeof value === "boolean");
}

function called(
  call: (args: readonly (Value | undefined)[]) => Found,
  args: readonly Found[],
): Found {
  const known: (Value | undefined)[] = [];
  for (const value of args) {
    if (value instanceof NotAssessable) return value;
    known.push(value);
  }
  return call(known);
}

/** Missing results leave no element behind. */
function collected(results: readonly Found[]): Found {
  const values: Value[] = [];
  for (const result of results) {
    if (result instanceof NotAssessable) return result;
    if (result !== undefined) values.push(result);
  }
  return values;
}

function stepInto(found: Found, index: Index): Found {
  if (index.kind === "position" && isArray(found)) return found[index.position];
  if (index.kind === "key" && isMap(found)) return found.get(index.key);
  return found instanceof NotAssessable ? found : undefined;
}

function unpacked(value: Value, index: Index): readonly Value[] {
  if (index.kind === "each") {
    if (isMap(value)) return [...value.values()];
    return isArray(value) ? value : [];
  }
  const inner = stepInto(value, index);
  return inner === undefined || inner instanceof NotAssessable ? [] : [inner];
}

const negated = (truth: Truth): Truth => (truth instanceof NotAssessable ? truth : !truth);

/** `decisive`: the value that decides whatever the others are. */
const DECISIVE: Readonly<Record<Logical, boolean | null>> = { and: false, or: true, xor: null };

function combinedScalar(operator: Logical, operands: readonly Evaluation[]): Evaluation {
  const decisive = DECISIVE[operator];
  return (facts) => {
    let open: NotAssessable | null = null;
    let odd = false;
    for (const operand of operands) {
      const truth = operand(facts);
      if (truth === decisive) return decisive;
      if (truth instanceof NotAssessable) open ??= truth;
      else odd = odd !== truth;
    }
    return open ?? (decisive === null ? odd : !decisive);
  };
}

/** Element by element, as far as all of them go. */
function combinedVector(operator: Logical, operands: readonly Vector[]): Vector {
  return (facts) => {
    const rows: (readonly Truth[])[] = [];
    for (const operand of operands) {
      const row = operand(facts);
      if (row instanceof NotAssessable) return row;
      rows.push(row);
    }
    const length = Math.min(...rows.map((row) => row.length));
    return Array.from({ length }, (_, index) =>
      combinedScalar(
        operator,
        rows.map((row) => () => row[index] ?? false),
      )(facts),
    );
  };
}

function testerOf(test: Test): Tester {
  switch (test.kind) {
    case "is_true":
      return (value) => value === true;
    case "ordered":
      return orderedBy(test.operator, test.value);
    case "bits":
      return (value) => typeof value === "bigint" && (value & test.mask) !== 0n;
    case "contains":
      return (value) => typeof value === "string" && value.includes(test.bytes);
    case "matches":
      return matching(test.pattern);
    case "wildcard":
      return wild(test.pattern, test.strict);
    case "one_of":
      return within(test.set);
    case "in_list":
      return (value, facts) => facts.isListed(test.list, value);
  }
}

function matching(pattern: string): Tester {
  const compiled = compileRegex(pattern);
  if (compiled.kind !== "program") {
    const open = new NotAssessable(compiled.problem);
    return () => open;
  }
  const matcher = new Matcher(compiled);
  const costly = new NotAssessable("a regular expression that costs too much");
  return (value) => {
    const found = typeof value === "string" && matcher.test(value);
    return found === "too_costly" ? costly : found;
  };
}

function wild(pattern: string, strict: boolean): Tester {
  const parsed = parseWildcard(pattern, strict);
  return (value) =>
    typeof value === "string" && typeof parsed !== "string" && matchesWildcard(parsed, value);
}

const ORDERS: Readonly<Record<Ordering, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

const compared = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const isAddress = (value: Value): value is IpAddress =>
  typeof value === "object" && "version" in value;

function orderedBy(operator: Ordering, literal: Literal): Tester {
  const holds = ORDERS[operator];
  switch (literal.kind) {
    case "bytes":
      return (value) => typeof value === "string" && holds(compared(value, literal.bytes));
    case "integer":
      return (value) => typeof value === "bigint" && holds(compared(value, literal.integer));
    case "address":
      return (value) => isAddress(value) && orderedAddress(operator, value, literal.address);
  }
}

/** An IPv4 and an IPv6 address have no order; they are only not equal. */
const orderedAddress = (operator: Ordering, { version, value }: IpAddress, to: IpRange): boolean =>
  version === to.version ? ORDERS[operator](compared(value, to.first)) : operator === "ne";

function within(set: LiteralSet): Tester {
  switch (set.type) {
    case "String": {
      const members = new Set(set.members);
      return (value) => typeof value === "string" && members.has(value);
    }
    case "Integer":
      return (value) =>
        typeof value === "bigint" &&
        set.members.some(({ first, last }) => value >= first && value <= last);
    case "IP address":
      return (value) => isAddress(value) && set.members.some((range) => isWithin(value, range));
  }
}
