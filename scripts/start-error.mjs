/** A reason not to start that its reader can act on: printed as it stands, without a stack. */
export class StartError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = "StartError";
    this.exitCode = exitCode;
  }
}

export const USAGE_EXIT = 2;
