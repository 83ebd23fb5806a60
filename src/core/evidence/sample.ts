/** Which changes an auditor looks at: chosen by the checkpoint, so that whoever has it chooses the same. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Checkpoint } from "../log/checkpoint.ts";
import { checkpointText } from "../log/checkpoint.ts";
import type { ChangeRecord, Period } from "./change.ts";

/** Over size and root, not over signatures: those are random, and could be tried until a sample pleases. */
export const seedOf = (checkpoint: Checkpoint, { from, to }: Period, nonce: string): string =>
  bytesToHex(
    sha256(
      utf8ToBytes(`driftless:sample/v1\n${checkpointText(checkpoint)}${from}\n${to}\n${nonce}\n`),
    ),
  );

/** The `count` changes whose SHA-256 over seed and run id is smallest. */
export function sampleOf(
  changes: readonly ChangeRecord[],
  { seed, count }: { readonly seed: string; readonly count: number },
): readonly ChangeRecord[] {
  const ranked = changes.map((change) => ({
    change,
    rank: bytesToHex(sha256(utf8ToBytes(`${seed}\n${change.run}`))),
  }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, count).map(({ change }) => change);
}
