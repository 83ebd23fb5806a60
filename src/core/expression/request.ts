/**
 * A recorded request as the fields of the language. What the record does not have is not assessable, never "missing":
 * a log without headers says nothing about headers (I8).
 */
import { bytesOf, bytesOfText, lowerBytes } from "./bytes.ts";
import { FIELDS } from "./fields.ts";
import { type IpAddress, parseAddress } from "./ip.ts";
import { type Facts, type Found, NotAssessable, type Value } from "./value.ts";

/** What a log or a recorder knows of one request. Leave out what is not known. */
export interface RecordedRequest {
  readonly method: string;
  readonly host: string;
  /** Path and query as they were sent, undecoded. */
  readonly uri: string;
  readonly scheme?: "http" | "https";
  /** Such as `HTTP/2`. */
  readonly version?: string;
  /** All headers, in the order in which they came. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  readonly ip?: string;
  readonly asn?: number;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** Other fields by their name, such as `cf.bot_management.score`. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
}

/** Members of named lists. Addresses may be networks. */
export type NamedLists = Readonly<Record<string, ReadonlySet<string>>>;

/** Body fields see so much of a body (Cloudflare's documented limit). */
export const BODY_BYTES_MAX = 131_072;

type Pair = readonly [name: string, value: string];

export function factsOf(request: RecordedRequest, lists: NamedLists = {}): Facts {
  const known = new Map<string, Found>();
  const parts = partsOf(request);
  return {
    memo: new Map(),
    valueOf(field) {
      if (known.has(field)) return known.get(field);
      const value = recorded(request, field) ?? SOURCES[field]?.(parts) ?? notRecorded(field);
      known.set(field, value);
      return value;
    },
    isListed(list, value) {
      const members = lists[list];
      return members === undefined
        ? new NotAssessable(`the list \`$${list}\``)
        : members.has(typeof value === "bigint" ? `${value}` : textOf(value));
    },
  };
}

const textOf = (value: Value): string => (typeof value === "string" ? value : "");
const notRecorded = (field: string): NotAssessable => new NotAssessable(`the field \`${field}\``);

/** A field that the record names itself, in the type that the tables give it. */
function recorded({ fields }: RecordedRequest, name: string): Found {
  const value = fields?.[name];
  if (value === undefined) return undefined;
  const type = FIELDS.get(name);
  if (type === "Integer") return Number.isSafeInteger(Number(value)) ? BigInt(value) : undefined;
  if (type === "Boolean") return value === true || value === "true";
  if (type === "IP address") return parseAddress(String(value)) ?? undefined;
  return bytesOfText(String(value));
}

interface Parts {
  readonly request: RecordedRequest;
  readonly uri: string;
  readonly path: string;
  readonly query: string;
  readonly body: string | null;
  readonly headers: readonly Pair[] | null;
}

function partsOf(request: RecordedRequest): Parts {
  const uri = bytesOfText(request.uri);
  const mark = uri.indexOf("?");
  const { body, headers } = request;
  return {
    request,
    uri,
    path: mark < 0 ? uri : uri.slice(0, mark),
    query: mark < 0 ? "" : uri.slice(mark + 1),
    body:
      body === undefined
        ? null
        : (typeof body === "string" ? bytesOfText(body) : bytesOf(body)).slice(0, BODY_BYTES_MAX),
    headers: headers?.map(([name, value]): Pair => [bytesOfText(name), bytesOfText(value)]) ?? null,
  };
}

type Source = (parts: Parts) => Found;

const fromHeaders =
  (give: (headers: readonly Pair[]) => Found): Source =>
  ({ headers }) =>
    headers === null ? undefined : give(headers);

const header = (headers: readonly Pair[], wanted: string): readonly string[] =>
  headers.flatMap(([name, value]) => (lowerBytes(name) === wanted ? [value] : []));

/** Fields such as `http.user_agent` are empty where there is no such header. */
const headerText = (name: string): Source =>
  fromHeaders((headers) => header(headers, name).join(", "));

const names = (pairs: readonly Pair[]): readonly string[] => pairs.map(([name]) => name);
const values = (pairs: readonly Pair[]): readonly string[] => pairs.map(([, value]) => value);

function grouped(pairs: readonly Pair[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const list = map.get(name);
    if (list === undefined) map.set(name, [value]);
    else list.push(value);
  }
  return map;
}

/** `a=1&b`: undecoded, in order. */
const pairsOf = (text: string): readonly Pair[] =>
  text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
    });

const cookiesOf = (headers: readonly Pair[]): readonly Pair[] =>
  header(headers, "cookie").flatMap((line) =>
    line.split(/; */).flatMap((part) => {
      const [pair] = pairsOf(part);
      return pair === undefined ? [] : [pair];
    }),
  );

function extensionOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const dot = file.lastIndexOf(".");
  return dot <= 0 ? "" : lowerBytes(file.slice(dot + 1));
}

const isForm = (headers: readonly Pair[]): boolean =>
  /^application\/x-www-form-urlencoded/i.test(header(headers, "content-type")[0] ?? "");

const fromForm =
  (give: (pairs: readonly Pair[]) => Found): Source =>
  ({ body, headers }) => {
    if (body === null || headers === null) return undefined;
    return give(isForm(headers) ? pairsOf(body) : []);
  };

const fullUri: Source = ({ request, uri }) =>
  request.scheme === undefined
    ? undefined
    : `${request.scheme}://${bytesOfText(request.host)}${uri}`;

const text =
  (of: (request: RecordedRequest) => string | undefined): Source =>
  ({ request }) => {
    const found = of(request);
    return found === undefined ? undefined : bytesOfText(found);
  };

const address = (written: string | undefined): IpAddress | undefined =>
  written === undefined ? undefined : (parseAddress(written) ?? undefined);

const lowerNames = (pairs: readonly Pair[]): readonly Pair[] =>
  pairs.map(([name, value]) => [lowerBytes(name), value]);

/** Undefined: not recorded. Normalised and raw addresses are the same here: the record has what was sent. */
const PLAIN: Readonly<Record<string, Source>> = {
  "http.request.full_uri": fullUri,
  "http.request.uri": ({ uri }) => uri,
  "http.request.uri.path": ({ path }) => path,
  "http.request.uri.path.extension": ({ path }) => extensionOf(path),
  "http.request.uri.query": ({ query }) => query,
  "http.request.uri.args": ({ query }) => grouped(pairsOf(query)),
  "http.request.uri.args.names": ({ query }) => names(pairsOf(query)),
  "http.request.uri.args.values": ({ query }) => values(pairsOf(query)),
  "http.request.headers": fromHeaders((headers) => grouped(lowerNames(headers))),
  "http.request.headers.names": fromHeaders(names),
  "http.request.headers.values": fromHeaders(values),
};

const SOURCES: Readonly<Record<string, Source>> = {
  ...PLAIN,
  ...Object.fromEntries(Object.entries(PLAIN).map(([name, source]) => [`raw.${name}`, source])),
  "http.host": text(({ host }) => host),
  "http.request.method": text(({ method }) => method),
  "http.request.version": text(({ version }) => version),
  "http.cookie": headerText("cookie"),
  "http.referer": headerText("referer"),
  "http.user_agent": headerText("user-agent"),
  "http.x_forwarded_for": headerText("x-forwarded-for"),
  "http.request.cookies": fromHeaders((headers) => grouped(cookiesOf(headers))),
  "http.request.headers.truncated": fromHeaders(() => false),
  "http.request.body.raw": ({ body }) => body ?? undefined,
  "http.request.body.size": ({ request: { body } }) =>
    body === undefined
      ? undefined
      : BigInt(typeof body === "string" ? bytesOfText(body).length : body.length),
  "http.request.body.truncated": ({ body }) =>
    body === null ? undefined : body.length >= BODY_BYTES_MAX,
  "http.request.body.form": fromForm(grouped),
  "http.request.body.form.names": fromForm(names),
  "http.request.body.form.values": fromForm(values),
  "ip.src": ({ request }) => address(request.ip),
  "ip.src.country": text(({ country }) => country),
  "ip.geoip.country": text(({ country }) => country),
  "ip.src.asnum": ({ request: { asn } }) => (asn === undefined ? undefined : BigInt(asn)),
  "ip.geoip.asnum": ({ request: { asn } }) => (asn === undefined ? undefined : BigInt(asn)),
  ssl: ({ request: { scheme } }) => (scheme === undefined ? undefined : scheme === "https"),
};
