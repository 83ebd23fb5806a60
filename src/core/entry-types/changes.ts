/** What was done, and what came of it. */
import { type EntryKind, OCSF } from "./entry-kind.ts";

export const CHANGES = {
  write: { ocsf: OCSF.changed, vaultOnly: true, outcome: () => "pending" },
  write_result: {
    ocsf: OCSF.changed,
    vaultOnly: true,
    outcome: ({ result }) => (result === "carried_out" ? "success" : "failure"),
  },
  verification: {
    ocsf: OCSF.looked,
    outcome: ({ verified }) => (verified === true ? "success" : "failure"),
  },
  revert: { ocsf: OCSF.restored, vaultOnly: true, outcome: () => "pending" },
  run: {
    ocsf: OCSF.moved,
    outcome: ({ phase }) => (phase === "verified" ? "success" : "failure"),
  },
  lesson: { ocsf: OCSF.asked },
} as const satisfies Readonly<Record<string, EntryKind>>;
