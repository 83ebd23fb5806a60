/** The functions of the rules language, from Cloudflare's reference. A new one is a line here and one in `calls.ts`. */
import type { FunctionSpec, Parameter, Scheme } from "./scheme.ts";
import { FIELDS } from "./fields.ts";
import { arrayOf } from "./type.ts";

const text: Parameter = { takes: ["String"], form: "any" };
const textField: Parameter = { takes: ["String"], form: "field" };
const textLiteral: Parameter = { takes: ["String"], form: "literal" };
const integer: Parameter = { takes: ["Integer"], form: "any" };
const integerLiteral: Parameter = { takes: ["Integer"], form: "literal" };
const addressField: Parameter = { takes: ["IP address"], form: "field" };
const array: Parameter = { takes: ["array"], form: "field" };
const bits = (max: number): Parameter => ({ ...integerLiteral, range: [1, max] });
const key: Parameter = { takes: ["String", "Integer"], form: "any" };

type Rest = Pick<FunctionSpec, "parameters" | "returns"> & Partial<FunctionSpec>;
const spec = (name: string, rest: Rest): [string, FunctionSpec] => [
  name,
  { name, optional: 0, where: "everywhere", ...rest },
];

const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map([
  spec("any", { parameters: [array], returns: "Boolean" }),
  spec("all", { parameters: [array], returns: "Boolean" }),
  spec("cidr", { parameters: [addressField, bits(32), bits(128)], returns: "IP address" }),
  spec("cidr6", { parameters: [addressField, bits(128)], returns: "IP address" }),
  spec("concat", {
    parameters: [{ takes: ["String", "array"], form: "any" }],
    rest: { takes: ["String", "array"], form: "any" },
    returns: "first",
  }),
  spec("decode_base64", { parameters: [textField], returns: "String" }),
  spec("encode_base64", {
    parameters: [text, textLiteral],
    optional: 1,
    returns: "String",
    where: "rewrite",
  }),
  spec("ends_with", { parameters: [textField, text], returns: "Boolean" }),
  spec("has_key", { parameters: [{ takes: ["map"], form: "field" }, text], returns: "Boolean" }),
  spec("has_value", {
    parameters: [
      { takes: ["map", "array"], form: "field" },
      { ...key, takes: ["String", "Integer"] },
    ],
    returns: "Boolean",
  }),
  spec("is_timed_hmac_valid_v0", {
    parameters: [textLiteral, text, integerLiteral, integer, integerLiteral, textLiteral],
    optional: 2,
    returns: "Boolean",
  }),
  spec("join", { parameters: [array, textLiteral], returns: "String" }),
  spec("len", {
    parameters: [{ takes: ["String", "array", "map"], form: "any" }],
    returns: "Integer",
  }),
  spec("lookup_json_integer", { parameters: [text, key], rest: key, returns: "Integer" }),
  spec("lookup_json_string", { parameters: [text, key], rest: key, returns: "String" }),
  spec("lower", { parameters: [text], returns: "String" }),
  spec("regex_replace", {
    parameters: [text, textLiteral, textLiteral],
    returns: "String",
    where: "rewrite",
    timesMax: 1,
  }),
  spec("remove_bytes", { parameters: [text, textLiteral], returns: "String" }),
  spec("remove_query_args", {
    parameters: [textField, textLiteral],
    rest: textLiteral,
    returns: "String",
    where: "rewrite",
  }),
  spec("sha256", { parameters: [text], returns: "String", where: "rewrite" }),
  spec("split", {
    parameters: [textField, textLiteral, { ...integerLiteral, range: [1, 128] }],
    returns: arrayOf("String"),
    where: "response",
  }),
  spec("starts_with", { parameters: [textField, text], returns: "Boolean" }),
  spec("substring", {
    parameters: [textField, integer, integer],
    optional: 1,
    returns: "String",
  }),
  spec("to_string", {
    parameters: [{ takes: ["Integer", "Boolean", "IP address"], form: "any" }],
    returns: "String",
    where: "rewrite",
  }),
  spec("upper", { parameters: [text], returns: "String" }),
  spec("url_decode", { parameters: [textField, textLiteral], optional: 1, returns: "String" }),
  spec("uuidv4", { parameters: [textField], returns: "String", where: "rewrite" }),
  spec("wildcard_replace", {
    parameters: [textField, textLiteral, textLiteral, textLiteral],
    optional: 1,
    returns: "String",
    where: "rewrite",
    timesMax: 1,
  }),
]);

/** Cloudflare's own language, as rules of a zone or account use it. */
export const CLOUDFLARE: Scheme = {
  fields: FIELDS,
  functions: FUNCTIONS,
  constants: true,
  lists: ["IP address", "String", "Integer"],
  missingIsNotEqual: false,
};
