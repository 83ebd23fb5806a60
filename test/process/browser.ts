/** As much of the DevTools protocol as a test of one page needs. */
import type { ChildProcess } from "node:child_process";

const STARTED = /DevTools listening on (ws:\S+)/;
const ANSWER_MS_MAX = 20_000;

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Page {
  /** The value of an expression, waited for where it is a promise. */
  evaluate(expression: string): Promise<unknown>;
}

export class Browser {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async of(chromium: ChildProcess): Promise<Browser> {
    const address = await new Promise<string>((resolve, reject) => {
      let text = "";
      chromium.stderr?.on("data", (more) => {
        text += String(more);
        const [, found] = STARTED.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
      chromium.once("exit", () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)));
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    return new Browser(socket);
  }

  /** With an authenticator that is built in and has verified its person. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.#send("Target.createTarget", { url: "about:blank" });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.#send("Target.attachToTarget", attach);
    const session = String(sessionId);
    await this.#send("Page.enable", {}, session);
    await this.#send("WebAuthn.enable", {}, session);
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    await this.#send("WebAuthn.addVirtualAuthenticator", { options }, session);
    await this.#send("Page.navigate", { url }, session);
    const page = { evaluate: (expression: string) => this.#evaluate(expression, session) };
    for (let tries = 0; tries < 100; tries += 1) {
      const state = await page.evaluate(`location.href + document.readyState`).catch(() => "");
      if (state === `${url}complete`) return page;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${url} did not load`);
  }

  close(): void {
    this.#socket.close();
  }

  async #evaluate(expression: string, session: string): Promise<unknown> {
    const asked = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const answer = await this.#send("Runtime.evaluate", asked, session);
    const { result, exceptionDetails } = answer as {
      readonly result?: { readonly value?: unknown };
      readonly exceptionDetails?: unknown;
    };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result?.value;
  }

  #send(
    method: string,
    params: object,
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#last += 1;
    const id = this.#last;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWER_MS_MAX);
      this.#waiting.set(id, ({ result = {}, error }) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
  }
}
