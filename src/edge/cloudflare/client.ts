/**
 * The Cloudflare v4 API, one call at a time. Nothing is retried here: whether a call may be repeated depends on what it
 * does, and that is known above.
 */
import type { Json, JsonObject } from "../../core/canonical.ts";
import type { Unknown } from "../../core/observation.ts";
import type { ApiRequest } from "../../core/resource.ts";

/** How long one call may take. The API answers lists of 5,000 in about a second. */
const TIMEOUT_MS = 20_000;

export interface PageInfo {
  readonly total_count?: number;
  readonly total_pages?: number;
  readonly cursor?: string;
  readonly cursors?: { readonly after?: string };
}

export type Answer =
  | { readonly type: "ok"; readonly result: Json; readonly info: PageInfo }
  /** Cloudflare understood and said no. Nothing was changed, and asking again will not help. */
  | { readonly type: "refused"; readonly status: number; readonly codes: readonly number[] }
  /** No usable answer. A call that changes something may or may not have been carried out. */
  | { readonly type: "unavailable"; readonly detail: string; readonly retryAfterMs: number | null };

export interface CloudflareApiOptions {
  /** `https://api.cloudflare.com/client/v4` or a sandbox's. */
  readonly base: string;
  readonly token: string;
  readonly fetch: (request: Request) => Promise<Response>;
}

export class CloudflareApi {
  readonly #options: CloudflareApiOptions;

  constructor(options: CloudflareApiOptions) {
    this.#options = options;
  }

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const search = new URLSearchParams(query).toString();
    return this.#call("GET", search ? `${path}?${search}` : path, null);
  }

  send({ method, path, body }: ApiRequest): Promise<Answer> {
    return this.#call(method, path, body);
  }

  async #call(method: string, path: string, body: JsonObject | null): Promise<Answer> {
    const { base, token, fetch } = this.#options;
    const headers = new Headers({ authorization: `Bearer ${token}`, accept: "application/json" });
    if (body) headers.set("content-type", "application/json");
    // `manual`: a redirect would carry the token to another origin.
    const init: RequestInit = {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    if (body) init.body = JSON.stringify(body);
    try {
      return await answerOf(await fetch(new Request(base + path, init)));
    } catch (fault) {
      return unavailable(
        fault instanceof Error && fault.name === "TimeoutError" ? "timed out" : "connection failed",
      );
    }
  }
}

const unavailable = (detail: string, retryAfterMs: number | null = null): Answer => ({
  type: "unavailable",
  detail,
  retryAfterMs,
});

/** 408, 409 and 429 are passing conditions; the other 4xx are final (cloudflare.md, section 2.3). */
const PASSING = new Set([408, 409, 425, 429]);

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  if (status === 204) return { type: "ok", result: null, info: {} };
  if (status >= 500 || PASSING.has(status)) {
    await response.body?.cancel();
    return unavailable(`status ${status}`, retryAfter(headers));
  }
  if (status >= 300 && status < 400) return { type: "refused", status, codes: [] };
  return read(await response.json().catch(() => null), status);
}

function read(envelope: unknown, status: number): Answer {
  if (!isEnvelope(envelope)) {
    return status >= 400
      ? { type: "refused", status, codes: [] }
      : unavailable(`status ${status} without an envelope`);
  }
  const { success, errors, result, result_info: info } = envelope;
  return success && status < 400
    ? { type: "ok", result: result ?? null, info: info ?? {} }
    : { type: "refused", status, codes: (errors ?? []).map(({ code }) => code) };
}

interface Envelope {
  readonly success: boolean;
  readonly errors?: readonly { readonly code: number }[] | null;
  readonly result?: Json;
  readonly result_info?: PageInfo | null;
}

const isEnvelope = (value: unknown): value is Envelope =>
  typeof value === "object" &&
  value !== null &&
  "success" in value &&
  typeof value.success === "boolean";

/** Seconds or a date; anything else is as if it were not there. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get("retry-after");
  if (text === null) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** A read that gave no state, in core's words (I8). */
export function unknownFrom(answer: Exclude<Answer, { type: "ok" }>, what: string): Unknown {
  if (answer.type === "refused") {
    return {
      reason: "refused",
      detail: `${what}: status ${answer.status}, codes ${answer.codes.join(", ") || "none"}`,
      retryAfterMs: null,
    };
  }
  const reason = answer.detail === "status 429" ? "rate_limited" : "unreachable";
  return { reason, detail: `${what}: ${answer.detail}`, retryAfterMs: answer.retryAfterMs };
}
