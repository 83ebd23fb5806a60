/** What people and the record itself decide: golden states, holds, access, keys. */
import type { JsonObject } from "../canonical.ts";
import { type EntryKind, type Outcome, OCSF } from "./entry-kind.ts";

/** Of what is said about a token: begun, failed, or done. */
const ofToken = ({ what }: JsonObject): Outcome => {
  if (what === "rotation_failed") return "failure";
  return what === "minting" || what === "rotating" ? "pending" : "success";
};

/** A version is in force with its last consent, and not before. */
const ofPolicy = ({ what }: JsonObject): Outcome => (what === "activated" ? "success" : "pending");

export const ADMINISTRATION = {
  log_in: { ocsf: OCSF.loggedIn },
  log_in_failed: { ocsf: OCSF.loggedIn, outcome: () => "failure" },
  record_read: { ocsf: OCSF.looked },
  config: { ocsf: OCSF.changed },
  golden: { ocsf: OCSF.changed },
  hold: { ocsf: OCSF.created },
  hold_ended: { ocsf: OCSF.removed },
  denied: { ocsf: OCSF.asked, outcome: () => "failure" },
  policy: { ocsf: OCSF.changed, vaultOnly: true, outcome: ofPolicy },
  export: { ocsf: OCSF.looked },
  lesson_trust: { ocsf: OCSF.changed },
  erasure: { ocsf: OCSF.removed },
  token: { ocsf: OCSF.changed, vaultOnly: true, outcome: ofToken },
  shards: { ocsf: OCSF.changed, vaultOnly: true },
  key_introduced: { ocsf: OCSF.created, vaultOnly: true },
  key_retired: { ocsf: OCSF.removed, vaultOnly: true },
  voter_key: { ocsf: OCSF.changed, vaultOnly: true },
  equivocation: { ocsf: OCSF.detected, vaultOnly: true, outcome: () => "failure" },
  reinstatement: { ocsf: OCSF.changed, vaultOnly: true },
  person_key: { ocsf: OCSF.changed, vaultOnly: true },
} as const satisfies Readonly<Record<string, EntryKind>>;
