/** What is answered without the origin: by file extension, unless the zone's cache rules say otherwise. */
import type { Facts } from "../../src/core/expression/value.ts";
import type { Rulebook } from "./rulebook.ts";
import { applying } from "./transforms.ts";
import { headerOf, pathOf, queryOf, type Visit } from "./visit.ts";

/** Cloudflare's default cached file extensions. */
const EXTENSIONS = new Set(
  (
    "7z avi avif apk bin bmp bz2 class css csv doc docx dmg ejs eot eps exe flac gif gz ico iso jar jpg jpeg js mid midi " +
    "mkv mp3 mp4 ogg otf pdf pict pls png ppt pptx ps rar svg svgz swf tar tif tiff ttf webm webp woff woff2 xls xlsx zip zst"
  ).split(" "),
);

/** Without a word from the origin: two hours for what a rule makes cacheable, four for files by default. */
const RULE_TTL_S = 7_200;
const FILE_TTL_S = 14_400;

export interface CacheDecision {
  /** Null: it goes to the origin every time. */
  readonly key: string | null;
  readonly ttlMs: number;
  /** A rule or setting said so, or it is just not a file. */
  readonly isBypassed: boolean;
}

interface Settings {
  readonly cache?: boolean;
  readonly edge_ttl?: { readonly mode: string; readonly default?: number };
  readonly cache_key?: {
    readonly ignore_query_strings_order?: boolean;
    readonly custom_key?: {
      readonly query_string?: {
        readonly include?: { readonly list?: readonly string[]; readonly all?: boolean };
        readonly exclude?: { readonly list?: readonly string[]; readonly all?: boolean };
      };
    };
  };
}

export function cacheDecision(book: Rulebook, visit: Visit, facts: Facts): CacheDecision {
  let settings: Settings = {};
  // Each later rule has the last word about what it names.
  for (const rule of applying(book, "http_request_cache_settings", facts))
    settings = { ...settings, ...(rule.action_parameters as Settings | undefined) };
  const isOff = settings.cache === false || book.setting("development_mode") === "on";
  const isEligible = settings.cache === true || EXTENSIONS.has(extensionOf(visit.uri));
  if (!isShareable(visit) || isOff || !isEligible)
    return { key: null, ttlMs: 0, isBypassed: isEligible || isOff };
  const key = `${visit.host}${pathOf(visit.uri)}?${keyQuery(visit, settings)}`;
  return { key, ttlMs: ttlSeconds(settings) * 1_000, isBypassed: false };
}

/** What is asked for with credentials is for one person. */
const isShareable = (visit: Visit): boolean =>
  (visit.method === "GET" || visit.method === "HEAD") && headerOf(visit, "authorization") === "";

const extensionOf = (uri: string): string =>
  /\.([a-z\d]+)$/i.exec(pathOf(uri))?.[1]?.toLowerCase() ?? "";

function ttlSeconds({ edge_ttl: ttl, cache }: Settings): number {
  if (ttl?.mode === "override_origin") return ttl.default ?? 0;
  return cache === true ? RULE_TTL_S : FILE_TTL_S;
}

function keyQuery({ uri }: Visit, { cache_key: key }: Settings): string {
  const { include, exclude } = key?.custom_key?.query_string ?? {};
  if (exclude?.all === true) return "";
  const isPart = (part: string): boolean => {
    const [name = ""] = part.split("=", 1);
    const isIncluded = include?.list === undefined || include.list.includes(name);
    return isIncluded && exclude?.list?.includes(name) !== true;
  };
  const parts = queryOf(uri).split("&").filter(isPart);
  return (key?.ignore_query_strings_order === true ? parts.toSorted() : parts).join("&");
}

/** Objects that one data centre keeps; the oldest go first. */
const OBJECTS_MAX = 20_000;

export class EdgeCache {
  readonly #expiresAt = new Map<string, number>();

  has(key: string, atMs: number): boolean {
    const expires = this.#expiresAt.get(key);
    return expires !== undefined && expires > atMs;
  }

  keep(key: string, untilMs: number): void {
    this.#expiresAt.delete(key);
    this.#expiresAt.set(key, untilMs);
    const [oldest] = this.#expiresAt.keys();
    if (this.#expiresAt.size > OBJECTS_MAX && oldest !== undefined) this.#expiresAt.delete(oldest);
  }

  clear(): void {
    this.#expiresAt.clear();
  }
}
