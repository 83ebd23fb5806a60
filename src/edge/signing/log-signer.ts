/** The log's keys at work: both lines of a checkpoint, and the verification of anybody's. */
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  type Checkpoint,
  checkpointText,
  type SignatureCheck,
  signatureChecks,
  type SignedCheckpoint,
  stamped,
  subtreeMessage,
} from "../../core/log/checkpoint.ts";
import { NOTE_TYPES, type NoteKey, noteKey, type NoteSignature } from "../../core/log/note.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { AlgorithmId } from "../../core/signing.ts";
import { IMPLEMENTED, type Seeds } from "./key-pair.ts";

export interface LogSigner {
  /** Ed25519 first, then ML-DSA-44. */
  readonly keys: readonly NoteKey[];
  sign(checkpoint: Checkpoint, timestamp: number): Promise<readonly NoteSignature[]>;
}

/** The specification of checkpoints knows these two, whatever suites ballots move on to. */
export async function openLogSigner(origin: string, { seeds }: Seeds): Promise<LogSigner> {
  const [classical, lattice] = await Promise.all([
    IMPLEMENTED.ed25519.open(hexToBytes(seeds.ed25519 ?? "")),
    IMPLEMENTED["ml-dsa-44"].open(hexToBytes(seeds["ml-dsa-44"] ?? "")),
  ]);
  const plainKey = noteKey(origin, NOTE_TYPES.ed25519, classical.publicKey);
  const latticeKey = noteKey(origin, NOTE_TYPES.mlDsa44, lattice.publicKey);
  return {
    keys: [plainKey, latticeKey],
    async sign(checkpoint, timestamp) {
      const [plain, quantumSafe] = await Promise.all([
        classical.sign(utf8ToBytes(checkpointText(checkpoint))),
        lattice.sign(subtreeMessage(origin, checkpoint, timestamp)),
      ]);
      return [
        { name: origin, keyId: plainKey.id, blob: plain },
        { name: origin, keyId: latticeKey.id, blob: stamped(timestamp, quantumSafe) },
      ];
    },
  };
}

const ALGORITHM_OF: Readonly<Record<number, AlgorithmId>> = {
  [NOTE_TYPES.ed25519]: "ed25519",
  [NOTE_TYPES.cosignature]: "ed25519",
  [NOTE_TYPES.mlDsa44]: "ml-dsa-44",
};

async function holds({ key, message, signature }: SignatureCheck): Promise<boolean> {
  const algorithm = ALGORITHM_OF[key.type];
  if (algorithm === undefined) return false;
  try {
    return await IMPLEMENTED[algorithm].verify(message, signature, key.publicKey);
  } catch {
    return false;
  }
}

/** The known keys that have signed. One line of a known key that does not hold refuses the whole. */
export async function verifiedKeys(
  signed: SignedCheckpoint,
  keys: readonly NoteKey[],
): Promise<Result<readonly SignatureCheck[], string>> {
  const checks = signatureChecks(signed, keys);
  if (!checks.ok) return checks;
  for (const check of checks.value)
    if (!(await holds(check)))
      return err(`the signature of key ${check.key.id} of ${check.key.name} does not hold`);
  return ok(checks.value);
}
