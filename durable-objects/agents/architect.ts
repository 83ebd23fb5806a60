import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { type JsonObject, textOf } from "../../src/core/canonical.ts";
import {
  amendmentFor,
  type Amendment,
  type Ground,
  PATHS_MAX,
  type Part,
  upgradesIn,
  usesIn,
} from "../../src/core/golden-paths/amendment.ts";
import {
  type Digest,
  type IncidentId,
  type Instant,
  instantOf,
  type ScopeId,
} from "../../src/core/ids.ts";
import {
  afterReading,
  type ArchitectPort,
  choicesOf,
  chosenUses,
  type Draft,
  draftOf,
  groundOf,
  incidentStatusOf,
  type Intent,
  type IntentDecision,
  intentIdOf,
  type IntentRefusal,
  type IntentRequest,
  INTENTS_MAX,
  isOver,
  isSame,
  newIntent,
  type Rehearsal,
  waits,
} from "../../src/core/intents/intent.ts";
import type { ZonePlan } from "../../src/core/golden-paths/zone-plan.ts";
import type { Setting } from "../../src/core/intents/interpretation.ts";
import { namesDeclared } from "../../src/core/intents/near-name.ts";
import { NO_EXPERIENCE, rankedReading } from "../../src/core/experience/experience.ts";
import { askedEntry, decidedEntry, readEntry } from "../../src/core/log/intent-entries.ts";
import type { StoredGolden } from "../../src/core/ports.ts";
import type { Fault } from "../../src/core/resource.ts";
import { err, ok, type Result } from "../../src/core/result.ts";
import { golden } from "../../src/edge/http/golden-draft.ts";
import { readExperience } from "../../src/edge/store/blackboard.ts";
import { IntentRecord } from "../../src/edge/store/intent-record.ts";
import { SharedRecord } from "../../src/edge/store/shared-record.ts";
import { logOf, reconcilerOf } from "../bindings.ts";
import { Driver } from "../driver.ts";
import { InferenceLedger } from "../inference-ledger.ts";
import { ORCHESTRATION } from "../orchestration.ts";
import { type Read, readIntent } from "./intent-reader.ts";
import { freeNames } from "./taken-names.ts";

const clock = (): Instant => instantOf(new Date().toISOString());
/** How often it is looked whether the account is in order, so that the zone may follow. */
const LOOK_AGAIN_MS = 500;
/** As long as a request waits for what comes of it. */
const ANSWER_MS_MAX = 2_000;
/** A part that waits for people waits as long as a person may need; then somebody has to ask again (I12). */
const AMENDING_MS_MAX = 24 * 60 * 60_000;

interface Stored {
  /** By scope. */
  readonly goldens: Readonly<Record<string, StoredGolden | null>>;
  readonly plan: ZonePlan | null;
}

/**
 * The architect of one scope. Owns: the intents of the scope. It reads text from outside and holds no credential; what it
 * emits are golden paths with parameters, which deterministic code turns into an amendment. The amendment is put like any golden
 * state, by the name of who asked, and goes the ordinary way from there.
 *
 * Order (I10): the record first, then its own storage, then the copies in D1, which the next change makes good. A crash while
 * reading reads again; a crash while amending finds by the golden state in force what is done already.
 */
export class Architect extends DurableObject<Env> implements ArchitectPort {
  readonly #driver = new Driver("architect", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #ledger = new InferenceLedger(this.ctx.storage);
  readonly #asking = new Map<IncidentId, Promise<void>>();
  readonly #advancing = new Map<IncidentId, Promise<Intent>>();

  onStart(): void {
    this.#sql.exec(
      "create table if not exists intent (id text primary key, at text not null, over integer not null, intent text not null)",
    );
  }

  async ask(request: IntentRequest): Promise<Result<Intent, IntentRefusal>> {
    await this.lifecycle.start();
    const id = intentIdOf(request);
    // Two at once with one key: the second waits for what the first keeps, and is held against it.
    while (this.#asking.has(id)) await this.#asking.get(id)?.catch(() => undefined);
    const before = this.#find(id);
    if (before) return isSame(before, request) ? ok(before) : err({ reason: "key_reused" });
    if (!this.#makeRoom()) return err({ reason: "too_many", max: INTENTS_MAX });
    const intent = newIntent(request, id);
    const kept = this.#begun(intent).finally(() => this.#asking.delete(id));
    this.#asking.set(id, kept);
    await kept;
    await this.#driver.request();
    // The built-in rules need no network: who asked gets what came of it. Nobody waits long for a model: it goes on by itself.
    const soon = new Promise<Intent>((resolve) => {
      setTimeout(() => resolve(this.#find(id) ?? intent), ANSWER_MS_MAX);
    }).then((still) => (still.phase === "reading" ? this.#told(still) : still));
    return ok(await Promise.race([this.#advance(id), soon]));
  }

  async #begun(intent: Intent): Promise<void> {
    await logOf(this.env).append([askedEntry(intent)]);
    this.#keep(intent);
  }

  async intent(id: IncidentId): Promise<Intent | null> {
    await this.lifecycle.start();
    return this.#find(id);
  }

  async decide(id: IncidentId, decision: IntentDecision): Promise<Result<Intent, IntentRefusal>> {
    await this.lifecycle.start();
    const intent = this.#find(id);
    if (!intent) return err({ reason: "no_such_intent" });
    if (!waits(intent)) return err({ reason: "not_waiting", phase: intent.phase });
    if (decision.decision === "apply" && decision.digest !== intent.draft?.digest)
      return err({ reason: "draft_moved", digest: intent.draft?.digest ?? null });
    const at = clock();
    await logOf(this.env).append([decidedEntry(intent, { ...decision, at })]);
    switch (decision.decision) {
      case "withdraw":
        return ok(await this.#save({ ...intent, phase: "withdrawn", updatedAt: at }));
      case "choose": {
        const choices = decision.chosen;
        const chosen: Intent = { ...intent, phase: "reading", choices, updatedAt: at };
        await this.#save(chosen);
        await this.#driver.request();
        return ok(await this.#advance(id));
      }
      case "apply":
        return this.#apply(intent, decision.by);
    }
  }

  /** What was shown has to be what there still is; otherwise the new draft is shown, and asked about again. */
  async #apply(intent: Intent, by: string): Promise<Result<Intent, IntentRefusal>> {
    const now = draftFor(intent, await this.#stored(intent));
    const updatedAt = clock();
    if (!now.ok || now.value.draft.digest !== intent.draft?.digest) {
      const shown = now.ok ? now.value.draft : null;
      const faults = now.ok ? [] : now.error;
      await this.#save({ ...intent, draft: shown, faults, updatedAt });
      return err({ reason: "draft_moved", digest: shown?.digest ?? null });
    }
    // Whoever applies it is who changes the golden state.
    await this.#save({ ...intent, phase: "amending", by, updatedAt });
    await this.#driver.request();
    return ok(await this.#advance(intent.id));
  }

  async #drive(): Promise<number | null> {
    let waiting = false;
    for (const { id } of this.#unfinished()) {
      const { phase } = await this.#advance(id);
      waiting ||= phase === "amending" || phase === "reading";
    }
    return waiting ? Date.now() + LOOK_AGAIN_MS : null;
  }

  /** One at a time for each intent: who asks and the heartbeat share what is under way. */
  #advance(id: IncidentId): Promise<Intent> {
    const before = this.#advancing.get(id);
    if (before) return before;
    const turn = this.#turn(id).finally(() => this.#advancing.delete(id));
    this.#advancing.set(id, turn);
    return turn;
  }

  async #turn(id: IncidentId): Promise<Intent> {
    const intent = this.#find(id);
    if (!intent) throw new Error("an intent under way is not there");
    const read = intent.phase === "reading" ? await this.#read(intent) : intent;
    return read.phase === "amending" ? this.#amend(read) : read;
  }

  async #read(intent: Intent): Promise<Intent> {
    const stored = await this.#stored(intent);
    const found = await this.#interpreted(intent, stored);
    const read: Intent = { ...intent, ...found };
    const { interpretation } = found;
    const drafted = choicesOf(read).length === 0 ? null : await this.#drafted(read, stored);
    const result = drafted && (drafted.ok ? ok(drafted.value.draft) : drafted);
    const asks = interpretation.type === "question" && drafted === null;
    const next = asks
      ? { phase: "asking" as const, draft: null, faults: [] }
      : afterReading(read, result);
    const at = clock();
    const after: Intent = { ...read, ...next, updatedAt: at };
    const isShown = after.phase === "proposed" && drafted?.ok;
    // A rehearsal changes nothing: the record and it need not wait for each other.
    const [rehearsals] = await Promise.all([
      isShown ? this.#rehearsed(intent, drafted.value.amendment, stored) : [],
      logOf(this.env).append([readEntry(after, at)]),
    ]);
    return this.#save({ ...after, rehearsals });
  }

  async #drafted(intent: Intent, stored: Stored): Promise<ReturnType<typeof draftFor>> {
    const drafted = draftFor(intent, stored);
    if (!drafted.ok) return drafted;
    const { site } = intent.grounds.account;
    const free = await freeNames(this.env, site, drafted.value.amendment.parts);
    return free.ok ? drafted : free;
  }

  async #interpreted(
    intent: Intent,
    stored: Stored,
  ): Promise<Read & Partial<Pick<Intent, "choices">>> {
    const { interpretation, model } = intent;
    if (interpretation) return { interpretation, model: model ?? "rules" };
    if (intent.upgrade) return upgradeFor(intent, stored);
    const reader = {
      env: this.env,
      memory: this.#ledger,
      model: ORCHESTRATION.models.architect,
      liveNames: () => this.#liveNames(intent),
    };
    const setting = settingOf(intent, stored);
    const ground = groundFor(intent, stored);
    const read = await readIntent(reader, intent, { setting, ground });
    const experience = (await readExperience(this.env.BLACKBOARD)) ?? NO_EXPERIENCE;
    return { ...read, interpretation: rankedReading(read.interpretation, experience) };
  }

  /** Only to ask whether another name is meant: where it cannot be read, what is declared has to do. */
  async #liveNames({ grounds: { zone } }: Intent): Promise<readonly string[]> {
    if (!zone) return [];
    const live = await reconcilerOf(this.env, zone.scope).live(["dns_record"]);
    return live.ok
      ? live.value.observation.resources.map(({ fields: { name } }) => textOf(name))
      : [];
  }

  /** One part after the other, each when the one before is in place: what a zone names has to be there. */
  async #amend(intent: Intent): Promise<Intent> {
    const stored = await this.#stored(intent);
    const drafted = draftFor(intent, stored);
    if (!drafted.ok) return this.#fail(intent, drafted.error);
    const { parts } = drafted.value.amendment;
    const [part] = parts;
    if (part === undefined) return this.#save({ ...intent, phase: "amended", updatedAt: clock() });
    if (!(await this.#mayFollow(intent, part))) {
      const isLate = Date.now() - Date.parse(intent.updatedAt) > AMENDING_MS_MAX;
      return isLate ? this.#fail(intent, []) : intent;
    }
    const put = await this.#put(intent, part, stored.goldens[part.scope] ?? null);
    // Somebody was quicker: the next turn works with what they have put.
    if (put === "moved") return intent;
    if (!put.ok) return this.#fail(intent, put.error);
    // A crash here leaves the generation in force and the intent behind; the next turn finds nothing left to amend.
    const done = [...intent.done, { scope: part.scope, ...put.value }];
    const phase = parts.length > 1 ? "amending" : "amended";
    return this.#save({ ...intent, done, phase, updatedAt: clock() });
  }

  async #put(
    intent: Intent,
    part: Part,
    before: StoredGolden | null,
  ): Promise<"moved" | Result<{ generation: number; digest: Digest }, readonly Fault[]>> {
    const text = golden({ scope: part.scope, stored: before }, part.edits);
    if (!text.ok) return err([{ path: [], problem: text.error }]);
    const put = await reconcilerOf(this.env, part.scope).putGolden({
      ...text.value,
      expected: before?.generation ?? 0,
      by: intent.by,
      amends: part.changes.map(({ op, kind, identity }) => ({ op, kind, identity })),
      paths: [...new Set(choicesOf(intent).map(({ path }) => path))],
    });
    if (put.ok) return put;
    return put.error.reason === "invalid" ? err(put.error.problems) : "moved";
  }

  #fail(intent: Intent, faults: readonly Fault[]): Promise<Intent> {
    return this.#save({ ...intent, phase: "failed", faults, updatedAt: clock() });
  }

  async #mayFollow({ done }: Intent, { scope }: Part): Promise<boolean> {
    const last = done.at(-1);
    if (last === undefined || last.scope === scope) return true;
    return this.#isInPlace(last.scope, last.generation);
  }

  /** A scope is in place when its reconciler has found so under the generation, or a later one. */
  async #isInPlace(scope: ScopeId, generation: number): Promise<boolean> {
    const reconciler = reconcilerOf(this.env, scope);
    const view = await reconciler.view();
    if (view.generation < generation || view.observedAt === null) return false;
    if (view.status === "in_sync") return true;
    // What had no id to be bound to in the first plan is made by the next one.
    if (view.status === "held" && view.reported.length > 0)
      await reconciler.wake({ source: "request", at: clock(), by: "architect" });
    return false;
  }

  async #stored({ grounds: { zone, account, aws_account: aws } }: Intent): Promise<Stored> {
    const scopes = [
      ...(account.managed ? [account.scope] : []),
      ...[zone, aws].flatMap((one) => (one ? [one.scope] : [])),
    ];
    const [plan, ...found] = await Promise.all([
      zone ? reconcilerOf(this.env, zone.scope).zonePlan() : null,
      ...scopes.map(
        async (scope) => [scope, await reconcilerOf(this.env, scope).golden()] as const,
      ),
    ]);
    return { goldens: Object.fromEntries(found), plan };
  }

  async #rehearsed(
    { grounds }: Intent,
    { parts }: Amendment,
    stored: Stored,
  ): Promise<readonly (Rehearsal | null)[]> {
    if (!grounds.account.managed && parts.some(({ level }) => level === "account")) return [];
    return Promise.all(
      parts.map(async ({ scope, edits }) => {
        const text = golden({ scope, stored: stored.goldens[scope] ?? null }, edits);
        if (!text.ok) return null;
        const rehearsed = await reconcilerOf(this.env, scope).rehearse(text.value.document);
        return rehearsed.ok ? rehearsed.value : null;
      }),
    );
  }

  /** False: there are as many as there may be, and none of them is over. */
  #makeRoom(): boolean {
    const [row] = this.#sql
      .exec<{ count: number }>("select count(*) as count from intent")
      .toArray();
    if ((row?.count ?? 0) < INTENTS_MAX) return true;
    const freed = this.#sql.exec(
      "delete from intent where id = (select id from intent where over = 1 order by at limit 1)",
    );
    return freed.rowsWritten > 0;
  }

  #find(id: IncidentId): Intent | null {
    const [row] = this.#sql
      .exec<{ intent: string }>("select intent from intent where id = ?", id)
      .toArray();
    return row ? (JSON.parse(row.intent) as Intent) : null;
  }

  #unfinished(): readonly Intent[] {
    return this.#sql
      .exec<{ intent: string }>("select intent from intent where over = 0 order by at")
      .toArray()
      .map(({ intent }) => JSON.parse(intent) as Intent)
      .filter(({ phase }) => phase === "reading" || phase === "amending");
  }

  /** Here; what others read of it is told when it has come to something. */
  #keep(intent: Intent): Intent {
    this.#sql.exec(
      "insert or replace into intent values (?, ?, ?, ?)",
      intent.id,
      intent.at,
      isOver(intent) ? 1 : 0,
      JSON.stringify(intent),
    );
    return intent;
  }

  #save(intent: Intent): Promise<Intent> {
    return this.#told(this.#keep(intent));
  }

  async #told(intent: Intent): Promise<Intent> {
    await Promise.all([
      new SharedRecord(this.env.DB).saveIncident({
        id: intent.id,
        scope: intent.scope,
        status: incidentStatusOf(intent),
        openedAt: intent.at,
        closedAt: isOver(intent) ? intent.updatedAt : null,
        cause: "intent",
        drift: [],
        run: null,
      }),
      new IntentRecord(this.env.DB).save(intent),
    ]);
    return intent;
  }
}

interface Drafted {
  readonly amendment: Amendment;
  readonly draft: Draft;
}

const documentsIn = (stored: Stored): Readonly<Record<string, JsonObject | null>> =>
  Object.fromEntries(
    Object.entries(stored.goldens).map(([scope, one]) => [
      scope,
      (one?.document ?? null) as JsonObject | null,
    ]),
  );

/** Judged by when it was asked, so that the same intent is the same draft whenever it is worked out again. */
const groundFor = ({ grounds, at: now }: Intent, stored: Stored): Ground =>
  groundOf(grounds, documentsIn(stored), { plan: stored.plan, now });

/** Nobody's words: which paths and parameters follows from what stands there. What is more is the next upgrade's. */
const upgradeFor = (intent: Intent, stored: Stored): Read & Pick<Intent, "choices"> => ({
  interpretation: { type: "choice", chosen: [], confidence: 100, reasons: ["an upgrade"] },
  model: "rules",
  choices: upgradesIn(groundFor(intent, stored)).slice(0, PATHS_MAX),
});

function draftFor(intent: Intent, stored: Stored): Result<Drafted, readonly Fault[]> {
  const { grounds } = intent;
  const amended = amendmentFor(choicesOf(intent), groundFor(intent, stored));
  if (!amended.ok) return amended;
  if (!grounds.account.managed && amended.value.parts.some(({ level }) => level === "account"))
    return err([
      { path: [], problem: `needs \`${grounds.account.scope}\`, which is not managed here` },
    ]);
  const generations = Object.fromEntries(
    Object.entries(stored.goldens).map(([scope, one]) => [scope, one?.generation ?? 0]),
  );
  return ok({ amendment: amended.value, draft: draftOf(amended.value, generations) });
}

function settingOf({ grounds: { zone, account }, at }: Intent, stored: Stored): Setting {
  const documents = documentsIn(stored);
  const uses = [zone?.scope, account.scope].flatMap((scope) =>
    scope === undefined ? [] : usesIn(documents[scope]),
  );
  return {
    level: zone ? "zone" : "account",
    zone: zone?.site.name ?? null,
    now: at,
    uses: chosenUses(uses),
    names: zone ? namesDeclared(documents[zone.scope], zone.site.name) : [],
  };
}
