import { err, ok, type Result } from "../result.ts";
import { decodePunycode, encodePunycode } from "./punycode.ts";

/** Octets of a name without its trailing dot and of a label, RFC 1035 section 2.3.4. */
const NAME_OCTETS_MAX = 253;
const LABEL_OCTETS_MAX = 63;

/** A name that is in normal form already: most of what the API returns. */
const PLAIN = /^[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*$/;
/** Wider than host names: DNS allows more, and what exists must be declarable (`/` is RFC 2317). */
const LABEL = /^[a-z0-9_/-]+$/;
/** The dots that UTS 46 takes for a label separator besides U+002E. */
const WIDE_DOTS = /[\u3002\uff0e\uff61]/g;
const IPV4_LIKE = /^\d+(?:\.\d+){3}$/;

const asciiLabel = (label: string): string =>
  /^\p{ASCII}*$/u.test(label) ? label : `xn--${encodePunycode(label)}`;

/**
 * The normal form of a domain name: lower-case, U-labels as A-labels, no trailing dot. It composes (NFC) and
 * folds case; the rest of UTS 46 (`ß`, width and compatibility forms, joiners, bidirectional rules) needs
 * tables that core does not carry, so such a label is encoded as written, and a client that maps it first names
 * another label. Write A-labels where that matters.
 */
export function asciiName(text: string): string {
  if (PLAIN.test(text)) return text;
  const name = text.toLowerCase().normalize("NFC").replace(WIDE_DOTS, ".");
  return name.replace(/\.$/, "").split(".").map(asciiLabel).join(".");
}

function labelProblem(label: string, first: boolean): string | null {
  if (label === "") return "has an empty label";
  if (label.length > LABEL_OCTETS_MAX) {
    return `has a label of ${label.length} octets, at most ${LABEL_OCTETS_MAX} are allowed`;
  }
  if (label === "*") return first ? null : "has a wildcard that is not the first label";
  if (!LABEL.test(label)) return `has the label \`${label}\`, which is not allowed in a name`;
  if (label.startsWith("xn--") && decodePunycode(label.slice(4)) === null) {
    return `has the label \`${label}\`, which is not valid punycode`;
  }
  return null;
}

/** What is wrong with a name in normal form, or null. */
export function nameProblem(name: string): string | null {
  if (name.length > NAME_OCTETS_MAX) {
    return `is ${name.length} octets long, at most ${NAME_OCTETS_MAX} are allowed`;
  }
  for (const [position, label] of name.split(".").entries()) {
    const problem = labelProblem(label, position === 0);
    if (problem !== null) return problem;
  }
  return null;
}

/** Whether a name in normal form is `zone` itself or below it. */
export const isInside = (name: string, zone: string): boolean =>
  name === zone || name.endsWith(`.${zone}`);

/**
 * The full name of a declared one: `@` is the zone, a name that does not end in the zone is relative to it, a
 * trailing dot makes it absolute. The error says what is wrong.
 */
export function nameInZone(text: string, zoneName: string): Result<string, string> {
  const zone = asciiName(zoneName);
  if (text === "@") return ok(zone);
  if (text === "") return err("is empty, write `@` for the zone itself");
  const name = asciiName(text);
  const inside = isInside(name, zone);
  if (!inside && text.endsWith(".")) return err(`is outside zone \`${zone}\``);
  const full = inside ? name : `${name}.${zone}`;
  const problem = nameProblem(full);
  return problem === null ? ok(full) : err(problem);
}

/** The normal form of the host that a record points to, or null when it is none (an address, a URL, a space). */
export function hostOf(text: string): string | null {
  const name = asciiName(text);
  return nameProblem(name) === null && !IPV4_LIKE.test(name) ? name : null;
}
