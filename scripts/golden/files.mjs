// One golden state out of several files: lists are put one after the other, maps are merged, and whatever stands in two
// files is refused with both places.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { importInstalled } from "../bundle.mjs";
import { Failure } from "../json-client.mjs";

/** More files than anybody keeps for one scope (I12). */
const FILES_MAX = 500;
/** Down to `/spec/resources/<kind>`: what is below is one thing, and belongs into one file. */
const MERGED_DEPTH = 3;
/** These say what the files are about; they have to agree, whatever else is in them. */
const AGREED = new Set(["/apiVersion", "/kind", "/metadata/scope", "/metadata/description"]);

/** The YAML and JSON files below `path`, or `path` itself, in the order of their names. */
export function filesAt(path) {
  if (!statSync(path, { throwIfNoEntry: false })) throw new Failure(`${path} is not there`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  const files = names
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/(?:^|[/\\])\./.test(name))
    .toSorted()
    .map((name) => join(path, name));
  if (files.length === 0) throw new Failure(`${path} has no YAML or JSON file`);
  if (files.length > FILES_MAX) throw new Failure(`${path} has more than ${FILES_MAX} files`);
  return files;
}

export const readFiles = (paths) =>
  paths.flatMap(filesAt).map((file) => ({ file, text: readFileSync(file, "utf8") }));

/**
 * The document that `files` ([{ file, text }]) make together, and `placeOf`, which says for a JSON pointer into it where
 * that stands: `dns.yaml:12:7`.
 */
export async function mergeFiles(files) {
  const yaml = await importInstalled("yaml");
  const merge = new Merge(yaml);
  for (const one of files) merge.add(one);
  if (merge.problems.length > 0) throw new Failure(merge.problems.join("\n"));
  return { document: merge.document, placeOf: (pointer) => merge.placeOf(pointer) };
}

const escaped = (key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

class Merge {
  document;
  problems = [];
  #yaml;
  /** Pointer into the merged document → where it stands. */
  #places = new Map();
  #file;
  #lines;
  #parsed;

  constructor(yaml) {
    this.#yaml = yaml;
  }

  add({ file, text }) {
    this.#file = file;
    this.#lines = new this.#yaml.LineCounter();
    const parsed = this.#yaml.parseDocument(text, { lineCounter: this.#lines });
    for (const { pos, message } of parsed.errors)
      this.problems.push(
        `${this.#at(pos[0])}: ${message.split("\n")[0].replace(/ at line.*$/, "")}`,
      );
    if (parsed.errors.length > 0) return;
    if (!this.#yaml.isMap(parsed.contents)) {
      this.problems.push(`${file}: is not a golden state`);
      return;
    }
    this.#parsed = parsed;
    this.document = this.#merged(this.document, parsed.contents, "");
  }

  placeOf(pointer) {
    for (let path = pointer.replace(/^#/, ""); path !== ""; path = path.replace(/\/[^/]*$/, "")) {
      const place = this.#places.get(path);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #at(offset) {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }

  #merged(before, node, pointer) {
    const target = this.#yaml.isAlias(node) ? node.resolve(this.#parsed) : node;
    const place = this.#at(node.range[0]);
    if (before === undefined) {
      this.#places.set(pointer, place);
      return this.#joined(undefined, target, pointer);
    }
    const isOpen = depthOf(pointer) <= MERGED_DEPTH;
    if (isOpen && this.#yaml.isCollection(target) && shapeOf(before) === this.#shapeOf(target))
      return this.#joined(before, target, pointer);
    this.#compare({ before, value: target.toJS(this.#parsed), pointer, place });
    return before;
  }

  #joined(before, target, pointer) {
    if (this.#yaml.isMap(target)) return this.#mergedMap(before ?? {}, target, pointer);
    if (this.#yaml.isSeq(target)) return this.#mergedList(before ?? [], target, pointer);
    return target.toJS(this.#parsed);
  }

  #shapeOf(target) {
    return this.#yaml.isMap(target) ? "map" : "list";
  }

  #compare({ before, value, pointer, place }) {
    const agreed = AGREED.has(pointer);
    if (agreed && isDeepStrictEqual(before, value)) return;
    const what = agreed ? "differs in the two files" : "stands in two files";
    const first = this.#places.get(pointer);
    this.problems.push(`${place}: \`${pointer.slice(1)}\` ${what}, see ${first}`);
  }

  #mergedMap(before, { items }, pointer) {
    const merged = new Map(Object.entries(before));
    for (const { key, value } of items) {
      const name = String(key.value);
      // What is nothing at all is shown at its name.
      const node = value ?? Object.assign(new this.#yaml.Scalar(null), { range: key.range });
      merged.set(name, this.#merged(merged.get(name), node, `${pointer}/${escaped(name)}`));
    }
    return Object.fromEntries(merged);
  }

  #mergedList(before, { items }, pointer) {
    const merged = [...before];
    for (const item of items) {
      const path = `${pointer}/${merged.length}`;
      const value = this.#merged(undefined, item, path);
      const twin = merged.findIndex((one) => isDeepStrictEqual(one, value));
      if (twin < 0 || depthOf(pointer) > MERGED_DEPTH) merged.push(value);
      else {
        const places = [path, `${pointer}/${twin}`].map((one) => this.#places.get(one));
        this.problems.push(`${places[0]}: stands twice, see ${places[1]}`);
        this.#forget(path);
      }
    }
    return merged;
  }

  #forget(path) {
    for (const pointer of this.#places.keys())
      if (pointer === path || pointer.startsWith(`${path}/`)) this.#places.delete(pointer);
  }
}

const depthOf = (pointer) => pointer.split("/").length - 1;
const shapeOf = (value) => {
  if (Array.isArray(value)) return "list";
  return typeof value === "object" && value !== null ? "map" : "single";
};
