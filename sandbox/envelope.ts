/** The v4 envelope, and the errors that fill it. */

export interface Message {
  readonly code: number;
  readonly message: string;
  readonly source?: { readonly pointer: string };
  readonly error_chain?: readonly Message[];
}

/** A refusal by the API. Thrown by products, turned into an envelope by the pipeline. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly Message[];

  constructor(status: number, ...errors: readonly Message[]) {
    super(errors.map((error) => `${error.code}: ${error.message}`).join("; "));
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
  }

  /** The same refusal, saying which part of the request it is about. */
  at(pointer: string): ApiError {
    return new ApiError(
      this.status,
      ...this.errors.map((error) => ({ ...error, source: { pointer } })),
    );
  }
}

/** What a product answers; the envelope around it is the pipeline's work. */
export interface Answer {
  /** 204 is an answer without any body. */
  readonly status?: 204;
  readonly result?: unknown;
  readonly info?: Readonly<Record<string, unknown>>;
  /** Answers outside the envelope, for example the export of a zone. */
  readonly text?: string;
  /** The same with a content type of its own: Worker code, for example. */
  readonly raw?: Raw;
}

export interface Raw {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Envelope {
  readonly result: unknown;
  readonly success: boolean;
  readonly errors: readonly Message[];
  readonly messages: readonly Message[];
  readonly result_info?: Readonly<Record<string, unknown>>;
}

/** A whole answer before it becomes bytes, so that faults can still work on it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Envelope | string | Uint8Array<ArrayBuffer>;
}

export function success(answer: Answer): Reply {
  if (answer.status === 204) return { status: 204, headers: {}, body: "" };
  if (answer.text !== undefined) {
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return { status: 200, headers, body: answer.text };
  }
  if (answer.raw !== undefined) {
    const { type, body, headers } = answer.raw;
    return { status: 200, headers: { ...headers, "content-type": type }, body };
  }
  const body = { result: answer.result ?? null, success: true, errors: [], messages: [] };
  const info = answer.info === undefined ? {} : { result_info: answer.info };
  return { status: 200, headers: {}, body: { ...body, ...info } };
}

export function failure(error: ApiError, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = { result: null, success: false, errors: error.errors, messages: [] };
  return { status: error.status, headers, body };
}

export const noRoute = (path: string): ApiError =>
  new ApiError(404, {
    code: 7003,
    message: `Could not route to ${path}, perhaps your object identifier is invalid?`,
  });

export const invalidParameter = (message: string): ApiError =>
  new ApiError(400, { code: 1004, message });

export const DEFAULT_FORBIDDEN: Message = { code: 10000, message: "Authentication error" };
