/** The changes of a period, each as the entries that tell of it: the record read backwards. */
import type { RecordedEntry } from "../log/entry.ts";
import type { Instant } from "../ids.ts";

export interface Period {
  readonly from: Instant;
  /** Exclusive. */
  readonly to: Instant;
}

/** One run with everything that the record has about it, oldest first. */
export interface ChangeRecord {
  readonly run: string;
  readonly scope: string;
  readonly planDigest: string | null;
  readonly entries: readonly RecordedEntry[];
}

export const inPeriod = ({ at }: { readonly at: Instant }, { from, to }: Period): boolean =>
  at >= from && at < to;

const textIn = ({ data }: RecordedEntry, name: string): string | null => {
  const value = data[name];
  return typeof value === "string" ? value : null;
};

/** Runs are told by their id, and what the vault did by the plan's digest, which the run's plan names. */
export function changesIn(entries: readonly RecordedEntry[], period: Period): ChangeRecord[] {
  const runOfPlan = new Map<string, string>();
  for (const entry of entries) {
    const [run, plan] = [textIn(entry, "run"), textIn(entry, "plan_digest")];
    if (entry.type === "plan" && run !== null && plan !== null) runOfPlan.set(plan, run);
  }
  const byRun = new Map<string, RecordedEntry[]>();
  for (const entry of entries) {
    const run = textIn(entry, "run") ?? runOfPlan.get(textIn(entry, "plan_digest") ?? "");
    if (run === undefined) continue;
    const of = byRun.get(run);
    if (of) of.push(entry);
    else byRun.set(run, [entry]);
  }
  return [...byRun].flatMap(([run, of]): ChangeRecord[] => {
    const plan = of.find(({ type }) => type === "plan");
    const [first] = of;
    if (first === undefined || !inPeriod(plan ?? first, period)) return [];
    return [
      {
        run,
        scope: first.scope,
        planDigest: plan ? textIn(plan, "plan_digest") : null,
        // As they came: in each log by index.
        entries: of,
      },
    ];
  });
}

export const ofType = (
  { entries }: ChangeRecord,
  ...types: readonly RecordedEntry["type"][]
): readonly RecordedEntry[] => entries.filter(({ type }) => types.includes(type));

/** Whether anything was written for it. */
export const isWritten = (change: ChangeRecord): boolean =>
  ofType(change, "write", "revert").length > 0;
