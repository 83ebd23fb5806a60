// The state directory: one runner at a time, no orphan left behind, never somebody else's folder.
//   lock.sqlite     in an exclusive transaction: the kernel ends it however the runner ends
//   processes.json  the runner and its workerd processes, so that the next start can end an orphan
//   state.json      marks the folder as ours and says which mode its contents belong to
//   v3/             storage in the layout of `wrangler --persist-to <dir>`
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { endOrphan, identify, isStill } from "./processes.mjs";
import { StartError } from "./start-error.mjs";

const OWN = new Set(["lock.sqlite", "lock.sqlite-journal", "processes.json", "state.json"]);

/**
 * Opens (and on `fresh` empties) the directory for one runner. `mode` keeps sandbox state and the
 * state of a real account apart: golden states of one must never be reconciled against the other.
 */
export async function openStateDir({ dir, mode, fresh = false }) {
  const path = resolve(dir);
  const release = await claim(path);
  try {
    await endLeftovers(path);
    adopt(path, mode, fresh);
  } catch (error) {
    release();
    throw error;
  }
  const children = new Map();
  const record = () => write(path, "processes.json", snapshot(children));
  record();
  return {
    path,
    storage: join(path, "v3"),
    /**
     * Recorded as soon as it has a pid: from here on a crash of the runner leaves a traceable
     * child.
     */
    track(child) {
      children.set(child, identify(child.pid));
      record();
      child.once("exit", () => {
        children.delete(child);
        if (children.size > 0) record();
      });
    },
    close() {
      rmSync(join(path, "processes.json"), { force: true });
      release();
    },
  };
}

function snapshot(children) {
  return { runner: identify(process.pid), workerd: [...children.values()].filter(Boolean) };
}

async function claim(path) {
  const { DatabaseSync } = await sqlite();
  let database;
  try {
    mkdirSync(path, { recursive: true });
    refuseForeign(path);
    database = new DatabaseSync(join(path, "lock.sqlite"), { timeout: 0 });
    database.exec("begin exclusive");
  } catch (error) {
    database?.close();
    if (error instanceof StartError) throw error;
    throw new StartError(claimFailure(path, error));
  }
  return () => {
    if (database.isOpen) database.close();
  };
}

async function sqlite() {
  try {
    return await import("node:sqlite");
  } catch {
    const version = process.versions.node;
    throw new StartError(`Node ${version} is too old for this; \`npm start\` brings its own`);
  }
}

function claimFailure(path, error) {
  const busy = error.errcode === 5; // SQLITE_BUSY
  if (!busy) return `state directory ${path} cannot be used: ${error.message}`;
  const pid = read(path, "processes.json")?.runner?.pid;
  const holder = pid === undefined ? "another start" : `pid ${pid}`;
  return `already running on ${path} (${holder}); stop it, or choose another --state-dir`;
}

/**
 * `--fresh` deletes: a folder with contents that we did not put there is refused before anything is
 * written.
 */
function refuseForeign(path) {
  const names = readdirSync(path);
  if (names.length === 0 || names.some((name) => OWN.has(name))) return;
  throw new StartError(`${path} is not empty and not a Driftless state directory`);
}

async function endLeftovers(path) {
  const left = read(path, "processes.json");
  if (left === undefined || isStill(left.runner)) return;
  for (const child of left.workerd ?? []) await endOrphan(child);
}

function adopt(path, mode, fresh) {
  const marked = read(path, "state.json")?.mode;
  if (marked !== undefined && marked !== mode)
    throw new StartError(
      `${path} holds the state of ${marked} mode, this start is in ${mode} mode`,
    );
  if (fresh) empty(path);
  write(path, "state.json", { mode });
}

function empty(path) {
  for (const name of readdirSync(path))
    if (!OWN.has(name)) rmSync(join(path, name), { recursive: true, force: true });
}

function read(path, name) {
  try {
    return JSON.parse(readFileSync(join(path, name), "utf8"));
  } catch {
    return undefined;
  }
}

/** Replaced in one step: a crash leaves the old file or the new one, never half of one. */
function write(path, name, value) {
  const next = join(path, `${name}.next`);
  writeFileSync(next, `${JSON.stringify(value)}\n`);
  renameSync(next, join(path, name));
}
