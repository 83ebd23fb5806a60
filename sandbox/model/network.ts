/** IP networks: parsing, membership, and the spelling that the API returns. */

export interface Network {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** An address or a network in CIDR notation; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [host = "", length, ...rest] = text.trim().split("/");
  const parsed = host.includes(":") ? parseV6(host) : parseV4(host);
  if (parsed === undefined || rest.length > 0) return undefined;
  const bits = BITS[parsed.family];
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  return prefix > bits ? undefined : { ...parsed, prefix };
}

function parseV4(host: string): { family: 4; address: bigint } | undefined {
  const octets = host.split(".");
  const isAddress =
    octets.length === 4 &&
    octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && +octet < 256);
  if (!isAddress) return undefined;
  return { family: 4, address: octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) };
}

const groupsOf = (part: string): string[] => (part === "" ? [] : part.split(":"));

function parseV6(host: string): { family: 6; address: bigint } | undefined {
  const short = URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1);
  if (short === undefined) return undefined;
  const [left = "", right] = short.split("::");
  const tail = groupsOf(right ?? "");
  const zeros = right === undefined ? 0 : 8 - groupsOf(left).length - tail.length;
  const all = [...groupsOf(left), ...Array.from({ length: zeros }, () => "0"), ...tail];
  return {
    family: 6,
    address: all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n),
  };
}

const size = ({ family, prefix }: Network): bigint => 1n << BigInt(BITS[family] - prefix);

/** Without the bits that the prefix does not cover. */
const base = (network: Network): bigint => network.address - (network.address % size(network));

export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  return base({ ...inner, prefix: outer.prefix }) === base(outer);
}

/** `192.0.2.1` becomes `192.0.2.1/32`, and host bits are cleared. */
export function formatNetwork(network: Network): string {
  return `${formatAddress(network.family, base(network))}/${network.prefix}`;
}

/** The same, but a single address stays an address. */
export function formatAddressOrNetwork(network: Network): string {
  const isAddress = network.prefix === BITS[network.family];
  return isAddress ? formatAddress(network.family, network.address) : formatNetwork(network);
}

function formatAddress(family: 4 | 6, address: bigint): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - index * 16)) & 65_535n).toString(16),
  );
  return URL.parse(`http://[${groups.join(":")}]/`)?.hostname.slice(1, -1) ?? groups.join(":");
}
