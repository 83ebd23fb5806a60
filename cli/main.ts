/** `driftless`: what can be done from a shell. People read stderr, programs stdout. */
import type { Command, Surroundings } from "./command.ts";
import { evidenceExport } from "./commands/evidence-export.ts";
import { evidenceVerify } from "./commands/evidence-verify.ts";
import { lessonCommands } from "./commands/lessons.ts";
import { recordLock } from "./commands/record-lock.ts";
import { verify } from "./commands/verify.ts";
import { Failure } from "./failure.ts";

const COMMANDS: readonly Command[] = [
  verify,
  evidenceExport,
  evidenceVerify,
  recordLock,
  ...lessonCommands,
];

const HELP = `Usage: driftless <command> [options]

${COMMANDS.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`).join("\n")}

\`driftless <command> --help\` says more. Exit code: 0 ok, 1 error, 2 wrong usage.
`;

function find(args: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const words of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === args.slice(0, words).join(" "));
    if (command) return { command, rest: args.slice(words) };
  }
  return null;
}

/** Resolves to the exit code. */
export async function main(
  args: readonly string[],
  of: Surroundings & { readonly warn: (text: string) => void },
): Promise<number> {
  const found = find(args);
  if (found === null) {
    if ([undefined, "--help", "help"].includes(args[0])) return helped(of, HELP);
    of.warn(`driftless: no command \`${args.join(" ")}\`; see --help\n`);
    return 2;
  }
  const { command, rest } = found;
  if (rest.includes("--help")) return helped(of, command.help);
  try {
    return await command.run(rest, of);
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : "unknown fault";
    of.warn(`driftless ${command.name}: ${message}\n`);
    return exitCodeOf(fault);
  }
}

function helped({ print }: Surroundings, text: string): number {
  print(text);
  return 0;
}

function exitCodeOf(fault: unknown): number {
  if (fault instanceof Failure) return fault.exitCode;
  // `parseArgs` throws these: an option that does not exist.
  return fault instanceof TypeError && "code" in fault ? 2 : 1;
}
