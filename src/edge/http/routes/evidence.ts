/** Evidence for auditors, made from the record. Asking for it is itself an entry. */
import { z } from "zod";
import { bundleOf, type EvidenceInput, select } from "../../../core/evidence/bundle.ts";
import type { Period } from "../../../core/evidence/change.ts";
import { type Instant, isDigest, isInstant } from "../../../core/ids.ts";
import type { RecordedEntry } from "../../../core/log/entry.ts";
import { parseVkey } from "../../../core/log/note.ts";
import type { Place } from "../../../core/log/shards.ts";
import { parseProof } from "../../../core/log/tlog-proof.ts";
import { trustFileOf } from "../../../core/log/trust-file.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ApiPorts } from "../api-ports.ts";
import { checkpointIn, fetched, PUBLICATION_MS_MAX, sealed } from "../evidence-files.ts";
import { notFound, pointerTo, type Problem } from "../problem.ts";
import { type Position, readRecord } from "../record-reading.ts";
import { defineRoute } from "../route.ts";

/** What one answer can hold in memory. Longer periods are asked for in parts. */
const ENTRIES_MAX = 20_000;
const SAMPLE_MAX = 50;
const PAGE = 500;
/** A run goes on after its plan; entries are told up to an hour late. */
const TAIL_MS = 60 * 60_000;

/** Years of more than four digits have another form, and would not compare as text. */
const instant = z.string().transform((text, context): Instant => {
  const atMs = Date.parse(text);
  const at = Number.isNaN(atMs) ? "" : new Date(atMs).toISOString();
  if (isInstant(at)) return at;
  context.addIssue("must be an instant");
  return z.NEVER;
});

const asked = z.strictObject({
  from: instant.meta({ description: "first instant of the period" }),
  to: instant.meta({ description: "first instant after the period" }),
  sample: z.int().min(0).max(SAMPLE_MAX).default(25),
  nonce: z
    .string()
    .max(200)
    .default("")
    .meta({ description: "the auditor's own word, part of the sample's seed" }),
});

const tooLong = (): Result<never, Problem> =>
  err({
    slug: "bad-query",
    errors: [
      {
        pointer: pointerTo("#", ["to"]),
        detail: `the period has more than ${ENTRIES_MAX} entries; ask for it in parts`,
      },
    ],
  });

/** The first index that may belong to the period, by bisection: entries come in the order of their time, nearly. */
async function firstOf({ log }: ApiPorts, shard: number, { from }: Period): Promise<number> {
  let [low, high] = [0, (await log.latest(shard)) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = await log.read({ shard, after: middle - 1, limit: 1, waitMs: 0 });
    if (entry && entry.at < from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - PAGE);
}

async function entriesOf(
  ports: ApiPorts,
  shards: number,
  period: Period,
): Promise<readonly RecordedEntry[] | null> {
  const until = new Date(Date.parse(period.to) + TAIL_MS).toISOString();
  const entries: RecordedEntry[] = [];
  let after: Position = await Promise.all(
    Array.from({ length: shards }, async (_, shard) => (await firstOf(ports, shard, period)) - 1),
  );
  for (;;) {
    const page = await readRecord(ports.log, { after, limit: PAGE, waitMs: 0 });
    entries.push(...page.entries);
    after = page.positions.at(-1) ?? after;
    if (page.entries.length === 0 || (page.entries[0]?.at ?? "") > until) return entries;
    if (entries.length > ENTRIES_MAX + PAGE) return null;
  }
}

/** The entry first: whoever takes evidence away has been recorded (I10). The checkpoint covers it, and all before it. */
async function headAfter(ports: ApiPorts, by: string, { from, to }: Period) {
  const at = ports.now();
  const { last } = await ports.log.append([
    {
      id: `export/evidence/${by}/${at}`,
      type: "export",
      scope: "record",
      at,
      actor: by,
      data: { what: "evidence", from, to },
    },
  ]);
  const shards = await ports.log.shards();
  const proof = await ports.log.proof({ index: last, waitMs: PUBLICATION_MS_MAX });
  const under = proof === null ? null : parseProof(proof);
  if (!under?.ok) throw new Error("the record is not published");
  const record = checkpointIn(under.value.checkpoint).origin;
  const note = shards === 1 ? under.value.checkpoint : await rootAfter(ports, shards);
  return { note, checkpoint: checkpointIn(note), record, madeAt: at, shards };
}

/** The root log's checkpoint, once it is over the last entry of every shard. */
async function rootAfter({ log }: ApiPorts, shards: number): Promise<string> {
  const covered = Array.from({ length: shards }, async (_, shard) => {
    const index = await log.latest(shard);
    return index < 0 || (await log.anchored({ shard, index, waitMs: PUBLICATION_MS_MAX })) !== null;
  });
  const note = (await Promise.all(covered)).every(Boolean)
    ? await log.object("checkpoint", "root")
    : null;
  if (note === null) throw new Error("the root log is not published");
  return new TextDecoder().decode(note);
}

async function trustOf({ log }: ApiPorts, shards: number): Promise<string> {
  const places: Place[] = [...Array(shards).keys(), ...(shards > 1 ? (["root"] as const) : [])];
  const vkeys = await Promise.all(places.map((place) => log.keys(place)));
  const keys = vkeys.flat().map(parseVkey);
  return trustFileOf(
    keys.flatMap((key) => (key.ok ? [key.value] : [])),
    null,
  );
}

export const evidenceRoutes = [
  defineRoute({
    method: "DELETE",
    path: "/api/v1/attachments/{digest}",
    id: "eraseAttachment",
    summary: "Erases what is kept about people beside the record; the record stays whole",
    right: "operate",
    out: z.object({ digest: z.string(), erased: z.literal(true) }),
    async handle({ ports, principal, param }) {
      const digest = param("digest");
      if (!isDigest(digest)) return err(notFound("that is not a digest"));
      await ports.log.erase({ digest, by: principal.name, at: ports.now() });
      return ok({ body: { digest, erased: true as const } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/evidence",
    id: "exportEvidence",
    summary: "Evidence of a period's changes: population, sample, dossiers, controls, completeness",
    right: "read",
    body: asked,
    out: z.object({ files: z.array(z.object({ path: z.string(), text: z.string() })) }),
    async handle({ ports, principal, body }) {
      const period: Period = { from: body.from, to: body.to };
      if (period.from >= period.to) {
        const detail = "must be later than `from`";
        return err({ slug: "invalid-body", errors: [{ pointer: pointerTo("#", ["to"]), detail }] });
      }
      const head = await headAfter(ports, principal.name, period);
      const entries = await entriesOf(ports, head.shards, period);
      if (entries === null) return tooLong();
      const input: EvidenceInput = {
        ...head,
        trustFile: await trustOf(ports, head.shards),
        period,
        sampleSize: body.sample,
        nonce: body.nonce,
        entries,
        account: await ports.accountChanges(period),
        msOf: (at) => Date.parse(at),
      };
      const selected = select(input);
      const files = bundleOf(input, selected, await fetched(ports, head.shards, selected));
      const manifest = files.get("manifest.json") ?? "";
      const seal = await sealed(ports, head.shards, { by: principal.name, manifest });
      return ok({ body: { files: [...files, ...seal].map(([path, text]) => ({ path, text })) } });
    },
  }),
];
