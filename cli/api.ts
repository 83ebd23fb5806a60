/** The swarm's API, as the commands ask it. */
import { Failure } from "./failure.ts";

export const DEFAULT_URL = "http://127.0.0.1:8787";
const TIMEOUT_MS = 30_000;

export interface Api {
  readonly url: string;
  readonly token: string | undefined;
}

export interface Asked {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/api/v1/`. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** The answer's JSON; a refusal is told as it came. */
export async function askApi(
  { url, token }: Api,
  { method, path, body, timeoutMs = TIMEOUT_MS }: Asked,
): Promise<unknown> {
  const response = await fetch(`${url.replace(/\/+$/, "")}/api/v1/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (response.status === 401)
    throw new Failure("a token is needed: --token or DRIFTLESS_TOKEN", 4);
  if (!response.ok) throw new Failure(`status ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
