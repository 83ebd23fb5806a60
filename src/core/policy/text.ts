/**
 * Cedar text before any parser sees it: cut into single policies, with limits that keep the parser from being a target.
 * A long chain of operators or deep nesting kills the engine's instance for good, so length and depth are counted here, on
 * tokens, and again on the tree (lint.ts).
 */
import { err, ok, type Result } from "../result.ts";

/** One policy as it was written. Its id is its `@id`; Cedar itself would call it `policy0`. */
export interface PolicyText {
  readonly id: string;
  readonly text: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** `line` null: about the text as a whole. */
export interface PolicyFault {
  readonly line: number | null;
  readonly problem: string;
}

/** Chains of 362 terms are evaluated and 364 kill the instance; nobody writes a tenth of that. */
const CHAIN_MAX = 32;
/** 120 brackets parse, 150 kill the instance. */
const DEPTH_MAX = 24;
/** 350 clauses parse, 380 kill the instance. */
const CLAUSES_MAX = 8;
const TOKENS_MAX = 600;
const POLICIES_MAX = 100;
/** All policies of one text. */
export const TEXT_CHARS_MAX = 48 * 1024;

const ID = /^[a-z][a-z0-9-]{1,62}$/;
const TOKEN =
  /\s+|\/\/[^\n]*|("(?:[^"\\\n]|\\.)*")|([A-Za-z_]\w*)|(\d+)|(::|&&|\|\||[=!<>]=|[-+*<>!.,:;@?()[\]{}])/y;
const OPENING = new Set(["(", "[", "{"]);
const CLOSING = new Set([")", "]", "}"]);
const CHAINED = new Set(["&&", "||"]);
const CLAUSE = new Set(["when", "unless"]);

interface Token {
  readonly text: string;
  readonly start: number;
}

/** The policies of `text` in their order, or every fault that counting finds. */
export function policiesIn(text: string): Result<readonly PolicyText[], readonly PolicyFault[]> {
  if (text.length > TEXT_CHARS_MAX)
    return err([{ line: null, problem: `has more than ${TEXT_CHARS_MAX} characters` }]);
  const tokens = tokensOf(text);
  if (!tokens.ok) return tokens;
  const found = statementsOf(tokens.value).map((statement) => policyAt(text, statement));
  const policies = found.map(({ policy }) => policy);
  const faults: readonly PolicyFault[] = [
    ...found.flatMap(({ problems, policy: { line } }) =>
      problems.map((problem) => ({ line, problem })),
    ),
    ...repeated(policies),
    ...(policies.length > POLICIES_MAX
      ? [{ line: null, problem: `has more than ${POLICIES_MAX} policies` }]
      : []),
  ];
  return faults.length === 0 ? ok(policies) : err(faults);
}

type Statement = [Token, ...Token[]];

function policyAt(text: string, statement: Statement) {
  const [first] = statement;
  const last = statement.at(-1) ?? first;
  const policy: PolicyText = {
    id: idOf(statement) ?? "",
    text: text.slice(first.start, last.start + last.text.length),
    line: lineAt(text, first.start),
  };
  return { policy, problems: problemsOf(statement) };
}

const repeated = (policies: readonly PolicyText[]): readonly PolicyFault[] =>
  policies
    .filter(({ id }, index) => policies.findIndex((one) => one.id === id) < index)
    .map(({ id, line }) => ({ line, problem: `\`${id}\` is there twice` }));

function tokensOf(text: string): Result<readonly Token[], readonly PolicyFault[]> {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [match, ...kinds] = TOKEN.exec(text) ?? [""];
    if (match === "") return err([{ line: lineAt(text, at), problem: "is not Cedar" }]);
    if (kinds.some((kind) => kind !== undefined)) tokens.push({ text: match, start: at });
    at += match.length;
  }
  return ok(tokens);
}

/** Each ends with a semicolon outside of brackets; what is left over is a statement without an end. */
function statementsOf(tokens: readonly Token[]): readonly Statement[] {
  const statements: Statement[] = [];
  let [current, depth]: [Statement | null, number] = [null, 0];
  for (const token of tokens) {
    if (current === null) current = [token];
    else current.push(token);
    if (OPENING.has(token.text)) depth += 1;
    if (CLOSING.has(token.text)) depth -= 1;
    if (token.text !== ";" || depth > 0) continue;
    statements.push(current);
    [current, depth] = [null, 0];
  }
  return current === null ? statements : [...statements, current];
}

function problemsOf(tokens: readonly Token[]): readonly string[] {
  const count = (of: ReadonlySet<string>): number =>
    tokens.filter(({ text }) => of.has(text)).length;
  const id = idOf(tokens);
  return [
    ...(tokens.at(-1)?.text === ";" ? [] : ["does not end with `;`"]),
    ...(id === null ? ['needs an id: `@id("…")`'] : []),
    ...(id !== null && !ID.test(id)
      ? [`the id \`${id.slice(0, 80)}\` may have lower-case letters, digits and \`-\``]
      : []),
    ...(tokens.length > TOKENS_MAX ? [`is longer than ${TOKENS_MAX} words and signs`] : []),
    ...(deepest(tokens) > DEPTH_MAX ? [`brackets are more than ${DEPTH_MAX} deep`] : []),
    ...(count(CHAINED) >= CHAIN_MAX
      ? [`has more than ${CHAIN_MAX} terms: use a set and \`contains\``]
      : []),
    ...(count(CLAUSE) > CLAUSES_MAX ? [`has more than ${CLAUSES_MAX} clauses`] : []),
    ...(tokens.some(({ text }) => text === "?") ? ["is a template; write it out"] : []),
  ];
}

function deepest(tokens: readonly Token[]): number {
  let [depth, most] = [0, 0];
  for (const { text } of tokens) {
    if (OPENING.has(text)) depth += 1;
    if (CLOSING.has(text)) depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

/** The text in `@id("…")`. */
function idOf(tokens: readonly Token[]): string | null {
  const at = tokens.findIndex(
    ({ text }, index) => text === "@" && tokens[index + 1]?.text === "id",
  );
  const quoted = at < 0 ? undefined : tokens[at + 3]?.text;
  return quoted?.startsWith('"') === true ? quoted.slice(1, -1) : null;
}

const lineAt = (text: string, position: number): number =>
  text.slice(0, position).split("\n").length;
