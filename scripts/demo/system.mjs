// The system that the demo plays on: the one that runs already, or one of its own.
import { Failure } from "../json-client.mjs";
import { onInterrupt, startScratch } from "../scratch-system.mjs";

const PROBE_MS_MAX = 2_000;

/**
 * Resolves to `{ url, sandboxUrl, isOwn, stop }`.
 * @param {{ options: object, say: (text: string) => void }} input
 */
export async function findSystem({ options: { url, sandboxUrl, isNamed }, say }) {
  const [swarm, sandbox] = await Promise.all([
    answerOf(`${url}/healthz`),
    answerOf(`${sandboxUrl}/sandbox`),
  ]);
  const isDriftless = swarm?.status === "ok" && typeof swarm.sandbox === "boolean";
  const isSandbox = Array.isArray(sandbox?.tokens);
  if (isDriftless && !swarm.sandbox)
    throw new Failure(`${url} works on a real account; the demo changes sandboxes only`);
  if (isDriftless && isSandbox) return { url, sandboxUrl, isOwn: false, stop: async () => {} };
  if (isNamed || isDriftless) {
    const [what, where] = isDriftless ? ["sandbox", sandboxUrl] : ["swarm", url];
    throw new Failure(`no Driftless ${what} answers at ${where}; start one with npm start`);
  }
  say(`No system answers at ${url}: starting one for the demo.`);
  return ownSystem();
}

/** For stories that what was played before would be part of: incidents that are open, guardrails that came and went. */
export const ownSystem = async () => ({
  ...(await startScratch({ log: complain })),
  isOwn: true,
});

export { onInterrupt };

function complain({ level, message }) {
  if (level === "error") process.stderr.write(`[${level}] ${message}\n`);
}

/** What is there, or undefined for nobody and for somebody else. */
async function answerOf(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    return await response.json();
  } catch {
    return undefined;
  }
}
