/** Providers' APIs within the account's budget. */
import type { Grant, Told, Urgency } from "../src/core/budget.ts";
import type { ProviderApi } from "../src/core/provider-api.ts";
import { providerOf } from "../src/core/provider.ts";
import type { Site } from "../src/core/resource.ts";
import { connectAws } from "../src/edge/aws/connect.ts";
import type { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import { connect, type Through } from "../src/edge/cloudflare/connect.ts";
import { limitsIn } from "../src/edge/cloudflare/ratelimit.ts";
import type { Governor } from "./governor.ts";
import { awsWorldOf } from "./providers.ts";

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
export const pacedApi = (env: Env, pace: Pace): CloudflareApi => connect(env, paying(env, pace));

/** The API of whoever the site is at. An account of AWS has a governor of its own: budgets are an account's. */
export const pacedSiteApi = (env: Env, { level }: Site, pace: Pace): ProviderApi =>
  providerOf(level) === "aws"
    ? connectAws(awsWorldOf(env), paying(env, pace))
    : pacedApi(env, pace);

function paying(env: Env, { accountId, urgency, prepaid = 0 }: Pace): Through {
  const governor = env.GOVERNOR.getByName(accountId) as unknown as Governor;
  let paid = prepaid;
  let waiting = 0;
  let purchase: Promise<Grant> | null = null;
  let told: Told | null = null;

  /** For all who wait at this moment, in one question: calls made in parallel do not buy a bundle each. */
  async function buy(): Promise<Grant> {
    await Promise.resolve();
    const calls = Math.max(BUNDLE[urgency], waiting);
    const said = told;
    told = null;
    const grant = await governor.acquire({ urgency, calls }, said);
    if (grant.granted) paid += calls;
    return grant;
  }

  async function pay(): Promise<Grant> {
    waiting += 1;
    try {
      while (paid === 0) {
        purchase ??= buy().finally(() => (purchase = null));
        const grant = await purchase;
        if (!grant.granted) return grant;
      }
      paid -= 1;
      return { granted: true };
    } finally {
      waiting -= 1;
    }
  }

  return async (request, send) => {
    const grant = await pay();
    if (!grant.granted) return refused(grant.waitMs);
    const response = await send(request);
    told = limitsIn(response);
    // Nobody asks for a while after a 429: the others have to hear of it now.
    if (told.retryAfterMs !== null) await governor.acquire({ urgency, calls: 0 }, told);
    return response;
  };
}

const refused = (waitMs: number): Response =>
  new Response(null, { status: 429, headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } });
