/**
 * Where a run is, read from the databases of a system that is stopped or dead: what the next start will find. Aims the
 * kills and names them in the table; no claim about recovery rests on it.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SCOPE } from "./account.ts";

type Row = Readonly<Record<string, unknown>>;

interface StoredRun {
  readonly id: string;
  readonly phase: string;
  readonly scope: string;
  readonly motion: { readonly epoch: number; readonly planDigest: string };
}

/** Runs are objects of their own: only the last ones can be meant. */
const NEWEST = 4;
const WAL = "-wal";

/** Copies first: opening a database changes it, and these files are the evidence. */
function query(file: string, sql: string): readonly Row[] {
  const copy = mkdtempSync(join(tmpdir(), "driftless-landing-"));
  try {
    for (const suffix of ["", WAL])
      if (existsSync(file + suffix)) copyFileSync(file + suffix, join(copy, `db.sqlite${suffix}`));
    const database = new DatabaseSync(join(copy, "db.sqlite"));
    try {
      return database.prepare(sql).all();
    } catch {
      return []; // the object exists and its tables do not, yet
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const changedAt = (file: string): number =>
  statSync(existsSync(file + WAL) ? file + WAL : file).mtimeMs;

function all(stateDir: string, kind: string, sql: string): readonly Row[] {
  const directory = join(stateDir, "v3", "do", kind);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .map((name) => join(directory, name))
    .toSorted((a, b) => changedAt(b) - changedAt(a))
    .slice(0, NEWEST)
    .flatMap((file) => query(file, sql));
}

const newestRun = (stateDir: string): StoredRun | undefined =>
  all(stateDir, "driftless-Run", "select journalled from run")
    .map((row) => (JSON.parse(String(row["journalled"])) as { run: StoredRun }).run)
    .filter(({ scope }) => scope === SCOPE)
    .toSorted((a, b) => b.motion.epoch - a.motion.epoch)[0];

interface Reconciler {
  readonly identity?: { readonly scope: string };
  readonly wanted?: number;
  readonly looked?: number;
  readonly active?: { readonly start: { readonly id: string } } | null;
}

function reconciler(stateDir: string): Reconciler {
  const rows = all(
    stateDir,
    "driftless-Reconciler",
    "select json_group_object(name, json(value)) as state from value",
  );
  const states = rows.map(({ state }) => JSON.parse(String(state)) as Reconciler);
  return states.find(({ identity }) => identity?.scope === SCOPE) ?? {};
}

/** `known`: the newest epoch before the drift. */
export function landing(stateDir: string, known: number): string {
  const { wanted, looked, active } = reconciler(stateDir);
  const run = newestRun(stateDir);
  if (!run || run.motion.epoch <= known) {
    if (active) return "planned";
    return wanted === looked ? "nothing yet" : "woken";
  }
  if (/^(voting|executing|reverting)$/.test(run.phase)) return within(stateDir, run);
  if (/^(awaiting_approval|verifying)$/.test(run.phase)) return run.phase;
  return active?.start.id === run.id ? `${run.phase}, reconciler not told` : run.phase;
}

function within(stateDir: string, { phase, motion: { planDigest } }: StoredRun): string {
  const of = (kind: string, sql: string) =>
    all(stateDir, kind, `${sql} where plan_digest = '${planDigest}'`);
  if (phase === "voting")
    return `voting, ${of("driftless-Auditor", "select 1 from ballot").length} of 3 ballots`;
  const inverses = of("driftless-vault-Vault", "select state from inverse");
  if (phase === "reverting") {
    const left = inverses.filter(({ state }) => state === "ready");
    return `reverting, ${left.length} inverses left`;
  }
  if (of("driftless-vault-Vault", "select 1 from release").length === 0) return "certified";
  const calls = of("driftless-vault-Vault", "select state from call");
  if (calls.length === 0) return "released";
  return `executing, calls ${calls.map(({ state }) => String(state)).join(", ")}`;
}
