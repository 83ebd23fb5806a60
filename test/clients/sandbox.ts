/** The sandbox alone, over HTTP on a free loopback port, as a client that knows nothing of it would meet the API. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import { Child, leaveNothing } from "../process/driftless.ts";

export const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
export const BOOKS = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
export const ZONE_NAME = "harbor-books.example";
/** A person in the dashboard, with all rights. */
export const TOKEN = "sandbox-dashboard";
/** May read everything and write nothing. */
export const READER = "sandbox-swarm-read";

const CALL_MS_MAX = 20_000;
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: number;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number | null;
  readonly body: unknown;
}

/** What the sandbox itself says, past any client. */
export class Sandbox {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  get api(): string {
    return `${this.url}/client/v4`;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${TOKEN}`);
    const signal = AbortSignal.timeout(CALL_MS_MAX);
    return fetch(`${this.url}${path}`, { ...init, headers, signal });
  }

  async control<T = unknown>(call: string, body?: unknown): Promise<T> {
    const [method = "", path = ""] = call.split(" ");
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await this.fetch(`/sandbox${path}`, { method, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`${call}: ${response.status} ${text.slice(0, 300)}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** One call as the API answers it, with all rows of a list. */
  async read<T>(path: string): Promise<T> {
    const separator = path.includes("?") ? "&" : "?";
    const response = await this.fetch(`/client/v4${path}${separator}per_page=50000`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    const { result }: { result: T } = await response.json();
    return result;
  }

  /** The zone's records with this name, as they are kept. */
  records(name: string): Promise<readonly Row[]> {
    return this.read(`/zones/${BOOKS}/dns_records?name.exact=${encodeURIComponent(name)}`);
  }

  /** Every API call since the last reset. */
  async calls(): Promise<readonly Call[]> {
    return (await this.control<{ entries: Call[] }>("GET /journal?limit=5000")).entries;
  }
}

/** One sandbox for a test file, back at its seed before each test. */
export function useSandbox(): () => Sandbox {
  let running: Sandbox | undefined;
  const sandbox = (): Sandbox => {
    if (running === undefined) throw new Error("the sandbox is not running");
    return running;
  };
  beforeAll(async () => {
    const { sandboxUrl } = await new Child(["test/clients/serve.mjs"]).ready();
    running = new Sandbox(sandboxUrl);
  });
  afterAll(leaveNothing);
  beforeEach(async () => {
    await sandbox().control("POST /reset", { seed: "default" });
  });
  return sandbox;
}
