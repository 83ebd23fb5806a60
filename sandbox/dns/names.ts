/** Names in the one form that the API stores: lower case, Punycode, full, no trailing dot. */
import { REASON, invalidRecord } from "./validation.ts";

const NAME_CHARS_MAX = 253;
const LABEL_CHARS_MAX = 63;

const withoutDot = (name: string): string => name.replace(/\.$/, "");

/** Only labels that need it go through IDNA: the URL parser refuses some legal DNS labels. */
function toAscii(label: string): string {
  if (/^[\x20-\x7e]*$/.test(label)) return label.toLowerCase();
  try {
    return new URL(`http://${label}.example/`).hostname.replace(/\.example$/, "");
  } catch {
    throw invalidRecord(REASON.invalidName, `DNS name is invalid: \`${label}\``);
  }
}

export const asciiName = (name: string): string =>
  withoutDot(name.trim()).split(".").map(toAscii).join(".");

function isLabel(label: string, index: number): boolean {
  if (label === "*") return index === 0;
  return label.length <= LABEL_CHARS_MAX && /^[a-z0-9_/]([a-z0-9_/-]*[a-z0-9_/])?$/.test(label);
}

const isName = (name: string): boolean =>
  name.length <= NAME_CHARS_MAX && name.split(".").every(isLabel);

/** A record's name: `@` is the zone, names outside the zone are relative to it. */
export function recordName(input: string, zone: string): string {
  const ascii = asciiName(input);
  if (ascii === "" || ascii === "@" || ascii === zone) return zone;
  const name = ascii.endsWith(`.${zone}`) ? ascii : `${ascii}.${zone}`;
  if (isName(name)) return name;
  throw invalidRecord(REASON.invalidName, `DNS name is invalid: \`${input}\``);
}

/** A target: `@` is the zone, `.` is nothing (null MX, disabled service). */
export function targetName(input: string, zone: string): string {
  const trimmed = input.trim();
  if (trimmed === ".") return ".";
  const name = trimmed === "@" ? zone : asciiName(trimmed);
  if (name !== "" && isName(name)) return name;
  throw invalidRecord(REASON.invalidHost, `Content must be a hostname: \`${input}\``);
}
