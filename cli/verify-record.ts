/** Verifies the whole record: its first log and, where there are shards, each of them and the root log over them. */
import type { SignedCheckpoint } from "../src/core/log/checkpoint.ts";
import { originAt, type Place, prefixOf } from "../src/core/log/shards.ts";
import { within } from "./log-source.ts";
import {
  type Part,
  type Report,
  type Verified,
  type VerifyInput,
  verifyOne,
} from "./verify-log.ts";

/** What is told of a log beside the first one. */
export type LogReport = Pick<Report, "origin" | "size" | "root" | "signedAt" | "signedBy" | "ok">;

export interface RecordReport extends Report {
  readonly logs: readonly LogReport[];
}

export async function verifyRecord(input: VerifyInput): Promise<RecordReport> {
  const hasRoot = !input.isForeign && (await input.source.read("root/checkpoint")) !== null;
  const root = hasRoot ? await partOf(input, "root", { counts: [1], heads: [] }) : null;
  const heads = (shard: number): readonly SignedCheckpoint[] => root?.heads.get(shard) ?? [];
  const first = await verifyOne(input, { place: 0, counts: [1], heads: heads(0) });
  const { counts } = first;
  const shards = Array.from({ length: Math.max(...counts) - 1 }, (_, at) => at + 1);
  const others: Verified[] = [];
  for (const shard of shards)
    // A shard that nothing was ever recorded in has no files.
    if (heads(shard).length > 0 || (await hasFiles(input, shard)))
      others.push(await partOf(input, shard, { counts, heads: heads(shard) }));
  const all = [...others, ...(root === null ? [] : [root])];
  const missing =
    shards.length > 0 && root === null
      ? [{ file: "root/checkpoint", problem: "is not there, and there are shards" }]
      : [];
  return merged(first, { all, missing, files: await input.source.list() });
}

const hasFiles = async ({ source }: VerifyInput, shard: number): Promise<boolean> =>
  (await source.read(`${prefixOf(shard)}checkpoint`)) !== null;

async function partOf(
  input: VerifyInput,
  place: Place,
  of: Omit<Part, "place">,
): Promise<Verified> {
  const prefix = prefixOf(place);
  const seen = input.seen?.checkpoint.origin.endsWith(originAt("", place)) ? input.seen : null;
  const source = within(input.source, prefix);
  const verified = await verifyOne({ ...input, source, seen }, { ...of, place });
  const problems = verified.report.problems.map(({ file, problem }) => ({
    file: prefix + file,
    problem,
  }));
  return { ...verified, report: { ...verified.report, problems } };
}

interface Rest {
  readonly all: readonly Verified[];
  readonly missing: Report["problems"];
  readonly files: readonly string[] | null;
}

function merged({ report, named }: Verified, { all, missing, files }: Rest): RecordReport {
  const reports = all.map((one) => one.report);
  const problems = [report, ...reports].flatMap((one) => one.problems).concat(missing);
  const names = [...named, ...all.flatMap((one) => one.named)];
  const there = new Set(files ?? []);
  return {
    ...report,
    ok: problems.length === 0,
    files: [report, ...reports].reduce((sum, one) => sum + one.files, 0),
    entries: summed([report, ...reports].map((one) => one.entries)),
    attachments: {
      ...report.attachments,
      named: names.length,
      absent: names.filter((name) => !there.has(name)).length,
    },
    problems,
    logs: reports.map(({ origin, size, root, signedAt, signedBy, ok }) => ({
      origin,
      size,
      root,
      signedAt,
      signedBy,
      ok,
    })),
  };
}

function summed(all: readonly Report["entries"][]): Report["entries"] {
  const sum = new Map<string, number>();
  for (const entries of all)
    for (const [type, count] of Object.entries(entries))
      sum.set(type, (sum.get(type) ?? 0) + count);
  return Object.fromEntries([...sum].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
