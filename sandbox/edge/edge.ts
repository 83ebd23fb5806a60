/**
 * One visit through everything that the account says about its zone, in Cloudflare's order: redirects, URL rewrites,
 * configuration, firewall, rate limits, managed rules, Access, bulk redirects, Worker routes, cache, origin.
 */
import type { Facts } from "../../src/core/expression/value.ts";
import { DNS_RECORD } from "../dns/record.ts";
import type { Store } from "../store.ts";
import { cacheDecision, EdgeCache } from "./cache.ts";
import { factsOfVisit } from "./facts.ts";
import { checkVisit, type Hit, type Stop } from "./firewall.ts";
import { Origin, Premises } from "./origin.ts";
import { RateCounters, type Limit } from "./rate-counters.ts";
import type { Rulebook } from "./rulebook.ts";
import { pageFor, type Page } from "./shop.ts";
import { admission } from "./sign-on.ts";
import {
  bulkRedirect,
  configured,
  rewrittenUri,
  singleRedirect,
  type Redirect,
} from "./transforms.ts";
import { headerOf, pathOf, visitorKey, type Visit } from "./visit.ts";

export type Result =
  | { readonly kind: "served"; readonly page: Page }
  | { readonly kind: "redirected"; readonly redirect: Redirect }
  | { readonly kind: "stopped"; readonly stop: Stop }
  | { readonly kind: "signed_out"; readonly aud: string }
  | { readonly kind: "refused" }
  /** An error of Cloudflare's own, by its number. */
  | { readonly kind: "error"; readonly code: 1001 | 1010 | 522 };

export type CacheStatus = "hit" | "miss" | "dynamic" | "bypass" | "none";

export interface Passage {
  readonly visit: Visit;
  readonly result: Result;
  readonly status: number;
  readonly hits: readonly Hit[];
  readonly cache: CacheStatus;
  /** 0: the origin was not asked, or did not answer. */
  readonly originStatus: number;
  readonly originMs: number;
  /** The Worker whose route it went through; empty: none. Its code is stored here and not run: it hands the request on. */
  readonly worker: string;
}

/** Seconds for which a solved challenge counts; the zone's `challenge_ttl` says otherwise. */
const CLEARANCE_S = 1_800;
/** Visitors with a clearance who are remembered; the oldest have to show themselves again. */
const CLEARED_MAX = 50_000;

/** What a data centre remembers of one zone. */
class Memory {
  readonly counters = new RateCounters();
  readonly cache = new EdgeCache();
  readonly origin = new Origin();
  readonly cleared = new Map<string, number>();
}

export class Edge {
  readonly #store: Store;
  readonly #memories = new Map<string, Memory>();
  readonly #premises: Premises;

  constructor(store: Store) {
    this.#store = store;
    this.#premises = new Premises(store);
  }

  clear(): void {
    this.#memories.clear();
    this.#premises.clear();
  }

  /** `capacity`: ordinary pages a second of the servers behind the zone. */
  pass(visit: Visit, book: Rulebook, capacity: number): Passage {
    const memory = this.#memoryOf(book);
    return new Way({
      visit,
      book,
      memory,
      capacity,
      premises: this.#premises,
      store: this.#store,
    }).go();
  }

  /** Somebody has solved a challenge. */
  cleared(visit: Visit, book: Rulebook): void {
    const { cleared } = this.#memoryOf(book);
    const seconds = Number(book.setting("challenge_ttl") ?? CLEARANCE_S);
    cleared.set(visitorKey(visit), visit.atMs + seconds * 1_000);
    const [oldest] = cleared.keys();
    if (cleared.size > CLEARED_MAX && oldest !== undefined) cleared.delete(oldest);
  }

  /** Whoever comes without the cookie has to show it again. */
  forget(visit: Visit, book: Rulebook): void {
    this.#memoryOf(book).cleared.delete(visitorKey(visit));
  }

  originWaitMs(book: Rulebook, atMs: number): number {
    return this.#memoryOf(book).origin.waitMs(atMs);
  }

  #memoryOf({ zone }: Rulebook): Memory {
    const known = this.#memories.get(zone.id);
    if (known !== undefined) return known;
    const memory = new Memory();
    this.#memories.set(zone.id, memory);
    return memory;
  }
}

interface Setting {
  readonly visit: Visit;
  readonly book: Rulebook;
  readonly memory: Memory;
  readonly capacity: number;
  readonly premises: Premises;
  readonly store: Store;
}

class Way {
  readonly #at: Setting;
  #hits: readonly Hit[] = [];
  #cache: CacheStatus = "none";
  #origin = { status: 0, ms: 0 };
  #worker = "";

  constructor(setting: Setting) {
    this.#at = setting;
  }

  go(): Passage {
    const result = this.#result();
    return {
      visit: this.#at.visit,
      result,
      status: statusOf(result),
      hits: this.#hits,
      cache: this.#cache,
      originStatus: this.#origin.status,
      originMs: this.#origin.ms,
      worker: this.#worker,
    };
  }

  #result(): Result {
    const { visit, book } = this.#at;
    if (book.proxied(visit.host) === undefined) return { kind: "error", code: 1001 };
    if (book.zone.paused) return this.#fromOrigin(visit.uri, []);
    const sent = factsOfVisit(visit, visit.uri, book.lists);
    const away = this.#away(sent);
    if (away !== null) return { kind: "redirected", redirect: away };
    const uri = rewrittenUri(book, visit.uri, sent);
    const facts = uri === visit.uri ? sent : factsOfVisit(visit, uri, book.lists);
    const checked = this.#check(facts);
    if ("kind" in checked) return checked;
    const door = this.#door();
    if (door !== null) return door;
    const listed = bulkRedirect(book, visit, facts);
    if (listed !== null) return { kind: "redirected", redirect: listed };
    this.#worker = workerOf(book, visit);
    return this.#page(uri, facts, checked.countAtOrigin);
  }

  #away(sent: Facts): Redirect | null {
    const { visit, book } = this.#at;
    const isPlain = visit.scheme === "http" && book.setting("always_use_https") === "on";
    return isPlain
      ? { status: 301, location: `https://${visit.host}${visit.uri}` }
      : singleRedirect(book, visit, sent);
  }

  /** From the cache or from the servers. */
  #page(uri: string, facts: Facts, limits: readonly Limit[]): Result {
    const { visit, book, memory } = this.#at;
    const { key, ttlMs, isBypassed } = cacheDecision(book, visit, facts);
    if (key !== null && memory.cache.has(key, visit.atMs)) {
      this.#cache = "hit";
      return { kind: "served", page: pageFor(visit, uri) };
    }
    const result = this.#fromOrigin(uri, limits);
    this.#cache = isBypassed ? "bypass" : key === null ? "dynamic" : "miss";
    if (key !== null && this.#origin.status === 200) memory.cache.keep(key, visit.atMs + ttlMs);
    return result;
  }

  #check(facts: Facts): Result | { readonly countAtOrigin: readonly Limit[] } {
    const { visit, book, memory } = this.#at;
    if (book.setting("browser_check") === "on" && headerOf(visit, "user-agent") === "") {
      const description = "Bad user agent";
      this.#hits = [{ source: "bic", action: "block", ruleId: "bic", ref: "", description }];
      return { kind: "error", code: 1010 };
    }
    const checked = checkVisit({
      visit,
      facts,
      book,
      counters: memory.counters,
      isCleared: (memory.cleared.get(visitorKey(visit)) ?? 0) > visit.atMs,
      securityLevel: configured(book, "security_level", facts),
    });
    this.#hits = checked.hits;
    return checked.stop === null ? checked : { kind: "stopped", stop: checked.stop };
  }

  #door(): Result | null {
    const { visit, book } = this.#at;
    const { is, application } = admission(book, visit);
    if (is === "sign_in") return { kind: "signed_out", aud: application?.aud ?? "" };
    return is === "refused" ? { kind: "refused" } : null;
  }

  #fromOrigin(uri: string, limits: readonly Limit[]): Result {
    const { visit, book, memory, capacity, premises, store } = this.#at;
    for (const limit of limits) memory.counters.count(limit, visit.atMs);
    const record = book.proxied(visit.host);
    const records = () => store.shelf(DNS_RECORD, book.zone.id).withKey(record?.name ?? "");
    if (record === undefined || !premises.answers(record, records))
      return { kind: "error", code: 522 };
    const page = pageFor(visit, uri);
    this.#origin = memory.origin.serve(page, visit.atMs, capacity);
    return { kind: "served", page: this.#origin.status === page.status ? page : OVERLOADED };
  }
}

const OVERLOADED: Page = {
  status: 503,
  cost: 0,
  type: "text/plain",
  body: "the shop is too busy\n",
};

function statusOf(result: Result): number {
  switch (result.kind) {
    case "served":
      return result.page.status;
    case "redirected":
      return result.redirect.status;
    case "stopped":
      return stopStatus(result.stop);
    case "signed_out":
      return 302;
    case "refused":
      return 403;
    case "error":
      return { 1001: 409, 1010: 403, 522: 522 }[result.code];
  }
}

const stopStatus = (stop: Stop): number => {
  if (stop.kind === "limited") return stop.custom?.status ?? 429;
  return stop.kind === "block" ? stop.status : 403;
};

/** The most specific pattern counts; one without a Worker keeps Workers out. */
function workerOf(book: Rulebook, { host, uri, scheme }: Visit): string {
  const path = pathOf(uri);
  const [best] = book
    .routes()
    .filter(({ pattern }) => isOnRoute(pattern, { host, path, scheme }))
    .toSorted((a, b) => b.pattern.length - a.pattern.length);
  return best?.script ?? "";
}

function isOnRoute(
  pattern: string,
  { host, path, scheme }: { readonly host: string; readonly path: string; readonly scheme: string },
): boolean {
  const [, wanted = "", rest = ""] = /^([a-z]+:\/\/)?(.*)$/.exec(pattern) ?? [];
  if (wanted !== "" && wanted !== `${scheme}://`) return false;
  const slash = rest.indexOf("/");
  const [name, where] = slash < 0 ? [rest, "/"] : [rest.slice(0, slash), rest.slice(slash)];
  const isHost = name.startsWith("*")
    ? host.endsWith(name.replace(/^\*/, "")) || host === name.replace(/^\*\.?/, "")
    : host === name;
  return isHost && (where.endsWith("*") ? path.startsWith(where.slice(0, -1)) : path === where);
}
