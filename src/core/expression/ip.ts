/** IP addresses as numbers, and ranges of them. */

export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** First and last address, both inside. A single address is a range of one. */
export interface IpRange {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32n, 6: 128n } as const;

/** An address in the forms that Rust's `IpAddr` takes: no leading zeros in IPv4, no zone in IPv6. */
export function parseAddress(text: string): IpAddress | null {
  if (text.includes(":")) {
    const value = parseIpv6(text);
    return value === null ? null : { version: 6, value };
  }
  const value = parseIpv4(text);
  return value === null ? null : { version: 4, value };
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (head === undefined || head === null || tail === null) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The 16-bit groups of one side of `::`; the last two may be written as IPv4. */
function groupsOf(half: string): readonly bigint[] | null {
  if (half === "") return [];
  const groups: bigint[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else {
      const embedded = index === parts.length - 1 ? parseIpv4(part) : null;
      if (embedded === null) return null;
      groups.push(embedded >> 16n, embedded & 0xffffn);
    }
  }
  return groups;
}

export type RangeFault = "address" | "prefix" | "host_part" | "order";

/** `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1..192.0.2.9`. */
export function parseRange(text: string): IpRange | RangeFault {
  const dots = text.indexOf("..");
  return dots < 0 ? prefixed(text) : between(text.slice(0, dots), text.slice(dots + 2));
}

function between(from: string, to: string): IpRange | RangeFault {
  const [first, last] = [parseAddress(from), parseAddress(to)];
  if (first === null || last === null) return "address";
  if (first.version !== last.version || first.value > last.value) return "order";
  return { version: first.version, first: first.value, last: last.value };
}

function prefixed(text: string): IpRange | RangeFault {
  const [address = "", prefix] = text.split("/", 2);
  const network = address.includes(":") ? parseAddress(address) : shortNetwork(address);
  if (network === null) return "address";
  if (prefix === undefined) return onlyAddress(network);
  const bits = BITS[network.version];
  if (!/^\d+$/.test(prefix) || BigInt(prefix) > bits) return "prefix";
  const host = (1n << (bits - BigInt(prefix))) - 1n;
  if ((network.value & host) !== 0n) return "host_part";
  return { version: network.version, first: network.value, last: network.value | host };
}

/** In sets the edge's engine takes `10.1/16` for `10.1.0.0/16`, and leading zeros. */
function shortNetwork(text: string): IpAddress | null {
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255))
    return null;
  const bytes = [...parts, "0", "0", "0"].slice(0, 4).map((part) => BigInt(part));
  return { version: 4, value: bytes.reduce((value, byte) => (value << 8n) | byte, 0n) };
}

export const onlyAddress = ({ version, value }: IpAddress): IpRange => ({
  version,
  first: value,
  last: value,
});

/** The network that an address lies in. */
export function networkOf({ version, value }: IpAddress, prefix: number): IpAddress {
  const host = (1n << (BITS[version] - BigInt(prefix))) - 1n;
  return { version, value: value & ~host };
}

export function printAddress({ version, value }: IpAddress): string {
  if (version === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return compressed(groups);
}

/** The longest run of two or more zero groups becomes `::` (RFC 5952). */
function compressed(groups: readonly string[]): string {
  let [best, bestLength] = [-1, 1];
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === "0") length += 1;
    if (length > bestLength) [best, bestLength] = [start, length];
  }
  if (best < 0) return groups.join(":");
  return `${groups.slice(0, best).join(":")}::${groups.slice(best + bestLength).join(":")}`;
}

/** A single address, a prefix where the range is one, else first and last. */
export function printRange({ version, first, last }: IpRange): string {
  if (first === last) return printAddress({ version, value: first });
  const size = last - first + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n;
  const start = printAddress({ version, value: first });
  if (!isPrefix) return `${start}..${printAddress({ version, value: last })}`;
  const hostBits = size.toString(2).length - 1;
  return `${start}/${Number(BITS[version]) - hostBits}`;
}

export const isWithin = ({ version, value }: IpAddress, range: IpRange): boolean =>
  version === range.version && value >= range.first && value <= range.last;
