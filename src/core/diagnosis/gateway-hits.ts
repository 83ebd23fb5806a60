import type { Diagnose } from "./facts.ts";

/** One hit is a policy at work; so many are somebody's machine. */
const HITS_MIN = 20;

/** A Gateway policy stops something again and again: malware that calls home, or data that leaves. */
export const gatewayHits: Diagnose = ({ gateway }) => {
  const total = gateway.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const [most] = gateway.toSorted((a, b) => b.count - a.count);
  const facts = { hits: total, policies: gateway.length, policy: most?.policyId ?? "" };
  return {
    cause: "gateway_policy_hits",
    facts,
    remedy:
      total >= HITS_MIN
        ? {
            type: "person",
            why: "a policy stops the same thing again and again: look at who is behind it",
          }
        : { type: "nothing", why: "a policy did its work" },
  };
};
