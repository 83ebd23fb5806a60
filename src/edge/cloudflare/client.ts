/**
 * The Cloudflare v4 API, one call at a time. Nothing is retried here: whether a call may be repeated depends on what it
 * does, and that is known above.
 */
import type { Json } from "../../core/canonical.ts";
import {
  type Answer,
  faulted,
  type PageInfo,
  type ProviderApi,
  unavailable,
} from "../../core/provider-api.ts";
import type { ApiRequest } from "../../core/resource.ts";
import { bodyOf } from "./request-body.ts";

/** How long one call may take. The API answers lists of 5,000 in about a second. */
const TIMEOUT_MS = 20_000;

export interface CloudflareApiOptions {
  /** `https://api.cloudflare.com/client/v4` or a sandbox's. */
  readonly base: string;
  readonly token: string;
  readonly fetch: (request: Request) => Promise<Response>;
}

export class CloudflareApi implements ProviderApi {
  readonly #options: CloudflareApiOptions;

  constructor(options: CloudflareApiOptions) {
    this.#options = options;
  }

  get(
    path: string,
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const search = new URLSearchParams(query).toString();
    const target = search ? `${path}?${search}` : path;
    return this.#call({ method: "GET", path: target, body: null, headers });
  }

  send(request: ApiRequest): Promise<Answer> {
    return this.#call(request);
  }

  /** A question to the analytics: sent by POST, it changes nothing. They have an envelope of their own. */
  async ask(query: string, variables: Readonly<Record<string, string>>): Promise<Answer> {
    try {
      const body = { query, variables };
      return await analyticsAnswer(await this.#fetch({ method: "POST", path: "/graphql", body }));
    } catch (fault) {
      return faulted(fault);
    }
  }

  /** What is answered without an envelope: the code of a Worker. */
  async download(path: string): Promise<Download> {
    try {
      const response = await this.#fetch({ method: "GET", path, body: null });
      if (!response.ok) return notOk(await answerOf(response));
      return { type: "ok", content: await response.arrayBuffer(), headers: response.headers };
    } catch (fault) {
      return faulted(fault);
    }
  }

  async #call(request: Sent): Promise<Answer> {
    try {
      return await answerOf(await this.#fetch(request));
    } catch (fault) {
      return faulted(fault);
    }
  }

  #fetch({ method, path, headers: more, ...rest }: Sent): Promise<Response> {
    const { base, token, fetch } = this.#options;
    const headers = new Headers({ accept: "application/json, */*;q=0.5", ...more });
    headers.set("authorization", `Bearer ${token}`);
    // `manual`: a redirect would carry the token to another origin.
    const init: RequestInit = {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const body = bodyOf(rest);
    if (body) init.body = body.content;
    if (body?.type) headers.set("content-type", body.type);
    return fetch(new Request(base + path, init));
  }
}

type Sent = Omit<ApiRequest, "method"> & { readonly method: string };

export type Download =
  | { readonly type: "ok"; readonly content: ArrayBuffer; readonly headers: Headers }
  | Exclude<Answer, { type: "ok" }>;

const notOk = (answer: Answer): Exclude<Answer, { type: "ok" }> =>
  answer.type === "ok" ? unavailable("no usable answer") : answer;

/** 408, 409 and 429 are passing conditions; the other 4xx are final (cloudflare.md, section 2.3). */
const PASSING = new Set([408, 409, 425, 429]);

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  if (status === 204) return { type: "ok", result: null, info: {}, ...rayIn(headers) };
  if (status >= 500 || PASSING.has(status)) {
    await response.body?.cancel();
    return unavailable(`status ${status}`, retryAfter(headers));
  }
  if (status >= 300 && status < 400) return { type: "refused", status, codes: [] };
  const answer = read(await response.json().catch(() => null), status);
  return answer.type === "ok" ? { ...answer, ...rayIn(headers) } : answer;
}

/** `<id>-<place>`. Anything else is no ray. */
function rayIn(headers: Headers): { readonly ray?: string } {
  const [, ray] = /^([0-9a-f]{16})(?:-[A-Z]{3})?$/.exec(headers.get("cf-ray") ?? "") ?? [];
  return ray === undefined ? {} : { ray };
}

/** Errors come with status 200. They have no codes that say what kind they are: none of them is asked again at once. */
async function analyticsAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  if (status !== 200) return answerOf(response);
  const said = (await response.json().catch(() => null)) as GraphqlAnswer | null;
  if (typeof said !== "object" || said === null) return unavailable("no usable answer");
  return (said.errors ?? []).length > 0
    ? { type: "refused", status, codes: [] }
    : { type: "ok", result: said.data ?? null, info: {} };
}

interface GraphqlAnswer {
  readonly data?: Json;
  readonly errors?: readonly unknown[] | null;
}

function read(envelope: unknown, status: number): Answer {
  if (!isEnvelope(envelope)) {
    return status >= 400
      ? { type: "refused", status, codes: [] }
      : unavailable(`status ${status} without an envelope`);
  }
  const { success, errors, result, result_info: info } = envelope;
  return success && status < 400
    ? { type: "ok", result: result ?? null, info: info ?? {} }
    : { type: "refused", status, codes: (errors ?? []).map(({ code }) => code) };
}

interface Envelope {
  readonly success: boolean;
  readonly errors?: readonly { readonly code: number }[] | null;
  readonly result?: Json;
  readonly result_info?: PageInfo | null;
}

const isEnvelope = (value: unknown): value is Envelope =>
  typeof value === "object" &&
  value !== null &&
  "success" in value &&
  typeof value.success === "boolean";

/** Seconds or a date; anything else is as if it were not there. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get("retry-after");
  if (text === null) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
