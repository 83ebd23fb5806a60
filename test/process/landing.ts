/**
 * Where a kill has landed, read from the dead system's databases: what the next start will find. Only for the table and
 * for aiming again; no assertion depends on what the tables are called.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SCOPE } from "./account.ts";

type Row = Readonly<Record<string, unknown>>;

interface StoredRun {
  readonly phase: string;
  readonly scope: string;
  readonly motion: { readonly epoch: number; readonly planDigest: string };
}

/** Copies first: opening a database changes it, and the dead system's files are the evidence. */
function query(file: string, sql: string): readonly Row[] {
  const copy = mkdtempSync(join(tmpdir(), "driftless-landing-"));
  try {
    for (const suffix of ["", "-wal"])
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

function objects(stateDir: string, kind: string): string[] {
  const directory = join(stateDir, "v3", "do", kind);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .map((name) => join(directory, name));
}

const all = (stateDir: string, kind: string, sql: string): readonly Row[] =>
  objects(stateDir, kind).flatMap((file) => query(file, sql));

function newestRun(stateDir: string): StoredRun | undefined {
  return all(stateDir, "driftless-Run", "select * from run")
    .map((row) => JSON.parse(String(row["journalled"] ?? row["stored"])) as { run: StoredRun })
    .map(({ run }) => run)
    .filter(({ scope }) => scope === SCOPE)
    .toSorted((a, b) => b.motion.epoch - a.motion.epoch)[0];
}

/** `known`: the newest epoch before this kill's drift. */
export function landing(stateDir: string, known: number): string {
  const run = newestRun(stateDir);
  if (!run || run.motion.epoch <= known) return planned(stateDir) ? "planned" : "before the plan";
  const digest = run.motion.planDigest;
  const where = `where plan_digest = '${digest}'`;
  const votes = all(stateDir, "driftless-Auditor", `select 1 from vote ${where}`).length;
  if (run.phase === "voting") return `voting, ${votes} of 3 ballots cast`;
  if (run.phase !== "executing" && run.phase !== "reverting") return run.phase;
  const vault = (sql: string) => all(stateDir, "driftless-vault-Vault", `${sql} ${where}`);
  if (run.phase === "reverting") {
    const left = vault("select state from inverse").filter(({ state }) => state === "ready");
    return `reverting, ${left.length} inverses left`;
  }
  if (vault("select 1 from release").length === 0) return "certified";
  const calls = vault("select state from call").map(({ state }) => String(state));
  return calls.length === 0 ? "released" : `calls: ${calls.join(", ")}`;
}

/** The reconciler holds a run that has not begun. */
function planned(stateDir: string): boolean {
  const rows = all(stateDir, "driftless-Reconciler", "select value from value where name='active'");
  return rows.some(({ value }) => value !== "null");
}
