// A system of a bench's own: free ports, a temporary directory, no quota, and both clients.
import { SandboxAccount } from "../scripts/sandbox-account.mjs";
import { startScratch } from "../scripts/scratch-system.mjs";
import { SwarmClient } from "../scripts/swarm-client.mjs";

/** Longer than any bench: the change feed does not interfere. */
export const FEED_AT_REST = "600";

/**
 * Runs `work` with `{ swarm, account, url, pid }` (of the swarm, of workerd) and removes the system afterwards.
 * @param {{ feedSeconds: string, examples?: boolean, context: { log: Function, signal: AbortSignal },
 *   work: (of: { swarm: SwarmClient, account: SandboxAccount, url: string, pid: number }) => Promise<void> }} input
 */
export async function withInstance({ feedSeconds, examples, context: { log, signal }, work }) {
  const system = await startScratch({
    vars: { FEED_POLL_SECONDS: feedSeconds },
    examples,
    log: ({ level, message }) => {
      if (level === "error") log(message);
    },
  });
  try {
    const swarm = new SwarmClient({ url: system.url, signal });
    const account = new SandboxAccount({ url: system.sandboxUrl, signal });
    await account.liftRateLimit();
    await work({ swarm, account, url: system.url, pid: system.pid });
  } finally {
    await system.stop();
  }
}

/** A bench that has one system for all it measures: `measure(system, context)`. */
export const inOneInstance = ({ name, about, feedSeconds, examples, measure }) => ({
  name,
  about,
  run: (context) =>
    withInstance({ feedSeconds, examples, context, work: (system) => measure(system, context) }),
});
