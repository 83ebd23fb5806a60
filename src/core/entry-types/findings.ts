/** What happened, and what is made of it. */
import { type EntryKind, OCSF } from "./entry-kind.ts";

export const FINDINGS = {
  signal: { ocsf: OCSF.looked },
  incident: { ocsf: OCSF.detected },
  inference: {
    ocsf: OCSF.asked,
    outcome: ({ failure }) => (failure === null ? "success" : "failure"),
  },
  diagnosis: { ocsf: OCSF.notCompliant },
  unknown_state: { ocsf: OCSF.looked, outcome: () => "failure" },
  caution: { ocsf: OCSF.notCompliant },
  quarantine: { ocsf: OCSF.notCompliant },
} as const satisfies Readonly<Record<string, EntryKind>>;
