/**
 * Pieces of expressions. Text is decoded as often as it was encoded, and lower case: what is looked for is written
 * that way too.
 */

/** `r`: as often as it was encoded. `u`: `%u0024`, too. */
const decoded = (field: string): string => `lower(url_decode(${field}, "ru"))`;

export const URI = decoded("http.request.uri");
/** Without the edge's normalisation, which would take `..` away before a rule sees it. */
export const RAW_URI = decoded("raw.http.request.uri");
export const RAW_PATH = decoded("raw.http.request.uri.path");
export const PATH = decoded("http.request.uri.path");
export const QUERY = decoded("http.request.uri.query");
export const COOKIE = decoded("http.cookie");
export const REFERER = decoded("http.referer");
/** Without zero bytes, which UTF-16 puts between the letters. */
export const BODY = `lower(url_decode(remove_bytes(http.request.body.raw, "\\x00"), "ru"))`;
const EACH_HEADER = 'lower(url_decode(http.request.headers.values[*], "ru")[*])[*]';
const EACH_NAME = "lower(http.request.headers.names[*])[*]";

const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, "\\$&").replaceAll("\r", "\\x0d").replaceAll("\n", "\\x0a")}"`;

export const either = (...parts: readonly string[]): string => `(${parts.join(" or ")})`;
export const both = (...parts: readonly string[]): string => `(${parts.join(" and ")})`;

/** Whether `value` contains one of `needles`. */
export const has = (value: string, ...needles: readonly string[]): string =>
  needles.length === 1
    ? `${value} contains ${quoted(needles[0] ?? "")}`
    : either(...needles.map((needle) => `${value} contains ${quoted(needle)}`));

export const headersHave = (...needles: readonly string[]): string =>
  either(...needles.map((needle) => `any(${EACH_HEADER} contains ${quoted(needle)})`));

/** Whether one of the headers is like one of `patterns`, from its beginning to its end. */
export const headersLike = (...patterns: readonly string[]): string =>
  either(...patterns.map((pattern) => `any(${EACH_HEADER} wildcard ${quoted(pattern)})`));

/** Whether `value` is like `pattern`, from its beginning to its end. */
export const like = (value: string, pattern: string): string =>
  `${value} wildcard ${quoted(pattern)}`;

/**
 * Whether the names of one of `paths` follow each other in `value`. What servers take away may stand between them:
 * path parameters (`/a;x=1/b`), doubled slashes, `/./`.
 */
export const steps = (value: string, ...paths: readonly string[]): string =>
  either(
    ...paths.map(
      (path) => `${value} wildcard ${quoted(`*${path.replaceAll("/", "*/").slice(1)}*`)}`,
    ),
  );

/** Whether one of the named header's values contains one of `needles`. */
export const headerHas = (name: string, ...needles: readonly string[]): string =>
  either(
    ...needles.map(
      (needle) =>
        `any(lower(url_decode(http.request.headers[${quoted(name)}][*], "ru")[*])[*] contains ${quoted(needle)})`,
    ),
  );

/** Whether the request has the header at all. */
export const namesHeader = (name: string): string => `any(${EACH_NAME} eq ${quoted(name)})`;

/** The same, for names of a kind, such as `x-silock-*`. */
export const namesLike = (pattern: string): string =>
  `any(http.request.headers.names[*] wildcard ${quoted(pattern)})`;

export const post = 'http.request.method eq "POST"';

const NAMED_SIGNS: Readonly<Record<string, string>> = {
  $: "|&dollar;?",
  "{": "|&lbrace;?|&lcub;?",
};

/** A regular expression for `text`, each sign of which may be plain, or escaped as in JSON or HTML. */
export const spelled = (text: string): string =>
  Array.from(text, (sign) => {
    const code = sign.charCodeAt(0);
    const plain = /\w/.test(sign) ? sign : `\\${sign}`;
    return `(?:${plain}|\\\\+u00${code.toString(16)}|&#x0*${code.toString(16)};?|&#0*${code};?${NAMED_SIGNS[sign] ?? ""})`;
  }).join("");

/** Only from the plan "business" on. */
export const matching = (value: string, pattern: string): string =>
  `${value} matches r"${pattern}"`;
export const headersMatching = (pattern: string): string =>
  `any(${EACH_HEADER} matches r"${pattern}")`;
