/** What the record has to know of a type of entry, beyond its name. */
import type { JsonObject } from "../canonical.ts";

/** `pending`: recorded before its effect, whose own entry follows. */
export type Outcome = "success" | "failure" | "pending";

/** Class and activity of OCSF (`OCSF_VERSION` in leaf.ts). */
export interface OcsfClass {
  readonly uid: number;
  readonly category: number;
  readonly activity: number;
}

const CREATE = 1;
const READ = 2;
const UPDATE = 3;
const DELETE = 4;

const classOf = (uid: number, activity: number): OcsfClass => ({
  uid,
  category: Math.floor(uid / 1_000),
  activity,
});

export const OCSF = {
  detected: classOf(2_004, CREATE),
  notCompliant: classOf(2_003, CREATE),
  created: classOf(3_004, CREATE),
  changed: classOf(3_004, UPDATE),
  removed: classOf(3_004, DELETE),
  loggedIn: classOf(3_002, CREATE),
  asked: classOf(6_003, CREATE),
  looked: classOf(6_003, READ),
  moved: classOf(6_003, UPDATE),
  restored: classOf(7_001, 3),
} as const;

export interface EntryKind {
  readonly ocsf: OcsfClass;
  /** Said by the vault, or not at all: that it released, wrote or took back. */
  readonly vaultOnly?: true;
  /** Success, unless told otherwise. */
  readonly outcome?: (data: JsonObject) => Outcome;
}
