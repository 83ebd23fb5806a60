import { CloudflareApi } from "./client.ts";

export interface ApiBinding {
  readonly CF_API_BASE: string;
  readonly CF_API_TOKEN: string;
  /** The sandbox, where there is one; the API origin is reached through it and not over the network. */
  readonly CF_API?: Fetcher;
}

export const REAL_ORIGIN = "https://api.cloudflare.com";

/**
 * A token belongs to one class of origin: a sandbox token never leaves the sandbox, a real one never enters it. So a
 * wrong variable fails here and not after a secret went to the wrong place.
 */
export function originProblem({
  CF_API_BASE: base,
  CF_API_TOKEN: token,
}: ApiBinding): string | null {
  const { origin, protocol, hostname } = new URL(base);
  const loopback = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
  if (origin !== REAL_ORIGIN && !(loopback && (protocol === "http:" || protocol === "https:")))
    return `\`${origin}\` is neither Cloudflare nor a sandbox on this machine`;
  const sandboxToken = token.startsWith("sandbox-");
  if (origin === REAL_ORIGIN)
    return sandboxToken ? "a sandbox token cannot be used with the real origin" : null;
  return sandboxToken ? null : "a real token cannot be used with a sandbox origin";
}

/** Stands between a call and the wire: may answer it itself. */
export type Through = (
  request: Request,
  send: (request: Request) => Promise<Response>,
) => Promise<Response>;

export function connect(env: ApiBinding, through?: Through): CloudflareApi {
  const problem = originProblem(env);
  if (problem) throw new Error(`CF_API_BASE: ${problem}`);
  const sandbox = new URL(env.CF_API_BASE).origin === REAL_ORIGIN ? undefined : env.CF_API;
  const send = sandbox
    ? (request: Request) => sandbox.fetch(request)
    : (request: Request) => fetch(request);
  return new CloudflareApi({
    base: env.CF_API_BASE,
    token: env.CF_API_TOKEN,
    fetch: through ? (request) => through(request, send) : send,
  });
}
