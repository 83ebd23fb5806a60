/**
 * Edits of a golden document that leave everything else as it is, byte for byte: comments, order, quotes and blank lines
 * are the writer's. Each edit replaces, inserts or cuts a piece of the text whose place the parser knows.
 */
import {
  Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type ParsedNode,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Edit, Path } from "../../core/adoption.ts";
import type { Json } from "../../core/canonical.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** Replaces what stands from `from` to `to`. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

type Node = ParsedNode | null;
type Collection = YAMLMap.Parsed<ParsedNode, Node> | YAMLSeq.Parsed;
type Removal = Extract<Edit, { op: "remove" }>;
type Insertion = Extract<Edit, { op: "insert" }>;
type Addition = { readonly key: string | null; readonly value: Json };

/** What is done in one map or list. */
interface Work {
  readonly node: Collection;
  /** Behind the colon of the name that leads to it; null: it is an item of a list. */
  readonly opens: number | null;
  readonly depth: number;
  readonly removed: Set<string | number>;
  readonly added: Addition[];
  /** What comes to stand before which item. */
  readonly inserted: Map<number, Addition[]>;
}

/** The text of YAML after `edits`, whose paths begin at the root; or where it is not plain enough to be edited. */
export function editYaml(text: string, edits: readonly Edit[]): Result<string, string> {
  const document = parseDocument(text, {
    schema: "core",
    uniqueKeys: false,
    keepSourceTokens: true,
  });
  const splices: Splice[] = [];
  const works = new Map<Collection, Work>();
  for (const edit of edits) {
    const { node, key, parent } = placeOf(document, edit);
    if (node === null) return err(`\`${edit.path.join(".")}\` is shared or not there`);
    const depth = edit.path.length - (edit.op === "append" ? 0 : 1);
    const opens = parent && colonAfter(text, parent, node);
    const work = works.get(node) ?? { node, opens, depth, ...nothingYet() };
    works.set(node, work);
    splices.push(...noted(text, edit, { work, key }));
  }
  // Where a list and its last item both grow, they do so at one place: what is put there later comes to stand before.
  const outside = [...works.values()].toSorted((a, b) => a.depth - b.depth);
  for (const work of outside) splices.push(...splicesFor(text, work));
  return ok(applied(text, splices));
}

const nothingYet = (): Pick<Work, "removed" | "added" | "inserted"> => ({
  removed: new Set(),
  added: [],
  inserted: new Map(),
});

interface Place {
  readonly node: Collection | null;
  readonly parent: Collection | null;
  /** Null: it is about the whole collection. */
  readonly key: string | number | null;
}

/** What an edit asks for, noted with the rest of its collection's, or the splice of a value in its place. */
function noted(
  text: string,
  edit: Edit,
  { work, key }: { readonly work: Work; readonly key: string | number | null },
): readonly Splice[] {
  const value = key === null ? undefined : valueIn(work.node, key);
  if (edit.op === "append") work.added.push({ key: null, value: edit.value });
  else if (edit.op === "insert") insert(work, Number(key), edit.value);
  else if (edit.op === "remove") work.removed.add(edit.path.at(-1) ?? "");
  else if (value) return [replaced(text, value, edit.value)];
  else work.added.push({ key: String(key), value: edit.value });
  return [];
}

function insert({ inserted }: Work, index: number, value: Json): void {
  inserted.set(index, [...(inserted.get(index) ?? []), { key: null, value }]);
}

/** The collection that an edit works in, and the member of it that it is about. */
function placeOf(document: Document.Parsed, { op, path }: Edit): Place {
  const [inside, key] = op === "append" ? [path, null] : [path.slice(0, -1), path.at(-1) ?? null];
  let node: Node = document.contents;
  let parent: Collection | null = null;
  for (const step of inside) {
    if (!isMap(node) && !isSeq(node)) return { node: null, parent, key };
    parent = node;
    node = valueIn(parent, step) ?? null;
  }
  return { node: isMap(node) || isSeq(node) ? node : null, parent, key };
}

function colonAfter(text: string, parent: Collection, node: Collection): number | null {
  const pair = pairsOf(parent).find(({ value }) => value === node);
  return pair ? text.indexOf(":", pair.key.range[1]) + 1 : null;
}

function valueIn(node: Collection, key: string | number): Node | undefined {
  if (isSeq(node)) return (node as YAMLSeq<ParsedNode>).items[Number(key)];
  return pairsOf(node).find((pair) => nameOf(pair) === String(key))?.value;
}

const pairsOf = (node: Collection): readonly Pair<ParsedNode, Node>[] =>
  isMap(node) ? (node as YAMLMap<ParsedNode, Node>).items : [];
const nameOf = ({ key }: Pair<ParsedNode, Node>): string =>
  isScalar(key) ? String(key.value) : "";

/** Written so that it may stand in a flow collection or in a block, on one line. */
function inline(value: Json, like: Node = null): string {
  const document = new Document(null, { schema: "core" });
  const node = document.createNode([value], { flow: true });
  const [item] = node.items;
  // Quoted before, quoted after.
  if (
    isScalar(item) &&
    isScalar(like) &&
    typeof value === "string" &&
    like.type?.startsWith("QUOTE")
  )
    item.type = like.type ?? Scalar.PLAIN;
  visit(node, {
    Scalar(_, one) {
      if (typeof one.value === "string" && /[\r\n]/.test(one.value)) one.type = Scalar.QUOTE_DOUBLE;
    },
  });
  document.contents = node as never;
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: 1e9 });
  return text.trim().slice(1, -1).trim();
}

/** A value in its place. A block (text or collection) is longer than its first line, so it is replaced up to its end. */
function replaced(text: string, node: ParsedNode, value: Json): Splice {
  const from = node.range[0];
  return { from, to: Math.max(from, endOf(text, node)), text: inline(value, node) };
}

/** Where a node's own text ends: before the line's end, the comment, the comma. */
function endOf(text: string, node: Node): number {
  if (node === null) return 0;
  const items = isSeq(node) ? (node as YAMLSeq<ParsedNode>).items : pairsOf(node as Collection);
  const last = items.at(-1);
  if ((isMap(node) || isSeq(node)) && node.flow !== true && last !== undefined) {
    if ("range" in last) return endOf(text, last);
    return Math.max(endOf(text, last.value), last.key.range[1]);
  }
  let end = node.range[1];
  while (end > node.range[0] && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

function splicesFor(text: string, work: Work): readonly Splice[] {
  const { node, removed, added, inserted } = work;
  const more = added.length + inserted.size;
  if (removed.size === 0 && more === 0) return [];
  const size = node.items.length;
  if (size === 0 || (removed.size === size && (node.flow === true || more === 0)))
    return emptied(text, { ...work, added: [...[...inserted.values()].flat(), ...added] });
  return node.flow === true ? flowSplices(text, work) : blockSplices(text, work);
}

/** Nothing of it stays: an empty collection can only be written in brackets, behind the name that leads to it. */
function emptied(text: string, { node, opens, added }: Work): readonly Splice[] {
  const [first] = itemsOf(text, node);
  const to = endOf(text, node);
  if (node.flow === true || opens === null || first === undefined)
    return [{ from: node.range[0], to, text: flowOf(node, added) }];
  const from = lineStart(text, dashesOf(node)[0] ?? first.from);
  return [
    { from: opens, to: opens, text: ` ${flowOf(node, added)}` },
    { from, to: lineEnd(text, to), text: "" },
  ];
}

const flowOf = (node: Collection, added: readonly Addition[]): string => {
  if (isSeq(node)) return inline(added.map(({ value }) => value));
  return inline(Object.fromEntries(added.map(({ key, value }) => [key ?? "", value])));
};

const memberText = ({ key, value }: Addition): string =>
  key === null ? inline(value) : `${inline(key)}: ${inline(value)}`;

/** From where to where each item stands, and by what it is called in a path. */
function itemsOf(text: string, node: Collection) {
  return isSeq(node)
    ? (node as YAMLSeq<ParsedNode>).items.map((item, index) => ({
        name: index as string | number,
        from: item.range[0],
        to: endOf(text, item),
      }))
    : pairsOf(node).map((pair) => ({
        name: nameOf(pair) as string | number,
        from: pair.key.range[0],
        to: Math.max(endOf(text, pair.value), pair.key.range[1]),
      }));
}

function flowSplices(text: string, { node, removed, added, inserted }: Work): readonly Splice[] {
  const items = itemsOf(text, node);
  const cuts = items.flatMap(({ name, from, to }, index): Splice[] => {
    if (!removed.has(name)) return [];
    const next = items[index + 1];
    const before = items[index - 1];
    // With the comma that parts it from what stays.
    if (next) return [{ from, to: next.from, text: "" }];
    return [{ from: before?.to ?? from, to, text: "" }];
  });
  const puts = items.flatMap(({ from }, index): Splice[] => {
    const more = (inserted.get(index) ?? []).map((one) => `${memberText(one)}, `).join("");
    return more === "" ? [] : [{ from, to: from, text: more }];
  });
  const end = items.at(-1)?.to ?? node.range[0] + 1;
  const more = added.map((one) => `, ${memberText(one)}`).join("");
  return [...puts, ...cuts, ...(more === "" ? [] : [{ from: end, to: end, text: more }])];
}

function blockSplices(text: string, work: Work): readonly Splice[] {
  const { node, removed, added } = work;
  const items = itemsOf(text, node);
  const dashes = dashesOf(node);
  const cuts = items.flatMap(({ name, from, to }, index): Splice[] => {
    if (!removed.has(name)) return [];
    const start = dashes[index] ?? from;
    const line = lineStart(text, start);
    const next = items[index + 1];
    // The first member of a list's item stands behind its dash, which the next one needs.
    if (text.slice(line, start).trim() !== "" && next)
      return [{ from: start, to: next.from, text: "" }];
    return [{ from: line, to: lineEnd(text, to), text: "" }];
  });
  const [first, last] = [items[0], items.at(-1)];
  if (!first || !last) return cuts;
  const puts = insertions(text, work);
  if (added.length === 0) return [...puts, ...cuts];
  const start = dashes[0] ?? first.from;
  const indent = " ".repeat(start - lineStart(text, start));
  const at = lineEnd(text, last.to);
  const lines = added.map((one) => `${indent}${isSeq(node) ? "- " : ""}${memberText(one)}\n`);
  const opened = text[at - 1] === "\n" ? "" : "\n";
  return [...puts, ...cuts, { from: at, to: at, text: opened + lines.join("") }];
}

/** Behind the item before, or the name that leads to the list: so what is said of an item stays before it. */
function insertions(text: string, { node, opens, inserted }: Work): readonly Splice[] {
  const items = itemsOf(text, node);
  const dashes = dashesOf(node);
  return [...inserted].flatMap(([index, added]): Splice[] => {
    const start = dashes[index];
    if (start === undefined) return [];
    const line = lineStart(text, start);
    const indent = " ".repeat(start - line);
    const lines = added.map((one) => `- ${memberText(one)}\n${indent}`).join("");
    const before = index === 0 ? opens : items[index - 1]?.to;
    const at = before === undefined || before === null ? line : lineEnd(text, before);
    // A list that begins behind another's dash has no line of its own before it.
    return text.slice(line, start).trim() === "" && at <= line
      ? [{ from: at, to: at, text: indent + lines.slice(0, lines.length - indent.length) }]
      : [{ from: start, to: start, text: lines }];
  });
}

/** Where the dashes of a block list stand. */
function dashesOf(node: Collection): readonly (number | undefined)[] {
  const token = node.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items
    .map(({ start }) => start.find(({ type }) => type === "seq-item-ind")?.offset)
    .filter((offset) => offset !== undefined);
}

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;
/** Behind the line's end. */
const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
};

/** From the end, so that places before stay true. Cuts that overlap are one cut. */
function applied(text: string, splices: readonly Splice[]): string {
  let result = text;
  let from = Infinity;
  const ordered = splices.toSorted((a, b) => b.from - a.from || b.to - a.to);
  for (const splice of ordered) {
    const to = Math.min(splice.to, from);
    result = result.slice(0, splice.from) + splice.text + result.slice(to);
    from = splice.from;
  }
  return result;
}

/** The same edits of the value: what the edited text has to say. */
export function editValue(value: Json, edits: readonly Edit[]): Json {
  const copy = structuredClone(value);
  for (const edit of edits) if (!isMoving(edit)) put(copy, edit);
  // What is deeper first, and later positions before earlier ones: so each path still leads where it did. Of what comes to stand
  // at one place, the last first.
  const moving = [...edits.filter(isRemoval), ...edits.filter(isInsertion).toReversed()].toSorted(
    (a, b) => b.path.length - a.path.length || Number(b.path.at(-1)) - Number(a.path.at(-1)),
  );
  for (const edit of moving) {
    const key = edit.path.at(-1) ?? "";
    const parent = reached(copy, edit.path.slice(0, -1));
    if (edit.op === "insert") (parent as unknown[]).splice(Number(key), 0, edit.value);
    else if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  }
  return copy;
}

const isRemoval = (edit: Edit): edit is Removal => edit.op === "remove";
const isInsertion = (edit: Edit): edit is Insertion => edit.op === "insert";
/** What is behind it comes to stand elsewhere. */
const isMoving = (edit: Edit): edit is Removal | Insertion => isRemoval(edit) || isInsertion(edit);

type Open = Record<string | number, unknown> | unknown[];

function reached(root: unknown, path: Path): Open {
  let node = root as Open;
  for (const key of path) node = (node as Record<string | number, unknown>)[key] as Open;
  return node;
}

function put(root: unknown, { op, path, value }: Exclude<Edit, Removal | Insertion>): void {
  if (op === "append") (reached(root, path) as unknown[]).push(value);
  else
    (reached(root, path.slice(0, -1)) as Record<string | number, unknown>)[path.at(-1) ?? ""] =
      value;
}
