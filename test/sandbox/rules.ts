/** What the tests of rulesets and lists have in common. */
import { ACCOUNT, api, BOOKS, control, type Fields, type Options, type Reply } from "./client.ts";

export interface Rule extends Fields {
  id: string;
  version: string;
  ref: string;
  action: string;
  expression: string;
  enabled: boolean;
  last_updated: string;
  description?: string;
  action_parameters?: Fields;
  ratelimit?: Fields;
  logging?: Fields;
}

export interface Ruleset extends Fields {
  id: string;
  name: string;
  kind: string;
  phase: string;
  version: string;
  last_updated: string;
  rules: Rule[];
}

export const ZONE = `/zones/${BOOKS}/rulesets`;
export const FREE = "/zones/b41f6d0e7a2c4c9f8e5d3b1a09f8e7d6/rulesets";
export const CUSTOM = "http_request_firewall_custom";
export const MANAGED = "efb7b8c949ac4650a09736fc376e9aee";
export const OWASP = "4814384a9e5d4991b9815dcfc25d2f1f";

type Asked<T> = Promise<Reply<T>>;

export const entrypoint = (phase = CUSTOM, root = ZONE): Asked<Ruleset> =>
  api(`GET ${root}/phases/${phase}/entrypoint`);

export const putEntrypoint = (
  rules: readonly Fields[],
  phase = CUSTOM,
  options: Options & { root?: string; query?: string } = {},
): Asked<Ruleset> => {
  const { root = ZONE, query = "", ...rest } = options;
  return api(`PUT ${root}/phases/${phase}/entrypoint${query}`, { body: { rules }, ...rest });
};

export const block = (ref: string, path = `/${ref}`): Fields => ({
  ref,
  action: "block",
  expression: `http.request.uri.path eq "${path}"`,
});

/** One answer instead of the many that a page has. */
export const messages = (reply: Reply<unknown>): string =>
  reply.errors.map(({ message }) => message).join("; ");

export const pointers = (reply: Reply<unknown>): unknown[] =>
  reply.errors.map((error) => (error as { source?: { pointer?: string } }).source?.pointer);

export const options = (change: Fields): Promise<Fields> => control("PUT /options", change);

export const LISTS = `/accounts/${ACCOUNT}/rules/lists`;
