/** The 21 record types: what each accepts as content or data, and how it is stored. */
import { ipv4, ipv6 } from "./addresses.ts";
import {
  base64,
  hex,
  host,
  parameters,
  quoted,
  serviceHost,
  u16,
  u8,
  word,
  type FieldKind,
} from "./fields.ts";
import { formatLocation, location, parseLocation } from "./location.ts";
import { targetName } from "./names.ts";
import { storedText } from "./text.ts";
import { REASON, invalidRecord } from "./validation.ts";

type Field = readonly [name: string, kind: FieldKind];

/** Types with a `data` object; the content is these fields in order. */
const STRUCTURED = {
  CAA: [
    ["flags", u8],
    ["tag", word],
    ["value", quoted],
  ],
  CERT: [
    ["type", u16],
    ["key_tag", u16],
    ["algorithm", u8],
    ["certificate", base64],
  ],
  DNSKEY: [
    ["flags", u16],
    ["protocol", u8],
    ["algorithm", u8],
    ["public_key", base64],
  ],
  DS: [
    ["key_tag", u16],
    ["algorithm", u8],
    ["digest_type", u8],
    ["digest", hex],
  ],
  HTTPS: [
    ["priority", u16],
    ["target", serviceHost],
    ["value", parameters],
  ],
  NAPTR: [
    ["order", u16],
    ["preference", u16],
    ["flags", quoted],
    ["service", quoted],
    ["regex", quoted],
    ["replacement", host],
  ],
  SMIMEA: [
    ["usage", u8],
    ["selector", u8],
    ["matching_type", u8],
    ["certificate", hex],
  ],
  SRV: [
    ["weight", u16],
    ["port", u16],
    ["target", host],
  ],
  SSHFP: [
    ["algorithm", u8],
    ["type", u8],
    ["fingerprint", hex],
  ],
  SVCB: [
    ["priority", u16],
    ["target", serviceHost],
    ["value", parameters],
  ],
  TLSA: [
    ["usage", u8],
    ["selector", u8],
    ["matching_type", u8],
    ["certificate", hex],
  ],
  URI: [
    ["weight", u16],
    ["target", quoted],
  ],
} as const satisfies Readonly<Record<string, readonly Field[]>>;

/** Types that are their content. */
const PLAIN = {
  A: (content: string) => ipv4(content),
  AAAA: (content: string) => ipv6(content),
  CNAME: targetName,
  MX: targetName,
  NS: targetName,
  PTR: targetName,
  TXT: (content: string) => storedText(content),
  OPENPGPKEY: (content: string) => String(base64.accept(content, "content", "")),
} as const;

export type RecordType = keyof typeof STRUCTURED | keyof typeof PLAIN | "LOC";

export const RECORD_TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CERT",
  "CNAME",
  "DNSKEY",
  "DS",
  "HTTPS",
  "LOC",
  "MX",
  "NAPTR",
  "NS",
  "OPENPGPKEY",
  "PTR",
  "SMIMEA",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
  "URI",
] as const satisfies readonly RecordType[];

/** Their priority stands beside the content, not in it. */
const PRIORITIZED: ReadonlySet<RecordType> = new Set(["MX", "SRV", "URI"]);

export const isProxiable = (type: RecordType): boolean => ["A", "AAAA", "CNAME"].includes(type);

/** The value of a record as it was sent. */
export interface Raw {
  readonly type: RecordType;
  readonly content?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly priority?: number | undefined;
}

/** The value of a record as it is stored. */
export interface Value {
  readonly content: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
}

export function storedValue(raw: Raw, zone: string): Value {
  const priority = PRIORITIZED.has(raw.type) ? { priority: priorityOf(raw) } : {};
  if (raw.type === "LOC") return locationValue(raw);
  if (raw.type in PLAIN) return { content: plainContent(raw, zone), ...priority };
  const type = raw.type as keyof typeof STRUCTURED;
  const fields: readonly Field[] = STRUCTURED[type];
  const given = raw.data ?? parseContent(type, raw.content);
  const data: Record<string, string | number> = {};
  for (const [name, kind] of fields) {
    const value = given[name];
    const isMissing = value === undefined || value === null;
    if (isMissing && kind !== parameters) throw missing(`data.${name}`);
    data[name] = kind.accept(value, name, zone);
  }
  const words = fields.map(([name, kind]) => kind.format(data[name] ?? ""));
  const content = words.join(" ").trim();
  return { content, data: type === "SRV" ? { ...priority, ...data } : data, ...priority };
}

function locationValue(raw: Raw): Value {
  if (raw.data === undefined && raw.content === undefined) throw missing("data");
  const at = location(raw.data ?? parseLocation(raw.content ?? ""));
  return { content: formatLocation(at), data: at };
}

function plainContent(raw: Raw, zone: string): string {
  // MX is sent with its target inside `data` by clients that know only that form.
  const target = raw.type === "MX" ? raw.data?.["target"] : undefined;
  const content = raw.content ?? (typeof target === "string" ? target : undefined);
  if (content === undefined || content.trim() === "") throw missing("content");
  const stored = PLAIN[raw.type as keyof typeof PLAIN](content, zone);
  if (stored !== "." || raw.type === "MX") return stored;
  throw invalidRecord(REASON.invalidHost, `Content for ${raw.type} record must be a hostname.`);
}

/** 0 is a priority; `data.priority` and the top-level field mean the same. */
function priorityOf(raw: Raw): number {
  const inContent = raw.type === "SRV" ? leadingPriority(raw.content) : undefined;
  const given = raw.data?.["priority"] ?? raw.priority ?? inContent;
  if (given === undefined || given === null) throw missing("priority");
  return Number(u16.accept(given, "priority", ""));
}

function leadingPriority(content: string | undefined): number | undefined {
  const numbers = /^(\d+)\s+\d+\s+\d+\s+\S+$/.exec(content?.trim() ?? "");
  return numbers === null ? undefined : Number(numbers[1]);
}

/** Content instead of data: zone files and simple clients. */
function parseContent(
  type: keyof typeof STRUCTURED,
  content: string | undefined,
): Record<string, unknown> {
  if (content === undefined) throw missing("data");
  const fields: readonly Field[] = STRUCTURED[type];
  const words = [...content.matchAll(/"(?:[^"\\]|\\.)*"|\S+/gs)].map((match) => match[0]);
  if (type === "SRV" && leadingPriority(content) !== undefined) words.shift();
  return Object.fromEntries(
    fields.map(([name, kind], index) => {
      const isLast = index === fields.length - 1;
      const taken = isLast && kind.rest !== undefined ? words.slice(index) : [words[index]];
      const text = taken.filter((part) => part !== undefined).join(kind.rest ?? "");
      if (text === "") return [name, undefined];
      return [
        name,
        kind === quoted ? text.replace(/^"(.*)"$/s, "$1").replace(/\\(.)/gs, "$1") : text,
      ];
    }),
  );
}

const missing = (field: string) =>
  invalidRecord(REASON.missingField, `${field} is a required data field.`);
