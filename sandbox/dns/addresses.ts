/** IP addresses in the form the API returns them. */
import { REASON, invalidRecord } from "./validation.ts";

export function ipv4(input: string): string {
  const text = input.trim();
  const octets = text.split(".");
  const isAddress =
    octets.length === 4 &&
    octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && +octet < 256);
  if (isAddress) return text;
  const message = "Content for A record must be a valid IPv4 address.";
  throw invalidRecord(REASON.invalidAddress4, message);
}

/** Any spelling of an IPv6 address becomes the short lower-case one (RFC 5952). */
export function ipv6(input: string): string {
  const text = input.trim();
  const parsed = text.includes(":") ? URL.parse(`http://[${text}]/`) : null;
  if (parsed !== null) return parsed.hostname.slice(1, -1);
  const message = "Content for AAAA record must be a valid IPv6 address.";
  throw invalidRecord(REASON.invalidAddress6, message);
}
