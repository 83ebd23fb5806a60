import type { Diagnose } from "./facts.ts";

/** A certificate runs out or could not be renewed. Its renewal is its owner's; drift that keeps it from happening is put back. */
export const certificateExpiry: Diagnose = ({ topics, isOver }) =>
  topics.has("certificate") && !isOver
    ? {
        cause: "certificate_expiry",
        facts: {},
        remedy: { type: "person", why: "a certificate needs its owner: see the notification" },
      }
    : null;
