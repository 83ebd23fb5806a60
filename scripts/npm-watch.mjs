// npm passes a SIGTERM only to the shell between us, which dies without passing it on; a killed npm
// passes nothing. So a start under npm looks whether npm is still there, and does not outlive it.
import { identify } from "./processes.mjs";

const LOOK_EVERY_MS = 500;
const ANCESTORS_MAX = 3; // npm, at most a wrapper, and a shell

/**
 * Calls `gone` once when the npm that runs this script has ended. Without npm there is nothing to
 * watch.
 */
export function watchNpm(gone) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const chain = ancestorsToNpm();
  const timer = setInterval(() => {
    if (isIntact(chain)) return;
    clearInterval(timer);
    gone();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** From our parent up to npm; only our parent when npm cannot be told from the others. */
function ancestorsToNpm() {
  const chain = [];
  for (let pid = process.ppid; chain.length < ANCESTORS_MAX;) {
    const found = identify(pid);
    if (found === undefined) break;
    chain.push(found);
    if (/\bnpm\b/.test(found.command)) return chain;
    pid = found.parent;
  }
  return chain.slice(0, 1);
}

/**
 * An orphan gets another parent: every link must be the one it was. What happens above npm is its
 * own affair.
 */
function isIntact(chain) {
  const [parent, ...above] = chain;
  if (parent !== undefined && process.ppid !== parent.pid) return false;
  return above.every((next, index) => identify(chain[index].pid)?.parent === next.pid);
}
