/** A server that speaks OpenAI's chat completions and misbehaves in every way that we know of, on a port of its own. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour = (request: string, response: ServerResponse, turn: number) => void;

export interface Server {
  readonly url: string;
  /** The bodies of the requests. */
  readonly seen: string[];
  behave: Behaviour;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
};

export async function startModel(behave: Behaviour): Promise<Server> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`);
      of.behave(body, response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const of: Server = {
    url: `http://127.0.0.1:${port}/v1`,
    seen,
    behave,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return of;
}

export const answering =
  (content: unknown, more: Record<string, unknown> = {}): Behaviour =>
  (_, response) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const message = { role: "assistant", content: text };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        choices: [{ message, finish_reason: "stop", ...more }],
        usage: { prompt_tokens: 100, completion_tokens: 20 },
      }),
    );
  };

export const status =
  (code: number): Behaviour =>
  (_, response) => {
    response.statusCode = code;
    response.end("no");
  };

export const never: Behaviour = () => {};

/** A body that goes on until somebody hangs up. */
export const endless: Behaviour = (_, response) => {
  response.setHeader("content-type", "application/json");
  const more = (): void => {
    if (response.destroyed) return;
    response.write("x".repeat(16_384), () => setImmediate(more));
  };
  more();
};

/** A byte now and then: never long enough away to be given up for that alone. */
export const dripping: Behaviour = (_, response) => {
  response.setHeader("content-type", "application/json");
  const drip = (): void => {
    if (response.destroyed) return;
    response.write(" ");
    setTimeout(drip, 20);
  };
  drip();
};
