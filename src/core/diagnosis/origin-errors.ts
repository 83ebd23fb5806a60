import { type Diagnose, type Facts, perTenThousand, shareOf } from "./facts.ts";

const FAILED_MIN = 0.2;
const LIFT = 4;
const REQUESTS_MIN = 20;

/** Share of requests that the origin failed, where that is far more than usual. */
export function failing({ recent, normal }: Facts): number | null {
  const failed = ({ originStatus, status }: (typeof recent)[number]): boolean =>
    originStatus >= 500 || (status >= 520 && status <= 527);
  const share = shareOf(recent, failed);
  return recent.length >= REQUESTS_MIN &&
    share >= FAILED_MIN &&
    share >= LIFT * shareOf(normal, failed)
    ? share
    : null;
}

/** The origin fails, and neither a change nor the number of requests explains it. */
export const originErrors: Diagnose = (facts) => {
  const share = failing(facts);
  if (share === null) return null;
  const why = "the origin fails by itself; nothing at the edge mends that";
  return {
    cause: "origin_errors",
    facts: { failed_per_10k: perTenThousand(share), requests: facts.recent.length },
    remedy: { type: "person", why },
  };
};
