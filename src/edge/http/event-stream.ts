/**
 * Entries of the record as server-sent events. The reader pulls: while a client does not read,
 * nothing is fetched, so nothing piles up (I12). The stream ends by itself; the client comes back
 * with the last id it has seen.
 */
import type { RecordedEntry } from "../../core/log/entry.ts";
import type { ApiPorts } from "./api-ports.ts";
import { type Position, positionText, readRecord } from "./record-reading.ts";

/**
 * Long poll on the record. With `HEARTBEAT_MS` no silence is longer than 15 s, which proxies
 * tolerate.
 */
const WAIT_MS = 10_000;
const HEARTBEAT_MS = 5_000;
/** An open answer keeps a Durable Object awake, which costs. */
export const LIFE_MS = 10 * 60_000;
const RETRY_MS = 3_000;
const BATCH_MAX = 100;
/** A record that answers "nothing yet" at once must not make a busy loop of us. */
const IDLE_MS = 500;

export interface StreamQuery {
  /** Entries after this position; the caller has seen it. */
  readonly after: Position;
  readonly scope: string | null;
  readonly signal: AbortSignal;
}

export const frameOf = (entry: RecordedEntry, position: Position): string =>
  `id: ${positionText(position)}\nevent: ${entry.type}\ndata: ${JSON.stringify(entry)}\n\n`;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function eventStream(
  ports: Pick<ApiPorts, "log" | "now">,
  { after, scope, signal }: StreamQuery,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const clock = (): number => Date.parse(ports.now());
  const endsAt = clock() + LIFE_MS;
  const left = new AbortController();
  const gone = AbortSignal.any([signal, left.signal]);
  let seen = after;
  let wroteAt = 0;

  /** What to send next: events, a heartbeat, or null when the stream is over. */
  async function next(): Promise<string | null> {
    while (!gone.aborted && clock() < endsAt) {
      const waitMs = Math.min(WAIT_MS, endsAt - clock());
      const askedAt = clock();
      const query = { after: seen, limit: BATCH_MAX, waitMs };
      const { entries, positions } = await readRecord(ports.log, query);
      seen = positions.at(-1) ?? seen;
      const shown = entries.flatMap((entry, at) =>
        scope === null || entry.scope === scope ? [frameOf(entry, positions[at] ?? seen)] : [],
      );
      if (shown.length > 0) return shown.join("");
      // The id of a heartbeat moves the client past what the filter left out.
      if (clock() - wroteAt >= HEARTBEAT_MS)
        return entries.length > 0 ? `: \nid: ${positionText(seen)}\n\n` : ": \n\n";
      if (entries.length === 0 && clock() - askedAt < IDLE_MS) await pause(IDLE_MS);
    }
    return null;
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        wroteAt = clock();
      },
      async pull(controller) {
        const text = await next().catch((error: unknown) => {
          const message = error instanceof Error ? error.message : "unknown fault";
          console.error(JSON.stringify({ event: "events_ended", message }));
          return null;
        });
        // Cancelled while it waited: the stream takes nothing any more.
        if (left.signal.aborted) return;
        if (text === null) {
          controller.enqueue(encoder.encode(`: the stream ends here\nretry: ${RETRY_MS}\n\n`));
          controller.close();
          return;
        }
        wroteAt = clock();
        controller.enqueue(encoder.encode(text));
      },
      cancel() {
        left.abort();
      },
    },
    { highWaterMark: 1 },
  );
}
