/** Evidence for a period: population, sample, dossiers, controls, completeness. Files by name; the same input, the same bytes. */
import { canonicalise, digestOfText } from "../canonical.ts";
import type { Digest, Instant } from "../ids.ts";
import type { Checkpoint } from "../log/checkpoint.ts";
import { type EntryPlace, placeText, type RecordedEntry } from "../log/entry.ts";
import { type ChangeRecord, changesIn, inPeriod, type Period } from "./change.ts";
import { type AccountChange, reconcile, type Reconciliation } from "./completeness.ts";
import { type Control, CONTROLS, type Looked } from "./controls.ts";
import { oscalOf } from "./oscal.ts";
import type { EvidenceKeys } from "./keys.ts";
import { reportOf } from "./report.ts";
import { sampleOf, seedOf } from "./sample.ts";

export interface EvidenceInput {
  /** Over all entries: the record's, or that of its root log. */
  readonly checkpoint: Checkpoint;
  /** The name of the record's first log. */
  readonly record: string;
  /** The signed note, to the byte. */
  readonly note: string;
  readonly trustFile: string;
  readonly period: Period;
  readonly madeAt: Instant;
  readonly sampleSize: number;
  /** The auditor's own word, so that nobody could try out sizes for a pleasant sample. May be empty. */
  readonly nonce: string;
  /** All entries from which the period's changes can be told. */
  readonly entries: readonly RecordedEntry[];
  readonly account: { readonly changes: readonly AccountChange[]; readonly why: string | null };
  readonly msOf: (at: Instant) => number;
}

export interface Assessed {
  readonly control: Control;
  readonly looked: Looked;
}

/** What was chosen and found, before it is written down. */
export interface Selected {
  readonly seed: string;
  readonly changes: readonly ChangeRecord[];
  readonly sample: readonly ChangeRecord[];
  readonly population: readonly RecordedEntry[];
  readonly completeness: Reconciliation;
  readonly assessed: readonly Assessed[];
}

export function select(input: EvidenceInput): Selected {
  const { checkpoint, period, nonce, sampleSize, entries, account, msOf } = input;
  const population = entries.filter((entry) => inPeriod(entry, period));
  const changes = changesIn(entries, period);
  const seed = seedOf(checkpoint, period, nonce);
  const sample = sampleOf(changes, { seed, count: sampleSize });
  const completeness = reconcile(population, account, msOf);
  const subject = { sample, entries: population, completeness };
  const assessed = CONTROLS.map((control) => ({ control, looked: control.look(subject) }));
  return { seed, changes, sample, population, completeness, assessed };
}

/** What has to be fetched for the sampled changes: a proof for each entry, and each attachment that is not personal. */
export interface Wanted {
  readonly entries: readonly EntryPlace[];
  readonly evidence: readonly Digest[];
}

export function wantedBy({ sample }: Selected): Wanted {
  const entries = sample.flatMap((change) => change.entries);
  return {
    entries: [...new Map(entries.map((entry) => [placeText(entry), entry])).values()],
    evidence: [
      ...new Set(
        entries.flatMap(({ attached }) =>
          Object.values(attached ?? {}).flatMap(({ keep, digest }) =>
            keep === "evidence" ? [digest] : [],
          ),
        ),
      ),
    ],
  };
}

export interface Fetched {
  /** By name, which is that of the entry's place; those of a root log begin with `root-`. */
  readonly proofs: ReadonlyMap<string, string>;
  /** The entries themselves, to the byte, by the same names: what a proof is of. */
  readonly leaves: ReadonlyMap<string, string>;
  readonly keys: EvidenceKeys;
  /** Kept texts by digest; one that is missing is named in the dossier all the same. */
  readonly evidence: ReadonlyMap<Digest, string>;
}

const json = (value: unknown): string => `${canonicalise(value)}\n`;

const README = `Change evidence of Driftless. Begin with report.html.

manifest.json            SHA-256 of every file; manifest.entry.json is an entry of the record that names its own SHA-256, and
                         manifest.tlog-proof proves that entry (with shards manifest.root.tlog-proof, that its checkpoint is in the
                         root log): driftless evidence verify checks all of this
keys.json                whose signatures are on plans, ballots and approvals
checkpoint, trust-policy the signed tree head, and the keys to verify it with (pin them from elsewhere)
population.json          the changes of the period by run and index; the index range of the record
sample.json              the seed, how it was made, the chosen runs
dossiers/<run>.json      one change: its entries, oldest first
entries/<index>.json     each entry of a sampled change, to the byte as it is in the record
proofs/<index>.tlog-proof  that an entry is in the record (c2sp.org/tlog-proof); of shard n: <n>-<index>, and
                         root-<index>: that the checkpoint it ends at is in the root log
evidence/<digest>.json   plans, ballots and approvals as DSSE envelopes, named by the SHA-256 of the file
controls.json            what was found for each control; oscal-assessment-results.json says the same in OSCAL
completeness.json        the record against the account's own audit log
`;

function populationOf({ checkpoint, period }: EvidenceInput, of: Selected): string {
  const { changes, population } = of;
  const byShard = Map.groupBy(population, ({ shard = 0 }) => shard);
  return json({
    origin: checkpoint.origin,
    size: checkpoint.size,
    period,
    entries: population.length,
    ranges: [...byShard].map(([shard, entries]) => ({
      shard,
      indices: [entries[0]?.index ?? null, entries.at(-1)?.index ?? null],
    })),
    changes: changes.map(({ run, scope, planDigest, entries }) => ({
      run,
      scope,
      plan_digest: planDigest,
      entries: entries.map(placeText),
    })),
  });
}

/** Every file of the bundle by its path. */
export function bundleOf(
  input: EvidenceInput,
  selected: Selected,
  { proofs, leaves, keys, evidence }: Fetched,
): ReadonlyMap<string, string> {
  const { madeAt, nonce } = input;
  const { seed, sample, completeness, assessed } = selected;
  const files = new Map<string, string>([
    ["README.txt", README],
    ["checkpoint", input.note],
    ["trust-policy", input.trustFile],
    ["population.json", populationOf(input, selected)],
    [
      "sample.json",
      json({
        seed,
        nonce,
        method:
          "smallest SHA-256 over `<seed>\\n<run>`; seed: SHA-256 over `driftless:sample/v1\\n<checkpoint text><from>\\n<to>\\n<nonce>\\n`",
        runs: sample.map(({ run }) => run),
      }),
    ],
    ["completeness.json", json(completeness)],
    [
      "controls.json",
      json(
        assessed.map(({ control: { id, framework, title }, looked }) => ({
          id,
          framework,
          title,
          ...looked,
        })),
      ),
    ],
    ["oscal-assessment-results.json", json(oscalOf(input, assessed))],
    ["keys.json", json(keys)],
    ["report.html", reportOf(input, selected)],
  ]);
  for (const change of sample) files.set(`dossiers/${change.run}.json`, json(change));
  for (const [name, leaf] of leaves) files.set(`entries/${name}.json`, leaf);
  for (const [name, proof] of proofs) files.set(`proofs/${name}.tlog-proof`, proof);
  for (const [digest, text] of evidence) files.set(`evidence/${digest.slice(7)}.json`, text);
  const manifest = [...files].map(([path, text]) => ({ path, digest: digestOfText(text) }));
  files.set("manifest.json", json({ made_at: madeAt, files: manifest }));
  return files;
}
