/**
 * Generated traffic through the edge, second by second, and what follows of it: logs, alerts, counts. Time is the simulation's:
 * a day can be played in the time that its requests take to be judged.
 */
import { verdictOn } from "../edge/gateway.ts";
import { Rulebook } from "../edge/rulebook.ts";
import type { Passage } from "../edge/edge.ts";
import type { Visit } from "../edge/visit.ts";
import type { StoredZone } from "../model/zone.ts";
import type { World } from "../world.ts";
import { AnalyticsGroups } from "./analytics-groups.ts";
import { AlertWatch, type Fired, type SecondSeen } from "./alerts.ts";
import { attackVisits } from "./attacks.ts";
import { exfiltrationUses, gatewayLine, officeUses } from "./gateway-uses.ts";
import { linesOf, rayOf, type Logged } from "./log-lines.ts";
import type { TrafficInput } from "./plan.ts";
import type { Planned } from "./planned.ts";
import { Counting } from "./tally.ts";
import { visitsOf } from "./visitors.ts";

export interface Played {
  readonly counting: Counting;
  readonly fired: readonly Fired[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Lines that wait to be sent; the oldest are lost, as the log of a zone whose jobs all fail would be. */
const LINES_MAX = 150_000;
/** Seconds without visits that are judged one by one: after as many, every alert is over. */
const GAP_S_MAX = 60;
/** Visits from outside that are shown. */
const SEEN_MAX = 1_000;

/** A visit from outside, for whoever replays some and wants to know what became of them. */
export interface SeenVisit {
  readonly at: string;
  readonly ray: string;
  readonly method: string;
  readonly host: string;
  readonly uri: string;
  readonly status: number;
  readonly result: string;
  readonly hits: readonly {
    readonly ref: string;
    readonly rule: string;
    readonly action: string;
  }[];
}

export class Traffic {
  readonly #world: World;
  readonly #alerts = new AlertWatch();
  readonly #groups: AnalyticsGroups;
  readonly #seen: SeenVisit[] = [];
  /** The second that runs, by zone. */
  readonly #outside = new Map<string, SecondSeen>();
  #lines: Logged[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#groups = new AnalyticsGroups(world.store);
  }

  clear(): void {
    this.#alerts.clear();
    this.#groups.clear();
    this.#outside.clear();
    this.#lines = [];
    this.#seen.length = 0;
  }

  /** What was logged since the last time. */
  takeLines(): readonly Logged[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Somebody came through the door. */
  saw(passage: Passage, zone: StoredZone): void {
    this.#log(linesOf(passage, zone));
    this.#groups.store(this.#world.now());
    this.#countOutside(passage, zone);
    this.#seen.push(shown(passage));
    if (this.#seen.length > SEEN_MAX) this.#seen.shift();
  }

  /** Visits from outside make alerts, too: a second is judged when the next one has begun. */
  #countOutside(passage: Passage, zone: StoredZone): void {
    const atMs = Math.floor(passage.visit.atMs / 1_000) * 1_000;
    const known = this.#outside.get(zone.id);
    const current = known ?? { atMs, requests: 0, failed: 0, events: 0, host: passage.visit.host };
    if (atMs > current.atMs) {
      const { store } = this.#world;
      const at = { zone, store, nowMs: this.#world.now() };
      const gap = Math.min(GAP_S_MAX, (atMs - current.atMs) / 1_000);
      store.transaction(() => {
        this.#alerts.saw(current, at);
        for (let quiet = 1; quiet < gap; quiet += 1)
          this.#alerts.saw({ ...current, requests: 0, failed: 0, events: 0 }, at);
      });
      Object.assign(current, { atMs, requests: 0, failed: 0, events: 0 });
    }
    this.#outside.set(zone.id, {
      ...current,
      requests: current.requests + 1,
      failed: current.failed + (isFailure(passage) ? 1 : 0),
      events: current.events + passage.hits.length,
    });
  }

  seen(): readonly SeenVisit[] {
    return this.#seen;
  }

  forgetSeen(): void {
    this.#seen.length = 0;
  }

  play(input: TrafficInput, zone: StoredZone): Played {
    const untilMs = input.until === undefined ? this.#world.now() : Date.parse(input.until);
    const fromMs = Math.floor(untilMs / 1_000 - input.seconds) * 1_000;
    const counting = new Counting();
    const fired: Fired[] = [];
    for (let second = 0; second < input.seconds; second += 1) {
      const startMs = fromMs + second * 1_000;
      counting.begin(startMs);
      fired.push(...this.#second({ input, zone, startMs, counting }));
      counting.end();
    }
    this.#groups.store(this.#world.now());
    return { counting, fired, fromMs, untilMs: fromMs + input.seconds * 1_000 };
  }

  #second({ input, zone, startMs, counting }: SecondOf): readonly Fired[] {
    const { seed, visitors: perSecond, attacks } = input;
    const world = this.#world;
    // The rules as they stand now: whoever writes one between two calls finds it here.
    const book = new Rulebook(world.store, zone, startMs);
    const planned = [
      ...visitsOf({ seed, perSecond }, startMs),
      ...attacks.flatMap((attack) => attackVisits(attack, { seed, startMs })),
    ].toSorted((a, b) => a.atMs - b.atMs);
    const host = input.host ?? zone.name;
    const sum = { requests: 0, failed: 0, events: 0 };
    for (const [index, one] of planned.entries()) {
      const visit = visitOf(one, { host, ray: rayOf(seed, startMs, index) });
      for (const passage of this.#visit({ visit, one, book, counting })) {
        sum.requests += 1;
        if (isFailure(passage)) sum.failed += 1;
        sum.events += passage.hits.length;
        this.#log(linesOf(passage, zone));
      }
    }
    this.#gateway(input, startMs);
    const nowMs = world.now();
    const at = { zone, store: world.store, nowMs };
    const seen = { atMs: startMs, host, ...sum };
    return world.store.transaction(() => this.#alerts.saw(seen, at));
  }

  /** Once, or twice for whoever solves a challenge. */
  #visit({ visit, one, book, counting }: VisitOf): readonly Passage[] {
    const { edge, options } = this.#world;
    const { origin_capacity: capacity } = options.get();
    const first = edge.pass(visit, book, capacity);
    if (!isChallenged(first) || !one.solves) {
      this.#count(first, one, { counting, hasSolved: false });
      return [first];
    }
    edge.cleared(visit, book);
    const second = edge.pass({ ...visit, ray: rayOf(visit.ray) }, book, capacity);
    this.#count(second, one, { counting, hasSolved: true });
    return [first, second];
  }

  #count(
    passage: Passage,
    { group }: Planned,
    { counting, hasSolved }: { readonly counting: Counting; readonly hasSolved: boolean },
  ): void {
    const outcome = outcomeOf(passage);
    counting.count(group, outcome, hasSolved);
    if (passage.originMs > 0) counting.waited(passage.originMs);
    const last = passage.hits.at(-1);
    if (last !== undefined && outcome !== "served" && outcome !== "failed")
      counting.stoppedBy(last.ref === "" ? last.ruleId : last.ref, group);
  }

  #gateway({ seed, office, attacks }: TrafficInput, startMs: number): void {
    const exfiltration = attacks.find(({ kind }) => kind === "exfiltration");
    const uses = [
      ...officeUses({ seed, startMs, perSecond: office }),
      ...(exfiltration === undefined
        ? []
        : exfiltrationUses({ seed, startMs, perSecond: exfiltration.per_second })),
    ];
    this.#log(uses.map((use) => gatewayLine(use, verdictOn(use, this.#world.store))));
  }

  #log(lines: readonly Logged[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#groups.add(line);
    }
    if (this.#lines.length > LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
  }
}

interface SecondOf {
  readonly input: TrafficInput;
  readonly zone: StoredZone;
  readonly startMs: number;
  readonly counting: Counting;
}

interface VisitOf {
  readonly visit: Visit;
  readonly one: Planned;
  readonly book: Rulebook;
  readonly counting: Counting;
}

const isChallenged = ({ result }: Passage): boolean =>
  result.kind === "stopped" && result.stop.kind === "challenge";

/** The servers', or that they are not there. */
const isFailure = ({ originStatus, status }: Passage): boolean =>
  originStatus >= 500 || status === 522;

function outcomeOf(passage: Passage): "served" | "challenged" | "blocked" | "limited" | "failed" {
  const { result } = passage;
  if (isFailure(passage)) return "failed";
  switch (result.kind) {
    case "stopped":
      return ({ challenge: "challenged", block: "blocked", limited: "limited" } as const)[
        result.stop.kind
      ];
    case "refused":
      return "blocked";
    case "error":
      return result.code === 1010 ? "blocked" : "failed";
    case "served":
    case "redirected":
    case "signed_out":
      return "served";
  }
}

function visitOf(
  { atMs, client, method, uri, headers, body }: Planned,
  { host, ray }: { readonly host: string; readonly ray: string },
): Visit {
  const whole = [["host", host], ...headers] as const;
  return {
    atMs,
    ray,
    scheme: "https",
    method,
    host,
    uri,
    version: "HTTP/2",
    headers: whole,
    body,
    client,
  };
}

function shown({ visit, status, result, hits }: Passage): SeenVisit {
  return {
    at: new Date(visit.atMs).toISOString(),
    ray: visit.ray,
    method: visit.method,
    host: visit.host,
    uri: visit.uri.slice(0, 500),
    status,
    result: result.kind === "stopped" ? result.stop.kind : result.kind,
    hits: hits.map(({ ref, ruleId, action }) => ({ ref, rule: ruleId, action })),
  };
}
