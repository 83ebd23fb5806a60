/**
 * Reading a request's body with a hard limit: what is declared and what really arrives are both
 * counted.
 */
import { isTooDeep, JSON_DEPTH_MAX } from "../../core/canonical.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Problem } from "./problem.ts";

/** Far above any JSON body of this API. */
export const JSON_BYTES_MAX = 64 * 1024;

/** The media type without parameters, in lower case; null when it cannot be read as UTF-8 text. */
export function mediaTypeOf(request: Request): string | null {
  const [type = "", ...parameters] = (request.headers.get("content-type") ?? "")
    .toLowerCase()
    .split(";");
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const encoding = request.headers.get("content-encoding");
  return utf8 && (encoding === null || encoding === "identity") ? type.trim() : null;
}

export async function readText(
  request: Request,
  bytesMax: number,
): Promise<Result<string, Problem>> {
  const tooLarge = err<Problem>({ slug: "too-large", detail: `at most \`${bytesMax}\` bytes` });
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader();
  if (reader === undefined) return ok("");
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let [text, size] = ["", 0];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ok(text + decoder.decode());
      size += value.byteLength;
      if (size > bytesMax) {
        await reader.cancel();
        return tooLarge;
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    if (error instanceof TypeError)
      return err({ slug: "bad-request", detail: "the body is not UTF-8" });
    throw error;
  }
}

/** The JSON value of the body; `undefined` when there is no body at all. */
export async function readJson(
  request: Request,
  bytesMax = JSON_BYTES_MAX,
): Promise<Result<unknown, Problem>> {
  const text = await readText(request, bytesMax);
  if (!text.ok) return text;
  if (text.value === "") return ok(undefined);
  if (mediaTypeOf(request) !== "application/json") {
    return err({ slug: "unsupported-media-type", detail: "send `application/json`" });
  }
  try {
    const value: unknown = JSON.parse(text.value);
    if (!isTooDeep(value)) return ok(value);
    return err({
      slug: "bad-request",
      detail: `the body is nested more than \`${JSON_DEPTH_MAX}\` levels deep`,
    });
  } catch {
    return err({ slug: "bad-request", detail: "the body is not JSON" });
  }
}
