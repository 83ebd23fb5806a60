/**
 * One entry of the record: an arrow of the flow, written before its effect (I10). Entries carry ids, digests and enums;
 * large things and people's data stand in R2 under the digest that the entry names.
 */
import type { JsonObject } from "../canonical.ts";
import type { Digest, Instant } from "../ids.ts";
import { ENTRY_TYPES, type EntryType } from "../entry-types/registry.ts";

export type { EntryType };

/** What is kept beside the record, by digest. `personal` can be erased; the record stays whole without it. */
export interface Attachment {
  readonly keep: "evidence" | "personal";
  readonly mediaType: string;
  readonly text: string;
  /** The record's notary signs it: a DSSE envelope with `mediaType` as its payload's type is what is kept. */
  readonly sealed?: true;
}

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
  readonly attached?: Readonly<Record<string, Attachment>>;
}

/** The Worker that spoke. Set where an entry comes in, never by who sends it. */
export type Source = "swarm" | "vault";

/** What only the vault can say: that it released, wrote or took back. An unknown type is nobody's to say. */
export const isVaultOnly = (type: EntryType): boolean =>
  !Object.hasOwn(ENTRY_TYPES, type) || ENTRY_TYPES[type].vaultOnly === true;

/** How the record names an attachment. */
export interface Attached {
  readonly keep: "evidence" | "personal";
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: number;
}

/** Where an entry stands. */
export type EntryPlace = Pick<RecordedEntry, "index" | "shard">;

export const placeOfEntry = ({ index, shard }: EntryPlace): EntryPlace => ({
  index,
  ...(shard === undefined ? {} : { shard }),
});

/** `12` in the first log, `3-12` in another shard. */
export const placeText = ({ shard, index }: EntryPlace): string =>
  shard === undefined ? String(index) : `${shard}-${index}`;

export interface RecordedEntry extends Omit<Entry, "attached"> {
  readonly source: Source;
  /** Position in its log, from 0, without gaps. */
  readonly index: number;
  /** The log that it is in; left out: the first, which usually is the only one. */
  readonly shard?: number;
  readonly attached?: Readonly<Record<string, Attached>>;
}
