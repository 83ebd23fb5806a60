/** Proof files (c2sp.org/tlog-proof): one entry's place under one checkpoint, to be verified offline. */
import { err, ok, type Result } from "../result.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
/** A path has one hash a level. */
const PATH_MAX = 63;

export interface TlogProof {
  readonly index: number;
  /** From the leaf to the root. */
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint as it was published, to the byte. */
  readonly checkpoint: string;
}

export const formatProof = ({ index, path, checkpoint }: TlogProof): string =>
  [HEADER, `index ${index}`, ...path.map(toBase64), "", checkpoint].join("\n");

export function parseProof(text: string): Result<TlogProof, string> {
  const cut = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, Math.max(0, cut)).split("\n");
  if (cut < 0 || header !== HEADER) return err("is not a tlog-proof");
  const told = lines[0]?.startsWith("extra ") ? lines.slice(1) : lines;
  const index = /^index (0|[1-9]\d{0,15})$/.exec(told[0] ?? "")?.[1];
  if (index === undefined) return err("has no index");
  if (told.length - 1 > PATH_MAX) return err("has too long a path");
  const path = told.slice(1).map(fromBase64);
  if (path.some((hash) => hash?.length !== HASH_BYTES)) return err("has a malformed path");
  return ok({
    index: Number(index),
    path: path.filter((hash) => hash !== null),
    checkpoint: text.slice(cut + 2),
  });
}
