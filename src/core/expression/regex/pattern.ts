/** The text of a regular expression, read from left to right. */

export class Fault extends Error {
  /** False: it may well be right, but needs what is not evaluated here. */
  readonly isWrong: boolean;

  constructor(message: string, isWrong: boolean) {
    super(message);
    this.isWrong = isWrong;
  }
}

export class Pattern {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character, both halves of it; empty at the end. */
  get peek(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  skip(): void {
    this.at += this.peek.length;
  }

  take(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  /** What `expression` (sticky) matches here. */
  run(expression: RegExp): string {
    expression.lastIndex = this.at;
    const word = expression.exec(this.text)?.[0] ?? "";
    this.at += word.length;
    return word;
  }

  /** White space and comments, which the mode `x` passes over. */
  skipIgnored(): void {
    while (this.run(/\s+|#[^\n]*\n?/y) !== "");
  }

  refuse(problem: string): never {
    throw new Fault(problem, true);
  }

  giveUp(problem: string): never {
    throw new Fault(problem, false);
  }
}
