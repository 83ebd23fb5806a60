import { ipv6Groups, isIpv4, writtenIpv6 } from "./ip-address.ts";

const PREFIX = /^\d{1,3}$/;
const V4_BITS = 32;
const V6_BITS = 128;

/** The leading `prefix` bits of numbers of `width` bits; the others, host bits, are cleared (case 57). */
const masked = (parts: readonly number[], width: number, prefix: number): readonly number[] =>
  parts.map((part, index) => {
    const host = Math.min(width, Math.max(0, width * (index + 1) - prefix));
    return Math.floor(part / 2 ** host) * 2 ** host;
  });

/** The length behind the slash; without one the whole address counts. Null: it is none. */
function prefixOf(text: string | undefined, bits: number): number | null {
  if (text === undefined) return bits;
  return PREFIX.test(text) && Number(text) <= bits ? Number(text) : null;
}

/** An address or a network as it is compared, or null when `text` is neither. A network of one is its address (case 52). */
export function networkOf(text: string): string | null {
  const [host = "", length, ...more] = text.trim().split("/");
  const isV4 = isIpv4(host);
  const parts = isV4 ? host.split(".").map(Number) : ipv6Groups(host);
  const bits = isV4 ? V4_BITS : V6_BITS;
  const prefix = prefixOf(length, bits);
  if (parts === null || prefix === null || more.length > 0) return null;
  const base = masked(parts, isV4 ? 8 : 16, prefix);
  const address = isV4 ? base.join(".") : writtenIpv6(base);
  return prefix === bits ? address : `${address}/${prefix}`;
}

/** The same of a value that may be anything: what is no network stays as it is, and is then different. */
export const canonicalNetwork = (text: string): string => networkOf(text) ?? text;
