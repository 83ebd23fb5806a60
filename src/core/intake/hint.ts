/**
 * What a message from outside comes down to: where to look again, and which words of ours to begin with. Texts, addresses
 * and numbers of the sender stay behind: none of them decides anything (I5). Pure.
 */
import { digestOf } from "../canonical.ts";
import type { Digest } from "../ids.ts";

/** What kind of trouble the sender means, in our words. It only chooses which diagnoses are asked first. */
export type Topic =
  | "traffic"
  | "origin"
  | "certificate"
  | "dns"
  | "gateway"
  | "advisory"
  | "change"
  | "other";

export interface Hint {
  readonly source: "notification" | "logpush" | "advisory" | "alertmanager" | "history";
  readonly topic: Topic;
  /** Whether it begins or is over, as far as the sender says. */
  readonly event: "start" | "end" | "once";
  /** The zone that it is about, by name or id; both null: the account. */
  readonly zoneName: string | null;
  readonly zoneId: string | null;
  readonly accountId: string | null;
  /** Vulnerabilities that it names. */
  readonly cves: readonly string[];
  /** Names the message: the same one again has the same key. */
  readonly key: Digest;
  readonly sentAtMs: number | null;
}

/** A message that is older says nothing about now; deliveries are repeated for minutes, not for hours. */
export const AGE_MAX_MS = 60 * 60_000;
/** Two clocks that are kept. */
const AHEAD_MAX_MS = 5 * 60_000;

/** Of our own watching: a series of the traffic went astray in an interval. */
export const oddityHint = (feature: string, atMs: number): Hint => ({
  source: "logpush",
  topic: feature === "errors" ? "origin" : "traffic",
  event: "once",
  zoneName: null,
  zoneId: null,
  accountId: null,
  cves: [],
  key: keyOf(["oddity", feature, atMs]),
  sentAtMs: atMs,
});

export const keyOf = (message: unknown): Digest => digestOf(message);

/** Whether a message is too old, or from a time that has not come. One that does not say when it was sent is of now. */
export const isStale = ({ sentAtMs }: Pick<Hint, "sentAtMs">, nowMs: number): boolean =>
  sentAtMs !== null && (nowMs - sentAtMs > AGE_MAX_MS || sentAtMs - nowMs > AHEAD_MAX_MS);

/** Those of `values` that are CVE ids and nothing else, as many as one message may name (I12). In a sentence nobody names one (I5). */
export const cvesIn = (values: readonly string[]): readonly string[] =>
  [...new Set(values.filter((value) => /^CVE-\d{4}-\d{4,7}$/.test(value)))].slice(0, CVES_MAX);
export const CVES_MAX = 50;
