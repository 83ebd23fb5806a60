/** What is proposed, and who agrees. */
import { type EntryKind, OCSF } from "./entry-kind.ts";

export const DECISIONS = {
  proposal: { ocsf: OCSF.asked, outcome: () => "pending" },
  plan: { ocsf: OCSF.asked, outcome: () => "pending" },
  ballot: { ocsf: OCSF.asked, outcome: ({ vote }) => (vote === "yes" ? "success" : "failure") },
  approval: {
    ocsf: OCSF.asked,
    outcome: ({ verdict }) => (verdict === "approve" ? "success" : "failure"),
  },
  release: { ocsf: OCSF.asked, vaultOnly: true },
} as const satisfies Readonly<Record<string, EntryKind>>;
