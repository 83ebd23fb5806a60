/** One request to the v4 API, read completely before anything is decided about it. */
import { ApiError, invalidParameter } from "./envelope.ts";

export const API_ROOT = "/client/v4";

/** A zone file import is the largest body that the real API takes. */
const BODY_BYTES_MAX = 25 * 1024 * 1024;

export type Body =
  | { readonly type: "none" }
  | { readonly type: "json"; readonly value: unknown }
  | {
      readonly type: "form";
      readonly fields: Readonly<Record<string, string>>;
      readonly parts: readonly FormPart[];
    }
  | { readonly type: "unreadable"; readonly text: string };

/** One part of a multipart form, as bytes: a Worker's module need not be text. */
export interface FormPart {
  readonly name: string;
  readonly filename: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface ApiRequest {
  readonly method: string;
  /** Below `/client/v4`. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly search: string;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** The body as sent: some products store bytes, whatever they look like. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export async function readRequest(request: Request): Promise<ApiRequest> {
  const url = new URL(request.url);
  const bytes = await request.arrayBuffer();
  return {
    method: request.method,
    path: url.pathname.slice(API_ROOT.length).replace(/\/+$/, "") || "/",
    search: url.search.slice(1),
    query: new Query(url.searchParams),
    headers: request.headers,
    body: await readBody(bytes, request.headers.get("content-type") ?? ""),
    bytes: new Uint8Array(bytes),
  };
}

async function readBody(bytes: ArrayBuffer, type: string): Promise<Body> {
  if (bytes.byteLength === 0) return { type: "none" };
  if (bytes.byteLength > BODY_BYTES_MAX) return { type: "unreadable", text: "(too large)" };
  if (type.startsWith("multipart/form-data")) return readForm(bytes, type);
  const text = new TextDecoder().decode(bytes);
  try {
    return { type: "json", value: JSON.parse(text) };
  } catch {
    return { type: "unreadable", text };
  }
}

async function readForm(bytes: ArrayBuffer, contentType: string): Promise<Body> {
  try {
    const headers = { "content-type": contentType };
    const form = await new Response(bytes, { headers }).formData();
    const fields: Record<string, string> = {};
    const parts: FormPart[] = [];
    for (const [name, value] of form) {
      const part = await readPart(name, value);
      fields[name] = new TextDecoder().decode(part.bytes);
      parts.push(part);
    }
    return { type: "form", fields, parts };
  } catch {
    return { type: "unreadable", text: new TextDecoder().decode(bytes) };
  }
}

async function readPart(name: string, value: string | File): Promise<FormPart> {
  if (typeof value === "string") {
    return { name, filename: "", type: "", bytes: new TextEncoder().encode(value) };
  }
  const bytes = new Uint8Array(await value.arrayBuffer());
  return { name, filename: value.name, type: value.type, bytes };
}

/** The JSON body of a write. A GET or DELETE may carry `{}`, which nobody reads. */
export function jsonBody(body: Body): unknown {
  if (body.type === "json") return body.value;
  if (body.type === "none") return {};
  throw new ApiError(400, { code: 6007, message: "Malformed JSON in request body" });
}

interface PageLimits {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

export interface Page<T> {
  readonly result: T[];
  readonly info: Readonly<Record<string, number>>;
}

/** Query parameters. Dotted names (`account.id`, `actor_id.not`) are names like any other. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  get names(): string[] {
    return [...new Set(this.#values.keys())];
  }

  text(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** Repeated keys; the `cloudflare` package may also send `name[]` or a comma list. */
  all(name: string): string[] {
    return [...this.#values.getAll(name), ...this.#values.getAll(`${name}[]`)];
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined || value === "") return undefined;
    if (value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw invalidParameter(`Invalid value for \`${name}\`: must be true or false`);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || value === "") return undefined;
    const choice = choices.find((known) => known === value);
    if (choice !== undefined) return choice;
    throw invalidParameter(`Invalid value for \`${name}\`: must be one of ${choices.join(", ")}`);
  }

  integer(name: string, initial: number): number {
    const value = this.text(name);
    if (value === undefined || value === "") return initial;
    if (/^\d{1,9}$/.test(value)) return Number(value);
    throw invalidParameter(`Invalid value for \`${name}\`: must be a positive integer`);
  }

  /** One page of `all`. Sizes out of range are clamped: certbot asks zones with `per_page=1`. */
  page<T>(all: readonly T[], limits: PageLimits): Page<T> {
    const page = Math.max(1, this.integer("page", 1));
    const size = this.integer("per_page", limits.initial);
    const perPage = Math.min(limits.max, Math.max(limits.min, size));
    const result = all.slice((page - 1) * perPage, page * perPage);
    const totalPages = Math.ceil(all.length / perPage);
    return {
      result,
      info: {
        page,
        per_page: perPage,
        count: result.length,
        total_count: all.length,
        total_pages: totalPages,
      },
    };
  }
}
