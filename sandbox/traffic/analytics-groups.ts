/** What the analytics keep of traffic: counts by the minute and by what visits were alike in. */
import { TRAFFIC_GROUP, type TrafficGroup } from "../api/analytics.ts";
import { digestId } from "../model/identifiers.ts";
import type { Store } from "../store.ts";
import { type Logged, Stamp } from "./log-lines.ts";

const MINUTE_MS = 60_000;
/** Older minutes are forgotten; what monitoring asks for is younger. */
const KEPT_MS = 60 * MINUTE_MS;
/** Of one zone; the smallest new ones are not counted then. */
const GROUPS_MAX = 20_000;

export class AnalyticsGroups {
  readonly #store: Store;
  /** Counted since the last time that they were stored: by zone, then by what they are alike in. */
  readonly #pending = new Map<string, Map<string, TrafficGroup>>();

  constructor(store: Store) {
    this.#store = store;
  }

  clear(): void {
    this.#pending.clear();
  }

  add({ dataset, scope, line }: Logged): void {
    const at = line["EdgeStartTimestamp"];
    if (dataset !== "http_requests" || !(at instanceof Stamp)) return;
    const dimensions = {
      datetimeMinute: new Date(Math.floor(at.ms / MINUTE_MS) * MINUTE_MS).toISOString(),
      clientRequestHTTPMethodName: line["ClientRequestMethod"],
      clientRequestHTTPHost: line["ClientRequestHost"],
      clientRequestPath: line["ClientRequestPath"],
      clientAsn: String(line["ClientASN"]),
      clientCountryName: String(line["ClientCountry"]).toUpperCase(),
      userAgent: line["ClientRequestUserAgent"],
      edgeResponseStatus: line["EdgeResponseStatus"],
      originResponseStatus: line["OriginResponseStatus"],
      securityAction: line["SecurityAction"] || "unknown",
    };
    const zone = this.#pending.get(scope) ?? new Map<string, TrafficGroup>();
    this.#pending.set(scope, zone);
    const key = JSON.stringify(dimensions);
    const before = zone.get(key);
    if (before === undefined && zone.size >= GROUPS_MAX) return;
    zone.set(key, { count: (before?.count ?? 0) + 1, dimensions });
  }

  store(nowMs: number): void {
    this.#store.transaction(() => {
      for (const [zone, groups] of this.#pending) {
        const shelf = this.#store.shelf(TRAFFIC_GROUP, zone);
        for (const { id, dimensions } of shelf.list())
          if (nowMs - Date.parse(dimensions.datetimeMinute) > KEPT_MS) shelf.delete(id);
        for (const [key, { count, dimensions }] of groups) {
          const id = digestId(key);
          const before = shelf.get(id);
          if (before === undefined && shelf.size >= GROUPS_MAX) continue;
          shelf.put({ id, count: count + (before?.count ?? 0), dimensions });
        }
      }
    });
    this.#pending.clear();
  }
}
