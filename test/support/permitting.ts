/** Policies that permit everything, for tests about something else. What is asked is still worked out. */
import { digestOf } from "../../src/core/canonical.ts";
import type { Decide } from "../../src/core/policy/request.ts";

const bundleDigest = digestOf("permits everything");
const decide: Decide = () => ({ allow: true, reasons: ["p-all"], errors: [], bundleDigest });

export const policies = {
  decide,
  bundleDigest,
  facts: { accountId: "a0", frameworks: [], frozen: false, recentRuns: 0 },
};
