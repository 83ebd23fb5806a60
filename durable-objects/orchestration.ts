/**
 * `swarm.yaml` as it was when this Worker was built. A Worker with a file that has faults does not start, and says where
 * they are.
 */
import { type Orchestration, parseOrchestration } from "../src/core/orchestration.ts";
import { readGoldenText } from "../src/edge/http/golden-text.ts";
import text from "../swarm.yaml";

/** More than anybody mends at once. */
const FAULTS_SHOWN = 5;

export function readOrchestration(source: string): Orchestration {
  const read = readGoldenText(source, false);
  if (!read.ok)
    return refuse(read.error.map(({ line, column, detail }) => `${line}:${column}: ${detail}`));
  const parsed = parseOrchestration(read.value.value);
  if (parsed.ok) return parsed.value;
  return refuse(
    parsed.error.map(({ path, problem }) => {
      const { line, column } = read.value.locate(path);
      return `${line}:${column}: ${placeOf(path)} ${problem}`;
    }),
  );
}

/** `agent_orchestrator.agents[2].check` */
const placeOf = (path: readonly (string | number)[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1) || "the file";

function refuse(faults: readonly string[]): never {
  const shown = faults.slice(0, FAULTS_SHOWN).map((fault) => `swarm.yaml:${fault}`);
  const rest = faults.length - shown.length;
  throw new Error([...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; "));
}

export const ORCHESTRATION: Orchestration = readOrchestration(text);
