/** Proof files (c2sp.org/tlog-proof): one entry's place under one checkpoint, to be verified offline. */
import { err, ok, type Result } from "../result.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
/** A path has one hash a level. */
const PATH_MAX = 63;
const EXTRA = /^extra (.*)$/;
const INDEX = /^index (0|[1-9]\d{0,15})$/;

export interface TlogProof {
  readonly index: number;
  /** From the leaf to the root. */
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint as it was published, to the byte. */
  readonly checkpoint: string;
}

export const formatProof = ({ index, path, checkpoint }: TlogProof): string =>
  [HEADER, `index ${index}`, ...path.map(toBase64), "", checkpoint].join("\n");

/** Data that nobody vouches for; null: it is not base64. */
function withoutExtra(lines: readonly string[]): readonly string[] | null {
  const extra = EXTRA.exec(lines[0] ?? "")?.[1];
  if (extra === undefined) return lines;
  return fromBase64(extra) === null ? null : lines.slice(1);
}

export function parseProof(text: string): Result<TlogProof, string> {
  const cut = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, Math.max(0, cut)).split("\n");
  if (cut < 0 || header !== HEADER) return err("is not a tlog-proof");
  const told = withoutExtra(lines);
  if (told === null) return err("has malformed extra data");
  const index = Number(INDEX.exec(told[0] ?? "")?.[1]);
  if (!Number.isSafeInteger(index)) return err("has no index");
  if (told.length - 1 > PATH_MAX) return err("has too long a path");
  const path = told.slice(1).map(fromBase64);
  if (path.some((hash) => hash?.length !== HASH_BYTES)) return err("has a malformed path");
  return ok({
    index,
    path: path.filter((hash) => hash !== null),
    checkpoint: text.slice(cut + 2),
  });
}
