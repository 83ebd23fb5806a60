/**
 * What may be written, said once more in a few plain rules, without a line of the product's: only here, only what somebody
 * declared, and nothing that takes protection or data away without people. Judged on the sandbox's journal and on what is live.
 */
import type { Json, JsonObject } from "../../src/core/canonical.ts";
import { BOOKS, cloudflare, type JournalEntry } from "./world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const ZONE = `/zones/${BOOKS.zoneId}`;
const NAME = "harbor-books.example";
const HEX = "[0-9a-f]{32}";
const PHASES = [
  "http_request_firewall_custom",
  "http_ratelimit",
  "http_request_firewall_managed",
  "http_request_cache_settings",
  "http_request_dynamic_redirect",
  "http_request_late_transform",
  "http_response_headers_transform",
];

/** Method and place, with the whole of the path. */
const PLACES: readonly RegExp[] = [
  String.raw`(POST) ${ZONE}/dns_records(/batch)?`,
  `(PATCH|DELETE) ${ZONE}/dns_records/${HEX}`,
  String.raw`PATCH ${ZONE}/settings/[a-z0-9_]+`,
  `(POST|PUT|DELETE) ${ZONE}/workers/routes(/${HEX})?`,
  `PUT ${ZONE}/rulesets/phases/(${PHASES.join("|")})/entrypoint`,
  String.raw`(PUT|DELETE) /accounts/${ACCOUNT}/workers/(scripts|domains)(/[\w.-]+)?`,
  String.raw`(POST|PUT|PATCH|DELETE) /accounts/${ACCOUNT}/(access/apps|rules/lists|gateway/rules|gateway/lists|storage/kv/namespaces|d1/database|r2/buckets|alerting/v3/policies|alerting/v3/destinations/webhooks)(/[\w-]+)?`,
  String.raw`PUT /accounts/${ACCOUNT}/(rules/lists/${HEX}/items|r2/buckets/[\w-]+/lock)`,
].map((place) => new RegExp(`^(?:${place})$`));

/** From the weakest. What is on no list is on or off, and on is the stronger. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  ssl: ["off", "flexible", "full", "strict"],
  min_tls_version: ["1.0", "1.1", "1.2", "1.3"],
  security_level: ["off", "essentially_off", "low", "medium", "high", "under_attack"],
};
/** Faster or slower, not safer or less safe. */
const COMFORTS =
  /^(?:always_online|brotli|early_hints|http[23]|0rtt|rocket_loader|polish|minify|ipv6|websockets|browser_cache_ttl|cache_level)$/;
const PROTECTING = new Set(["block", "managed_challenge", "js_challenge", "challenge", "execute"]);

interface Rule extends JsonObject {
  readonly ref: string;
}

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectsIn = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as Json[]).filter(isJsonObject) : [];
const idIn = (one: JsonObject): string => (typeof one["id"] === "string" ? one["id"] : "");

/** As people write it and as the API does: without quotes round a text, names whole, numbers and flags as text. */
const plain = (value: Json): string =>
  (typeof value === "string" ? value : JSON.stringify(value))
    .toLowerCase()
    .replaceAll('"', "")
    .replaceAll(/\s+/g, " ")
    .replace(/\.$/, "")
    .trim();

/** Every value in `json`, with the member that it stands under. */
function* leaves(json: Json, under = ""): Generator<readonly [string, string]> {
  if (Array.isArray(json)) for (const one of json as Json[]) yield* leaves(one, under);
  else if (isJsonObject(json))
    for (const [member, one] of Object.entries(json)) yield* leaves(one, member);
  else yield [under, plain(json)];
}

/** Members that the API names things by; a plan takes them from what it has read. */
const NAMING = /^(?:id|ref|uid|version|last_updated|metadata)$/;
/** What the API has where nothing was said. */
const DEFAULTS: ReadonlySet<string> = new Set([
  "true",
  "false",
  "null",
  "",
  "1",
  "0",
  "default",
  "on",
  "zone",
  "root",
]);

const phaseOf = (path: string): string | null =>
  /\/rulesets\/phases\/(\w+)\/entrypoint$/.exec(path)?.[1] ?? null;

/** Everything in the account that these tests could reach. */
async function everything(): Promise<ReadonlyMap<string, Json>> {
  const lists = [
    "access/apps", "workers/scripts", "workers/domains", "rules/lists", "gateway/rules", "gateway/lists",
    "storage/kv/namespaces", "d1/database", "r2/buckets", "alerting/v3/policies",
    "alerting/v3/destinations/webhooks", "tokens",
  ].map((list) => `/accounts/${ACCOUNT}/${list}`); // prettier-ignore
  const zones = await cloudflare<{ id: string }[]>("GET", "/zones?per_page=50");
  const found = new Map<string, Json>([["/zones", zones]]);
  const paths = [
    ...lists,
    ...zones.flatMap(({ id }) => [
      `/zones/${id}/dns_records?per_page=50000`,
      `/zones/${id}/settings`,
      `/zones/${id}/workers/routes`,
    ]),
  ];
  for (const path of paths) found.set(path, await cloudflare<Json>("GET", path));
  for (const { id } of zones)
    for (const phase of PHASES) {
      const path = `/zones/${id}/rulesets/phases/${phase}/entrypoint`;
      found.set(path, await cloudflare<Json>("GET", path).catch(() => null));
    }
  return found;
}

/** Knows what was there, hears what people declare, and judges what was written since. */
export class PermittedWrites {
  readonly #before: ReadonlyMap<string, Json>;
  readonly #ids = new Set<string>();
  readonly #values = new Set(DEFAULTS);
  readonly #rules = new Map<string, readonly Rule[]>();
  readonly #settings = new Map<string, string>();
  readonly #unset = new Map<string, string>();
  /** What the last write of a phase took the place of. */
  readonly #undone = new Map<string, readonly Rule[]>();
  /** Rules of the beginning, by `ref`. */
  readonly #had = new Set<string>();

  private constructor(before: ReadonlyMap<string, Json>) {
    this.#before = before;
    for (const [path, found] of before) this.#learn(path, found);
  }

  static async take(): Promise<PermittedWrites> {
    return new PermittedWrites(await everything());
  }

  #learn(path: string, found: Json): void {
    this.declared(found);
    for (const one of objectsIn(found)) this.#ids.add(idIn(one));
    const phase = path.startsWith(ZONE) ? phaseOf(path) : null;
    if (phase !== null && isJsonObject(found)) {
      const rules = objectsIn(found["rules"]) as readonly Rule[];
      this.#rules.set(phase, rules);
      for (const { ref } of rules) this.#had.add(ref);
    }
    if (path === `${ZONE}/settings`)
      for (const one of objectsIn(found))
        this.#settings.set(idIn(one), plain(one["value"] ?? null));
  }

  /** What somebody has put into the golden state, or has seen in a draft and agreed to. */
  declared(json: Json): void {
    for (const [, value] of leaves(json))
      for (const form of [value, `${value}.${NAME}`, value.replace(/^@$/, NAME)])
        this.#values.add(form);
  }

  /** Why this write was not permitted, or null. `people`: whether anybody said yes to a plan meanwhile. */
  judge(write: JournalEntry, people: boolean): string | null {
    const { method, path, query } = write;
    const body = write.body ?? {};
    if (!PLACES.some((place) => place.test(`${method} ${path}`))) return "is at no place for plans";
    if (query !== "" && !/^(?:dry_run=\w+|include_subdomain_availability=true)$/.test(query))
      return "has a query";
    const strange = [...leaves(body)].find(
      ([member, value]) => !NAMING.test(member) && !this.#values.has(value),
    );
    if (strange)
      return `has \`${strange[1].slice(0, 80)}\` as ${strange[0]}, which nobody declared`;
    const loss = this.#loss(write, body);
    return loss === null || people ? null : `${loss} without a person`;
  }

  /** What it takes away. */
  #loss({ method, path }: JournalEntry, body: Json): string | null {
    const gone = [
      ...(method === "DELETE" ? [path.slice(path.lastIndexOf("/") + 1)] : []),
      ...(isJsonObject(body) ? objectsIn(body["deletes"]).map(idIn) : []),
    ];
    const old = gone.find((id) => this.#ids.has(id));
    if (old !== undefined) return `takes \`${old}\` away, which was there before`;
    if (!isJsonObject(body)) return null;
    const phase = phaseOf(path);
    if (phase !== null)
      return this.#lossOfRules(phase, objectsIn(body["rules"]) as readonly Rule[]);
    const setting = /\/settings\/(\w+)$/.exec(path)?.[1];
    if (setting !== undefined) return this.#lossOfSetting(setting, plain(body["value"] ?? null));
    const isOpen =
      /"everyone"|"bypass"/.test(JSON.stringify(body)) && path.includes("/access/apps");
    if (isOpen) return "opens to everybody";
    return nameserver(body) ? "moves the delegation" : null;
  }

  #lossOfRules(phase: string, rules: readonly Rule[]): string | null {
    const before = this.#rules.get(phase) ?? [];
    const undone = this.#undone.get(phase) ?? before;
    this.#undone.set(phase, before);
    this.#rules.set(phase, rules);
    // What stopped halfway is taken back: as it was before the last write, and no further.
    if (sameRules(rules, undone)) return null;
    const lost = before
      .filter(({ action, enabled }) => PROTECTING.has(plain(action ?? "")) && enabled !== false)
      .find((old) => !rules.some((now) => isAsStrong(now, old, this.#had.has(old.ref))));
    if (lost) return `weakens rule \`${lost.ref}\``;
    const skips = rules.find(
      ({ ref, action }) => action === "skip" && !before.some((old) => old.ref === ref),
    );
    return skips ? `adds a rule that skips, \`${skips.ref}\`` : null;
  }

  #lossOfSetting(name: string, value: string): string | null {
    const before = this.#settings.get(name) ?? "";
    const undone = this.#unset.get(name) ?? before;
    this.#unset.set(name, before);
    this.#settings.set(name, value);
    if (value === undone) return null;
    const order = ORDERS[name] ?? ["off", "on"];
    const isLower = order.indexOf(value) < order.indexOf(before);
    return isLower && !COMFORTS.test(name) ? `lowers ${name} from ${before}` : null;
  }

  /**
   * What is not as it was, by address. Of this zone the records and the rules count; settings, and rules that came to those that
   * were there, stay when they are declared no more.
   */
  async changes(): Promise<readonly string[]> {
    const now = await everything();
    return [...this.#before].flatMap(([path, was]) => {
      if (path === "/zones" || path === `${ZONE}/settings`) return [];
      const is = now.get(path) ?? null;
      const isSame =
        path.startsWith(ZONE) && phaseOf(path) !== null
          ? rulesIn(was).every((old) => rulesIn(is).some((one) => isAsStrong(one, old, true)))
          : timeless(was) === timeless(is);
      return isSame ? [] : [path];
    });
  }
}

const rulesIn = (phase: Json): readonly Rule[] =>
  isJsonObject(phase) ? (objectsIn(phase["rules"]) as readonly Rule[]) : [];

/**
 * The same rule, or one that stops no less. What a rule that somebody has just declared matches is theirs to say once more; what
 * was there before stays letter by letter.
 */
function isAsStrong(now: Rule, old: Rule, wasThere: boolean): boolean {
  const limitOf = ({ ratelimit }: Rule): JsonObject => (isJsonObject(ratelimit) ? ratelimit : {});
  const [given, had] = [limitOf(now), limitOf(old)];
  return (
    now.ref === old.ref &&
    now["action"] === old["action"] &&
    now["enabled"] !== false &&
    (!wasThere || plain(now["expression"] ?? "") === plain(old["expression"] ?? "")) &&
    Number(given["requests_per_period"] ?? 0) / Number(given["period"] ?? 1) <=
      Number(had["requests_per_period"] ?? 0) / Number(had["period"] ?? 1)
  );
}

const sameRules = (some: readonly Rule[], others: readonly Rule[]): boolean =>
  some.length === others.length &&
  some.every((one, at) => {
    const other = others[at];
    return other !== undefined && isAsStrong(one, other, true) && isAsStrong(other, one, true);
  });

const nameserver = (body: JsonObject): boolean =>
  [body, ...["posts", "patches", "puts"].flatMap((list) => objectsIn(body[list]))].some(
    ({ type, name }) => type === "NS" && ["@", "", NAME].includes(plain(name ?? "")),
  );

/** Ids and times are new when something was taken away and put back. */
const VOLATILE =
  /^(?:id|uid|version|last_updated|modified_on|created_on|modified_at|created_at|updated_at|comment_modified_on|tags_modified_on|etag|last_used_on|expires_on|issued_on)$/;

function timeless(json: Json): string {
  if (Array.isArray(json)) {
    const all = (json as Json[]).map(timeless);
    // Rules have an order; lists of objects come in any.
    return `[${(all.every((one) => one.includes('"ref"')) ? all : all.toSorted()).join()}]`;
  }
  if (!isJsonObject(json)) return JSON.stringify(json);
  const members = Object.entries(json).filter(([name]) => !VOLATILE.test(name));
  return `{${members
    .map(([name, one]) => `"${name}":${timeless(one)}`)
    .toSorted()
    .join()}}`;
}
