// Stands before a bundled Worker in the tests: what it says on its console is kept as well, and handed over to whoever asks.
import { WorkerEntrypoint } from "cloudflare:workers";

const LEVELS = ["debug", "info", "log", "warn", "error", "trace", "dir", "table"];
const lines = [];

function shown(one) {
  if (typeof one === "string") return one;
  // An error has nothing that JSON would show.
  if (one instanceof Error)
    return `${one.stack} ${shown(Object.entries(one))} ${String(one.cause)}`;
  try {
    return JSON.stringify(one) ?? String(one);
  } catch {
    return String(one);
  }
}

for (const level of LEVELS) {
  const write = console[level].bind(console);
  console[level] = (...of) => {
    lines.push(of.map(shown).join(" "));
    write(...of);
  };
}

/** What was said since somebody asked last. */
export const said = () => lines.splice(0);

export class Console extends WorkerEntrypoint {
  said() {
    return said();
  }

  /** For the test of the guard itself. */
  say(text) {
    console.warn("as told:", new Error(text));
  }
}
