/**
 * Takes what was told to where it belongs: notifications to their destinations, logs to the destinations of the jobs. The
 * one place that it really reaches is `driftless.example`, which is the swarm on this machine (`deliver_to`); all else stays
 * in the sandbox and can be looked at.
 */
import { ACCOUNT_ID } from "../identities.ts";
import { DELIVERY } from "../notifications/destination.ts";
import type { World } from "../world.ts";
import { destinationOf, LOGPUSH_JOB, packed, type StoredJob } from "./logpush-job.ts";
import type { LogLine } from "./log-lines.ts";

/** The name of the swarm in the account's world. */
export const SWARM_HOST = "driftless.example";
const ANSWER_MS_MAX = 10_000;
/** Uploads that are kept to be looked at: so many, and not more than fits beside everything else. */
const BATCHES_MAX = 200;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;
/** Records of one upload: Logpush's smallest setting allows a thousand, its default a hundred thousand. */
const RECORDS_MAX = 20_000;

export interface Batch {
  readonly seq: number;
  readonly at: string;
  readonly job: string;
  readonly dataset: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly records: number;
  readonly body: Uint8Array;
  /** What the destination said; null: it was not sent. */
  status: number | null;
}

export class Courier {
  readonly #world: World;
  readonly #origin: string;
  readonly #batches: Batch[] = [];
  #seq = 0;
  /** Deliveries of before this process are nobody's news. */
  #lastDelivery: string | undefined;

  constructor(world: World, deliverTo: string) {
    this.#world = world;
    this.#origin = isLoopback(deliverTo) ? new URL(deliverTo).origin : "";
    this.#lastDelivery = world.store.shelf(DELIVERY, ACCOUNT_ID).list().at(-1)?.id;
  }

  batches(): readonly Batch[] {
    return this.#batches;
  }

  forgetBatches(): void {
    this.#batches.length = 0;
  }

  /** Uploads what was logged. Resolves when everything was answered or given up. */
  async push(): Promise<readonly Batch[]> {
    const batches = this.#packed();
    await Promise.all(
      batches.map(async (batch) => {
        batch.status = await this.#post(batch.url, batch.headers, batch.body);
      }),
    );
    return batches;
  }

  /** Sends the notifications that nobody was sent yet. */
  async notify(): Promise<void> {
    const deliveries = this.#world.store.shelf(DELIVERY, ACCOUNT_ID).list();
    const from = deliveries.findIndex(({ id }) => id === this.#lastDelivery) + 1;
    this.#lastDelivery = deliveries.at(-1)?.id;
    await Promise.all(
      deliveries
        .slice(from)
        .map(({ url, headers, body }) => this.#post(url, headers, JSON.stringify(body))),
    );
  }

  #packed(): readonly Batch[] {
    const lines = Map.groupBy(
      this.#world.traffic.takeLines(),
      ({ scope, dataset }) => `${scope} ${dataset}`,
    );
    const made = [...lines].flatMap(([key, logged]) => {
      const [scope = "", dataset = ""] = key.split(" ");
      return this.#jobs(scope, dataset).flatMap((job) =>
        parts(
          logged.map(({ line }) => line),
          job.max_upload_records,
        ).map((part) => this.#batchOf(job, part)),
      );
    });
    this.#batches.push(...made);
    this.#forgetOldest();
    return made;
  }

  #forgetOldest(): void {
    let bytes = this.#batches.reduce((sum, { body }) => sum + body.byteLength, 0);
    while (
      this.#batches.length > BATCHES_MAX ||
      (bytes > BATCH_BYTES_MAX && this.#batches.length > 1)
    )
      bytes -= this.#batches.shift()?.body.byteLength ?? 0;
  }

  #jobs(scope: string, dataset: string): readonly StoredJob[] {
    return this.#world.store
      .shelf(LOGPUSH_JOB, scope)
      .list()
      .filter((job) => job.enabled && job.dataset === dataset);
  }

  #batchOf(job: StoredJob, lines: readonly LogLine[]): Batch {
    this.#seq += 1;
    const { url, headers } = destinationOf(job.destination_conf);
    return {
      seq: this.#seq,
      at: new Date(this.#world.now()).toISOString(),
      job: job.id,
      dataset: job.dataset,
      url,
      headers: { "content-type": "text/plain", "content-encoding": "gzip", ...headers },
      records: lines.length,
      body: packed(lines, job),
      status: null,
    };
  }

  /** Null: not sent, or not answered. Cloudflare would try again; here the history of alerts has to do (and is there). */
  async #post(
    to: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | string,
  ): Promise<number | null> {
    const url = new URL(to);
    if (this.#origin === "" || url.hostname !== SWARM_HOST) return null;
    try {
      const answer = await fetch(`${this.#origin}${url.pathname}${url.search}`, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return null;
    }
  }
}

function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}

function parts(lines: readonly LogLine[], max: number | null): readonly (readonly LogLine[])[] {
  const size = Math.min(RECORDS_MAX, max === null || max === 0 ? RECORDS_MAX : max);
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, index) =>
    lines.slice(index * size, (index + 1) * size),
  );
}
