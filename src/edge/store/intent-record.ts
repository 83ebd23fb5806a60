/** The shared record's copy of intents. Written after the architect's own storage, never read to decide anything. */
import type { IncidentId, Instant, ScopeId } from "../../core/ids.ts";
import type { Intent } from "../../core/intents/intent.ts";

interface Page {
  readonly scope: ScopeId | null;
  readonly after: { readonly at: Instant; readonly id: string } | null;
  readonly limit: number;
}

interface Row {
  readonly view: string;
}

const intentOf = ({ view }: Row): Intent => JSON.parse(view) as Intent;

export class IntentRecord {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async save(intent: Intent): Promise<void> {
    const { id, scope, phase, by, at } = intent;
    await this.#db
      .prepare(
        "insert or replace into intents (id, scope, phase, asked_by, asked_at, view) values (?, ?, ?, ?, ?, ?)",
      )
      .bind(id, scope, phase, by, at, JSON.stringify(intent))
      .run();
  }

  async find(id: IncidentId): Promise<Intent | null> {
    const row = await this.#db
      .prepare("select view from intents where id = ?")
      .bind(id)
      .first<Row>();
    return row && intentOf(row);
  }

  /** Newest first. */
  async page({ scope, after, limit }: Page): Promise<readonly Intent[]> {
    const statement = this.#db
      .prepare(
        "select view from intents where (?1 is null or scope = ?1) and (?2 is null or (asked_at, id) < (?2, ?3)) order by asked_at desc, id desc limit ?4",
      )
      .bind(scope, after?.at ?? null, after?.id ?? null, limit);
    return (await statement.all<Row>()).results.map(intentOf);
  }
}
