/**
 * Where visitors come from. Addresses are of the networks that are set aside for documentation and for benchmarks (RFC 5737,
 * 3849, 2544), numbers of networks of those for documentation (RFC 5398): nobody's.
 */
import { isWithin, parseAddress, parseRange, type IpRange } from "../../src/core/expression/ip.ts";

export interface Network {
  readonly prefix: string;
  readonly asn: number;
  readonly country: string;
}

const at = (prefix: string, asn: number, country: string): Network => ({ prefix, asn, country });

/** People at home and on their phones. */
export const HOMES: readonly Network[] = [
  at("2001:db8:100::/48", 64_497, "DE"),
  at("2001:db8:101::/48", 64_498, "DE"),
  at("2001:db8:200::/48", 64_499, "NL"),
  at("2001:db8:300::/48", 64_500, "KR"),
  at("2001:db8:301::/48", 64_501, "KR"),
  at("2001:db8:400::/48", 64_502, "US"),
  at("2001:db8:401::/48", 64_503, "US"),
  at("2001:db8:500::/48", 64_504, "GB"),
  at("2001:db8:600::/48", 64_505, "FR"),
  at("203.0.113.0/24", 64_506, "JP"),
];
/** Who fetches the catalogue by machine, all day, and pays for it. */
export const PARTNER: Network = at("198.51.100.0/24", 64_508, "NL");
export const SEARCH_ENGINE: Network = at("2001:db8:900::/48", 64_509, "US");
export const MONITORING: Network = at("192.0.2.0/28", 64_510, "DE");

/** Rented machines, from which attacks come. */
export const RENTED: readonly Network[] = [
  at("198.18.0.0/18", 65_536, "VN"),
  at("198.18.64.0/18", 65_537, "BR"),
  at("198.18.128.0/18", 65_538, "US"),
  at("198.18.192.0/18", 65_539, "RU"),
];
export const SCANNING: Network = at("198.19.7.0/24", 65_540, "RU");
/** Homes whose machines somebody else uses: they are in the countries of the customers. */
export const HIJACKED: readonly Network[] = [
  at("198.19.64.0/18", 65_541, "DE"),
  at("198.19.128.0/18", 65_542, "US"),
  at("198.19.192.0/18", 65_543, "KR"),
];

const NETWORKS: readonly (Network & { readonly range: IpRange | string })[] = [
  ...HOMES,
  PARTNER,
  SEARCH_ENGINE,
  MONITORING,
  ...RENTED,
  SCANNING,
  ...HIJACKED,
].map((network) => ({ ...network, range: parseRange(network.prefix) }));

/** `XX` and 64496: nobody knows. */
export function networkOfAddress(text: string): Pick<Network, "asn" | "country"> {
  const address = parseAddress(text);
  const found = NETWORKS.find(
    ({ range }) => address !== null && typeof range !== "string" && isWithin(address, range),
  );
  return found ?? { asn: 64_496, country: "XX" };
}

/** The `index`-th address of a network. */
export function addressIn({ prefix }: Network, index: number): string {
  const [base = "", bits = ""] = prefix.split("/");
  if (base.includes(":")) {
    const low = index % 65_536;
    const high = Math.floor(index / 65_536) % 65_536;
    return `${base}${high.toString(16)}:${low.toString(16)}`;
  }
  const size = 2 ** (32 - Number(bits));
  const start = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  // Neither the first nor the last: those are no hosts.
  const value = start + 1 + (index % (size - 2));
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
