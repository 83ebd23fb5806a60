/** What the v4 API says about its limits in the headers of an answer (cloudflare.md, section 2.5). */
import type { Told } from "../../core/budget.ts";

/**
 * `Ratelimit: "default";r=50;t=30`, `Ratelimit-Policy: "default";q=100;w=60` and `Retry-After` in seconds. Of several limits
 * the scarcest counts. What is not there or malformed is null.
 */
export function limitsIn({ headers, status }: Response): Told {
  const seconds = status === 429 ? number(headers.get("retry-after")) : null;
  const [limit] = itemsIn(headers.get("ratelimit"))
    .filter(({ r }) => r !== undefined)
    .toSorted((a, b) => (a.r ?? 0) - (b.r ?? 0));
  const policy = itemsIn(headers.get("ratelimit-policy")).find(({ name }) => name === limit?.name);
  return {
    retryAfterMs: seconds === null ? null : seconds * 1000,
    remaining: limit?.r ?? null,
    resetMs: limit?.t === undefined ? null : limit.t * 1000,
    policy: policy?.q && policy.w ? { quota: policy.q, windowMs: policy.w * 1000 } : null,
  };
}

/** A structured field list whose items are strings with whole-number parameters. */
const itemsIn = (field: string | null): readonly Item[] =>
  (field ?? "").split(",").map((item) => {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    return {
      name,
      ...Object.fromEntries(
        parameters.flatMap((parameter) => {
          const [, key, digits] = /^([rtqw])=(\d{1,9})$/.exec(parameter) ?? [];
          return key === undefined ? [] : [[key, Number(digits)]];
        }),
      ),
    };
  });

interface Item {
  readonly name: string;
  readonly r?: number;
  readonly t?: number;
  readonly q?: number;
  readonly w?: number;
}

const number = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
