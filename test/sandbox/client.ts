/** How the tests talk to the sandbox: as a client of its API, and through its control plane. */
import { exports } from "cloudflare:workers";
import { checkExchange } from "./openapi.ts";

export const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
export const BOOKS = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
export const API = "b41f6d0e7a2c4c9f8e5d3b1a09f8e7d6";

export type Fields = Record<string, unknown>;

export interface DnsRecord extends Fields {
  id: string;
  name: string;
  type: string;
  content: string;
  ttl: number;
  proxied: boolean;
  settings: Fields;
  data?: Fields;
  priority?: number;
  comment: string | null;
  tags: string[];
  meta: Fields;
  modified_on: string;
}

export interface Reply<T = Fields> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly result: T;
  readonly info: Fields;
  readonly errors: readonly { code: number; message: string; error_chain?: Fields[] }[];
}

export interface Options {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** The request is knowingly outside the description; only the answer is checked. */
  readonly isUndescribed?: boolean;
}

/** One API call; its request and answer are held against the API description. */
export async function api<T = Fields>(call: string, options: Options = {}): Promise<Reply<T>> {
  const [method, path] = parts(call);
  const answer = await exports.default.fetch(
    `http://sandbox/client/v4${path}`,
    requestOf(method, options),
  );
  const text = await answer.text();
  const contentType = answer.headers.get("content-type") ?? "";
  const value = contentType.startsWith("application/json") ? tryParse(text) : text;
  if (value !== undefined) {
    const body = options.isUndescribed === true ? undefined : options.body;
    checkExchange({ method, path, body, status: answer.status, contentType, answer: value });
  }
  const envelope = (typeof value === "object" ? value : {}) as Envelope;
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    result: envelope.result as T,
    info: envelope.result_info ?? {},
    errors: envelope.errors ?? [],
  };
}

interface Envelope {
  readonly result?: unknown;
  readonly result_info?: Fields;
  readonly errors?: Reply["errors"];
}

function requestOf(method: string, options: Options): RequestInit {
  const { token = "sandbox-dashboard", body, headers = {} } = options;
  const isRaw = typeof body === "string" || body instanceof FormData;
  return {
    method,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  };
}

function parts(call: string): [method: string, path: string] {
  const space = call.indexOf(" ");
  return [call.slice(0, space), call.slice(space + 1)];
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The control plane, whose answers are plain JSON. */
export async function control<T = Fields>(call: string, body?: unknown): Promise<T> {
  const [method, path] = parts(call);
  const answer = await exports.default.fetch(`http://sandbox/sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${call}: ${answer.status} ${JSON.stringify(value)}`);
  return value;
}

export const reset = (): Promise<Fields> => control("POST /reset");

export const fault = (rule: Fields): Promise<Fields> =>
  control("PUT /faults", { rules: [{ id: "test", ...rule }] });

const RECORDS = `/zones/${BOOKS}/dns_records`;

export const list = (query = ""): Promise<Reply<DnsRecord[]>> => api(`GET ${RECORDS}${query}`);

export const create = (body: Fields, options: Options = {}): Promise<Reply<DnsRecord>> =>
  api(`POST ${RECORDS}`, { body: { ttl: 1, ...body }, ...options });

export const read = (id: string): Promise<Reply<DnsRecord>> => api(`GET ${RECORDS}/${id}`);

export const put = (id: string, body: Fields): Promise<Reply<DnsRecord>> =>
  api(`PUT ${RECORDS}/${id}`, { body: { ttl: 1, ...body } });

export const patch = (id: string, body: Fields): Promise<Reply<DnsRecord>> =>
  api(`PATCH ${RECORDS}/${id}`, { body });

export const remove = (id: string): Promise<Reply<{ id: string }>> =>
  api(`DELETE ${RECORDS}/${id}`);

export const batch = (body: Fields): Promise<Reply<Record<string, DnsRecord[]>>> =>
  api(`POST ${RECORDS}/batch`, { body });

/** All codes of a refusal, the outer one first. */
export const codes = (reply: Reply<unknown>): unknown[] =>
  reply.errors.flatMap(({ code, error_chain: chain = [] }) => [
    code,
    ...chain.map((link) => link["code"]),
  ]);
