/**
 * A delivery of Logpush: NDJSON, mostly gzipped, read line by line and never whole. Every limit is one of the sender's own
 * or far above it; what goes past one is refused, and then nothing of the delivery counts.
 */
import type { Json } from "../../core/canonical.ts";
import { err, ok, type Result } from "../../core/result.ts";

export interface StreamLimits {
  /** As it comes in. Logpush can be told to send up to 1 GB; we ask for 5 MB batches (docs/operations.md). */
  readonly bytesMax: number;
  /** Unpacked. */
  readonly unpackedMax: number;
  /** NDJSON packs ten to forty times; what packs far better is no log. */
  readonly ratioMax: number;
  readonly lineMax: number;
  readonly linesMax: number;
}

export const LIMITS: StreamLimits = {
  bytesMax: 25 * 1024 * 1024,
  unpackedMax: 256 * 1024 * 1024,
  ratioMax: 100,
  lineMax: 256 * 1024,
  linesMax: 1_000_000,
};

export type StreamProblem = "too_large" | "truncated" | "not_text";

/** A megabyte is unpacked before the ratio is looked at: a short log may well be all alike. */
const RATIO_FROM = 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** Calls `each` for every line that is JSON, and counts those that are not. */
export async function readLines(
  body: ReadableStream<Bytes> | null,
  each: (line: Json) => void,
  limits: StreamLimits = LIMITS,
): Promise<Result<{ readonly lines: number; readonly unreadable: number }, StreamProblem>> {
  if (body === null) return ok({ lines: 0, unreadable: 0 });
  const lines = new Lines(each, limits);
  let [packedBytes, unpackedBytes] = [0, 0];
  const packed = counting(body, (bytes) => {
    packedBytes += bytes;
    if (packedBytes > limits.bytesMax) throw new TooLarge();
  });
  try {
    for await (const chunk of await unpacked(packed)) {
      unpackedBytes += chunk.byteLength;
      const isBomb = unpackedBytes > RATIO_FROM && unpackedBytes > limits.ratioMax * packedBytes;
      if (unpackedBytes > limits.unpackedMax || isBomb) throw new TooLarge();
      lines.add(chunk);
    }
    return lines.end();
  } catch (fault) {
    return err(problemOf(fault));
  }
}

class Lines {
  readonly #each: (line: Json) => void;
  readonly #limits: StreamLimits;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  #rest = "";
  #lines = 0;
  #unreadable = 0;

  constructor(each: (line: Json) => void, limits: StreamLimits) {
    this.#each = each;
    this.#limits = limits;
  }

  add(chunk: Bytes): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > this.#limits.lineMax) throw new TooLarge();
    for (const line of lines) this.#take(line);
  }

  /** A last line without an end is whole when it is JSON; a delivery that was cut off ends in the middle of one. */
  end(): Result<{ readonly lines: number; readonly unreadable: number }, StreamProblem> {
    this.#rest += this.#decoder.decode();
    if (this.#rest.trim() !== "" && jsonOf(this.#rest) === undefined) return err("truncated");
    this.#take(this.#rest);
    return ok({ lines: this.#lines, unreadable: this.#unreadable });
  }

  #take(line: string): void {
    if (line.trim() === "") return;
    this.#lines += 1;
    const { linesMax, lineMax } = this.#limits;
    if (this.#lines > linesMax || line.length > lineMax) throw new TooLarge();
    const value = jsonOf(line);
    if (value === undefined) this.#unreadable += 1;
    else this.#each(value);
  }
}

class TooLarge extends Error {}

const problemOf = (fault: unknown): StreamProblem => {
  if (fault instanceof TooLarge) return "too_large";
  // The decoder speaks of encoding, the unpacker of its stream.
  return fault instanceof TypeError && /decod|utf|encod/i.test(fault.message)
    ? "not_text"
    : "truncated";
};

function jsonOf(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}

async function* counting(
  body: ReadableStream<Bytes>,
  count: (bytes: number) => void,
): AsyncGenerator<Bytes> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      count(value.byteLength);
      yield value;
    }
  } finally {
    // Also when nobody wants the rest: the sender is told to stop.
    await reader.cancel().catch(() => undefined);
  }
}

/** By its first two bytes, whatever the headers say of it. */
async function unpacked(packed: AsyncGenerator<Bytes>): Promise<AsyncIterable<Bytes>> {
  const first = await packed.next();
  if (first.done) return packed;
  const whole = prepended(first.value, packed);
  const isGzip = first.value[0] === 0x1f && (first.value[1] ?? 0x8b) === 0x8b;
  return isGzip ? gunzip(whole) : whole;
}

async function* prepended(first: Bytes, rest: AsyncGenerator<Bytes>): AsyncGenerator<Bytes> {
  yield first;
  yield* rest;
}

async function* gunzip(packed: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  let fault: unknown;
  const pumping = (async () => {
    try {
      for await (const chunk of packed) await writer.write(chunk);
      await writer.close();
    } catch (thrown) {
      fault = thrown;
      await writer.abort(thrown).catch(() => undefined);
    }
  })();
  const reader = readable.getReader() as ReadableStreamDefaultReader<Bytes>;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (thrown) {
    throw fault ?? thrown;
  } finally {
    await reader.cancel().catch(() => undefined);
    await writer.abort().catch(() => undefined);
    await pumping;
  }
  if (fault !== undefined) throw fault;
}
