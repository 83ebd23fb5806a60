/** What the webhooks need of the swarm. */
import { isScopeId, type ScopeId } from "../src/core/ids.ts";
import type { Hint } from "../src/core/intake/hint.ts";
import { isSandboxOrigin } from "../src/edge/http/sandbox-origin.ts";
import { type ScopeRow, SharedRecord } from "../src/edge/store/shared-record.ts";
import type { WebhookPorts } from "../src/edge/webhooks/receiver.ts";
import { secretsOf } from "../src/edge/webhooks/secrets.ts";
import { sentinelOf } from "./bindings.ts";

/** A new zone is known to webhooks this late; asking for each message would be a question for each message. */
const KNOWN_MS = 15_000;

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

  constructor(record: SharedRecord) {
    this.#record = record;
  }

  /** The zone that it names; else the account, or, of an advisory, every zone. */
  async of({ zoneName, zoneId, accountId, topic }: Named): Promise<readonly ScopeId[]> {
    const rows = await this.#all();
    const zone = rows.find(
      (row) => row.level === "zone" && (row.zone_id === zoneId || row.zone_name === zoneName),
    );
    if (zone) return [zone.scope];
    if (zoneName !== null || zoneId !== null) return [];
    const level = topic === "advisory" ? "zone" : "account";
    return rows
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
    // A record that does not answer leaves what was known; nothing is lost but the newest zone.
    return this.#read().catch(() => {
      this.#readAtMs = 0;
      return before;
    });
  }

  /** Throws while nothing is known: a message is then not taken, instead of being nobody's. */
  async #read(): Promise<readonly ScopeRow[]> {
    const rows = await this.#record.scopes();
    this.#rows = rows;
    this.#readAtMs = Date.now();
    return rows;
  }
}

type Named = Pick<Hint, "zoneName" | "zoneId" | "accountId" | "topic">;
