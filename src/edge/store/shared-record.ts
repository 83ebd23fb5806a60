/** D1: what people and agents query. Upserts only, so that an owner may repeat them after a crash. */
import type { SignedApproval } from "../../core/approval.ts";
import type { SignedBallot } from "../../core/ballot.ts";
import type { JsonObject } from "../../core/canonical.ts";
import type { Guardrail } from "../../core/guardrails/guardrail.ts";
import type { Hold } from "../../core/hold.ts";
import type { Incident } from "../../core/incident.ts";
import type { GuardrailId, HoldId, Instant, RunId, ScopeId } from "../../core/ids.ts";
import type { Lesson } from "../../core/lesson.ts";
import type { Ended, RecordedHold } from "../../core/log/hold-entries.ts";
import type { Level } from "../../core/resource.ts";
import { isFinished, type Run } from "../../core/run.ts";
import type { RunView } from "../../core/run-view.ts";

export interface ScopeRow {
  readonly scope: ScopeId;
  readonly level: Level;
  readonly zone_id: string;
  readonly zone_name: string;
  readonly account_id: string;
  readonly generation: number;
  readonly seen_at: string;
}

/** Where a page goes on: the sort key of its last row. */
export interface After {
  readonly at: string;
  readonly id: string;
}

export interface ListQuery {
  readonly scope: ScopeId | null;
  readonly after: After | null;
  readonly limit: number;
}

export class SharedRecord {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async saveScope(row: Omit<ScopeRow, "generation">): Promise<void> {
    await this.#db
      .prepare(
        "insert into scopes (scope, level, zone_id, zone_name, account_id, seen_at) values (?, ?, ?, ?, ?, ?) on conflict (scope) do update set zone_id = excluded.zone_id, zone_name = excluded.zone_name, account_id = excluded.account_id, seen_at = excluded.seen_at",
      )
      .bind(row.scope, row.level, row.zone_id, row.zone_name, row.account_id, row.seen_at)
      .run();
  }

  async saveGeneration(scope: ScopeId, generation: number): Promise<void> {
    await this.#db
      .prepare("update scopes set generation = max(generation, ?) where scope = ?")
      .bind(generation, scope)
      .run();
  }

  async scopes(): Promise<readonly ScopeRow[]> {
    return (
      await this.#db.prepare("select * from scopes order by scope limit 5000").all<ScopeRow>()
    ).results;
  }

  /** Some account of Cloudflare that is known, always the same one; null before the first search for zones. */
  async firstAccount(): Promise<string | null> {
    const row = await this.#db
      .prepare(
        "select account_id from scopes where level in ('zone', 'account') order by account_id limit 1",
      )
      .first<{ account_id: string }>();
    return row?.account_id ?? null;
  }

  async scope(scope: ScopeId): Promise<ScopeRow | null> {
    return this.#db.prepare("select * from scopes where scope = ?").bind(scope).first<ScopeRow>();
  }

  async saveIncident(incident: Incident): Promise<void> {
    await this.#db
      .prepare(
        "insert into incidents (id, scope, status, cause, opened_at, closed_at, run, drift, facts) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set status = excluded.status, closed_at = excluded.closed_at, run = excluded.run, drift = excluded.drift, facts = excluded.facts",
      )
      .bind(
        incident.id,
        incident.scope,
        incident.status,
        incident.cause,
        incident.openedAt,
        incident.closedAt,
        incident.run,
        JSON.stringify(incident.drift),
        incident.facts === undefined ? null : JSON.stringify(incident.facts),
      )
      .run();
  }

  async incidents(query: ListQuery): Promise<readonly Incident[]> {
    const rows = await this.#page<IncidentRow>("incidents", "opened_at", query);
    return rows.map(incidentOf);
  }

  async incident(id: string): Promise<Incident | null> {
    const row = await this.#db
      .prepare("select * from incidents where id = ?")
      .bind(id)
      .first<IncidentRow>();
    return row ? incidentOf(row) : null;
  }

  /** `at` orders the writes of one run: a late copy never overwrites a newer one. */
  async saveRun(run: Run, view: RunView, at: Instant): Promise<void> {
    const { id, incident, scope, motion } = run;
    await this.#db
      .prepare(
        "insert into runs (id, incident, scope, epoch, phase, plan_digest, dossier_digest, started_at, updated_at, finished, view) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set phase = excluded.phase, updated_at = excluded.updated_at, finished = excluded.finished, view = excluded.view where excluded.updated_at >= runs.updated_at",
      )
      .bind(
        id,
        incident,
        scope,
        motion.epoch,
        run.phase,
        motion.planDigest,
        motion.dossierDigest,
        run.timeline[0]?.at ?? at,
        at,
        isFinished(run) ? 1 : 0,
        JSON.stringify(view),
      )
      .run();
  }

  async runs(query: ListQuery): Promise<readonly RunView[]> {
    const rows = await this.#page<{ view: string }>("runs", "started_at", query);
    return rows.map(({ view }) => JSON.parse(view) as RunView);
  }

  async run(id: string): Promise<RunView | null> {
    const row = await this.#db
      .prepare("select view from runs where id = ?")
      .bind(id)
      .first<{ view: string }>();
    return row ? (JSON.parse(row.view) as RunView) : null;
  }

  async saveHold(hold: Hold, ended: Ended | null): Promise<void> {
    await this.#db
      .prepare(
        "insert or replace into holds (id, scope, selector, reason, placed_by, placed_at, expires_at, ended_at, ended_by, ended_how) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .bind(
        hold.id,
        hold.scope,
        hold.selector && JSON.stringify(hold.selector),
        hold.reason,
        hold.by,
        hold.placedAt,
        hold.expiresAt,
        ended?.at ?? null,
        ended?.by ?? null,
        ended?.how ?? null,
      )
      .run();
  }

  async holds(query: ListQuery): Promise<readonly RecordedHold[]> {
    return (await this.#page<HoldRow>("holds", "placed_at", query)).map(holdOf);
  }

  async hold(id: HoldId): Promise<RecordedHold | null> {
    const row = await this.#db
      .prepare("select * from holds where id = ?")
      .bind(id)
      .first<HoldRow>();
    return row ? holdOf(row) : null;
  }

  async saveGuardrail(guardrail: Guardrail): Promise<void> {
    const { id, scope, template, placedAt, expiresAt, ended } = guardrail;
    await this.#db
      .prepare(
        // An end is for ever: a late copy of what was before it changes nothing.
        "insert into guardrails (id, scope, template, placed_at, expires_at, ended_at, guardrail) values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set expires_at = excluded.expires_at, ended_at = excluded.ended_at, guardrail = excluded.guardrail where guardrails.ended_at is null",
      )
      .bind(id, scope, template, placedAt, expiresAt, ended?.at ?? null, JSON.stringify(guardrail))
      .run();
  }

  async guardrails(query: ListQuery): Promise<readonly Guardrail[]> {
    const rows = await this.#page<{ guardrail: string }>("guardrails", "placed_at", query);
    return rows.map(({ guardrail }) => JSON.parse(guardrail) as Guardrail);
  }

  async guardrail(id: GuardrailId): Promise<Guardrail | null> {
    const row = await this.#db
      .prepare("select guardrail from guardrails where id = ?")
      .bind(id)
      .first<{ guardrail: string }>();
    return row ? (JSON.parse(row.guardrail) as Guardrail) : null;
  }

  async unfinishedRuns(limit: number): Promise<readonly RunId[]> {
    return (
      await this.#db
        .prepare("select id from runs where finished = 0 limit ?")
        .bind(limit)
        .all<{ id: RunId }>()
    ).results.map(({ id }) => id);
  }

  async saveBallots(run: RunId, ballots: readonly SignedBallot[]): Promise<void> {
    const insert = this.#db.prepare(
      "insert or ignore into ballots (run, voter, vote, tier, reasons, cast_at, signature) values (?, ?, ?, ?, ?, ?, ?)",
    );
    await this.#db.batch(
      ballots.map(({ ballot, signature }) =>
        insert.bind(
          run,
          ballot.voter,
          ballot.vote,
          ballot.tier,
          JSON.stringify(ballot.reasons),
          ballot.castAt,
          JSON.stringify(signature),
        ),
      ),
    );
  }

  async ballots(run: string): Promise<readonly BallotRow[]> {
    const { results } = await this.#db
      .prepare(
        "select voter, vote, tier, reasons, cast_at from ballots where run = ? order by voter",
      )
      .bind(run)
      .all<Omit<BallotRow, "reasons"> & { reasons: string }>();
    return results.map((row) => ({ ...row, reasons: JSON.parse(row.reasons) as string[] }));
  }

  async saveApproval(run: RunId, { approval }: SignedApproval): Promise<void> {
    const { by, verdict, at } = approval;
    await this.#db
      .prepare("insert or replace into approvals (run, by, verdict, at) values (?, ?, ?, ?)")
      .bind(run, by, verdict, at)
      .run();
  }

  async saveLesson(lesson: Lesson): Promise<void> {
    await this.#db
      .prepare(
        "insert or ignore into lessons (run, scope, cause, paths, shape, shape_digest, outcome, calls, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .bind(
        lesson.run,
        lesson.scope,
        lesson.cause,
        JSON.stringify(lesson.paths),
        lesson.shape,
        lesson.shapeDigest,
        lesson.outcome,
        lesson.calls,
        lesson.at,
      )
      .run();
  }

  async lessons(limit: number): Promise<readonly Lesson[]> {
    const { results } = await this.#db
      .prepare(
        "select run, scope, cause, paths, shape, shape_digest as shapeDigest, outcome, calls, at from lessons order by at desc, run limit ?",
      )
      .bind(limit)
      .all<Omit<Lesson, "paths"> & { paths: string }>();
    return results.map((row) => ({ ...row, paths: JSON.parse(row.paths) as string[] }));
  }

  /** Newest first. `table` and `at` are names from this file, never input. */
  async #page<Row>(
    table: "incidents" | "runs" | "holds" | "guardrails",
    at: "opened_at" | "started_at" | "placed_at",
    { scope, after, limit }: ListQuery,
  ): Promise<readonly Row[]> {
    const where = [
      scope ? "scope = ?1" : "?1 is null",
      after ? `(${at}, id) < (?2, ?3)` : "?2 is null and ?3 is null",
    ].join(" and ");
    const statement = this.#db.prepare(
      `select * from ${table} where ${where} order by ${at} desc, id desc limit ?4`,
    );
    return (await statement.bind(scope, after?.at ?? null, after?.id ?? null, limit).all<Row>())
      .results;
  }
}

export interface BallotRow {
  readonly voter: string;
  readonly vote: string;
  readonly tier: number;
  readonly reasons: readonly string[];
  readonly cast_at: string;
}

interface HoldRow {
  readonly id: HoldId;
  readonly scope: ScopeId;
  readonly selector: string | null;
  readonly reason: string;
  readonly placed_by: string;
  readonly placed_at: Instant;
  readonly expires_at: Instant;
  readonly ended_at: Instant | null;
  readonly ended_by: string | null;
  readonly ended_how: Ended["how"] | null;
}

const holdOf = (row: HoldRow): RecordedHold => ({
  id: row.id,
  scope: row.scope,
  selector: row.selector === null ? null : (JSON.parse(row.selector) as Hold["selector"]),
  reason: row.reason,
  by: row.placed_by,
  placedAt: row.placed_at,
  expiresAt: row.expires_at,
  ended:
    row.ended_at !== null && row.ended_by !== null && row.ended_how !== null
      ? { at: row.ended_at, by: row.ended_by, how: row.ended_how }
      : null,
});

interface IncidentRow {
  readonly id: Incident["id"];
  readonly scope: ScopeId;
  readonly status: Incident["status"];
  readonly cause: string;
  readonly opened_at: Instant;
  readonly closed_at: Instant | null;
  readonly run: RunId | null;
  readonly drift: string;
  readonly facts: string | null;
}

const incidentOf = ({ opened_at, closed_at, drift, facts, ...rest }: IncidentRow): Incident => ({
  ...rest,
  ...(facts === null ? {} : { facts: JSON.parse(facts) as JsonObject }),
  openedAt: opened_at,
  closedAt: closed_at,
  drift: JSON.parse(drift) as Incident["drift"],
});
