/**
 * Terraform's language as text: resources and the blocks that import them. Values only, no references: what is printed
 * says the same wherever it is read.
 */
import { digestOf, isObject, type Json, type JsonObject } from "./canonical.ts";

/** One live object as a resource of Terraform's Cloudflare provider, version 5. */
export interface HclResource {
  /** `cloudflare_dns_record` */
  readonly type: string;
  /** What makes it this one among its type; its label is made of this. */
  readonly name: string;
  readonly attributes: JsonObject;
  /** What `terraform import` takes; empty where the provider imports none of the type. */
  readonly importId: string;
}

/** Why a live object is no resource of Terraform: what it says that the provider has no word for. */
export interface Unprinted {
  readonly unprinted: string;
}

export const isPrinted = (form: HclResource | Unprinted | null): form is HclResource =>
  form !== null && "type" in form;

/** Characters of a label that stand for the name; what is longer is cut and told apart by a digest. */
const LABEL_LENGTH_MAX = 60;
/** Hex digits of a digest that tell labels apart: 2^32 of them for at most some thousand resources. */
const MARK_LENGTH = 8;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function slugOf(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/\*/g, "wildcard")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return /^[a-z]/.test(words) ? words : `r_${words}`;
}

const markOf = (value: Json): string => digestOf(value).slice(-MARK_LENGTH);

/**
 * A label for each resource, in order. It depends on the name alone, unless another one of the type would be called
 * the same: then both carry a mark, whatever the order.
 */
export function labelsOf(resources: readonly HclResource[]): readonly string[] {
  const plain = resources.map(({ name }) => {
    const slug = slugOf(name);
    return slug.length > LABEL_LENGTH_MAX
      ? `${slug.slice(0, LABEL_LENGTH_MAX)}_${markOf(name)}`
      : slug;
  });
  const byName = distinct(plain, resources, ({ name }) => markOf(name));
  return distinct(byName, resources, ({ importId }) => markOf(importId));
}

function distinct(
  labels: readonly string[],
  resources: readonly HclResource[],
  mark: (resource: HclResource) => string,
): readonly string[] {
  const count = new Map<string, number>();
  const addresses = resources.map(({ type }, index) => `${type}.${labels[index]}`);
  for (const address of addresses) count.set(address, (count.get(address) ?? 0) + 1);
  return resources.map((resource, index) => {
    const label = labels[index] ?? "";
    return (count.get(addresses[index] ?? "") ?? 0) > 1 ? `${label}_${mark(resource)}` : label;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
  '"': String.raw`\"`,
  "\\": "\\\\",
};

function escaped(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** A quoted text. `${` and `%{` would begin a template; a lone surrogate has no UTF-8 form. */
export function hclText(text: string): string {
  const inner = text
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/["\\]|[^\P{C}]|[\u2028\u2029]/gu, escaped)
    .replace(/[$%](?=\{)/g, (sign) => sign + sign);
  return `"${inner}"`;
}

const keyOf = (key: string): string => (IDENTIFIER.test(key) ? key : hclText(key));

function valueOf(value: Json, indent: string): string {
  if (typeof value === "string") return hclText(value);
  const deeper = `${indent}  `;
  if (isObject(value)) {
    const members = membersOf(value, deeper);
    return members === "" ? "{}" : `{\n${members}${indent}}`;
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (!value.some((item) => typeof item === "object" && item !== null))
    return `[${value.map((item) => valueOf(item, indent)).join(", ")}]`;
  const items = value.map((item) => `${deeper}${valueOf(item, deeper)},\n`);
  return `[\n${items.join("")}${indent}]`;
}

/**
 * One member a line, as `terraform fmt` has it: the equal signs of neighbours stand below each other, and a value of
 * several lines is nobody's neighbour.
 */
function membersOf(object: JsonObject, indent: string): string {
  const members = Object.entries(object).map(([name, value]) => ({
    key: keyOf(name),
    value: valueOf(value, indent),
  }));
  const lines: string[] = [];
  let group: typeof members = [];
  const close = (): void => {
    const width = Math.max(0, ...group.map(({ key }) => key.length));
    lines.push(...group.map(({ key, value }) => `${indent}${key.padEnd(width)} = ${value}\n`));
    group = [];
  };
  for (const member of members) {
    const isLong = member.value.includes("\n");
    if (isLong) close();
    group.push(member);
    if (isLong) close();
  }
  close();
  return lines.join("");
}

/** What may stand in a comment: nothing that ends the line. */
const commentOf = (line: string): string =>
  line === "" ? "#" : `# ${line.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, "?")}`;

const PROVIDER = `terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.22"
    }
  }
}
`;

const NOT_IMPORTED = `${commentOf("The provider imports none of these: applied, it says what is there.")}\n`;

/** The whole file, `comments` at its head. Each resource has its import block before it. */
export function printHcl(resources: readonly HclResource[], comments: readonly string[]): string {
  const labels = labelsOf(resources);
  const blocks = resources.map(({ type, attributes, importId }, index) => {
    const label = labels[index] ?? "";
    const imported =
      importId === ""
        ? NOT_IMPORTED
        : `import {\n  to = ${type}.${label}\n  id = ${hclText(importId)}\n}\n`;
    return `${imported}\nresource ${hclText(type)} ${hclText(label)} {\n${membersOf(attributes, "  ")}}\n`;
  });
  const head = comments.map((line) => `${commentOf(line)}\n`).join("");
  return [head, PROVIDER, ...blocks].filter((part) => part !== "").join("\n");
}
