/** The `cloudflare` package from npm as it is; only its base URL points here. */
import Cloudflare, { APIError, type ClientOptions } from "cloudflare";
import { expect } from "vitest";
import { type Sandbox, TOKEN } from "./sandbox.ts";

/** More than any list of the tests has: an iteration that passes it would never end. */
const ROWS_MAX = 5_000;

export const connect = ({ api }: Sandbox, options: ClientOptions = {}): Cloudflare =>
  new Cloudflare({ apiToken: TOKEN, baseURL: api, maxRetries: 0, timeout: 20_000, ...options });

/** Everything that the client's own iteration yields. */
export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) {
    found.push(row);
    if (found.length > ROWS_MAX) throw new Error("the list does not end");
  }
  return found;
}

/** The error that the call ends with. */
export async function failureOf(call: PromiseLike<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    expect(error).toBeInstanceOf(APIError);
    return error as APIError;
  }
  throw new Error("the call succeeded");
}

export const codesOf = ({ errors }: APIError): number[] =>
  errors.flatMap(({ code }) => (code === undefined ? [] : [code]));
