/** What the v4 API says about its limits in the headers of an answer (cloudflare.md, section 2.5). */
import type { Told } from "../../core/budget.ts";

/** `Ratelimit: "default";r=50;t=30` and `Retry-After` in seconds. What is not there or malformed is null. */
export function limitsIn(response: Response): Told {
  const ratelimit = response.headers.get("ratelimit") ?? "";
  const seconds = response.status === 429 ? number(response.headers.get("retry-after")) : null;
  const reset = number(/[;,]\s*t=(\d+)/.exec(ratelimit)?.[1]);
  return {
    retryAfterMs: seconds === null ? null : seconds * 1000,
    remaining: number(/[;,]\s*r=(\d+)/.exec(ratelimit)?.[1]),
    resetMs: reset === null ? null : reset * 1000,
  };
}

const number = (text: string | null | undefined): number | null =>
  text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
