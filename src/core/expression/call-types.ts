/** Whether the arguments of a call fit its function, and what the call gives. */
import { type Access, type Argument, conditionType, literalType, unpackings } from "./ast.ts";
import { err, ok, type Result } from "../result.ts";
import type { FunctionSpec, Parameter } from "./scheme.ts";
import { arrayOf, sameType, type Type, typeName } from "./type.ts";

export interface CallFault {
  /** Which argument; null: the call as a whole. */
  readonly argument: number | null;
  readonly problem: string;
  readonly remedy: string;
}

/** What the function sees: of an unpacked argument one element after the other. */
export function argumentType(argument: Argument): Type {
  switch (argument.kind) {
    case "access":
      return argument.type;
    case "bytes":
    case "integer":
    case "address":
      return literalType(argument);
    case "combined":
    case "comparison":
    case "constant":
    case "not":
      return conditionType(argument);
  }
}

const isUnpacked = (argument: Argument | undefined): argument is Access =>
  argument?.kind === "access" && unpackings(argument) > 0;

const isLiteral = ({ kind }: Argument): boolean =>
  kind === "bytes" || kind === "integer" || kind === "address";

/** The type of the whole call: an array where the first argument is unpacked. */
export function checkCall(
  spec: FunctionSpec,
  args: readonly Argument[],
  times: number,
): Result<Type, CallFault> {
  const most = spec.parameters.length;
  const least = most - spec.optional;
  if (args.length < least || (spec.rest === undefined && args.length > most)) {
    const wanted =
      spec.rest !== undefined
        ? `${least} or more`
        : most === least
          ? `${most}`
          : `${least} to ${most}`;
    return fault(null, `\`${spec.name}\` got ${args.length} arguments`, `it takes ${wanted}`);
  }
  if (spec.timesMax !== undefined && times > spec.timesMax) {
    return fault(
      null,
      `\`${spec.name}\` stands here ${times} times`,
      "it may stand once in an expression",
    );
  }
  for (const [index, argument] of args.entries()) {
    const parameter = spec.parameters[index] ?? spec.rest;
    const found = parameter === undefined ? null : argumentFault(argument, index, parameter);
    if (found !== null) return err({ argument: index, ...found });
  }
  return returned(spec, args);
}

function returned(spec: FunctionSpec, args: readonly Argument[]): Result<Type, CallFault> {
  const [first] = args;
  const firstType = first === undefined ? "String" : argumentType(first);
  if ((spec.name === "any" || spec.name === "all") && !sameType(firstType, arrayOf("Boolean"))) {
    return fault(
      0,
      `\`${spec.name}\` takes Array<Boolean>, not ${typeName(firstType)}`,
      'compare the elements, like any(http.request.headers.names[*] eq "x")',
    );
  }
  if (spec.name === "join" && !sameType(firstType, arrayOf("String"))) {
    return fault(
      0,
      `\`join\` takes Array<String>, not ${typeName(firstType)}`,
      "give it an array of texts",
    );
  }
  if (spec.name === "concat") {
    const other = args.findIndex((argument) => !sameType(argumentType(argument), firstType));
    if (other > 0)
      return fault(other, "texts and arrays are mixed", "concatenate one or the other");
  }
  const type = spec.returns === "first" ? firstType : spec.returns;
  return ok(isUnpacked(first) ? arrayOf(type) : type);
}

const fault = (
  argument: number | null,
  problem: string,
  remedy: string,
): Result<never, CallFault> => err({ argument, problem, remedy });

function argumentFault(
  argument: Argument,
  index: number,
  parameter: Parameter,
): Pick<CallFault, "problem" | "remedy"> | null {
  if (isUnpacked(argument) && index > 0) {
    return {
      problem: "[*] in a later argument",
      remedy: "only the first argument may be unpacked",
    };
  }
  if (parameter.form === "literal" && !isLiteral(argument)) {
    return { problem: "this argument must be a literal", remedy: "write the value itself" };
  }
  if (parameter.form === "field" && isLiteral(argument)) {
    return { problem: "this argument must not be a literal", remedy: "give it a field or a call" };
  }
  const type = argumentType(argument);
  const shape = typeof type === "string" ? type : "array" in type ? "array" : "map";
  if (!parameter.takes.includes(shape)) {
    return {
      problem: `this argument is of type ${typeName(type)}`,
      remedy: `it has to be ${parameter.takes.join(" or ")}`,
    };
  }
  return rangeFault(argument, parameter);
}

function rangeFault(
  argument: Argument,
  { range }: Parameter,
): Pick<CallFault, "problem" | "remedy"> | null {
  if (range === undefined || argument.kind !== "integer") return null;
  const [min, max] = range;
  if (argument.integer >= BigInt(min) && argument.integer <= BigInt(max)) return null;
  return { problem: `${argument.integer} is out of range`, remedy: `write ${min} to ${max}` };
}
