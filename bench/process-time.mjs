// The CPU time that another process has used. Linux only; elsewhere there is no figure.
import { readFileSync } from "node:fs";

/** Clock ticks are 10 ms wherever Node runs on Linux. */
const TICK_MS = 10;
/** In /proc/<pid>/stat after the name in brackets: user and system time. */
const [USER, SYSTEM] = [11, 12];

/** User and system time of the process and its threads in ms, or null. */
export function cpuMsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return (Number(fields[USER]) + Number(fields[SYSTEM])) * TICK_MS;
  } catch {
    return null;
  }
}
