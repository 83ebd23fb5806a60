/** The filters and the order of the record list. All text filters ignore case, as documented. */
import type { Query } from "../api-request.ts";
import { asciiName } from "./names.ts";
import type { StoredRecord } from "./record.ts";
import { RECORD_TYPES } from "./record-types.ts";
import { plainText } from "./text.ts";

type Test = (record: StoredRecord) => boolean;
type Compare = (value: string, wanted: string) => boolean;

const COMPARE: Readonly<Record<string, Compare>> = {
  exact: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
};

/** The unquoted value counts too: certbot looks for its challenge by it. */
function contents(record: StoredRecord): string[] {
  const forms = record.type === "TXT" ? [plainText(record.content)] : [];
  return [record.content, ...forms].map((form) => form.toLowerCase());
}

const withoutDot = (text: string): string => text.replace(/(?<=.)\.$/, "");

/** Each criterion of the request, apart from tags. */
function fieldTests(query: Query): Test[] {
  const tests: Test[] = [];
  for (const name of query.names) {
    const wanted = query.text(name) ?? "";
    const [field, operator = "exact"] = name.split(".");
    const test = testOf(field ?? "", operator, wanted);
    if (test !== undefined) tests.push(test);
  }
  const type = query.oneOf("type", RECORD_TYPES);
  if (type !== undefined) tests.push((record) => record.type === type);
  const proxied = query.flag("proxied");
  if (proxied !== undefined) tests.push((record) => record.proxied === proxied);
  return tests;
}

function testOf(field: string, operator: string, wanted: string): Test | undefined {
  const compare = COMPARE[operator];
  const lower = wanted.toLowerCase();
  if (field === "comment" && operator === "present") return (record) => record.comment !== null;
  if (field === "comment" && operator === "absent") return (record) => record.comment === null;
  if (compare === undefined || wanted === "") return undefined;
  switch (field) {
    case "name": {
      const name = operator === "exact" ? asciiName(wanted) : lower;
      return (record) => compare(record.name, name);
    }
    case "content":
      return (record) =>
        contents(record).some((form) => compare(form, lower) || compare(form, withoutDot(lower)));
    case "comment":
      return (record) => compare((record.comment ?? "").toLowerCase(), lower);
    case "search":
      return (record) =>
        [record.name, record.content, record.comment ?? "", ...record.tags].some((text) =>
          text.toLowerCase().includes(lower),
        );
    default:
      return undefined;
  }
}

function tagTests(query: Query): Test[] {
  return query.names.flatMap((name) => {
    const [field, operator = "exact"] = name.split(".");
    if (field !== "tag") return [];
    return query.all(name).flatMap((wanted) => tagTest(operator, wanted.toLowerCase()) ?? []);
  });
}

function parts(tag: string): [name: string, value: string] {
  const [name = "", ...value] = tag.toLowerCase().split(":");
  return [name, value.join(":")];
}

/** `tag.contains=team:pay` is about the value of the tag `team`. */
function tagTest(operator: string, wanted: string): Test | undefined {
  const isNamed = (record: StoredRecord): boolean =>
    record.tags.some((tag) => parts(tag)[0] === wanted);
  if (operator === "present") return isNamed;
  if (operator === "absent") return (record) => !isNamed(record);
  const compare = COMPARE[operator];
  if (compare === undefined || wanted === "") return undefined;
  const [wantedName, wantedValue] = parts(wanted);
  return (record) =>
    record.tags
      .map(parts)
      .some(([name, value]) => name === wantedName && compare(value, wantedValue));
}

const all =
  (tests: readonly Test[]): Test =>
  (record) =>
    tests.every((test) => test(record));
const any =
  (tests: readonly Test[]): Test =>
  (record) =>
    tests.some((test) => test(record));

/** Tags are combined by `tag_match`, the result with the other criteria by `match`. */
export function recordFilter(query: Query): Test {
  const choices = ["all", "any"] as const;
  const combine = query.oneOf("match", choices) === "any" ? any : all;
  const combineTags = query.oneOf("tag_match", choices) === "any" ? any : all;
  const tags = tagTests(query);
  const tests = [...fieldTests(query), ...(tags.length === 0 ? [] : [combineTags(tags)])];
  return tests.length === 0 ? () => true : combine(tests);
}

const ORDERS = ["name", "type", "content", "ttl", "proxied"] as const;

export function ordered(records: StoredRecord[], query: Query): StoredRecord[] {
  const order = query.oneOf("order", ORDERS);
  const sign = query.oneOf("direction", ["asc", "desc"] as const) === "desc" ? -1 : 1;
  if (order === undefined) return sign === -1 ? records.toReversed() : records;
  return records.toSorted((a, b) => sign * compareBy(a[order], b[order]));
}

function compareBy(a: string | number | boolean, b: string | number | boolean): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
