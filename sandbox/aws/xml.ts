/** XML as these two services write and take it: a tree of elements with text at its leaves. */

export interface XmlNode {
  readonly name: string;
  readonly children: readonly XmlNode[];
  readonly text: string;
}

export const leaf = (name: string, text: string | number | boolean): XmlNode => ({
  name,
  children: [],
  text: String(text),
});

export const node = (name: string, ...children: readonly XmlNode[]): XmlNode => ({
  name,
  children,
  text: "",
});

const ESCAPES: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

const print = ({ name, children, text }: XmlNode): string =>
  children.length === 0 && text === ""
    ? `<${name}/>`
    : `<${name}>${children.map(print).join("")}${text.replaceAll(/[<>&]/g, (one) => ESCAPES[one] ?? "")}</${name}>`;

/** A whole document; the namespace stands at its root. */
export const document = (root: XmlNode, namespace?: string): string => {
  const text = print(root);
  const attribute = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text.replace(/^<([\w]+)/, `<$1${attribute}`)}`;
};

export const childNamed = (of: XmlNode | undefined, name: string): XmlNode | undefined =>
  of?.children.find((one) => one.name === name);

export const textIn = (of: XmlNode | undefined, name: string): string =>
  childNamed(of, name)?.text ?? "";

const TOKEN =
  /<\?[^>]*\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&apos;": "'",
};

const plain = (text: string): string =>
  text
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&(?:lt|gt|amp|quot|apos);/g, (entity) => ENTITIES[entity] ?? entity);

interface Open {
  readonly name: string;
  readonly children: XmlNode[];
  text: string;
}

const closed = ({ name, children, text }: Open): XmlNode => ({
  name,
  children,
  text: children.length > 0 ? "" : plain(text),
});

/** Takes one token in; false: it does not fit. */
function take(stack: Open[], token: RegExpExecArray): boolean {
  const [, slash, tag, , selfClosing, text] = token;
  const [parent, top] = stack.slice(-2).length === 2 ? stack.slice(-2) : [undefined, stack[0]];
  if (top === undefined) return false;
  if (text !== undefined) top.text += text;
  if (tag === undefined) return true;
  if (slash === "/") {
    if (top.name !== tag || parent === undefined) return false;
    parent.children.push(closed(top));
    stack.pop();
  } else if (selfClosing === "/") top.children.push(node(tag));
  else stack.push({ name: tag, children: [], text: "" });
  return true;
}

/** The body of a request; undefined: it is no document, or has what these services do not take. */
export function readXml(source: string): XmlNode | undefined {
  const root: Open = { name: "", children: [], text: "" };
  const stack = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source);
    if (token === null || !take(stack, token)) return undefined;
  }
  const isWhole = stack.length === 1 && root.children.length === 1 && root.text.trim() === "";
  return isWhole ? root.children[0] : undefined;
}
