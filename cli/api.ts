/** The swarm's API, as the commands ask it. */
import { Failure } from "./failure.ts";

/** Where `npm start` serves it. */
export const DEFAULT_API = "http://127.0.0.1:8787";
const TIMEOUT_MS = 30_000;

export interface Api {
  /** Its origin, such as `http://127.0.0.1:8787`. */
  readonly base: string;
  readonly token: string | undefined;
}

export interface Asked {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/api/v1/`. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** The answer's JSON; a refusal is told as it came, and so is that nothing answers. */
export async function askApi(
  { base, token }: Api,
  { method, path, body, timeoutMs = TIMEOUT_MS }: Asked,
): Promise<unknown> {
  if (!URL.canParse(base))
    throw new Failure(`\`${base}\` is no address, such as ${DEFAULT_API}`, 2);
  const response = await fetch(`${base.replace(/\/+$/, "")}/api/v1/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((fault: unknown) => {
    throw new Failure(`${base} does not answer (${reasonOf(fault)}): is it running? Or say --api`);
  });
  const text = await response.text();
  if (response.status === 401)
    throw new Failure("a token is needed: --token or DRIFTLESS_TOKEN", 4);
  if (!response.ok) throw new Failure(`status ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { cause } = fault;
  return cause instanceof Error && "code" in cause ? String(cause.code) : fault.message;
}
