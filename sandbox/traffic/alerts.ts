/**
 * What Cloudflare would notice by itself, and tell whoever asked to be told. Its real windows are minutes long (error rates: five
 * minutes and an hour); here they are seconds, so that a test or a demo need not wait for them. What the swarm takes is
 * measured from the alert on.
 */
import { ACCOUNT_ID, ACCOUNT_NAME } from "../identities.ts";
import { hexId } from "../model/identifiers.ts";
import type { StoredZone } from "../model/zone.ts";
import { raise } from "../notifications/history.ts";
import { NOTIFICATION_POLICY, type StoredPolicy } from "../notifications/policy.ts";
import type { Shelves } from "../store.ts";

export interface SecondSeen {
  readonly atMs: number;
  readonly requests: number;
  /** 5xx of the servers, or no answer of theirs. */
  readonly failed: number;
  /** Security events. */
  readonly events: number;
  readonly host: string;
}

const CONDITIONS = ["flood", "origin_errors", "security_events"] as const;
type Condition = (typeof CONDITIONS)[number];

/** Any of these types of notification is about it. */
const TYPES: Readonly<Record<Condition, readonly string[]>> = {
  flood: ["advanced_ddos_attack_l7_alert", "dos_attack_l7"],
  origin_errors: ["http_alert_origin_error", "advanced_http_alert_error"],
  security_events: ["clickhouse_alert_fw_anomaly", "clickhouse_alert_fw_ent_anomaly"],
};

/** It has to last so long to begin, and to be over. */
const BEGIN_S = 4;
const END_S = 10;
/** A baseline follows slowly, and not at all while there is an alert. */
const FOLLOW = 0.01;
/** Until then nobody knows what is usual. */
const KNOWN_S = 60;
const FLOOD = { times: 4, perSecond: 40 };
const EVENTS = { times: 4, perSecond: 5 };
const FAILED = { share: 0.1, perSecond: 3 };

interface Watched {
  /** Usual numbers a second. */
  requests: number;
  events: number;
  seconds: number;
  readonly streaks: Record<Condition, number>;
  readonly calm: Record<Condition, number>;
  readonly active: Partial<Record<Condition, { readonly id: string; readonly since: number }>>;
}

export interface Fired {
  readonly condition: Condition;
  readonly event: "START" | "END";
  readonly at: string;
  /** Destinations that were told. */
  readonly told: number;
}

export class AlertWatch {
  readonly #zones = new Map<string, Watched>();

  clear(): void {
    this.#zones.clear();
  }

  /** One second of one zone. `nowMs`: when the message is written. */
  saw(seen: SecondSeen, { zone, store, nowMs }: Place): readonly Fired[] {
    const watched = this.#zones.get(zone.id) ?? newWatched();
    this.#zones.set(zone.id, watched);
    const is = judged(seen, watched);
    const fired = CONDITIONS.flatMap((condition) => {
      const event = this.#change(watched, condition, is[condition]);
      if (event === null) return [];
      const { id, since } = watched.active[condition] ?? { id: hexId(), since: seen.atMs };
      if (event === "START") watched.active[condition] = { id, since };
      else delete watched.active[condition];
      const message = { condition, event, id, since, seen };
      return [
        {
          condition,
          event,
          at: new Date(nowMs).toISOString(),
          told: tell(message, { zone, store, nowMs }),
        },
      ];
    });
    follow(seen, watched);
    return fired;
  }

  #change(watched: Watched, condition: Condition, isOn: boolean): Fired["event"] | null {
    const isActive = watched.active[condition] !== undefined;
    watched.streaks[condition] = isOn ? watched.streaks[condition] + 1 : 0;
    watched.calm[condition] = isOn ? 0 : watched.calm[condition] + 1;
    if (!isActive && watched.streaks[condition] === BEGIN_S) return "START";
    return isActive && watched.calm[condition] === END_S ? "END" : null;
  }
}

interface Place {
  readonly zone: StoredZone;
  readonly store: Shelves;
  readonly nowMs: number;
}

const newWatched = (): Watched => ({
  requests: 0,
  events: 0,
  seconds: 0,
  streaks: { flood: 0, origin_errors: 0, security_events: 0 },
  calm: { flood: 0, origin_errors: 0, security_events: 0 },
  active: {},
});

function judged(seen: SecondSeen, watched: Watched): Record<Condition, boolean> {
  const isKnown = watched.seconds >= KNOWN_S;
  return {
    flood:
      isKnown &&
      seen.requests > FLOOD.times * watched.requests &&
      seen.requests - watched.requests > FLOOD.perSecond,
    origin_errors:
      seen.failed >= FAILED.perSecond && seen.failed / Math.max(1, seen.requests) > FAILED.share,
    security_events:
      isKnown &&
      seen.events > EVENTS.times * watched.events &&
      seen.events - watched.events > EVENTS.perSecond,
  };
}

function follow({ requests, events }: SecondSeen, watched: Watched): void {
  if (Object.keys(watched.active).length > 0) return;
  // The first minutes are an average, later ones weigh a hundredth each.
  const weight = Math.max(FOLLOW, 1 / (watched.seconds + 1));
  watched.requests += (requests - watched.requests) * weight;
  watched.events += (events - watched.events) * weight;
  watched.seconds += 1;
}

interface Message {
  readonly condition: Condition;
  readonly event: Fired["event"];
  readonly id: string;
  readonly since: number;
  readonly seen: SecondSeen;
}

/** A policy may be narrowed down to zones. */
const concerns = ({ enabled, filters }: StoredPolicy, { id }: StoredZone): boolean =>
  enabled && (filters["zones"] === undefined || filters["zones"].includes(id));

function tell(message: Message, { zone, store, nowMs }: Place): number {
  const { condition, event, id } = message;
  const policies = store
    .shelf(NOTIFICATION_POLICY, ACCOUNT_ID)
    .list()
    .filter((policy) => TYPES[condition].includes(policy.alert_type) && concerns(policy, zone));
  return policies.reduce((told, policy) => {
    const alert = {
      policy_id: policy.id,
      alert_event: `ALERT_STATE_EVENT_${event}`,
      alert_correlation_id: id,
      ...contentOf(message, zone),
    };
    return told + (raise(store, alert, nowMs)?.length ?? 0);
  }, 0);
}

function contentOf({ condition, seen, since, event }: Message, zone: StoredZone) {
  const of = {
    account_name: ACCOUNT_NAME,
    account_tag: ACCOUNT_ID,
    zone_name: zone.name,
    zone_tag: zone.id,
    severity: event === "START" ? "CRITICAL" : "INFO",
  };
  switch (condition) {
    case "flood":
      return {
        text: `An HTTP DDoS attack on ${seen.host} ${event === "START" ? "was detected" : "is over"}.`,
        data: {
          ...of,
          attack_type: "HTTP flood",
          action: "log",
          max_rate: `${seen.requests} rps`,
          requests_per_second: String(seen.requests),
          start_time: new Date(since).toISOString(),
          target_hostname: seen.host,
        },
      };
    case "origin_errors":
      return {
        text: `The servers of ${zone.name} ${event === "START" ? "answer with more errors than usual" : "are well again"}.`,
        data: { ...of, failed_per_second: seen.failed, requests_per_second: seen.requests },
      };
    case "security_events":
      return {
        text: `Security events of ${zone.name} ${event === "START" ? "are far above the usual" : "are at the usual again"}.`,
        data: { ...of, events_per_second: seen.events },
      };
  }
}
