import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { type Diagnosis, type Facts } from "../src/core/diagnosis/facts.ts";
import { announcedAfter } from "../src/core/diagnosis/announcement.ts";
import { isBetter } from "../src/core/diagnosis/replacement.ts";
import { diagnose } from "../src/core/diagnosis/registry.ts";
import { troubledAfter } from "../src/core/diagnosis/trouble.ts";
import { windowOf } from "../src/core/diagnosis/window.ts";
import { type Guardrail, type GuardrailRequest } from "../src/core/guardrails/guardrail.ts";
import { nextRung } from "../src/core/guardrails/ladder.ts";
import { TEMPLATES } from "../src/core/guardrails/registry.ts";
import { isScopeId, mint, type ScopeId } from "../src/core/ids.ts";
import type { Incident } from "../src/core/incident.ts";
import { firstRung, NO_EXPERIENCE } from "../src/core/experience/experience.ts";
import { newWatch, observeTraffic } from "../src/core/detection/watch.ts";
import { type Hint, oddityHint } from "../src/core/intake/hint.ts";
import { afterLook, dueAtMs, type Pace } from "../src/core/intake/pace.ts";
import { rungEntry } from "../src/core/log/experience-entries.ts";
import { diagnosedEntry, heardEntry, incidentEntry } from "../src/core/log/sentinel-entries.ts";
import type { SentinelPort } from "../src/core/ports.ts";
import { type Period, unloggedPeriod } from "../src/core/traffic/analytics.ts";
import type { TrafficBatch } from "../src/core/traffic/batch.ts";
import { countedWith, nothingCounted } from "../src/core/traffic/intervals.ts";
import { effectOf } from "../src/core/traffic/effect.ts";
import { readExperience } from "../src/edge/store/blackboard.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { lessonBookOf, logOf, reconcilerOf } from "./bindings.ts";
import { Driver } from "./driver.ts";
import { recentChanges } from "./recent-changes.ts";
import {
  cveOf,
  incidentOf,
  instant,
  isAnswerTo,
  isSame,
  nameOf,
  reasonOf,
} from "./sentinel-cases.ts";
import { type OpenCase, SentinelState } from "./sentinel-state.ts";

/** An incident that is not seen to go on for so long is over. */
const QUIET_MS = 5 * 60_000;
/** While one is open it is looked at again this often, also when nobody says anything. */
const AGAIN_MS = 30_000;
/** Opened more often within an hour: whatever it is, it comes and goes by itself. */
const FLAPS_MAX = 3;
const HOUR_MS = 60 * 60_000;

/**
 * One per scope: hears signals, keeps a bounded record of requests, diagnoses, and proposes. It writes nothing to
 * Cloudflare and reads no text for a decision: what is counted decides, and a guardrail is the reconciler's to place.
 *
 * Order: the record (I10), then the reconciler (idempotent: the same guardrail is the same), then its own state. A crash in
 * between repeats the diagnosis, which is of the same facts.
 */
export class Sentinel extends DurableObject<Env> implements SentinelPort {
  readonly #driver = new Driver("sentinel", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #state = new SentinelState(this.ctx.storage);
  readonly #record = new SharedRecord(this.env.DB);
  /** A new process looks at once. */
  #pace: Pace | null = null;
  #hasTraffic = false;
  /** Whether a look was asked for since the last hint that needs one. */
  #isAsked = false;

  async hint(hints: readonly Hint[]): Promise<number> {
    await this.lifecycle.start();
    const nowMs = Date.now();
    const [heard, owedAtMs] = this.ctx.storage.transactionSync(() => [
      this.#state.hear(hints, nowMs),
      this.#promise(nowMs),
    ]);
    // One more of a sort that waits changes no diagnosis: the look at that sort is under way or has its time.
    if (heard === "something" || !this.#isAsked) {
      // A crash here leaves what was heard and no look; the next message, this one again too, asks for it.
      this.#isAsked = false;
      await this.#driver.request();
      this.#isAsked = true;
    }
    return owedAtMs === null ? 0 : Math.max(0, owedAtMs - Date.now());
  }

  /** When what waits will be looked at, if not at once. That is kept to, whatever is looked at before (`#drive`). */
  #promise(nowMs: number): number | null {
    const hints = this.#state.get("hints") ?? [];
    const atMs = hints.length === 0 ? null : dueAtMs(this.#pace, hints, nowMs);
    if (atMs !== null) this.#state.set({ owed: { atMs, hints } });
    return atMs;
  }

  async traffic(batch: TrafficBatch): Promise<void> {
    await this.lifecycle.start();
    await this.#take(batch, batch.dataset === "http_requests" ? { loggedAtMs: Date.now() } : {});
  }

  async unlogged(nowMs: number): Promise<Period | null> {
    await this.lifecycle.start();
    const [loggedAtMs, toldToMs] = [this.#state.get("loggedAtMs"), this.#state.get("toldToMs")];
    return unloggedPeriod({ loggedAtMs: loggedAtMs ?? 0, toldToMs: toldToMs ?? 0 }, nowMs);
  }

  async counted(batch: TrafficBatch, toMs: number): Promise<void> {
    await this.lifecycle.start();
    // Twice the same minutes, after a crash between two of them, would be twice the traffic.
    // A time that has not come is from a clock that was set back.
    const told = this.#state.get("toldToMs") ?? 0;
    if (toMs > told || told > Date.now()) await this.#take(batch, { toldToMs: toMs });
  }

  async #take(
    batch: TrafficBatch,
    also: { loggedAtMs?: number; toldToMs?: number },
  ): Promise<void> {
    const nowMs = Date.now();
    this.ctx.storage.transactionSync(() => {
      this.#state.set(also);
      this.#state.keep(batch, nowMs);
      const odd = this.#watched(batch, nowMs);
      if (odd.length > 0) this.#state.hear(odd, nowMs);
    });
    this.#hasTraffic = true;
    await this.#driver.request();
  }

  /** What is out of the ordinary by itself, without anybody's alert: a hint to look, as any other (I7). */
  #watched({ dataset, requests }: TrafficBatch, nowMs: number): readonly Hint[] {
    // The other logs of requests tell of some of the same.
    if (dataset !== "http_requests") return [];
    const before = this.#state.get("counted") ?? nothingCounted();
    const { counted, over } = countedWith(before, requests, nowMs);
    this.#state.set({ counted });
    if (over.length === 0) return [];
    let watch = this.#state.get("watch") ?? newWatch();
    const hints: Hint[] = [];
    for (const counts of over) {
      const seen = observeTraffic(watch, counts);
      ({ watch } = seen);
      hints.push(...seen.oddities.map(({ feature }) => oddityHint(feature, counts.atMs)));
    }
    this.#state.set({ watch });
    return hints;
  }

  get #scope(): ScopeId {
    return mint(isScopeId, this.lifecycle.name);
  }

  async #drive(): Promise<number | null> {
    const nowMs = Date.now();
    const heard = this.#state.get("heard") ?? 0;
    const later = this.#later(heard, nowMs);
    if (later !== null) return later;
    this.#hasTraffic = false;
    const waiting = this.#waiting(nowMs);
    const open = await this.#look(waiting, heard, nowMs);
    const [left, owedAtMs] = this.ctx.storage.transactionSync(() => {
      this.#state.set({ open });
      return [this.#state.dealtWith(heard), this.#state.paid(nowMs)];
    });
    this.#pace = afterLook(this.#pace, waiting, nowMs);
    if (left > 0) return Date.now();
    // What waits for a person, and for somebody to try it, is looked at when there is something to look at.
    const isGoingOn = open.some(({ cves }) => cves === undefined);
    return owedAtMs ?? (isGoingOn ? Date.now() + AGAIN_MS : null);
  }

  /** When to look, if not now. */
  #later(heard: number, nowMs: number): number | null {
    if (this.#hasTraffic) return null;
    const hints = this.#state.get("hints") ?? [];
    const atMs =
      heard === 0 ? (this.#state.owedAt(nowMs)?.atMs ?? null) : dueAtMs(this.#pace, hints, nowMs);
    return atMs !== null && atMs > nowMs ? atMs : null;
  }

  /** Hints that were heard; else those of a look that is owed. */
  #waiting(nowMs: number): readonly Hint[] {
    const hints = this.#state.get("hints") ?? [];
    return hints.length > 0 ? hints : (this.#state.owedAt(nowMs)?.hints ?? []);
  }

  /** Returns what is open after it. */
  async #look(hints: readonly Hint[], heard: number, nowMs: number): Promise<readonly OpenCase[]> {
    const facts = await this.#facts(hints, nowMs);
    const diagnosis = diagnose(facts);
    this.#state.set(this.#remembered(facts, diagnosis));
    const open = this.#state.get("open") ?? [];
    await this.#tell({ diagnosis, hints, heard, open, nowMs });
    const going: OpenCase[] = [];
    for (const one of open) {
      const goesOn = await this.#goOn(one, diagnosis, facts);
      if (goesOn) going.push(goesOn);
    }
    const known = open.find(({ incident }) => isSame(incident, diagnosis));
    if (known && !isAnswerTo(diagnosis, known)) return going;
    const begun = await this.#begin(diagnosis, facts);
    if (!begun) return going;
    if (known) await this.#close(known, nowMs);
    const others = going.filter(({ incident }) => incident.id !== known?.incident.id);
    return [...(await this.#answered(others, begun, nowMs)), begun];
  }

  /** What a guardrail stands against now waits for nobody any more. */
  async #answered(
    open: readonly OpenCase[],
    { incident, guardrail }: OpenCase,
    nowMs: number,
  ): Promise<readonly OpenCase[]> {
    const cve = cveOf(incident);
    const waiting = open.find(({ cves }) => cves?.some((one) => one === cve));
    if (guardrail === null || waiting?.cves === undefined) return open;
    const others = open.filter((one) => one !== waiting);
    const left = waiting.cves.filter((one) => one !== cve);
    if (left.length > 0) return [...others, await this.#waitsFor(waiting, left)];
    await this.#close(waiting, nowMs);
    return others;
  }

  /** The same incident, about others than before. */
  async #waitsFor(waiting: OpenCase, cves: readonly string[]): Promise<OpenCase> {
    const about = { cves: cves.length, first: cves[0] ?? "" };
    const incident = { ...waiting.incident, facts: { ...waiting.incident.facts, ...about } };
    await this.#record.saveIncident(incident);
    return { ...waiting, incident, cves };
  }

  async #facts(hints: readonly Hint[], nowMs: number): Promise<Facts> {
    const { requests, gateway } = this.#state.recorded();
    const row = await this.#record.scope(this.#scope);
    const events = hints.map(({ event }) => event);
    const cves = [...new Set(hints.flatMap((hint) => hint.cves))];
    const announced = announcedAfter(this.#state.get("announced") ?? [], cves, nowMs);
    return {
      nowMs,
      topics: new Set(hints.map(({ topic }) => topic)),
      isOver: events.includes("end") && !events.includes("start"),
      ...windowOf(requests, nowMs, this.#state.get("troubled") ?? []),
      changes: row && (await recentChanges(this.env, row, nowMs)),
      gateway,
      cves,
      announced: announced.map(({ cve }) => cve),
      guarded: new Set(
        (this.#state.get("open") ?? [])
          .filter(({ guardrail }) => guardrail !== null)
          .flatMap(({ incident }) => cveOf(incident) ?? []),
      ),
    };
  }

  /** What later looks ask of this one. The same look again remembers the same. */
  #remembered(facts: Facts, { cause }: Diagnosis): Parameters<SentinelState["set"]>[0] {
    const [announced, troubled] = [this.#state.get("announced"), this.#state.get("troubled")];
    return {
      announced: announcedAfter(announced ?? [], facts.cves, facts.nowMs),
      troubled: troubledAfter(troubled ?? [], cause, facts),
    };
  }

  async #tell(of: {
    readonly diagnosis: Diagnosis;
    readonly hints: readonly Hint[];
    readonly heard: number;
    readonly open: readonly OpenCase[];
    readonly nowMs: number;
  }): Promise<void> {
    const { diagnosis, hints, heard, open, nowMs } = of;
    // A batch of logs in which nothing is unusual is no event.
    const known = open.find(({ incident }) => isSame(incident, diagnosis));
    if (heard === 0 && (known || diagnosis.remedy.type === "nothing")) return;
    const at = instant(nowMs);
    await logOf(this.env).append([
      ...(heard > 0 ? [heardEntry(this.#scope, { at, hints, count: heard })] : []),
      diagnosedEntry(this.#scope, { at, diagnosis, incident: known?.incident.id ?? null }),
    ]);
  }

  async #begin(
    diagnosis: Diagnosis,
    { nowMs, cves }: Pick<Facts, "nowMs" | "cves">,
  ): Promise<OpenCase | null> {
    const { remedy, cause } = diagnosis;
    if (remedy.type === "nothing") return null;
    const name = nameOf(diagnosis);
    const begun = (this.#state.get("begun")?.[name] ?? []).filter((ms) => nowMs - ms < HOUR_MS);
    if (begun.length >= FLAPS_MAX && remedy.type !== "person")
      return this.#flapping(diagnosis, nowMs);
    const at = instant(nowMs);
    const incident = incidentOf(this.#scope, diagnosis, nowMs);
    await logOf(this.env).append([incidentEntry(incident, at)]);
    const guardrail = await this.#answer(diagnosis, incident, nowMs);
    this.#state.set({ begun: { ...this.#state.get("begun"), [name]: [...begun, nowMs] } });
    await this.#record.saveIncident({
      ...incident,
      ...(remedy.type === "guard" && guardrail === null ? { status: "waiting" as const } : {}),
    });
    const isWaiting = cause === "cve_exposure" && remedy.type === "person";
    return { incident, guardrail, seenAtMs: nowMs, ...(isWaiting ? { cves } : {}) };
  }

  /** Returns the guardrail that was placed. */
  async #answer(
    diagnosis: Diagnosis,
    incident: Incident,
    nowMs: number,
  ): Promise<Guardrail["id"] | null> {
    const { remedy, cause } = diagnosis;
    const reconciler = reconcilerOf(this.env, this.#scope);
    if (remedy.type === "revert")
      await reconciler.wake({ source: "incident", at: instant(nowMs), incident: incident.id });
    // Announcements and notes hold nothing up; what people may be busy with does.
    else if (remedy.type === "guard" || cause === "origin_errors")
      await reconciler.incidentOpened({ id: incident.id, cause, openedAtMs: nowMs });
    return remedy.type === "guard" ? this.#guard(diagnosis, incident, nowMs) : null;
  }

  /** What comes and goes is not understood: a person is asked, unless what was placed before still stands. */
  async #flapping(diagnosis: Diagnosis, nowMs: number): Promise<OpenCase | null> {
    const { cause, facts, remedy } = diagnosis;
    const open = this.#state.get("open") ?? [];
    if (open.some(({ incident }) => isSame(incident, diagnosis))) return null;
    const { guardrails } = await reconcilerOf(this.env, this.#scope).guardrails();
    const isAnswered = guardrails.some(
      ({ ended, reason, template }) =>
        ended === null &&
        remedy.type === "guard" &&
        template === remedy.template &&
        reason === reasonOf(cause),
    );
    if (isAnswered) return null;
    const why = `it has come and gone ${FLAPS_MAX} times within an hour: a person decides`;
    return this.#begin({ cause, facts, remedy: { type: "person", why } }, { nowMs, cves: [] });
  }

  async #guard(
    { remedy, facts, cause }: Diagnosis,
    incident: Incident,
    nowMs: number,
  ): Promise<Guardrail["id"] | null> {
    if (remedy.type !== "guard") return null;
    const experience = (await readExperience(this.env.BLACKBOARD)) ?? NO_EXPERIENCE;
    const request: GuardrailRequest = {
      template: remedy.template,
      parameters: remedy.parameters,
      mode: firstRung({ cause, remedy }, experience),
      reason: reasonOf(cause),
      evidence: [{ what: "diagnosis", facts }],
      incident: incident.id,
      owner: { type: "agent", name: "sentinel" },
      expiresAt: instant(nowMs + remedy.leaseMs),
    };
    const placed = await reconcilerOf(this.env, this.#scope).guard({ do: "place", request });
    if (placed.ok) return placed.value.id;
    // Refused is an answer: the incident waits for a person, and says why.
    const why = `the guardrail was refused: ${placed.error.reason}`;
    const diagnosis: Diagnosis = { cause, facts, remedy: { type: "person", why } };
    await logOf(this.env).append([
      diagnosedEntry(this.#scope, { at: instant(nowMs + 1), diagnosis, incident: incident.id }),
    ]);
    return null;
  }

  /** What is open goes on, is answered harder or milder, or is over. */
  async #goOn(open: OpenCase, diagnosis: Diagnosis, facts: Facts): Promise<OpenCase | null> {
    const { nowMs } = facts;
    if (open.cves !== undefined) return this.#waitOn(open, open.cves, facts);
    if (isSame(open.incident, diagnosis)) {
      const guardrail =
        open.guardrail && (await this.#adjusted(open.guardrail, { open, diagnosis, facts }));
      return { ...open, guardrail, seenAtMs: nowMs };
    }
    const isOver = diagnosis.cause === "recovered" || nowMs - open.seenAtMs >= QUIET_MS;
    if (!isOver) return open;
    await this.#close(open, nowMs);
    if (open.guardrail !== null) await this.#learnWell(open.guardrail, open.incident.cause, nowMs);
    return null;
  }

  /** It waits for a person as long as it is announced; another one that is announced joins it. */
  async #waitOn(
    open: OpenCase,
    cves: readonly string[],
    { cves: more, announced, guarded, nowMs }: Facts,
  ): Promise<OpenCase | null> {
    const left = [...new Set([...cves, ...more])].filter(
      (cve) => announced.includes(cve) && !guarded.has(cve),
    );
    if (left.length === 0) {
      await this.#close(open, nowMs);
      return null;
    }
    return left.join() === cves.join() ? open : this.#waitsFor(open, left);
  }

  async #close({ incident }: OpenCase, nowMs: number): Promise<void> {
    const at = instant(nowMs);
    const closed: Incident = { ...incident, status: "resolved", closedAt: at };
    await logOf(this.env).append([incidentEntry(closed, at)]);
    await this.#record.saveIncident(closed);
    // The guardrail stays until its lease is over: trouble that pauses comes back.
    await reconcilerOf(this.env, this.#scope).incidentClosed(incident.id);
  }

  /** It stood, and the trouble went. One that was ended by somebody says nothing. */
  async #learnWell(id: Guardrail["id"], cause: string, nowMs: number): Promise<void> {
    const { guardrails } = await reconcilerOf(this.env, this.#scope).guardrails();
    const guardrail = guardrails.find((one) => one.id === id && one.ended === null);
    if (guardrail) await this.#learn({ guardrail, cause, ended: "well" }, nowMs);
  }

  /**
   * The record first (I10). The same rung of the same guardrail is learned once, however often a crash repeats it. A lesson that
   * cannot be told is lost: what an incident needs does not wait for it.
   */
  async #learn(
    {
      guardrail: { id, template, mode, rungs },
      cause,
      ended,
    }: { readonly guardrail: Guardrail; readonly cause: string; readonly ended: "well" | "badly" },
    nowMs: number,
  ): Promise<void> {
    const counts = ended === "well" ? { well: 1, badly: 0 } : { well: 0, badly: 1 };
    const taught = {
      id: `${id}/${rungs.length}/${ended}`,
      statistics: [{ cause, about: { of: "rung", template, mode }, ...counts } as const],
      at: instant(nowMs),
    };
    try {
      await logOf(this.env).append([rungEntry(this.#scope, taught)]);
      await lessonBookOf(this.env).learn(taught);
    } catch (fault) {
      console.error(JSON.stringify({ event: "lesson_lost", id: taught.id, why: String(fault) }));
    }
  }

  /** One rung harder or milder, or another one in its place. Returns which stands then. */
  async #adjusted(
    id: Guardrail["id"],
    {
      open: { incident },
      diagnosis,
      facts,
    }: { readonly open: OpenCase; readonly diagnosis: Diagnosis; readonly facts: Facts },
  ): Promise<Guardrail["id"]> {
    const reconciler = reconcilerOf(this.env, this.#scope);
    const { guardrails } = await reconciler.guardrails();
    const guardrail = guardrails.find((one) => one.id === id && one.ended === null);
    const expression =
      guardrail && TEMPLATES.get(guardrail.template)?.expression(guardrail.parameters);
    if (!guardrail || !expression) return id;
    const rungAtMs = Date.parse(guardrail.rungs.at(-1)?.at ?? guardrail.placedAt);
    const effect = effectOf(expression, { ...facts, rungAtMs });
    if (isBetter(diagnosis.remedy, guardrail, effect)) {
      const other = await this.#guard(diagnosis, incident, facts.nowMs);
      if (other === null || other === id) return id;
      // A crash here leaves both, and the milder one to its lease.
      await reconciler.guard({ do: "end", id, how: "replaced", by: "sentinel" });
      return other;
    }
    const step = nextRung(guardrail, effect);
    if (!step) return id;
    await reconciler.guard({ do: "step", id, rung: { ...step, by: "sentinel" } });
    // That this rung did not do was measured, whether the next one was taken or not.
    await this.#learn({ guardrail, cause: incident.cause, ended: "badly" }, facts.nowMs);
    return id;
  }
}
