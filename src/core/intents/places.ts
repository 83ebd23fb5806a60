/** Names of places on the network that a text mentions. They become parameters only by way of a path's own checks (I5). */

export interface Places {
  readonly hostnames: readonly string[];
  readonly emails: readonly string[];
  readonly paths: readonly string[];
  readonly asns: readonly number[];
  readonly addresses: readonly string[];
  /** Names of secrets, as programs spell them: `PAYMENTS_KEY`. */
  readonly constants: readonly string[];
  /** The text without them: a hostname that has `api` in it says nothing about APIs. */
  readonly rest: string;
}

/** Stands where something was taken out. */
export const PLACE = "\u25c7";
const GONE = ` ${PLACE} `;

const EMAIL = /[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,200}\.[a-z]{2,24}/g;
const ADDRESS =
  /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?![\w.])|(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}[0-9a-f:]{0,40}(?:\/\d{1,3})?/g;
const ASN =
  /(?<![a-z0-9])as(?:ns?)?[\s#:-]{0,2}(?:번호\s?)?(\d{1,10}(?:(?:, ?| ?(?:and|&|및|와|과|하고) )(?:and )?\d{3,10})*)(?!\d| ?(?:k|m|rps|requests?)\b)/g;
const HOSTNAME =
  /(?<![\w@.-])(?:https?:\/\/)?((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62})(?![\w-])/g;
const PATH = /(?<![\w/.:◇])\/[a-z0-9._~/-]{0,199}/gi;
const BEHIND_A_HOST = /(?<=[a-z0-9]\.[a-z][a-z0-9-]{1,62})(\/[a-z0-9._~/-]{1,199})/gi;
const CONSTANT = /(?<![A-Za-z0-9_])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])/g;

/** As AWS names its regions. */
export const AWS_REGION =
  /\b(?:us|eu|ap|sa|ca|me|af|il|mx)-(?:north|south|east|west|central)+-\d\b/;
export const SEOUL = /서울|\bseoul\b/;

/** Ends of file names, versions and abbreviations that look like names: `index.html`, `node.js`, `e.g.`. */
const NO_HOST =
  /\.(?:html?|js|mjs|ts|css|json|ya?ml|md|txt|png|jpe?g|svg|webp|pdf|zip|php|py|g|e|etc)$|^(?:e\.g|i\.e|u\.s)/;

/** `text` in lower case; `raw` as it was written, for what capitals tell. */
export function placesIn(text: string, raw: string): Places {
  const emails = unique([...text.matchAll(EMAIL)].map(([email]) => email));
  let rest = text.replaceAll(EMAIL, GONE);
  const addresses = unique([...rest.matchAll(ADDRESS)].map(([address]) => address));
  rest = rest.replaceAll(ADDRESS, GONE);
  const hosts = unique([...rest.matchAll(HOSTNAME)].map(([, host = ""]) => host)).filter(
    (host) => !NO_HOST.test(host),
  );
  rest = rest.replaceAll(HOSTNAME, (whole, host: string) => (NO_HOST.test(host) ? whole : GONE));
  const asns = [...rest.matchAll(ASN)].flatMap(([, list = ""]) =>
    [...list.matchAll(/\d+/g)].map(([number]) => Number(number)),
  );
  rest = rest.replaceAll(ASN, GONE);
  // Where capitals count, they count in the path too.
  const behind = [...raw.matchAll(BEHIND_A_HOST)].map(([, path = ""]) => path);
  const bare = [...raw.matchAll(PATH)].map(([path]) => path);
  const paths = unique([...behind, ...bare].map((path) => path.replace(/[.,]$/, ""))).filter(
    (path) => path.length > 1 && !/^\/(?:s|sec|second|min|minute|m|h|hour|ip|day)$/i.test(path),
  );
  for (const path of paths) rest = rest.replaceAll(path.toLowerCase(), GONE);
  const constants = unique([...raw.matchAll(CONSTANT)].map(([name]) => name));
  for (const name of constants) rest = rest.replaceAll(name.toLowerCase(), GONE);
  return { hostnames: hosts, emails, paths, asns: [...new Set(asns)], addresses, constants, rest };
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
