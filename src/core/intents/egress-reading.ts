/** What may go out: names that stay reachable and names that do not are written alike, so whatever may be the other way round asks. */
import { byRules, filled, missing, offIf, type PathReading } from "./path-rules.ts";
import type { Reading } from "./reading.ts";

const EGRESS = "zero-trust-egress";
const CONTRAST =
  /\b(?:only|else|rest|except|but|others?|other than|apart from|besides|allow(?:ed)?|permit(?:ted)?|may)\b|제외|빼고|말고|이외|외에|나머지|허용/;
const EXCEPTION = /\b(?:except|but|other than|apart from|besides)\b|제외|빼고|말고|이외|외에/;
const FORBIDS_ALL =
  /\b(?:deny|denies|block|refuse|drop|forbid|disallow|stop)\b[^,.;]{0,40}\b(?:except|but|other than|apart from|besides)\b|(?:제외|빼고|말고|이외|외에)(?!.*허용).*(?:차단|막|금지|거부)/;
const DENIES =
  /\b(?:default[- ]deny|deny by default|deny all|allowlist|(?:deny|block|refuse|drop|forbid) (?:everything|anything|all)(?: else| other)?|nothing (?:else|but))\b|기본 ?(?:차단|거부)|모두 ?차단/;

const CONFINES = /\b(?:lock|limit|restrict|confine|narrow|pin)(?:ed|ing|s)?\b[^,.;]{0,60}\bto\b/;

/** Whether what is named stays reachable, and nothing else. Null: it may be meant the other way round. */
function deniesTheRest(reading: Reading): boolean | null {
  const { text } = reading;
  if (EXCEPTION.test(text)) return FORBIDS_ALL.test(text) ? true : null;
  if (reading.has("only") || DENIES.test(text)) return true;
  if (CONFINES.test(text)) return true;
  // Names are kept out only where that is said.
  return namesHosts(reading) && (CONTRAST.test(text) || !reading.has("block")) ? null : false;
}

const namesHosts = ({ places }: Reading): boolean => places.hostnames.length > 0;
export const zeroTrustEgress: PathReading = {
  path: EGRESS,
  recognise: byRules([
    {
      all: ["egress"],
      one: [["zeroTrust", "threat"]],
      is: 95,
      because: "what goes out, by Zero Trust",
    },
    {
      all: ["egress"],
      one: [["secure", "block", "only", "people"]],
      is: 88,
      because: "what goes out",
    },
    { all: ["egress"], when: namesHosts, is: 88, because: "where it may go" },
    { all: ["zeroTrust"], one: [["threat", "block", "people"]], is: 85, because: "Zero Trust" },
    { all: ["zeroTrust"], when: namesHosts, is: 85, because: "Zero Trust" },
    {
      all: ["people"],
      one: [["only", "block", "allow"]],
      when: namesHosts,
      is: 86,
      because: "where people inside may go",
    },
    { all: ["threat", "block", "people"], is: 86, because: "threats to people inside" },
    { all: ["threat", "block"], is: 70, because: "threats" },
    { all: [], one: [["zeroTrust", "egress"]], is: 60, because: "Zero Trust" },
  ]),
  fill(reading) {
    const { places } = reading;
    const names = [...places.hostnames];
    const denies = deniesTheRest(reading);
    // Names that may be meant to be let in are not kept out unasked.
    if (denies === null) return missing(EGRESS, "default", {});
    if (denies && names.length === 0)
      return missing(EGRESS, "allowed_domains", { default: "deny" });
    return filled({
      default: denies ? "deny" : undefined,
      allowed_domains: denies ? names : undefined,
      blocked_domains: !denies && names.length > 0 ? names : undefined,
      block_threats: offIf(reading, "threat"),
      ssh_blocked: reading.has("ssh") ? true : undefined,
    });
  },
};
