/**
 * Signs requests and sends them: the one place where a credential of AWS is used. A credential is bound to its account and
 * to a class of origin: a sandbox's is never sent to AWS, a real one never to a sandbox, and none anywhere else.
 */
import { AwsV4Signer } from "aws4fetch";
import { bytesToHex } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { addressOf, type Address, urlOf } from "./address.ts";
import { AwsApi, UNSIGNED_ORIGIN } from "./client.ts";

export interface AwsBinding {
  /** Twelve digits; empty: no account of AWS is managed. */
  readonly AWS_ACCOUNT_ID: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  /** Of credentials that are lent for a time by AWS itself. */
  readonly AWS_SESSION_TOKEN?: string;
}

/** Null: the world is the real one. */
export interface AwsSandbox {
  readonly origin: string;
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface AwsWorld {
  readonly env: AwsBinding;
  readonly sandbox: AwsSandbox | null;
}

/** What a sandbox's access keys begin with; AWS's begin with `AKIA` and `ASIA`. */
const SANDBOX_KEY = "SANDBOX";

/** Why nothing may be sent with these credentials, or null. */
export function credentialProblem({ env, sandbox }: AwsWorld): string | null {
  const { AWS_ACCOUNT_ID: account, AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = env;
  if (account === "") return "`AWS_ACCOUNT_ID` is not set: no account of AWS is managed";
  if (!/^\d{12}$/.test(account)) return "`AWS_ACCOUNT_ID` is not the twelve digits of an account";
  if (key === "" || secret === "") return "there is no credential for AWS";
  const isSandboxKey = key.startsWith(SANDBOX_KEY);
  if (sandbox === null) return isSandboxKey ? "a sandbox credential cannot be used with AWS" : null;
  return isSandboxKey ? null : "a real credential cannot be used with a sandbox";
}

/** Stands between a call and the wire: may answer it itself. */
export type Through = (
  request: Request,
  send: (request: Request) => Promise<Response>,
) => Promise<Response>;

export function connectAws(world: AwsWorld, through?: Through): AwsApi {
  const send = (request: Request): Promise<Response> => sendSigned(world, request);
  return new AwsApi({
    lease: null,
    fetch: through ? (request) => through(request, send) : send,
  });
}

/** One unsigned request of ours, signed and sent. What leads elsewhere is refused and never signed. */
export async function sendSigned(world: AwsWorld, request: Request): Promise<Response> {
  const problem = credentialProblem(world);
  if (problem !== null) return refused(problem);
  const { origin, pathname, search } = new URL(request.url);
  const address = origin === UNSIGNED_ORIGIN ? addressOf(pathname + search) : null;
  if (address === null || address.account !== world.env.AWS_ACCOUNT_ID)
    return refused("not an address that the credential is for");
  const url = urlOf(address, world.sandbox?.origin ?? null);
  if (!isPlace(url, world.sandbox)) return refused("not a host that the credential is for");
  const signed = await signedRequest(world.env, { address, url, request });
  return world.sandbox === null ? fetch(signed) : world.sandbox.fetch(signed);
}

/** Made of checked parts already; a second look at what comes out costs nothing. */
function isPlace(url: string, sandbox: AwsSandbox | null): boolean {
  const { protocol, hostname, origin } = new URL(url);
  return sandbox === null
    ? protocol === "https:" && hostname.endsWith(".amazonaws.com")
    : origin === sandbox.origin;
}

interface Signing {
  readonly address: Address;
  readonly url: string;
  readonly request: Request;
}

async function signedRequest(env: AwsBinding, { address, url, request }: Signing) {
  const { owned, service, region, account } = address;
  const body = request.body === null ? "" : await request.text();
  const digest = sha256(new TextEncoder().encode(body));
  const headers: Record<string, string> = {
    // Over the body too: what was voted on is what arrives.
    "x-amz-content-sha256": bytesToHex(digest),
    ...(owned || request.method === "DELETE" ? { "x-amz-expected-bucket-owner": account } : {}),
    ...(service === "s3" && body !== ""
      ? {
          "content-type": "application/xml",
          "x-amz-sdk-checksum-algorithm": "SHA256",
          "x-amz-checksum-sha256": btoa(String.fromCharCode(...digest)),
        }
      : {}),
  };
  const signer = new AwsV4Signer({
    method: request.method,
    url,
    headers,
    ...(body === "" ? {} : { body }),
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    service,
    region,
  });
  const signed = await signer.sign();
  return new Request(signed.url, {
    method: signed.method,
    headers: signed.headers,
    // `manual`: a redirect would carry the signature to another host.
    redirect: "manual",
    signal: request.signal,
    ...(body === "" ? {} : { body }),
  });
}

/** In AWS's own form, so that whoever called takes it for a refusal. No text from outside is in it. */
export const refused = (message: string): Response =>
  new Response(`<Error><Code>Refused</Code><Message>${message}</Message></Error>`, {
    status: 403,
    headers: { "content-type": "application/xml" },
  });
