/** The record's entries about holds and amendments. */
import { z } from "zod";
import type { Match } from "../golden.ts";
import type { Hold } from "../hold.ts";
import type { Digest, Instant } from "../ids.ts";
import type { HoldEnd, StoredGolden } from "../ports.ts";
import type { Amended } from "../proposal.ts";
import type { Entry } from "./entry.ts";

const matchSchema = z
  .object({ kind: z.string(), where: z.record(z.string(), z.string()) })
  .nullable();

/** A hold as the vault keeps it. */
export interface HeededHold {
  readonly id: string;
  /** Null: the whole scope. */
  readonly selector: Match | null;
  readonly at: Instant;
  readonly ended: boolean;
}

/** An entry is a line: an amendment has its text in the golden state that it leads to. */
const LISTED_MAX = 50;

/** Placed, or extended at `at`: then it has a new end. */
export const holdEntry = (hold: Hold, { by, at }: { by: string; at: Instant }): Entry => ({
  id: `${hold.scope}/hold/${hold.id}/${at}`,
  type: "hold",
  scope: hold.scope,
  at,
  actor: by,
  data: {
    hold: hold.id,
    selector: hold.selector && { kind: hold.selector.kind, where: hold.selector.where },
    reason: hold.reason,
    expires_at: hold.expiresAt,
  },
});

export interface Ended {
  readonly how: HoldEnd;
  readonly by: string;
  readonly at: Instant;
}

/** A hold as the shared record knows it; `ended` null: it still holds. */
export interface RecordedHold extends Hold {
  readonly ended: Ended | null;
}

export const holdEndedEntry = ({ id, scope }: Hold, { how, by, at }: Ended): Entry => ({
  id: `${scope}/hold_ended/${id}/${at}`,
  type: "hold_ended",
  scope,
  at,
  actor: by,
  data: { hold: id, how },
});

/** Observed drift becomes the golden state of `generation`, if nobody was quicker. */
export const amendEntry = (
  scope: Hold["scope"],
  {
    generation,
    digest,
    by,
    at,
  }: Pick<StoredGolden, "generation" | "by" | "at"> & { digest: Digest },
  amends: readonly Amended[],
): Entry => ({
  id: `${scope}/proposal/amend/${generation}/${digest}`,
  type: "proposal",
  scope,
  at,
  actor: by,
  data: {
    type: "amend",
    golden_generation: generation,
    golden_digest: digest,
    count: amends.length,
    changes: amends
      .slice(0, LISTED_MAX)
      .map(({ op, kind, identity }) => ({ op, kind, identity: identity.slice(0, 300) })),
  },
});

/** A person wants drift of a routed actor reverted. Named by what, so that saying it twice leaves one. */
export const revertRoutedEntry = (
  scope: Hold["scope"],
  { by, at }: { by: string; at: Instant },
  changes: readonly Digest[],
): Entry => ({
  id: `${scope}/proposal/revert-routed/${at}`,
  type: "proposal",
  scope,
  at,
  actor: by,
  data: { type: "revert", count: changes.length, changes: changes.slice(0, LISTED_MAX) },
});

/** The other way: what an entry says about a hold. Null: it is about something else. */
export function heededHold({ type, at, data }: Entry): HeededHold | null {
  if (type !== "hold" && type !== "hold_ended") return null;
  const { hold, selector = null } = data;
  if (typeof hold !== "string") return null;
  const parsed = matchSchema.safeParse(selector);
  // A selector that is not understood holds everything.
  return {
    id: hold,
    selector: parsed.success ? parsed.data : null,
    at,
    ended: type === "hold_ended",
  };
}
