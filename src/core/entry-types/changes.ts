/** What was done, and what came of it. */
import type { JsonObject } from "../canonical.ts";
import { type EntryKind, OCSF, type Outcome } from "./entry-kind.ts";

/** `as_before`: there was nothing left to take back. */
const ofResult = ({ result }: JsonObject): Outcome =>
  result === "carried_out" || result === "as_before" ? "success" : "failure";

export const CHANGES = {
  write: { ocsf: OCSF.changed, vaultOnly: true, outcome: () => "pending" },
  write_result: { ocsf: OCSF.changed, vaultOnly: true, outcome: ofResult },
  verification: {
    ocsf: OCSF.looked,
    outcome: ({ verified }) => (verified === true ? "success" : "failure"),
  },
  revert: { ocsf: OCSF.restored, vaultOnly: true, outcome: () => "pending" },
  revert_result: { ocsf: OCSF.restored, vaultOnly: true, outcome: ofResult },
  run: {
    ocsf: OCSF.moved,
    outcome: ({ phase }) => (phase === "verified" ? "success" : "failure"),
  },
  lesson: { ocsf: OCSF.asked },
} as const satisfies Readonly<Record<string, EntryKind>>;
