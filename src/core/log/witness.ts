/** What is said to a witness, and what it says (c2sp.org/tlog-witness): `add-checkpoint`. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../result.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";
import { type NoteSignature, parseSignatureLine } from "./note.ts";

const PROOF_MAX = 63;

export interface AddCheckpoint {
  /** The size that the witness is thought to have seen last. */
  readonly old: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: string;
}

export const formatAddCheckpoint = ({ old, proof, checkpoint }: AddCheckpoint): string =>
  [`old ${old}`, ...proof.map(toBase64), "", checkpoint].join("\n");

export function parseAddCheckpoint(text: string): Result<AddCheckpoint, string> {
  const cut = text.indexOf("\n\n");
  const [first = "", ...lines] = text.slice(0, Math.max(0, cut)).split("\n");
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  if (cut < 0 || old === undefined) return err("does not begin with `old`");
  if (lines.length > PROOF_MAX) return err("has too long a proof");
  const proof = lines.map(fromBase64);
  if (proof.some((hash) => hash?.length !== HASH_BYTES)) return err("has a malformed proof");
  return ok({
    old: Number(old),
    proof: proof.filter((hash) => hash !== null),
    checkpoint: text.slice(cut + 2),
  });
}

export type WitnessAnswer =
  | { readonly type: "cosigned"; readonly lines: readonly NoteSignature[] }
  /** It has seen this size: to be asked again from there. */
  | { readonly type: "has"; readonly size: number }
  /** It has seen another tree of this size, or the proof does not hold: fork, until shown otherwise. */
  | { readonly type: "disagrees" }
  | { readonly type: "refused"; readonly status: number };

export function witnessAnswer(status: number, body: string): WitnessAnswer {
  if (status === 422) return { type: "disagrees" };
  if (status === 409 && /^(?:0|[1-9]\d{0,15})\n?$/.test(body))
    return { type: "has", size: Number(body) };
  const lines = body.split("\n").filter(Boolean).map(parseSignatureLine);
  if (status !== 200 || lines.length === 0 || lines.includes(null))
    return { type: "refused", status };
  return { type: "cosigned", lines: lines.filter((line) => line !== null) };
}

/** Where a witness keeps the last checkpoint of a log. */
export const witnessedPath = (origin: string): string =>
  `${bytesToHex(sha256(utf8ToBytes(origin)))}/checkpoint`;
