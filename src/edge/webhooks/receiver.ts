/** `/webhooks/…`: who may speak, how much, in which form. What is said becomes hints; what is answered is the same for all of a kind. */
import { isTooDeep, type Json } from "../../core/canonical.ts";
import { type AdvisoryFormat, parseAdvisory } from "../../core/intake/advisory.ts";
import { parseAlertmanager } from "../../core/intake/alertmanager.ts";
import { type Hint, isStale } from "../../core/intake/hint.ts";
import { parseNotification } from "../../core/intake/notification.ts";
import { isScopeId, type ScopeId } from "../../core/ids.ts";
import {
  BatchBuilder,
  type Dataset,
  DATASETS,
  type TrafficBatch,
} from "../../core/traffic/batch.ts";
import { Intake } from "./intake.ts";
import { readLines } from "./log-stream.ts";
import { givenSecret, isSigned, knowsSecret, type SharedSecrets } from "./secrets.ts";

export interface WebhookPorts {
  readonly secrets: SharedSecrets;
  readonly nowMs: () => number;
  readonly parseDate: (text: string) => number;
  /** Which scopes a hint is about; none: nobody here manages it. */
  readonly scopesOf: (
    hint: Pick<Hint, "zoneName" | "zoneId" | "accountId" | "topic">,
  ) => Promise<readonly ScopeId[]>;
  /** Durable when it returns, with the time (ms) for which more of the same changes nothing; the work goes on by itself. */
  hint(scope: ScopeId, hints: readonly Hint[]): Promise<number>;
  traffic(scope: ScopeId, batch: TrafficBatch): Promise<void>;
}

export interface Keeping {
  waitUntil(work: Promise<unknown>): void;
}

/** Cloudflare's largest documented alert is below 10 KB. */
const MESSAGE_BYTES_MAX = 256 * 1024;
/** CISA's whole list has 1.5 MB. */
const ADVISORY_BYTES_MAX = 8 * 1024 * 1024;
/** Senders wait some ten to thirty seconds, and send it again. */
const ANSWER_MS_MAX = 25_000;
/** One message is about a handful of scopes, or about an account. */
const SCOPES_MAX = 100;

const said = (status: number, body: Record<string, Json>): Response =>
  Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" },
  });
const no = (status: number, why: string): Response => said(status, { accepted: false, why });

export class Receiver {
  readonly #ports: WebhookPorts;
  readonly #intake: Intake;

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
    this.#intake = new Intake({
      deliver: (scope, hints) => ports.hint(scope, hints),
      nowMs: ports.nowMs,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }

  /** Senders are answered in time, whatever it is that hangs. */
  async receive(request: Request, keeping: Keeping): Promise<Response> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Response>((resolve) => {
      timer = setTimeout(() => resolve(no(503, "too busy, send it again")), ANSWER_MS_MAX);
    });
    try {
      return await Promise.race([this.#answer(request, keeping), late]);
    } catch (fault) {
      // Not taken: whoever sent it sends it again, and what was taken after all is known by its key.
      const message = fault instanceof Error ? fault.message : "fault";
      console.error(JSON.stringify({ event: "webhook_not_taken", message }));
      return no(503, "it could not be taken, send it again");
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(request: Request, keeping: Keeping): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const dataset = /^\/webhooks\/cloudflare\/logpush\/([a-z0-9_]+)$/.exec(pathname)?.[1];
    const isKnown =
      dataset !== undefined ||
      [
        "/webhooks/cloudflare/notifications",
        "/webhooks/advisories",
        "/webhooks/alertmanager",
      ].includes(pathname);
    if (!isKnown) return no(404, "there is no such webhook");
    if (request.method !== "POST")
      return new Response(null, { status: 405, headers: { allow: "POST" } });
    if (pathname === "/webhooks/advisories") return this.#advisory(request, keeping);
    if (!knowsSecret(this.#ports.secrets, givenSecret(request.headers)))
      return no(401, "the secret is missing or wrong");
    if (dataset !== undefined) return this.#logs(request, dataset, searchParams.get("scope"));
    return pathname === "/webhooks/alertmanager"
      ? this.#alertmanager(request, keeping)
      : this.#notification(request, keeping);
  }

  async #notification(request: Request, keeping: Keeping): Promise<Response> {
    const body = await jsonOf(request, MESSAGE_BYTES_MAX);
    if (body instanceof Response) return body;
    const message = parseNotification(body.value);
    if (!message.ok) return no(400, message.error);
    if (message.value.type === "test") return said(200, { accepted: true, test: true });
    return this.#take([message.value.hint], keeping);
  }

  async #alertmanager(request: Request, keeping: Keeping): Promise<Response> {
    const body = await jsonOf(request, MESSAGE_BYTES_MAX);
    if (body instanceof Response) return body;
    const hints = parseAlertmanager(body.value);
    return hints.ok ? this.#take(hints.value, keeping) : no(400, hints.error);
  }

  /** With the shared secret, or signed as GitHub signs. */
  async #advisory(request: Request, keeping: Keeping): Promise<Response> {
    const { secrets } = this.#ports;
    const isKnown = knowsSecret(secrets, givenSecret(request.headers));
    const signature = request.headers.get("x-hub-signature-256");
    if (!isKnown && signature === null) return no(401, "neither a secret nor a signature");
    const bytes = await bytesOf(request, ADVISORY_BYTES_MAX);
    if (bytes instanceof Response) return bytes;
    if (!isKnown && !isSigned(secrets, bytes, signature)) return no(401, "the signature is wrong");
    if (request.headers.get("x-github-event") === "ping")
      return said(200, { accepted: true, test: true });
    const body = parsed(bytes);
    if (body instanceof Response) return body;
    const advisory = parseAdvisory(body.value);
    if (!advisory.ok) return no(400, advisory.error);
    const { format, cves } = advisory.value;
    const answer = await this.#taken([advisory.value.hint], keeping);
    return said(202, { ...answer, format: format satisfies AdvisoryFormat, cves: [...cves] });
  }

  async #logs(request: Request, name: string, scope: string | null): Promise<Response> {
    const dataset = DATASETS.find((one) => one === name);
    if (!dataset) return no(404, "this dataset is not taken here");
    if (Number(request.headers.get("content-length") ?? 0) > LOG_BYTES_MAX)
      return no(413, "the body is too large");
    const sorted = new Sorter(dataset, { scope, parseDate: this.#ports.parseDate });
    const read = await readLines(request.body as ReadableStream<Uint8Array<ArrayBuffer>>, (line) =>
      sorted.add(line),
    );
    if (!read.ok) {
      return read.error === "too_large"
        ? no(413, "the body is too large, packed or unpacked")
        : no(
            400,
            read.error === "truncated" ? "the body is not whole" : "the body is not UTF-8 text",
          );
    }
    if (sorted.isTest && read.value.lines === 1) return said(200, { accepted: true, test: true });
    let placed = 0;
    for (const { zoneName, zoneId, given, batch } of sorted.batches()) {
      const named = { zoneName, zoneId, accountId: null, topic: "other" } as const;
      const [first] = given ? [given] : await this.#ports.scopesOf(named);
      if (!first) continue;
      await this.#ports.traffic(first, batch);
      placed += batch.records;
    }
    return said(202, {
      accepted: placed > 0,
      records: read.value.lines,
      placed,
      unreadable: read.value.unreadable,
    });
  }

  async #take(hints: readonly Hint[], keeping: Keeping): Promise<Response> {
    const answer = await this.#taken(hints, keeping);
    return said(answer["accepted"] === true ? 202 : 200, answer);
  }

  async #taken(hints: readonly Hint[], keeping: Keeping): Promise<Record<string, Json>> {
    const { nowMs, scopesOf } = this.#ports;
    let [accepted, duplicates, stale, unknown] = [0, 0, 0, 0];
    for (const hint of hints) {
      if (isStale(hint, nowMs())) {
        stale += 1;
        continue;
      }
      const scopes = (await scopesOf(hint)).slice(0, SCOPES_MAX);
      if (scopes.length === 0) unknown += 1;
      const taken = await Promise.all(
        scopes.map((scope) => this.#intake.take(scope, hint, (work) => keeping.waitUntil(work))),
      );
      accepted += taken.filter((one) => one === "accepted").length;
      duplicates += taken.filter((one) => one === "duplicate").length;
    }
    if (accepted > 0) return { accepted: true };
    const why =
      duplicates > 0
        ? "duplicate"
        : stale > 0
          ? "stale"
          : unknown > 0
            ? "nobody manages it here"
            : "nothing to look at";
    return { accepted: false, why };
  }
}

const LOG_BYTES_MAX = 25 * 1024 * 1024;
/** Zones in one delivery; of an account's dataset it is one. */
const PLACES_MAX = 200;

/** Lines by the zone that they name, or all of them for the scope that the destination names. */
class Sorter {
  readonly #dataset: Dataset;
  readonly #given: ScopeId | null;
  readonly #parseDate: (text: string) => number;
  readonly #places = new Map<
    string,
    { zoneName: string | null; zoneId: string | null; builder: BatchBuilder }
  >();
  isTest = false;

  constructor(
    dataset: Dataset,
    of: { readonly scope: string | null; readonly parseDate: (text: string) => number },
  ) {
    this.#dataset = dataset;
    this.#given = of.scope !== null && isScopeId(of.scope) ? of.scope : null;
    this.#parseDate = of.parseDate;
  }

  add(line: Json): void {
    const members =
      typeof line === "object" && line !== null && !Array.isArray(line)
        ? (line as Record<string, Json>)
        : {};
    if (members["content"] === "tests" && Object.keys(members).length === 1) {
      this.isTest = true;
      return;
    }
    const [name, id] = [members["ZoneName"], members["ZoneID"]];
    const zoneName = typeof name === "string" ? name.toLowerCase().slice(0, 253) : null;
    const zoneId = typeof id === "string" ? id.slice(0, 64) : null;
    const key = this.#given ?? `${zoneName} ${zoneId}`;
    let place = this.#places.get(key);
    if (!place) {
      if (this.#places.size >= PLACES_MAX) return;
      place = { zoneName, zoneId, builder: new BatchBuilder(this.#dataset, this.#parseDate) };
      this.#places.set(key, place);
    }
    place.builder.add(line);
  }

  batches() {
    return [...this.#places.values()].map(({ zoneName, zoneId, builder }) => ({
      zoneName,
      zoneId,
      given: this.#given,
      batch: builder.batch(),
    }));
  }
}

async function bytesOf(request: Request, max: number): Promise<Uint8Array | Response> {
  const tooLarge = "the body is too large";
  if (Number(request.headers.get("content-length") ?? 0) > max) return no(413, tooLarge);
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > max) {
      await reader.cancel();
      return no(413, tooLarge);
    }
    chunks.push(value);
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}

const jsonOf = async (request: Request, max: number): Promise<{ value: Json } | Response> => {
  const bytes = await bytesOf(request, max);
  return bytes instanceof Response ? bytes : parsed(bytes);
};

function parsed(bytes: Uint8Array): { value: Json } | Response {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    const value = JSON.parse(text) as Json;
    return isTooDeep(value) ? no(400, "the body is nested too deeply") : { value };
  } catch {
    return no(400, "the body is not JSON");
  }
}
