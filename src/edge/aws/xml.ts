/**
 * The XML that AWS answers with, and no more of it: elements and text. A declaration of a document type, entities of its
 * own, comments, processing instructions and CDATA are refused, so nothing is ever expanded and nothing is hidden.
 */
import { err, ok, type Result } from "../../core/result.ts";

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Of an element without children. */
  readonly text: string;
}

/** A page of 300 record sets is some hundred kilobytes (I12). */
export const XML_CHARS_MAX = 4_000_000;
/** `ListResourceRecordSetsResponse/ResourceRecordSets/ResourceRecordSet/ResourceRecords/ResourceRecord/Value` are six. */
const DEPTH_MAX = 16;

const NAMED: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};
const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const ATTRIBUTE = /\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;
const DECLARATION = /^\ufeff?<\?xml\s[^<>?]*\?>/;
const SPACE = /\s*/y;
const CLOSE = /\s*(\/?)>/y;

class Malformed extends Error {}

/** One document, read from its beginning to its end. Linear: each place is looked at once. */
class Scan {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = DECLARATION.exec(text)?.[0].length ?? 0;
  }

  document(): Element {
    this.#take(SPACE);
    const root = this.#element(0);
    this.#take(SPACE);
    if (this.#at !== this.#text.length) throw new Malformed("something stands behind the root");
    return root;
  }

  #element(depth: number): Element {
    if (depth > DEPTH_MAX) throw new Malformed("elements are nested too deeply");
    if (this.#text[this.#at] !== "<") throw new Malformed("an element is expected");
    this.#at += 1;
    const name = this.#take(NAME);
    if (name === null) throw new Malformed("an element without a name");
    while (this.#take(ATTRIBUTE) !== null);
    const close = this.#take(CLOSE);
    if (close === null) throw new Malformed("a tag does not end");
    const local = name.slice(name.indexOf(":") + 1);
    return close.includes("/")
      ? { name: local, children: [], text: "" }
      : { name: local, ...this.#content(name, depth) };
  }

  /** Either text or elements: AWS mixes nothing but white space with elements. */
  #content(name: string, depth: number): Pick<Element, "children" | "text"> {
    const children: Element[] = [];
    let text = "";
    for (;;) {
      const next = this.#text.indexOf("<", this.#at);
      if (next < 0) throw new Malformed(`\`${name}\` does not end`);
      text += this.#text.slice(this.#at, next);
      this.#at = next;
      if (this.#text[next + 1] !== "/") {
        children.push(this.#element(depth + 1));
        continue;
      }
      this.#at = next + 2;
      if (this.#take(NAME) !== name || this.#take(CLOSE) === null)
        throw new Malformed(`\`${name}\` is closed by another tag`);
      if (children.length > 0 && text.trim() !== "") throw new Malformed("text between elements");
      return { children, text: children.length > 0 ? "" : unescaped(text) };
    }
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
}

const unescaped = (text: string): string =>
  text.replace(/&([^;&]{0,32};?)/g, (_, reference: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));$/.exec(reference) ?? [];
    if (hex !== undefined) return characterAt(Number.parseInt(hex, 16));
    if (decimal !== undefined) return characterAt(Number(decimal));
    const named = reference.endsWith(";") ? NAMED[reference.slice(0, -1)] : undefined;
    if (named === undefined) throw new Malformed("an unknown entity");
    return named;
  });

function characterAt(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new Malformed("no character");
  return String.fromCodePoint(code);
}

export function parseXml(text: string): Result<Element, string> {
  if (text.length > XML_CHARS_MAX) return err("the document is too large");
  try {
    return ok(new Scan(text).document());
  } catch (fault) {
    if (fault instanceof Malformed) return err(fault.message);
    throw fault;
  }
}

/** What XML 1.0 has no way to write is refused by AWS anyway; a reference at least keeps it one document. */
const escaped = (text: string): string =>
  text.replace(/[<>&"'\r]|[^\x20-\x7e\n\t]/gu, (character) => `&#${character.codePointAt(0)};`);

const inner = ({ children, text }: Element): string =>
  children.length > 0 ? children.map(written).join("") : escaped(text);

const written = (element: Element): string =>
  `<${element.name}>${inner(element)}</${element.name}>`;

export const xmlOf = (root: Element, namespace: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root.name} xmlns="${namespace}">${inner(root)}</${root.name}>`;
