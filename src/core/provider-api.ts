/** What every provider's API is spoken to through, and how it answers. The client in `edge/` knows the wire. */
import type { Json } from "./canonical.ts";
import type { Unknown } from "./observation.ts";
import type { ApiRequest } from "./resource.ts";

export interface PageInfo {
  readonly total_count?: number;
  readonly total_pages?: number;
  readonly cursor?: string;
  readonly cursors?: { readonly after?: string };
}

export type Answer =
  | {
      readonly type: "ok";
      readonly result: Json;
      readonly info: PageInfo;
      /** By which the account's audit log names the request. */
      readonly ray?: string;
    }
  /** The provider understood and said no. Nothing was changed, and asking again will not help. */
  | {
      readonly type: "refused";
      readonly status: number;
      readonly codes: readonly number[];
      /** What the provider calls it, where that is no number; or what became of a write that failed later. From outside, cut short. */
      readonly detail?: string;
    }
  /** No usable answer. A call that changes something may or may not have been carried out. */
  | { readonly type: "unavailable"; readonly detail: string; readonly retryAfterMs: number | null };

/** One call at a time; nothing is retried. Whether a call may be repeated depends on what it does, and that is known above. */
export interface ProviderApi {
  /** `path` as in a request: it begins with the site's root. */
  get(
    path: string,
    query?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  send(request: ApiRequest): Promise<Answer>;
}

type Unavailable = Extract<Answer, { type: "unavailable" }>;

export const unavailable = (detail: string, retryAfterMs: number | null = null): Unavailable => ({
  type: "unavailable",
  detail,
  retryAfterMs,
});

/** No answer at all: what the connection came to. */
export const faulted = (fault: unknown): Unavailable =>
  unavailable(
    fault instanceof Error && fault.name === "TimeoutError" ? "timed out" : "connection failed",
  );

/** A read that gave no state, in core's words (I8). */
export function unknownFrom(answer: Exclude<Answer, { type: "ok" }>, what: string): Unknown {
  if (answer.type === "refused") {
    const codes = answer.codes.join(", ") || "none";
    const word = answer.detail === undefined ? "" : `, ${answer.detail}`;
    return {
      reason: "refused",
      detail: `${what}: status ${answer.status}, codes ${codes}${word}`,
      retryAfterMs: null,
    };
  }
  const reason = answer.detail === "status 429" ? "rate_limited" : "unreachable";
  return { reason, detail: `${what}: ${answer.detail}`, retryAfterMs: answer.retryAfterMs };
}
