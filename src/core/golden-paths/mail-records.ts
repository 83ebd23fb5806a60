/** Texts in DNS about mail: SPF (RFC 7208), DMARC (RFC 7489), DKIM (RFC 6376, 8463). What stands there is made no weaker. */
import { z } from "zod";

/** Of an RSA key of 1,024 bits; shorter ones receivers take for none (RFC 8301). */
const RSA_CHARS_MIN = 216;
/** 32 octets. */
const ED25519 = /^[A-Za-z0-9+/]{43}=$/;

export const dkimKey = z
  .strictObject({
    selector: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    algorithm: z
      .enum(["rsa", "ed25519"])
      .default("rsa")
      .meta({ description: "of the key; a domain may have one of each, under two selectors" }),
    public_key: z
      .string()
      .regex(/^[A-Za-z0-9+/=]{0,1000}$/, "must be base64, without the armour")
      .meta({ description: "empty: the key is revoked" }),
  })
  .refine(
    ({ algorithm, public_key: key }) => algorithm !== "ed25519" || key === "" || ED25519.test(key),
    {
      path: ["public_key"],
      message: "must be the 32 octets of an Ed25519 key in base64 (44 characters)",
    },
  )
  .refine(
    ({ algorithm, public_key: key }) =>
      algorithm !== "rsa" || key === "" || key.length >= RSA_CHARS_MIN,
    {
      path: ["public_key"],
      message: "must be an RSA key of 1024 bits at least; say `algorithm: ed25519` for the other",
    },
  );

export const dkimText = ({ algorithm, public_key: key }: z.output<typeof dkimKey>): string =>
  `v=DKIM1; k=${algorithm}; p=${key}`;

/** RFC 7208: receivers stop at ten, and take the whole for an error. */
const LOOKUPS_MAX = 10;
const LOOKS_UP = /^[-~?+]?(?:include:|exists:|redirect=|(?:a|mx|ptr)(?:[:/]|$))/i;
const ALL = /^[-~?+]?all$/i;
const REDIRECT = /^redirect=/i;

interface Said {
  readonly content: string;
  readonly notes: readonly string[];
}

/** Who may send so far still may, or mail would be lost; the end gets no weaker. */
export function spfText(senders: readonly string[], before: string | undefined): Said {
  const terms = (before ?? "")
    .split(/\s+/)
    .slice(1)
    .filter((term) => term !== "");
  const redirect = terms.some((term) => ALL.test(term))
    ? undefined
    : terms.find((one) => REDIRECT.test(one));
  const kept = terms.filter((term) => !ALL.test(term) && !REDIRECT.test(term));
  const wanted = senders.map((sender) => `include:${sender}`);
  const all = terms.includes("-all") || wanted.length + kept.length === 0 ? "-all" : "~all";
  // Behind an `all` a redirect counts for nothing, and whoever it names could send no more.
  const whole = ["v=spf1", ...new Set([...kept, ...wanted]), redirect ?? all];
  const lookups = whole.filter((term) => LOOKS_UP.test(term)).length;
  return {
    content: whole.join(" "),
    notes:
      lookups > LOOKUPS_MAX
        ? [
            `SPF would look up ${lookups} names, and receivers stop at ${LOOKUPS_MAX}: leave some senders out`,
          ]
        : [],
  };
}

const POLICIES = ["none", "quarantine", "reject"];
/** In the order in which they are written; `pct` is left out, so that the policy counts for all mail. */
const TAGS = ["p", "sp", "np", "rua", "ruf", "fo", "adkim", "aspf"];

const tagsIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(";").flatMap((part): [string, string][] => {
      const [name = "", ...value] = part.split("=");
      return value.length === 0 ? [] : [[name.trim().toLowerCase(), value.join("=").trim()]];
    }),
  );

interface Wanted {
  readonly policy: string;
  readonly reportTo: string | undefined;
  readonly zone: string;
}

/** Whoever gets reports goes on getting them. */
function reportsTo({ reportTo, zone }: Wanted, before: string): string {
  const told = before
    .split(",")
    .map((uri) => uri.trim())
    .filter((uri) => uri !== "");
  const wanted = reportTo ?? (told.length === 0 ? `dmarc@${zone}` : undefined);
  return [...new Set([...told, ...(wanted === undefined ? [] : [`mailto:${wanted}`])])].join(",");
}

/** Another domain has to say that it wants them (RFC 7489, 7.1). */
function consentOf({ reportTo, zone }: Wanted): readonly string[] {
  const away = reportTo?.split("@")[1];
  return away === undefined || away === zone || away.endsWith(`.${zone}`)
    ? []
    : [
        `reports go to \`${away}\` only if it says so: TXT \`${zone}._report._dmarc.${away}\` with \`v=DMARC1\``,
      ];
}

/** A stricter policy and stricter alignment that are there already stay. */
export function dmarcText(wanted: Wanted, before: string | undefined): Said {
  const there = tagsIn(before ?? "");
  const strict = (tag: string) => (there.get(tag)?.toLowerCase() === "s" ? "s" : "r");
  const at = Math.max(POLICIES.indexOf(there.get("p") ?? "none"), POLICIES.indexOf(wanted.policy));
  const tags = new Map([
    ...there,
    ["p", POLICIES[at] ?? wanted.policy],
    ["rua", reportsTo(wanted, there.get("rua") ?? "")],
    ["adkim", strict("adkim")],
    ["aspf", strict("aspf")],
  ]);
  const said = TAGS.flatMap((tag) => (tags.has(tag) ? [`${tag}=${tags.get(tag)}`] : []));
  return { content: ["v=DMARC1", ...said].join("; "), notes: consentOf(wanted) };
}
