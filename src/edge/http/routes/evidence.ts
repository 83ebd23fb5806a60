/** Evidence for auditors, made from the record. Asking for it is itself an entry. */
import { z } from "zod";
import {
  bundleOf,
  type EvidenceInput,
  type Fetched,
  select,
  wantedBy,
} from "../../../core/evidence/bundle.ts";
import type { Period } from "../../../core/evidence/change.ts";
import { type Digest, type Instant, isDigest, isInstant } from "../../../core/ids.ts";
import { parseCheckpoint } from "../../../core/log/checkpoint.ts";
import type { RecordedEntry } from "../../../core/log/entry.ts";
import { parseVkey } from "../../../core/log/note.ts";
import { parseProof } from "../../../core/log/tlog-proof.ts";
import { trustFileOf } from "../../../core/log/trust-file.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ApiPorts } from "../api-ports.ts";
import { notFound, pointerTo, type Problem } from "../problem.ts";
import { defineRoute } from "../route.ts";

/** What one answer can hold in memory. Longer periods are asked for in parts. */
const ENTRIES_MAX = 20_000;
const SAMPLE_MAX = 50;
const PROOFS_MAX = 1_000;
const PAGE = 500;
const PUBLICATION_MS_MAX = 10_000;
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
async function firstOf({ log }: ApiPorts, { from }: Period): Promise<number> {
  let [low, high] = [0, (await log.latest()) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = await log.read({ after: middle - 1, limit: 1, waitMs: 0 });
    if (entry && entry.at < from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - PAGE);
}

async function entriesOf(
  ports: ApiPorts,
  period: Period,
): Promise<readonly RecordedEntry[] | null> {
  const until = new Date(Date.parse(period.to) + TAIL_MS).toISOString();
  const entries: RecordedEntry[] = [];
  let after = (await firstOf(ports, period)) - 1;
  for (;;) {
    const page = await ports.log.read({ after, limit: PAGE, waitMs: 0 });
    entries.push(...page);
    after = page.at(-1)?.index ?? after;
    if (page.length === 0 || (page[0]?.at ?? "") > until) return entries;
    if (entries.length > ENTRIES_MAX + PAGE) return null;
  }
}

async function fetched(
  { log }: ApiPorts,
  { indices, evidence }: ReturnType<typeof wantedBy>,
): Promise<Fetched> {
  const proofs = new Map<number, string>();
  for (const index of indices.slice(0, PROOFS_MAX)) {
    const proof = await log.proof({ index, waitMs: PUBLICATION_MS_MAX });
    if (proof !== null) proofs.set(index, proof);
  }
  const kept = new Map<Digest, string>();
  for (const digest of evidence) {
    const bytes = await log.object(`evidence/${digest.slice("sha256:".length)}.json`);
    if (bytes !== null) kept.set(digest, new TextDecoder().decode(bytes));
  }
  return { proofs, evidence: kept };
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
  const proof = await ports.log.proof({ index: last, waitMs: PUBLICATION_MS_MAX });
  const parsed = proof === null ? null : parseProof(proof);
  if (!parsed?.ok) throw new Error("the record is not published");
  const signed = parseCheckpoint(parsed.value.checkpoint);
  if (!signed.ok) throw new Error(`the published checkpoint ${signed.error}`);
  return { note: parsed.value.checkpoint, checkpoint: signed.value.checkpoint, madeAt: at };
}

async function trustOf({ log }: ApiPorts): Promise<string> {
  const keys = (await log.keys()).map(parseVkey);
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
      const entries = await entriesOf(ports, period);
      if (entries === null) return tooLong();
      const input: EvidenceInput = {
        ...head,
        trustFile: await trustOf(ports),
        period,
        sampleSize: body.sample,
        nonce: body.nonce,
        entries,
        account: await ports.accountChanges(period),
        msOf: (at) => Date.parse(at),
      };
      const selected = select(input);
      const files = bundleOf(input, selected, await fetched(ports, wantedBy(selected)));
      return ok({ body: { files: [...files].map(([path, text]) => ({ path, text })) } });
    },
  }),
];
