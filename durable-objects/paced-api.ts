/** The v4 API within the account's budget. */
import type { Told, Urgency } from "../src/core/budget.ts";
import type { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import { connect } from "../src/edge/cloudflare/connect.ts";
import { limitsIn } from "../src/edge/cloudflare/ratelimit.ts";
import type { Governor } from "./governor.ts";

/** Calls are acquired in pairs, which halves the questions. One that is left over is lost, and small. A poll is one call. */
const BUNDLE = { heal: 2, look: 2, feed: 1, sweep: 2 } as const;

export interface Pace {
  readonly accountId: string;
  readonly urgency: Urgency;
  /** Calls that have been acquired for this purpose before. */
  readonly prepaid?: number;
}

/**
 * An API whose calls are paid for before they are made. A call that is not granted is answered as Cloudflare would answer
 * it, with 429 and how long to wait, only that nobody has been asked: the caller's handling of a limit is the same.
 */
export function pacedApi(env: Env, { accountId, urgency, prepaid = 0 }: Pace): CloudflareApi {
  const governor = env.GOVERNOR.getByName(accountId) as unknown as Governor;
  let paid = prepaid;
  let told: Told | null = null;
  return connect(env, async (request, send) => {
    if (paid === 0) {
      const grant = await governor.acquire({ urgency, calls: BUNDLE[urgency] }, told);
      told = null;
      if (!grant.granted) return refused(grant.waitMs);
      paid = BUNDLE[urgency];
    }
    paid -= 1;
    const response = await send(request);
    told = limitsIn(response);
    // Nobody asks for a while after a 429: the others have to hear of it now.
    if (told.retryAfterMs !== null) await governor.acquire({ urgency, calls: 0 }, told);
    return response;
  });
}

const refused = (waitMs: number): Response =>
  new Response(null, { status: 429, headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } });
