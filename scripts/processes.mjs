// Who is this pid, and is it still the one we mean? Pids are reused, so a start time belongs to
// each.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const END_MS_MAX = 3_000;
const END_POLL_MS = 20;

/**
 * The process behind a pid as {pid, parent, startedAt, command}, or undefined when there is none.
 */
export function identify(pid) {
  return existsSync("/proc/self/stat") ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces: fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent] = fields;
    // A zombie is dead and only not yet collected. While it still has other threads, though, these
    // hold its ports and files: a killed process lets go of them with the last one.
    if (state === "Z" && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(parent), startedAt: fields[19], command };
  } catch {
    return undefined;
  }
}

function fromPs(pid) {
  try {
    const columns = ["-o", "ppid=", "-o", "lstart=", "-o", "command=", "-p", String(pid)];
    const env = { ...process.env, LC_ALL: "C" };
    const line = execFileSync("ps", columns, { encoding: "utf8", env }).trim();
    const match = /^(\d+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    if (match === null) return undefined;
    return { pid, parent: Number(match[1]), startedAt: match[2], command: match[3] };
  } catch {
    return undefined;
  }
}

/** Whether the recorded process is still running, and not another one under its pid. */
export function isStill(recorded) {
  return recorded !== undefined && identify(recorded.pid)?.startedAt === recorded.startedAt;
}

/**
 * Ends a workerd whose runner is gone (it survives a SIGKILL of its parent and keeps ports and
 * databases). Anything that is not exactly the recorded process, or not workerd, is left alone.
 */
export async function endOrphan(recorded) {
  if (!isStill(recorded) || !/\bworkerd\b/.test(recorded.command)) return false;
  process.kill(recorded.pid, "SIGKILL");
  const deadline = Date.now() + END_MS_MAX;
  while (isStill(recorded) && Date.now() < deadline) await sleep(END_POLL_MS);
  return true;
}
