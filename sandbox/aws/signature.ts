/** Signature Version 4 in the header, worked out again from what arrived. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Principal, principalWith } from "./principals.ts";
import { AwsError } from "./refusal.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const HEADER =
  /^AWS4-HMAC-SHA256\s+Credential=([\w-]{16,128})\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;
/** As far as clocks may be apart. */
const SKEW_MS_MAX = 15 * 60_000;

export const isSigned = (headers: Headers): boolean =>
  headers.get("authorization")?.startsWith(`${ALGORITHM} `) === true;

export interface Arrived {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Signed {
  readonly principal: Principal;
  readonly region: string;
  readonly service: string;
}

/** The service that the caller means, for answers to requests that are not let in. */
export const serviceOf = (headers: Headers): string =>
  HEADER.exec(headers.get("authorization") ?? "")?.[4] ?? "s3";

interface Claim {
  readonly key: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** The signed headers as they were listed. */
  readonly names: string;
  readonly signature: string;
}

function claimIn(headers: Headers): Claim {
  const [, key, date = "", region = "", service = "", names = "", signature = ""] =
    HEADER.exec(headers.get("authorization") ?? "") ?? [];
  if (key !== undefined) return { key, date, region, service, names, signature };
  throw new AwsError(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.");
}

export function verifySignature(arrived: Arrived, nowMs: number): Signed {
  const claim = claimIn(arrived.headers);
  const { key, date, region, service, names } = claim;
  const principal = principalWith(key);
  if (principal === undefined) throw unknownKey(service);
  const at = arrived.headers.get("x-amz-date") ?? "";
  if (!isRecent(at, date, nowMs)) throw skewed(service);
  if (!names.split(";").includes("host")) throw mismatch();
  const scope = [date, region, service, "aws4_request"];
  const canonical = bytesToHex(sha256(utf8ToBytes(canonicalRequest(arrived, claim))));
  const text = [ALGORITHM, at, scope.join("/"), canonical].join("\n");
  const signing = scope.reduce<Uint8Array>(
    (from, part) => hmac(sha256, from, utf8ToBytes(part)),
    utf8ToBytes(`AWS4${principal.secret}`),
  );
  const expected = bytesToHex(hmac(sha256, signing, utf8ToBytes(text)));
  if (expected !== claim.signature) throw mismatch();
  return { principal, region, service };
}

const canonicalRequest = (arrived: Arrived, { names, service }: Claim): string =>
  [
    arrived.method,
    canonicalPath(arrived.url.pathname, service),
    canonicalQuery(arrived.url),
    ...names.split(";").map((name) => `${name}:${headerIn(arrived, name)}`),
    "",
    names,
    payloadHash(arrived, service),
  ].join("\n");

const skewed = (service: string): AwsError =>
  new AwsError(
    403,
    service === "s3" ? "RequestTimeTooSkewed" : "SignatureDoesNotMatch",
    "The difference between the request time and the current time is too large.",
  );

const unknownKey = (service: string): AwsError =>
  service === "s3"
    ? new AwsError(
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
      )
    : new AwsError(
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
      );

const mismatch = (): AwsError =>
  new AwsError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );

function isRecent(at: string, date: string, nowMs: number): boolean {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? [];
  if (y === undefined || !at.startsWith(date)) return false;
  const ms = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Math.abs(ms - nowMs) <= SKEW_MS_MAX;
}

/** What the header says of the body has to be so. */
function payloadHash({ headers, body }: Arrived, service: string): string {
  const actual = bytesToHex(sha256(body));
  const said = headers.get("x-amz-content-sha256");
  if (said === null && service === "s3")
    throw new AwsError(
      400,
      "InvalidRequest",
      "Missing required header for this request: x-amz-content-sha256",
    );
  if (said === null || said === "UNSIGNED-PAYLOAD") return said ?? actual;
  if (said !== actual)
    throw new AwsError(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  return said;
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** S3 takes a path encoded once; everybody else encodes what is encoded. */
const canonicalPath = (pathname: string, service: string): string =>
  pathname
    .split("/")
    .map((segment) => encoded(service === "s3" ? decodeURIComponent(segment) : segment))
    .join("/");

const canonicalQuery = (url: URL): string =>
  url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")].map((one) => encoded(decodeURIComponent(one)));
    })
    .toSorted(([a = "", x = ""], [b = "", y = ""]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&");

/** A service binding has no `host` header; the address says the same. */
const headerIn = ({ headers, url }: Arrived, name: string): string =>
  (headers.get(name) ?? (name === "host" ? url.host : "")).trim().replaceAll(/\s+/g, " ");
