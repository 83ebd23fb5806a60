/** A verb of `driftless`. Adding one is a file in `commands/` and a line in `main.ts`. */
export interface Command {
  /** One or two words. */
  readonly name: string;
  readonly about: string;
  readonly help: string;
  /** Resolves to the exit code. */
  run(args: readonly string[], of: Surroundings): Promise<number>;
}

export interface Surroundings {
  readonly print: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}
