/** Types of parameters that several paths share. Each is bounded, and safe inside an expression without quoting (I5). */
import { z } from "zod";

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

export const hostname = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})+$`), "must be a hostname");

/** Names of mail senders often begin with an underscore. */
export const serviceName = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(/^[a-z0-9_][a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63})+$/, "must be a name in DNS");

/** Letters, digits and what needs no escaping in an expression. */
export const urlPath = z
  .string()
  .max(200)
  .regex(/^\/[A-Za-z0-9._~/-]*$/, "must be a path such as `/api`");

/** ISO 3166-1 alpha-2 and Kosovo, as the edge has them; T1 is Tor, XX where nobody knows. A rule about another matches nobody. */
const COUNTRIES: ReadonlySet<string> = new Set(
  [
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY",
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK",
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR",
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK",
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM",
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF",
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW",
    "T1 XX",
  ].flatMap((some) => some.split(" ")),
);

export const country = z
  .string()
  .toUpperCase()
  .regex(/^(?:[A-Z]{2}|T1)$/, "must be a country's code of two letters")
  .refine((code) => COUNTRIES.has(code), "is no country's code (ISO 3166-1)");

export const asn = z.int().min(1).max(4_294_967_295);

export const email = z
  .string()
  .toLowerCase()
  .max(254)
  .regex(/^[a-z0-9._%+-]{1,64}@[a-z0-9.-]+\.[a-z]{2,}$/, "must be an address of e-mail");

/** Of a Worker, a bucket, a database: the narrowest that all of them allow. */
export const resourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,48}[a-z0-9]$/, "must be 3 to 50 of a-z, 0-9 and -");

export const address = z
  .string()
  .max(49)
  .regex(/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/, "must be an address or a network");

export const flag = (value: boolean, description: string) =>
  z.boolean().default(value).meta({ description });

/** More lists than anybody reads in one rule (I12). */
export const LIST_MAX = 100;

/** Of the zone or below it. */
export const isIn = (host: string, zone: string): boolean =>
  host === zone || host.endsWith(`.${zone}`);

/** Why rules for `host` would never match in the zone; empty: they may. */
export const outside = (host: string | undefined, zone: string): readonly string[] =>
  host === undefined || isIn(host, zone)
    ? []
    : [`\`${host}\` is not in the zone \`${zone}\`: ask in the scope of its own zone`];
