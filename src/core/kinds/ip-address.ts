const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/;
/** 16-bit groups of an IPv6 address. */
const GROUPS = 8;

/** Strict dotted quad: no leading zeros, which some readers take for octal. */
export const isIpv4 = (text: string): boolean => IPV4.test(text);

/** Writes an embedded dotted quad as two groups. */
function withoutQuad(text: string): string | null {
  const colon = text.lastIndexOf(":");
  const tail = text.slice(colon + 1);
  if (!tail.includes(".")) return text;
  if (!isIpv4(tail)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  return `${text.slice(0, colon + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** The groups on one side of `::`. */
const groupsOf = (side: string): readonly string[] => (side === "" ? [] : side.split(":"));

/** The eight groups as numbers, or null when `text` is no IPv6 address. */
export function ipv6Groups(text: string): readonly number[] | null {
  const plain = withoutQuad(text.toLowerCase());
  if (plain === null) return null;
  const sides = plain.split("::");
  if (sides.length > 2) return null;
  const [head, tail] = [groupsOf(sides[0] ?? ""), groupsOf(sides[1] ?? "")];
  const given = [...head, ...tail];
  if (!given.every((group) => GROUP.test(group))) return null;
  const missing = GROUPS - given.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return null;
  const zeros = Array.from({ length: missing }, () => "0");
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** Start and length of the longest run of zero groups, the first one of equals (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): {
  readonly start: number;
  readonly size: number;
} {
  let best = { start: 0, size: 0 };
  let size = 0;
  for (const [position, group] of groups.entries()) {
    size = group === 0 ? size + 1 : 0;
    if (size > best.size) best = { start: position - size + 1, size };
  }
  return best;
}

/** RFC 5952 form of an IPv6 address, or null when it is none. A zone index (`%eth0`) is none. */
export function canonicalIpv6(text: string): string | null {
  const groups = ipv6Groups(text);
  return groups === null ? null : writtenIpv6(groups);
}

export function writtenIpv6(groups: readonly number[]): string {
  const [, , , , , mapped = 0, high = 0, low = 0] = groups;
  // RFC 5952 section 5: an IPv4-mapped address keeps its dotted quad.
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, size } = longestZeros(groups);
  const written = groups.map((group) => group.toString(16));
  // One zero group is not shortened (section 4.2.2).
  if (size < 2) return written.join(":");
  return `${written.slice(0, start).join(":")}::${written.slice(start + size).join(":")}`;
}
