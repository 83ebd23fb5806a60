/** The tree, tiles and notes a second time, straight from the words of RFC 6962 and the C2SP pages. Shares no code with the product. */
import { createHash } from "node:crypto";

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** MTH(D[n]). */
export function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), first);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function naivePath(m: number, leaves: readonly Uint8Array[]): Buffer[] {
  if (leaves.length <= 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function naiveProof(m: number, leaves: readonly Uint8Array[], whole = true): Buffer[] {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m <= k
    ? [...naiveProof(m, leaves.slice(0, k), whole), naiveRoot(leaves.slice(k))]
    : [...naiveProof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

/** Every resource of a tiled log with these entries, by path. */
export function naiveTiles(leaves: readonly Uint8Array[]): Map<string, Buffer> {
  const tiles = new Map<string, Buffer>();
  const name = (kind: string, n: number, width: number): string => {
    let path = String(n % 1_000).padStart(3, "0");
    for (let rest = Math.floor(n / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
      path = `x${String(rest % 1_000).padStart(3, "0")}/${path}`;
    return `tile/${kind}/${path}${width < 256 ? `.p/${width}` : ""}`;
  };
  for (let n = 0; n * 256 < leaves.length; n += 1) {
    const entries = leaves.slice(n * 256, (n + 1) * 256);
    const bundle = entries.flatMap((entry) => [
      Buffer.from([Math.floor(entry.length / 256), entry.length % 256]),
      Buffer.from(entry),
    ]);
    tiles.set(name("entries", n, entries.length), Buffer.concat(bundle));
  }
  for (let level = 0; 256 ** level <= leaves.length; level += 1) {
    const span = 256 ** level;
    const hashes = Array.from({ length: Math.floor(leaves.length / span) }, (_, at) =>
      naiveRoot(leaves.slice(at * span, (at + 1) * span)),
    );
    for (let n = 0; n * 256 < hashes.length; n += 1) {
      const tile = hashes.slice(n * 256, (n + 1) * 256);
      tiles.set(name(String(level), n, tile.length), Buffer.concat(tile));
    }
  }
  return tiles;
}
