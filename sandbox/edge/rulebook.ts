/** Everything that the account says about one zone's traffic, as it stands now. Read anew for every visit from outside. */
import { ACCESS_APPLICATION, type StoredApplication } from "../access/application.ts";
import { ACCESS_POLICY, type StoredAccessPolicy } from "../access/policy.ts";
import { DNS_RECORD, type StoredRecord } from "../dns/record.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { LIST_ITEM, type StoredItem } from "../lists/items.ts";
import { LIST } from "../lists/list.ts";
import { SETTINGS } from "../model/setting-values.ts";
import { developmentModeSeconds, ZONE_SETTING } from "../model/zone-setting.ts";
import { ZONE, type StoredZone } from "../model/zone.ts";
import { MANAGED_RULESETS } from "../rulesets/managed.ts";
import type { Phase } from "../rulesets/phases.ts";
import { RULESET, type StoredRuleset } from "../rulesets/ruleset.ts";
import type { Shelves } from "../store.ts";
import { WORKER_ROUTE, type StoredRoute } from "../workers/route.ts";
import { ListMembers, type ListLookup } from "./facts.ts";

export class Rulebook {
  readonly zone: StoredZone;
  readonly lists: ListLookup;
  readonly #shelves: Shelves;
  readonly #entrypoints = new Map<Phase, readonly StoredRuleset[]>();
  readonly #nowMs: number;

  constructor(shelves: Shelves, zone: StoredZone, nowMs: number) {
    this.zone = zone;
    this.#shelves = shelves;
    this.#nowMs = nowMs;
    this.lists = new ListMembers((name) => this.listItems(name));
  }

  /** The account's own entrypoint comes before the zone's. */
  entrypoints(phase: Phase): readonly StoredRuleset[] {
    const known = this.#entrypoints.get(phase);
    if (known !== undefined) return known;
    const found = [ACCOUNT_ID, this.zone.id].flatMap((scope) =>
      this.#shelves
        .shelf(RULESET, scope)
        .list()
        .filter((one) => one.phase === phase && (one.kind === "root" || one.kind === "zone")),
    );
    this.#entrypoints.set(phase, found);
    return found;
  }

  /** What an `execute` rule names. */
  ruleset(id: string): StoredRuleset | undefined {
    return (
      MANAGED_RULESETS.find((one) => one.id === id) ??
      this.#shelves.shelf(RULESET, ACCOUNT_ID).get(id) ??
      this.#shelves.shelf(RULESET, this.zone.id).get(id)
    );
  }

  listItems(name: string): readonly StoredItem[] | undefined {
    const list = this.#shelves.shelf(LIST, ACCOUNT_ID).withKey(name)[0];
    return list === undefined ? undefined : this.#shelves.shelf(LIST_ITEM, list.id).list();
  }

  setting(id: string): unknown {
    const stored = this.#shelves.shelf(ZONE_SETTING, this.zone.id).get(id);
    if (id === "development_mode")
      return developmentModeSeconds(stored, this.#nowMs) > 0 ? "on" : "off";
    return stored?.value ?? SETTINGS[id]?.initial;
  }

  /** The record that a name leads to through Cloudflare's network; undefined: none does. */
  proxied(host: string): StoredRecord | undefined {
    const records = this.#shelves.shelf(DNS_RECORD, this.zone.id);
    const there = records.withKey(host);
    const candidates = there.length > 0 ? there : this.#wildcards(host);
    return candidates
      .filter(({ type, proxied }) => proxied && ["A", "AAAA", "CNAME"].includes(type))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1))[0];
  }

  /** The closest wildcard counts. */
  #wildcards(host: string): readonly StoredRecord[] {
    const records = this.#shelves.shelf(DNS_RECORD, this.zone.id);
    const labels = host.slice(0, -this.zone.name.length - 1).split(".");
    for (let index = 1; index <= labels.length; index += 1) {
      const rest = [...labels.slice(index), this.zone.name].join(".");
      const found = records.withKey(`*.${rest}`);
      if (found.length > 0) return found;
    }
    return [];
  }

  routes(): readonly StoredRoute[] {
    return this.#shelves.shelf(WORKER_ROUTE, this.zone.id).list();
  }

  applications(): readonly StoredApplication[] {
    return this.#shelves.shelf(ACCESS_APPLICATION, ACCOUNT_ID).list();
  }

  accessPolicy(id: string): StoredAccessPolicy | undefined {
    return this.#shelves.shelf(ACCESS_POLICY, ACCOUNT_ID).get(id);
  }
}

/** The zone that a host belongs to: the longest name counts. */
export function zoneOfHost(shelves: Shelves, host: string): StoredZone | undefined {
  const labels = host.split(".");
  const zones = shelves.shelf(ZONE, ACCOUNT_ID);
  for (let index = 0; index < labels.length - 1; index += 1) {
    const [zone] = zones.withKey(labels.slice(index).join("."));
    if (zone !== undefined) return zone;
  }
  return undefined;
}
