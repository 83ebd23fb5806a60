/**
 * A golden document as text: YAML 1.2 (of which JSON is a part) to a plain JSON value, with the
 * place of everything in it. What a reader could take in two ways is refused: duplicate keys, tags,
 * other YAML versions, inexact numbers. All limits are checked here, with a place, so that no text
 * can make the rest work without bound (I12).
 */
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  parseDocument,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { err, ok, type Result } from "../../core/result.ts";
import { type Flaw, FLAWS_MAX, inTextOrder, pointerTo, sentence } from "./problem.ts";

export const GOLDEN_BYTES_MAX = 1024 * 1024;
/** Golden documents are nine levels deep at most. */
const DEPTH_MAX = 64;
/** Lexical tokens; a zone with the most records that Cloudflare allows has about half of them. */
const TOKENS_MAX = 500_000;
/** Values after aliases are followed. */
const VALUES_MAX = 250_000;

type Path = readonly (string | number)[];
type Place = Pick<Flaw, "line" | "column">;

export interface GoldenText {
  readonly value: unknown;
  /** Where `path` stands; of what is missing, its nearest existing parent. */
  readonly locate: (path: Path) => Place;
}

/** Everything that is wrong with `text` as text; what it says is for core to judge. */
export function readGoldenText(text: string, json: boolean): Result<GoldenText, readonly Flaw[]> {
  const place = placesIn(text);
  if (tokensOf(text) > TOKENS_MAX) return err([flaw({ line: 1, column: 1 }, "has too many parts")]);
  const document = parseDocument(text, {
    prettyErrors: false,
    // Checked in `Reading` instead: the library compares every key with every other.
    uniqueKeys: false,
    schema: "core",
    resolveKnownTags: false,
    // "silent" would also let a second document pass.
    logLevel: "error",
  });
  const flaws = [
    ...document.errors
      .concat(document.warnings)
      .map(({ pos, message, code }) =>
        flaw(place(pos[0]), code === "RESOURCE_EXHAUSTION" ? "is nested too deep" : message),
      ),
    ...versionFlaws(document),
    ...(json ? jsonFlaws(text) : []),
  ].slice(0, FLAWS_MAX);
  if (flaws.length > 0) return err(inTextOrder(flaws));
  const reading = new Reading(place);
  const value = document.contents === null ? null : reading.valueOf(document.contents, []);
  if (reading.flaws.length > 0) return err(inTextOrder(reading.flaws));
  return ok({ value, locate: (path) => place(reading.offsetOf(document.contents, path)) });
}

/**
 * Offsets to lines and columns, from 1. The library's own counter loses lines when it recovers from
 * an error.
 */
function placesIn(text: string): (offset: number) => Place {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1))
    starts.push(end + 1);
  return (offset) => {
    const at = Math.min(offset, text.length);
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  };
}

function tokensOf(text: string): number {
  let count = 0;
  for (const _ of new Lexer().lex(text)) {
    count += 1;
    if (count > TOKENS_MAX) break;
  }
  return count;
}

const flaw = (at: Place, detail: string, path: Path = []): Flaw => ({
  pointer: pointerTo("#", path),
  ...at,
  detail: sentence(detail),
});

function versionFlaws({ directives }: Document.Parsed): readonly Flaw[] {
  const { version } = directives?.yaml ?? {};
  // 1.1 reads `no` as false and 12:30 as a number.
  return version === undefined || version === "1.2"
    ? []
    : [flaw({ line: 1, column: 1 }, "must be YAML 1.2")];
}

/**
 * What YAML allows and JSON does not. The message of the platform may quote the text, so only its
 * place is used.
 */
function jsonFlaws(text: string): readonly Flaw[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const [, line = "1", column = "1"] = /\(line (\d+) column (\d+)\)$/.exec(message) ?? [];
    return [flaw({ line: Number(line), column: Number(column) }, "is not JSON from here on")];
  }
}

type Node = ParsedNode | null;
/** A value that aliases may refer to, with how many values it stands for. */
type Anchored = { readonly node: ParsedNode; readonly value: unknown; readonly size: number };

class Reading {
  readonly flaws: Flaw[] = [];
  readonly #place: (offset: number) => Place;
  readonly #anchors = new Map<string, Anchored>();
  readonly #targets = new Map<Alias, ParsedNode>();
  #size = 0;
  #full = false;

  constructor(place: (offset: number) => Place) {
    this.#place = place;
  }

  valueOf(node: Node, path: Path): unknown {
    if (!this.#room(node, path)) return null;
    if (isAlias(node)) return this.#followed(node, path);
    const before = this.#size;
    const value = this.#read(node, path);
    const anchor = node?.anchor;
    if (node && anchor) this.#anchors.set(anchor, { node, value, size: this.#size - before + 1 });
    return value;
  }

  #read(node: Node, path: Path): unknown {
    if (isMap(node)) return this.#mapOf(node, path);
    if (isSeq(node)) {
      return (node as YAMLSeq<ParsedNode>).items.map((item, index) =>
        this.valueOf(item, [...path, index]),
      );
    }
    return isScalar(node) ? this.#scalarOf(node.value, node, path) : null;
  }

  /** Stops, once, when there is more than anybody should have to read. */
  #room(node: Node, path: Path): boolean {
    this.#size += 1;
    if (this.#full) return false;
    const problem =
      path.length > DEPTH_MAX
        ? "is nested too deep"
        : this.#size > VALUES_MAX
          ? "has too many values"
          : null;
    if (problem === null) return true;
    this.#note(node, path, problem);
    this.#full = this.#size > VALUES_MAX;
    return false;
  }

  #note(node: Node, path: Path, problem: string): void {
    // Further flaws would be cut from the answer anyway.
    if (this.flaws.length <= FLAWS_MAX)
      this.flaws.push(flaw(this.#place(node?.range[0] ?? 0), problem, path));
  }

  #followed(alias: Alias.Parsed, path: Path): unknown {
    // An anchor counts from its node's end on, so a value never contains itself.
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#note(alias, path, "refers to an anchor that is not set before it");
      return null;
    }
    this.#targets.set(alias, target.node);
    this.#size += target.size;
    return target.value;
  }

  #mapOf({ items }: YAMLMap<ParsedNode, Node>, path: Path): unknown {
    const members = new Map<string, unknown>();
    for (const { key, value } of items) {
      const name = keyOf(key);
      if (name === null || name === "__proto__") {
        this.#note(key, path, "must have a plain key");
        continue;
      }
      const below = [...path, name];
      if (members.has(name)) this.#note(key, below, "is given twice");
      members.set(name, this.valueOf(value, below));
    }
    return Object.fromEntries(members);
  }

  #scalarOf(value: unknown, node: Node, path: Path): unknown {
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    const exact =
      typeof value === "number" &&
      Number.isFinite(value) &&
      (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (!exact) this.#note(node, path, "is not a number that can be kept exactly");
    return exact ? value : null;
  }

  offsetOf(root: Node, path: Path): number {
    let node: Node = root;
    let offset = root?.range[0] ?? 0;
    for (const key of path) {
      const found = this.#child(node, key);
      if (found === null) break;
      [node, offset] = [found.node, found.offset];
    }
    return offset;
  }

  #child(node: Node, key: string | number): { node: Node; offset: number } | null {
    const target = isAlias(node) ? (this.#targets.get(node) ?? null) : node;
    if (isSeq(target)) {
      const item = (target as YAMLSeq<ParsedNode>).items[Number(key)];
      return item === undefined || isPair(item) ? null : { node: item, offset: item.range[0] };
    }
    if (!isMap(target)) return null;
    const pair = (target as YAMLMap<ParsedNode, Node>).items.find(
      (one) => keyOf(one.key) === String(key),
    );
    return pair ? { node: pair.value, offset: offsetOfMember(pair) } : null;
  }
}

const keyOf = (key: Node): string | null =>
  isScalar(key) && (typeof key.value === "string" || typeof key.value === "number")
    ? String(key.value)
    : null;

/**
 * A single value is shown where it stands, a collection (or nothing at all) at the name that leads
 * to it.
 */
function offsetOfMember({ key, value }: Pair<ParsedNode, Node>): number {
  const single = value !== null && !isCollection(value) && value.range[1] > value.range[0];
  return single ? value.range[0] : key.range[0];
}
