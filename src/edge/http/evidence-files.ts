/** What a bundle of evidence takes from the record and the registers: entries to the byte, proofs, what is kept beside, keys. */
import { digestOfText } from "../../core/canonical.ts";
import { type Fetched, type Selected, type Wanted, wantedBy } from "../../core/evidence/bundle.ts";
import { type ChangeRecord, ofType } from "../../core/evidence/change.ts";
import type { EvidenceKeys } from "../../core/evidence/keys.ts";
import { type Digest, isScopeId } from "../../core/ids.ts";
import { type Checkpoint, parseCheckpoint } from "../../core/log/checkpoint.ts";
import { type EntryPlace, placeText } from "../../core/log/entry.ts";
import { decodeBundle, TILE_WIDTH, tileIn, tilePath } from "../../core/log/tile.ts";
import { parseProof } from "../../core/log/tlog-proof.ts";
import type { ApiPorts } from "./api-ports.ts";

export const PUBLICATION_MS_MAX = 10_000;
/** Of 50 changes with some twenty entries each. */
const PROOFS_MAX = 1_000;

export function checkpointIn(note: string): Checkpoint {
  const signed = parseCheckpoint(note);
  if (!signed.ok) throw new Error(`the published checkpoint ${signed.error}`);
  return signed.value.checkpoint;
}

/** With one log, a proof of the entry; else one in its shard and one in the root log, which many entries share. */
async function proofsOf({ log }: ApiPorts, shards: number, wanted: Wanted) {
  const proofs = new Map<string, string>();
  for (const entry of wanted.entries.slice(0, PROOFS_MAX)) {
    const { index, shard = 0 } = entry;
    if (shards === 1) {
      const proof = await log.proof({ index, waitMs: PUBLICATION_MS_MAX });
      if (proof !== null) proofs.set(placeText(entry), proof);
      continue;
    }
    const anchored = await log.anchored({ shard, index, waitMs: PUBLICATION_MS_MAX });
    const above = anchored === null ? null : parseProof(anchored.checkpoint);
    if (anchored === null || !above?.ok) continue;
    proofs.set(placeText(entry), anchored.entry);
    proofs.set(`root-${above.value.index}`, anchored.checkpoint);
  }
  return proofs;
}

/** The entries to the byte, out of their bundles, each of which is asked for once. */
async function leavesOf({ log }: ApiPorts, entries: readonly EntryPlace[]) {
  const bundles = new Map<string, Promise<readonly Uint8Array[]>>();
  const bundleAt = async (shard: number, at: number): Promise<readonly Uint8Array[]> => {
    const note = await log.object("checkpoint", shard);
    const { size } = checkpointIn(new TextDecoder().decode(note ?? new Uint8Array()));
    const tile = tileIn(size, "entries", at);
    const bytes = await log.object(tilePath(tile), shard);
    const bundle = bytes && decodeBundle(bytes, tile.width);
    if (!bundle?.ok) throw new Error(`${tilePath(tile)} cannot be read`);
    return bundle.value;
  };
  const leaves = new Map<string, string>();
  for (const entry of entries.slice(0, PROOFS_MAX)) {
    const { index, shard = 0 } = entry;
    const at = Math.floor(index / TILE_WIDTH);
    const bundle = bundles.get(`${shard}/${at}`) ?? bundleAt(shard, at);
    bundles.set(`${shard}/${at}`, bundle);
    const leaf = (await bundle)[index % TILE_WIDTH];
    if (leaf !== undefined) leaves.set(placeText(entry), new TextDecoder().decode(leaf));
  }
  return leaves;
}

/** Public keys of everybody who may have signed something in the sample. */
async function keysOf(
  { log, register }: ApiPorts,
  shards: number,
  sample: readonly ChangeRecord[],
): Promise<EvidenceKeys> {
  const scopes = [...new Set(sample.map(({ scope }) => scope))].filter(isScopeId);
  const approvers = new Set(
    sample.flatMap((change) => ofType(change, "approval").map(({ actor }) => actor)),
  );
  const entries = await Promise.all(scopes.map((scope) => register.entries(scope)));
  const people =
    approvers.size === 0
      ? []
      : [...(await register.passkeys()), ...(await register.formerPasskeys())];
  return {
    notaries: await Promise.all(Array.from({ length: shards }, (_, shard) => log.notary(shard))),
    register_root: await register.rootKeys(),
    voters: entries.flat(),
    people: people.filter(({ person }) => approvers.has(person)),
    relying_party: await register.relyingParty(),
  };
}

export async function fetched(
  ports: ApiPorts,
  shards: number,
  selected: Selected,
): Promise<Fetched> {
  const wanted = wantedBy(selected);
  const proofs = await proofsOf(ports, shards, wanted);
  const kept = new Map<Digest, string>();
  for (const digest of wanted.evidence) {
    const bytes = await ports.log.object(`evidence/${digest.slice("sha256:".length)}.json`);
    if (bytes !== null) kept.set(digest, new TextDecoder().decode(bytes));
  }
  return {
    proofs,
    leaves: await leavesOf(ports, wanted.entries),
    keys: await keysOf(ports, shards, selected.sample),
    evidence: kept,
  };
}

/** The bundle's own list becomes an entry of the record: whoever changes a file has to change the record, too. */
export async function sealed(
  ports: ApiPorts,
  shards: number,
  { by, manifest }: { by: string; manifest: string },
): Promise<ReadonlyMap<string, string>> {
  const at = ports.now();
  const digest = digestOfText(manifest);
  const id = `export/evidence/${by}/${digest}`;
  const data = { what: "evidence_made", manifest_digest: digest };
  const entry = { id, type: "export", scope: "record", at, actor: by, data } as const;
  const { last: index } = await ports.log.append([entry]);
  const proofs = await proofsOf(ports, shards, { entries: [{ index }], evidence: [] });
  const leaf = (await leavesOf(ports, [{ index }])).get(String(index));
  const proof = proofs.get(String(index));
  if (leaf === undefined || proof === undefined) throw new Error("the record is not published");
  const root = [...proofs].find(([name]) => name.startsWith("root-"))?.[1];
  return new Map([
    ["manifest.entry.json", leaf],
    ["manifest.tlog-proof", proof],
    ...(root === undefined ? [] : [["manifest.root.tlog-proof", root] as const]),
  ]);
}
