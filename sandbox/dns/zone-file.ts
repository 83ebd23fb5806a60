/** BIND zone files: export of the stored records, import of what others write. */
import type { StoredZone } from "../model/zone.ts";
import { asciiName } from "./names.ts";
import type { RecordInput, StoredRecord } from "./record.ts";
import { RECORD_TYPES, type RecordType } from "./record-types.ts";

/** Types whose content ends in a host name, which a zone file writes with a dot. */
const HOST_LAST: readonly RecordType[] = ["CNAME", "MX", "NS", "PTR", "SRV", "NAPTR"];

/** Contact, serial and timers; nobody imports them. */
const SOA_REST = "dns.cloudflare.com. 2050000001 10000 2400 604800 3600";

export function exportZone(
  zone: StoredZone,
  records: readonly StoredRecord[],
  now: string,
): string {
  const lines = [
    ";;",
    `;; Domain:     ${zone.name}.`,
    `;; Exported:   ${now.slice(0, 19).replace("T", " ")}`,
    ";;",
    "",
    ";; SOA Record",
    `${zone.name}.\t3600\tIN\tSOA\t${zone.name_servers[0] ?? "ns"}. ${SOA_REST}`,
    "",
    ";; NS Records",
    ...zone.name_servers.map((server) => `${zone.name}.\t86400\tIN\tNS\t${server}.`),
  ];
  for (const type of RECORD_TYPES) {
    const ofType = records.filter((record) => record.type === type);
    if (ofType.length > 0) lines.push("", `;; ${type} Records`, ...ofType.map(exportRecord));
  }
  return `${lines.join("\n")}\n`;
}

function exportRecord(record: StoredRecord): string {
  const priority = record.priority === undefined ? "" : `${record.priority} `;
  const isHost = HOST_LAST.includes(record.type) && !record.content.endsWith(".");
  const value = `${priority}${record.content}${isHost ? "." : ""}`;
  const marks = [...(record.proxiable ? [`cf-proxied:${record.proxied}`] : []), ...record.tags];
  const tags = marks.length === 0 ? "" : ` cf_tags=${marks.join(",")}`;
  const note = record.comment === null ? tags : ` ${record.comment.replace(/\s+/g, " ")}${tags}`;
  const end = note === "" ? "" : ` ;${note}`;
  return `${record.name}.\t${record.ttl}\tIN\t${record.type}\t${value}${end}`;
}

export interface ParsedLine {
  readonly line: number;
  readonly input: RecordInput;
}

interface Context {
  origin: string;
  ttl: number | undefined;
  owner: string;
}

/** The records of a zone file. SOA and the zone's own NS records are Cloudflare's to make. */
export function parseZoneFile(text: string, zone: string, proxied: boolean): ParsedLine[] {
  const context: Context = { origin: zone, ttl: undefined, owner: zone };
  return logicalLines(text).flatMap(({ line, words, startsBlank, note }) => {
    if (words[0]?.startsWith("$") === true) {
      directive(words, context);
      return [];
    }
    if (!startsBlank) context.owner = absolute(words.shift() ?? "@", context.origin);
    const input = parseRecordWords(words, context);
    if (input === undefined || (input.type === "NS" && input.name === zone)) return [];
    return [{ line, input: { ...input, ...marksOf(note, input.type, proxied) } }];
  });
}

function directive(words: readonly string[], context: Context): void {
  if (words[0] === "$ORIGIN") context.origin = asciiName(words[1] ?? context.origin);
  if (words[0] === "$TTL") context.ttl = seconds(words[1] ?? "");
}

function absolute(name: string, origin: string): string {
  if (name === "@") return origin;
  return name.endsWith(".") ? asciiName(name) : asciiName(`${name}.${origin}`);
}

function parseRecordWords(words: string[], context: Context): RecordInput | undefined {
  const ttl = takeTtl(words) ?? context.ttl;
  const name = words.shift()?.toUpperCase();
  const type = RECORD_TYPES.find((known) => known === name);
  if (type === undefined) return undefined;
  const hasPriority = type === "MX" || type === "URI";
  const priority = hasPriority || type === "SRV" ? Number(words.shift()) : undefined;
  if (HOST_LAST.includes(type)) {
    words.push(absoluteTarget(words.pop() ?? "", context.origin));
  }
  return { type, name: context.owner, content: words.join(" "), ttl: ttl ?? 1, priority };
}

/** The time to live and the class stand before the type, in either order, both optional. */
function takeTtl(words: string[]): number | undefined {
  let ttl: number | undefined;
  while (words[0] !== undefined && (words[0] === "IN" || seconds(words[0]) !== undefined)) {
    ttl = seconds(words.shift() ?? "") ?? ttl;
  }
  return ttl;
}

const absoluteTarget = (name: string, origin: string): string =>
  name === "." ? name : absolute(name, origin);

function seconds(word: string): number | undefined {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  const match = /^(\d+)([smhdw]?)$/i.exec(word);
  if (match === null) return undefined;
  return Number(match[1]) * (units[(match[2] ?? "s").toLowerCase()] ?? 1);
}

/** What Cloudflare's own export writes behind the semicolon. */
function marksOf(note: string, type: RecordType, proxied: boolean): Partial<RecordInput> {
  const [comment = "", list = ""] = note.split(/\bcf_tags=/);
  const marks = list.split(",").filter((mark) => mark !== "");
  const told = marks.find((mark) => mark.startsWith("cf-proxied:"));
  const isProxied = told === undefined ? proxied : told === "cf-proxied:true";
  return {
    proxied: ["A", "AAAA", "CNAME"].includes(type) && isProxied,
    comment: comment.trim(),
    tags: marks.filter((mark) => mark !== told),
  };
}

interface LogicalLine {
  readonly line: number;
  readonly words: string[];
  readonly startsBlank: boolean;
  readonly note: string;
}

/** Parentheses join lines, quotes protect blanks and semicolons. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let open = 0;
  for (const [index, physical] of text.split(/\r?\n/).entries()) {
    const { words, note } = wordsOf(physical);
    const opened = words.filter((word) => word === "(").length;
    const closed = words.filter((word) => word === ")").length;
    const kept = words.filter((word) => word !== "(" && word !== ")");
    if (open > 0) lines.at(-1)?.words.push(...kept);
    else if (kept.length > 0) {
      lines.push({ line: index + 1, words: kept, startsBlank: /^\s/.test(physical), note });
    }
    open = Math.max(0, open + opened - closed);
  }
  return lines;
}

/** A comment, a parenthesis, or a word, in which quotes may begin anywhere: `alpn="h3,h2"`. */
const WORD = /;(.*)$|[()]|(?:"(?:[^"\\]|\\.)*"|\\.|[^\s;()"\\])+/g;

function wordsOf(line: string): { words: string[]; note: string } {
  const words: string[] = [];
  for (const match of line.matchAll(WORD)) {
    if (match[0].startsWith(";")) return { words, note: (match[1] ?? "").trim() };
    words.push(match[0]);
  }
  return { words, note: "" };
}
