import { HOUR_MS } from "../guardrails/template.ts";
import { pathOf } from "../traffic/seen-request.ts";
import { bestOf, pathMost, sourcesOf } from "../traffic/trial.ts";
import { type Diagnose, perTenThousand, shareOf, trialFacts } from "./facts.ts";

const LOGIN =
  /(?:^|\/)(?:log-?in|sign-?in|auth(?:enticate)?|session|wp-login|oauth\/token|token)(?:[./]|$)/i;
/** People mistype, too; not most of them. */
const FAILED_MIN = 0.6;
const TRIES_MIN = 20;
const SHARE_LIFT = 3;

/** Somebody tries other people's passwords: many failed logins, and far more of them than usual. */
export const credentialStuffing: Diagnose = ({ recent, normal }) => {
  const isLogin = (one: (typeof recent)[number]): boolean =>
    one.request.method === "POST" && LOGIN.test(pathOf(one));
  const tries = recent.filter(isLogin);
  const failed = shareOf(tries, ({ status }) => [400, 401, 403, 422, 429].includes(status));
  const [share, usual] = [shareOf(recent, isLogin), shareOf(normal, isLogin)];
  if (tries.length < TRIES_MIN || failed < FAILED_MIN || share < SHARE_LIFT * usual) return null;
  const path = pathMost(tries, 0.5);
  if (path === null) return null;
  const there = { path, match: "exact" as const, methods: ["POST" as const] };
  const of = { trouble: tries, normal };
  const best = bestOf(
    sourcesOf(of).map((source) => ({ ...source, ...there })),
    of,
  );
  const counted = {
    tries: tries.length,
    failed_per_10k: perTenThousand(failed),
    share_per_10k: perTenThousand(share),
  };
  if (best) {
    const { match, trial } = best;
    return {
      cause: "credential_stuffing",
      facts: { ...counted, ...trialFacts(trial) },
      remedy: {
        type: "guard",
        template: "managed_challenge",
        parameters: { ...match },
        mode: "challenge",
        leaseMs: 2 * HOUR_MS,
        trial,
      },
    };
  }
  // Whoever logs in once a minute is not slowed down by it.
  const parameters = { ...there, requests: 10, period: 60, timeout: 600 };
  return {
    cause: "credential_stuffing",
    facts: counted,
    remedy: {
      type: "guard",
      template: "rate_limit",
      parameters,
      mode: "challenge",
      leaseMs: 2 * HOUR_MS,
      trial: null,
    },
  };
};
