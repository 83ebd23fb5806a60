/**
 * One entry of the record: an arrow of the flow, written before its effect (I10). Entries carry ids, digests and enums;
 * large things stand in R2 under the digest that the entry names.
 */
import type { JsonObject } from "../canonical.ts";
import type { Instant } from "../ids.ts";

export type EntryType =
  | "signal"
  | "incident"
  | "diagnosis"
  | "proposal"
  | "plan"
  | "ballot"
  | "approval"
  | "release"
  | "write"
  | "write_result"
  | "verification"
  | "revert"
  | "run"
  | "lesson"
  | "golden"
  | "quarantine"
  | "hold"
  | "hold_ended"
  | "unknown_state"
  | "denied";

export interface Entry {
  /** Names the fact, so that recording it twice leaves one entry: `<subject>/<what>`. */
  readonly id: string;
  readonly type: EntryType;
  /** The scope that it is about. */
  readonly scope: string;
  readonly at: Instant;
  /** Who did it: an agent, a person, the vault. */
  readonly actor: string;
  readonly data: JsonObject;
}

/** The Worker that spoke. Set where an entry comes in, never by who sends it. */
export type Source = "swarm" | "vault";

/** What only the vault can say: that it released, wrote or took back. */
export const VAULT_ONLY: ReadonlySet<EntryType> = new Set([
  "release",
  "write",
  "write_result",
  "revert",
]);

export interface RecordedEntry extends Entry {
  readonly source: Source;
  /** Position in the record, from 0, without gaps. */
  readonly index: number;
}
