/** A publication as the text of a golden state: for people to read, with comments that say what is where and why. */
import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  visit,
  type YAMLMap,
} from "yaml";
import type { Instant } from "../../core/ids.ts";
import type { LeftOut, Publication, PublishedKind } from "../../core/publish.ts";
import type { Site } from "../../core/resource.ts";
import { GOLDEN_BYTES_MAX } from "./golden-text.ts";

export interface Edition {
  readonly site: Site;
  readonly at: Instant;
  /** Where editors find the schema. */
  readonly schemaUrl: string;
}

type Node = ParsedNode | null;

/** Up to this depth a map or list stands in one line; deeper ones are easier to read one member a line. */
const FLOW_DEPTH_MAX = 2;
/** What is left out is named as long as somebody reads it. */
const NAMED_MAX = 12;
const NAME_LENGTH_MAX = 120;

export function goldenYaml({ document, kinds }: Publication, edition: Edition): string {
  // `compat` quotes what only older readers of YAML take for something else: `on`, `no`, `12:30`.
  const yaml = new Document(document, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
  const resources = yaml.getIn(["spec", "resources"], true);
  if (isMap<ParsedNode, Node>(resources)) arrange(resources, kinds);
  const unmanaged = yaml.getIn(["spec", "unmanaged"], true);
  if (isMap(unmanaged)) unmanaged.flow = unmanaged.items.length < 3;
  yaml.commentBefore = lines([...headOf(edition), ...restOf(kinds)]);
  const text = textOf(yaml);
  if (new TextEncoder().encode(text).byteLength <= GOLDEN_BYTES_MAX) return text;
  const warning = `Longer than the ${GOLDEN_BYTES_MAX} bytes that a golden state may have: import fewer kinds.`;
  yaml.commentBefore += `\n${lines([warning])}`;
  return textOf(yaml);
}

/** What a reader of YAML need not take, a terminal obeys, or an eye does not see. */
const UNSEEN = /[^\P{C}\n]|[\u2028\u2029]/gu;

/** Texts with such characters stand in double quotes, where each has its escape; comments have none (`harmless`). */
function textOf(yaml: Document): string {
  visit(yaml, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.search(UNSEEN) >= 0)
        node.type = "QUOTE_DOUBLE";
    },
  });
  const text = yaml.toString({
    lineWidth: 0,
    blockQuote: false,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
    flowCollectionPadding: true,
  });
  return text.replace(UNSEEN, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** Each kind under its comment, each of its resources in one line. */
function arrange(resources: YAMLMap<ParsedNode, Node>, kinds: readonly PublishedKind[]): void {
  const comments = new Map(kinds.map((kind) => [kind.kind, commentOf(kind)]));
  resources.flow = resources.items.length === 0;
  for (const { key, value } of resources.items) {
    if (isScalar(key)) key.commentBefore = comments.get(String(key.value)) ?? null;
    for (const child of childrenOf(value)) inOneLine(child);
  }
}

const depthOf = (node: Node): number =>
  isCollection(node) ? 1 + Math.max(0, ...childrenOf(node).map(depthOf)) : 0;

function childrenOf(node: Node): Node[] {
  if (isMap(node)) return (node as YAMLMap<ParsedNode, Node>).items.map(({ value }) => value);
  return isSeq(node) ? node.items : [];
}

function inOneLine(node: Node): void {
  if (!isCollection(node)) return;
  if (depthOf(node) <= FLOW_DEPTH_MAX) node.flow = true;
  else for (const child of childrenOf(node)) inOneLine(child);
}

/** Text from outside must not end the comment that it stands in. */
const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "?").slice(0, NAME_LENGTH_MAX);

const lines = (texts: readonly string[]): string => texts.map((text) => ` ${text}`).join("\n");

const headOf = ({ site, at, schemaUrl }: Edition): readonly string[] => [
  `yaml-language-server: $schema=${schemaUrl}`,
  `The golden state of ${harmless(site.name)} as it was found at ${at}. Declared as it stands, it changes nothing.`,
  "`unmanaged: report` lists what is live and declared nowhere; `remove` would take it away.",
];

/** Kinds of which nothing is declared have no place of their own. */
const restOf = (kinds: readonly PublishedKind[]): readonly string[] =>
  kinds
    .filter(({ published, leftOut }) => published === 0 && leftOut.length > 0)
    .flatMap(({ kind, leftOut }) => [`Nothing of ${kind} is declared:`, ...leftOutLines(leftOut)]);

function commentOf({ published, leftOut, unasked }: PublishedKind): string {
  return lines([
    `${published} found${leftOut.length === 0 ? "." : `, ${leftOut.length} left out:`}`,
    ...leftOutLines(leftOut),
    ...(unasked.length === 0 ? [] : [`Not checked: ${named(unasked)}`]),
  ]);
}

const leftOutLines = (leftOut: readonly LeftOut[]): readonly string[] =>
  [...Map.groupBy(leftOut, ({ reason }) => reason)].map(
    ([reason, all]) => `- ${harmless(reason)}: ${named(all.map(({ what }) => what))}`,
  );

function named(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  const shown = names.slice(0, NAMED_MAX).map(harmless).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** The same for a file that is not a golden state. */
export const leftOutComments = (kinds: readonly PublishedKind[]): readonly string[] =>
  kinds.flatMap(({ kind, leftOut, unasked }) => [
    ...(leftOut.length === 0 ? [] : [`${kind}, ${leftOut.length} left out:`]),
    ...leftOutLines(leftOut),
    ...(unasked.length === 0 ? [] : [`${kind}, not checked: ${named(unasked)}`]),
  ]);
