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

/** ISO 3166-1 alpha-2; T1 is Tor. */
export const country = z
  .string()
  .toUpperCase()
  .regex(/^(?:[A-Z]{2}|T1)$/, "must be a country's code of two letters");

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
