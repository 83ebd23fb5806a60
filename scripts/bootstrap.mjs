// Runs before `npm start` and `npm test`: makes a fresh clone ready, and says nothing when it
// already is. Plain JavaScript for Node 18 and newer without dependencies: nothing is installed yet
// when it starts.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 22; // wrangler refuses older ones
const INSTALL_MS_MAX = 15 * 60_000; // a slow mirror needs minutes; longer is a hang
const LOCK_POLL_MS = 200;

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => join(root, ...parts);
const stamp = at("node_modules/.bootstrap");
const lock = at(".driftless/install.lock");

class Failure extends Error {}

try {
  if (!isInstalled()) alone(install);
  checkNode();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`bootstrap: ${error.message}`);
  process.exit(1);
}

/** The stamp names what is installed; the platform is part of it because binaries do not travel. */
function wanted() {
  const bytes = read(at("package-lock.json"));
  if (bytes === undefined)
    throw new Failure("package-lock.json is missing, is this the whole clone?");
  const digest = createHash("sha256").update(bytes).digest("hex");
  return `${digest} ${process.platform}-${process.arch}`;
}

function isInstalled() {
  const want = wanted();
  if (read(stamp) === want) return true;
  if (!matchesNpmRecord()) return false;
  writeFileSync(stamp, want);
  return true;
}

/** `npm install` by hand leaves no stamp but npm's own record: no need to install a second time. */
function matchesNpmRecord() {
  const record = read(at("node_modules/.package-lock.json"));
  if (record === undefined) return false;
  const have = JSON.parse(record).packages;
  const want = JSON.parse(read(at("package-lock.json"))).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) => path === "" || optional || have[path]?.version === version,
  );
}

/** Two starts at once must not run `npm ci` into one folder: the second waits and finds it done. */
function alone(task) {
  mkdirSync(at(".driftless"), { recursive: true });
  const deadline = Date.now() + INSTALL_MS_MAX;
  while (!claim()) {
    if (Date.now() > deadline) throw new Failure(`another install holds ${lock} for too long`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
  process.once("exit", release);
  if (!isInstalled()) task();
  release();
}

function release() {
  rmSync(lock, { force: true });
}

function claim() {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw new Failure(`cannot write ${lock}: ${error.code}`);
  }
  // An empty lock is one whose owner is just writing its pid.
  const owner = Number(read(lock));
  if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function install() {
  console.error("bootstrap: installing dependencies (once, about half a minute)");
  // npm started by npm would take the outer command's settings for its own.
  const inherited = Object.entries(process.env);
  const env = Object.fromEntries(
    inherited.filter(([name]) => !/^npm_(lifecycle|package|command)/.test(name)),
  );
  const { status, error } = spawnSync(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      env,
      // npm's summary must not mix into the output of `npm start -- --json`.
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
      timeout: INSTALL_MS_MAX,
    },
  );
  if (error?.code === "ENOENT") throw new Failure("npm was not found on PATH");
  if (status !== 0) throw new Failure("`npm ci` failed, its message is above");
  writeFileSync(stamp, wanted());
}

/**
 * npm puts node_modules/.bin first on PATH, so the pinned Node runs the scripts, whatever started
 * npm.
 */
function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= NODE_MAJOR_MIN || existsSync(at("node_modules/node/bin/node"))) return;
  throw new Failure(
    `Node ${NODE_MAJOR_MIN} or newer is needed and the \`node\` package has no binary; ` +
      "allow its install script (`allowScripts` in package.json)",
  );
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
