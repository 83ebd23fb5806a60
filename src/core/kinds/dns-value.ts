import type { Json, JsonObject } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import type { Fault } from "../resource.ts";
import { dataIdentity, dataMembers, readData, type ValueSource } from "./dns-data.ts";
import { hostOf } from "./dns-name.ts";
import { canonicalIpv6, isIpv4 } from "./ip-address.ts";
import { canonicalTxt } from "./txt-content.ts";

/** What a record says, in normal form: `data` for the structured types, `content` for the others. */
export interface RecordValue {
  readonly content?: string;
  readonly data?: JsonObject;
  /** Of MX and URI, where the API keeps it beside the value. */
  readonly priority?: number;
}

type ReadValue = Result<RecordValue, readonly Fault[]>;

/** Types whose priority is a member of the record, not of its data. */
const PRIORITY_OUTSIDE: ReadonlySet<string> = new Set(["MX", "URI"]);
const PRIORITY_MAX = 0xffff;

const refused = (problem: string, path: Fault["path"] = ["content"]): ReadValue =>
  err([{ path, problem }]);

const contentReader: ReadonlyMap<string, (content: string) => string | null> = new Map([
  ["A", (content: string) => (isIpv4(content) ? content : null)],
  ["AAAA", canonicalIpv6],
  ["CNAME", hostOf],
  ["NS", hostOf],
  ["PTR", hostOf],
  ["TXT", canonicalTxt],
  ["OPENPGPKEY", (content: string) => content.replace(/\s+/g, "")],
]);

const CONTENT_EXPECTED: Readonly<Record<string, string>> = {
  A: "an IPv4 address such as `203.0.113.10`",
  AAAA: "an IPv6 address such as `2001:db8::1`",
  CNAME: "a host name, not an address",
  NS: "a host name, not an address",
  PTR: "a host name, not an address",
};

function readContent(type: string, content: Json | undefined): ReadValue {
  if (typeof content !== "string" || content === "") return refused("is missing");
  const read = contentReader.get(type);
  const normal = read === undefined ? content : read(content);
  if (normal !== null) return ok({ content: normal });
  return refused(`\`${content}\` must be ${CONTENT_EXPECTED[type] ?? "a text"}`);
}

/** A priority as the API and people write it: a number or its digits. */
function readPriority(value: Json | undefined): number | null {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) return null;
  return number >= 0 && number <= PRIORITY_MAX ? number : null;
}

/** MX: `mx1.example.net` with a priority beside it, `10 mx1.example.net`, or data of priority and target. */
function readMx({ content, data, priority }: ValueSource): ReadValue {
  const target = content ?? data?.["target"];
  const parts = /^(?:(\d+)\s+)?(\S+)$/.exec(typeof target === "string" ? target.trim() : "");
  if (parts === null) return refused("must be the host name of a mail server");
  const [, written, name = ""] = parts;
  const host = name === "." ? name : hostOf(name);
  if (host === null) return refused(`\`${name}\` must be a host name, not an address`);
  const preference = readPriority(priority ?? data?.["priority"] ?? written);
  if (preference === null) {
    return refused(`must be a whole number from 0 to ${PRIORITY_MAX}`, ["priority"]);
  }
  return ok({ content: host, priority: preference });
}

function readStructured(type: string, source: ValueSource): ReadValue {
  const read = readData(type, source);
  if (!read.ok) return read;
  if (!PRIORITY_OUTSIDE.has(type)) return ok({ data: read.value });
  const { priority, ...data } = read.value;
  return ok({ data, priority: readPriority(priority) ?? 0 });
}

/**
 * The value of a record in normal form, from whichever of content, data and priority there are: the one function
 * for both sides of a comparison. The faults' paths begin at the record.
 */
export function readValue(type: string, source: ValueSource): ReadValue {
  if (type === "MX") return readMx(source);
  if (dataMembers(type) !== null) return readStructured(type, source);
  return readContent(type, source.content);
}

/** What makes a value this one among the records of its type and name. */
export function valueIdentity(type: string, value: RecordValue): string {
  if (value.data !== undefined) return dataIdentity(type, value.data);
  return value.content ?? "";
}
