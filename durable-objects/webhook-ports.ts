/** What the webhooks need of the swarm. */
import { isScopeId, type ScopeId } from "../src/core/ids.ts";
import type { Hint } from "../src/core/intake/hint.ts";
import { isSandboxOrigin } from "../src/edge/http/sandbox-origin.ts";
import { type ScopeRow, SharedRecord } from "../src/edge/store/shared-record.ts";
import type { WebhookPorts } from "../src/edge/webhooks/receiver.ts";
import { secretsOf } from "../src/edge/webhooks/secrets.ts";
import { sentinelOf } from "./bindings.ts";

/** What is known of the scopes is asked again after this; asking for each message would be a question for each message. */
const KNOWN_MS = 15_000;
/**
 * For a zone that is not known, and for advisories, which are rare and concern every zone, it is asked at once, so that the
 * newest zone misses nothing. So often in a second at most: invented names of zones are then no flood of questions (I12).
 */
const ASKED_AT_ONCE_MAX = 20;

export function webhookPorts(env: Env): WebhookPorts {
  const known = new KnownScopes(new SharedRecord(env.DB));
  return {
    secrets: secretsOf({
      sandbox: isSandboxOrigin(env.CF_API_BASE),
      current: env.WEBHOOK_SECRET,
      next: env.WEBHOOK_SECRET_NEXT,
    }),
    nowMs: () => Date.now(),
    parseDate: (text) => Date.parse(text),
    scopesOf: (hint) => known.of(hint),
    hint: (scope, hints) => sentinelOf(env, scope).hint(hints),
    traffic: (scope, batch) => sentinelOf(env, scope).traffic(batch),
  };
}

/**
 * Scopes by name and id, from the shared record, kept for a moment. Rows are shared between requests, a read under way never:
 * the runtime ends a promise with the request that began it.
 */
class KnownScopes {
  readonly #record: SharedRecord;
  #rows: readonly ScopeRow[] | null = null;
  #readAtMs = 0;
  #asked = { sinceMs: 0, times: 0 };

  constructor(record: SharedRecord) {
    this.#record = record;
  }

  /** The zone that it names; else the account, or, of an advisory, every zone. */
  async of({ zoneName, zoneId, accountId, topic }: Named): Promise<readonly ScopeId[]> {
    const find = (rows: readonly ScopeRow[]) =>
      rows.find(
        (row) => row.level === "zone" && (row.zone_id === zoneId || row.zone_name === zoneName),
      );
    if (zoneName !== null || zoneId !== null) {
      const zone = find(await this.#all()) ?? find(await this.#newest());
      return zone ? [zone.scope] : [];
    }
    const isAdvisory = topic === "advisory";
    const level = isAdvisory ? "zone" : "account";
    return (await (isAdvisory ? this.#newest() : this.#all()))
      .filter((row) => row.level === level && (accountId === null || row.account_id === accountId))
      .map(({ scope }) => scope)
      .filter(isScopeId);
  }

  async #all(): Promise<readonly ScopeRow[]> {
    const before = this.#rows;
    if (before === null) return this.#read();
    if (Date.now() - this.#readAtMs < KNOWN_MS) return before;
    // One request reads; the others go on with what is known.
    this.#readAtMs = Date.now();
    return this.#readOr(before);
  }

  async #newest(): Promise<readonly ScopeRow[]> {
    const before = this.#rows;
    if (before === null) return this.#read();
    const nowMs = Date.now();
    if (Math.abs(nowMs - this.#asked.sinceMs) >= 1_000) this.#asked = { sinceMs: nowMs, times: 0 };
    if (this.#asked.times >= ASKED_AT_ONCE_MAX) return before;
    this.#asked.times += 1;
    return this.#readOr(before);
  }

  /** A record that does not answer leaves what was known; nothing is lost but the newest zone. */
  readonly #readOr = (before: readonly ScopeRow[]): Promise<readonly ScopeRow[]> =>
    this.#read().catch(() => {
      this.#readAtMs = 0;
      return before;
    });

  /** Throws while nothing is known: a message is then not taken, instead of being nobody's. */
  async #read(): Promise<readonly ScopeRow[]> {
    const rows = await this.#record.scopes();
    this.#rows = rows;
    this.#readAtMs = Date.now();
    return rows;
  }
}

type Named = Pick<Hint, "zoneName" | "zoneId" | "accountId" | "topic">;
