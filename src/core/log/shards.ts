/**
 * The logs of the record. One, until it is not enough: then shards by scope, and a root log whose entries are the shards'
 * checkpoints. Shard 0 is the log that was there from the start, so what is in it stays where it is; it also has whatever
 * is about no scope.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Instant, isScopeId } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import type { Entry } from "./entry.ts";

export type Place = number | "root";

/** An object, a prefix and a checkpoint each; a root of more would take in more than an entry a second and shard. */
export const SHARDS_MAX = 64;
/** A change of the count is a deployment. */
export const CHANGES_MAX = 200;
/** How a scope finds its shard, as it is recorded. Another rule is another name. */
const RULE = "jump-hash/sha-256/v1";

/** Before the names of its files. */
export const prefixOf = (place: Place): string => {
  if (place === "root") return "root/";
  return place === 0 ? "" : `shard/${place}/`;
};

/** The log's name. */
export const originAt = (record: string, place: Place): string =>
  place === 0 ? record : `${record}/${prefixOf(place).slice(0, -1)}`;

/** The name of the object that writes it. */
export const objectAt = (place: Place): string => originAt("record", place);

/** Null: no object of the record is called that. */
export function placeOf(object: string): Place | null {
  if (object === "record/root") return "root";
  const digits = /^record(?:\/shard\/([1-9]\d?))?$/.exec(object);
  const shard = digits === null ? NaN : Number(digits[1] ?? 0);
  return shard < SHARDS_MAX ? shard : null;
}

export function parseShardCount(text: string): Result<number, string> {
  const count = /^[1-9]\d?$/.test(text) ? Number(text) : NaN;
  return count <= SHARDS_MAX ? ok(count) : err(`must be a whole number from 1 to ${SHARDS_MAX}`);
}

const MASK = (1n << 64n) - 1n;

/**
 * Jump consistent hash (Lamping and Veach): when shards are added, a scope stays where it is or goes to a new one. What is
 * about no scope is in shard 0.
 */
export function homeOf(scope: string, count: number): number {
  if (!isScopeId(scope)) return 0;
  let key = new DataView(sha256(utf8ToBytes(scope)).buffer).getBigUint64(0);
  let [home, next] = [0, 0];
  while (next < count) {
    home = next;
    key = (key * 2_862_933_555_777_941_757n + 1n) & MASK;
    next = Math.floor((home + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return home;
}

/** Every shard that has been the scope's, under counts that once held. */
export const homesOf = (scope: string, counts: readonly number[]): ReadonlySet<number> =>
  new Set(counts.map((count) => homeOf(scope, count)));

/** `changes`: how often the count has changed before. */
export const shardsEntry = (
  { count, before, changes }: { count: number; before: number; changes: number },
  at: Instant,
): Entry => ({
  id: `shards/${changes}/${count}`,
  type: "shards",
  scope: "record",
  at,
  actor: "record",
  data: { count, before, rule: RULE },
});

/** What a `shards` entry says; null: it names a rule that this version does not know. */
export const countIn = ({ data }: Pick<Entry, "data">): number | null => {
  const { count, rule } = data;
  return rule === RULE && typeof count === "number" && parseShardCount(String(count)).ok
    ? count
    : null;
};
