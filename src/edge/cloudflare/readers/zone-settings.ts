import { idOf, isObject, type Json } from "../../../core/canonical.ts";
import type { GoldenState } from "../../../core/golden.ts";
import { SETTINGS } from "../../../core/kinds/zone-setting-values.ts";
import type { Unknown } from "../../../core/observation.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { type Answer, unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader, WholeReading } from "../../../core/reader.ts";

/** Asked for one by one where the list of all is refused: what people most often declare. */
const WELL_KNOWN = [
  "always_use_https",
  "automatic_https_rewrites",
  "brotli",
  "browser_cache_ttl",
  "browser_check",
  "cache_level",
  "challenge_ttl",
  "early_hints",
  "email_obfuscation",
  "hotlink_protection",
  "http3",
  "ip_geolocation",
  "ipv6",
  "min_tls_version",
  "opportunistic_encryption",
  "rocket_loader",
  "security_header",
  "security_level",
  "ssl",
  "tls_1_3",
  "websockets",
];

/** Settings that the deprecated list never learned of; they exist one by one. */
const NEVER_LISTED: ReadonlySet<string> = new Set([
  "aegis",
  "origin_h2_max_streams",
  "origin_max_http_version",
  "ssl_recommender",
]);

const declaredIn = (golden: GoldenState): readonly string[] =>
  golden.resources.filter(({ kind }) => kind === "zone_setting").map(({ group }) => group);

/** Up to this many are asked for one by one; beyond, one deprecated list is worth a try: an import declares 50. */
const ONE_BY_ONE_MAX = 10;

/** There is no bulk read that is promised: only what the golden state declares is asked for, at worst one call each. */
export const zoneSettings: Reader = {
  kind: "zone_setting",
  async readAll(context, golden) {
    const ids = declaredIn(golden);
    const listed = ids.length > ONE_BY_ONE_MAX ? await readListed(context, ids) : null;
    const objects = listed ?? (await read(context, ids));
    return objects.ok
      ? ok({ kind: "zone_setting", objects: objects.value, claimedTotal: ids.length })
      : objects;
  },
  readWhole,
  readSome: (context, subjects) =>
    read(
      context,
      subjects.map(({ id, group }) => id ?? group),
    ),
};

/** Six connections are all a Worker may hold open at once. */
const AT_ONCE = 6;

/** The list of all settings is deprecated and may be refused; it holds ids that cannot be declared. */
async function readWhole(
  context: ReadContext,
  golden: GoldenState,
): Promise<Result<WholeReading, Unknown>> {
  const { api, site } = context;
  const expected = [...new Set([...declaredIn(golden), ...WELL_KNOWN])].toSorted();
  const answer = await api.get(`/zones/${site.id}/settings`);
  if (answer.type === "unavailable") return err(unknownFrom(answer, "zone_setting list"));
  if (answer.type === "refused" || !Array.isArray(answer.result)) {
    const single = await readAnswered(context, expected);
    if (!single.ok || single.value.length > 0)
      return single.ok ? ok(wholeOf(single.value)) : single;
    return err(unknown("refused", "zone_setting: not one could be read"));
  }
  const rows: readonly Json[] = answer.result;
  const listed = new Set(rows.map(settingId));
  const found = await readAnswered(
    context,
    expected.filter((id) => !listed.has(id)),
  );
  if (!found.ok) return found;
  // The list claims no total: what it should have and lacks is asked for, and if that exists the list was cut (I8).
  const isCut = found.value.some((row) => !NEVER_LISTED.has(settingId(row)));
  return isCut
    ? err(unknown("partial_list", "zone_setting: the list lacks settings that exist"))
    : ok(wholeOf([...rows, ...found.value].filter(isReadable)));
}

const unknown = (reason: Unknown["reason"], detail: string): Unknown => ({
  reason,
  detail,
  retryAfterMs: null,
});

const settingId = (row: Json): string => (isObject(row) ? idOf(row) : "");

/** A setting that the zone's plan does not have may come without a value: then nothing can be said about it. */
const isReadable = (row: Json): boolean =>
  isObject(row) && SETTINGS.has(idOf(row)) && (row["value"] ?? row["enabled"] ?? null) !== null;

function wholeOf(objects: readonly Json[]): WholeReading {
  const found = new Set(objects.map(settingId));
  return {
    reading: { kind: "zone_setting", objects, claimedTotal: objects.length },
    unasked: [...SETTINGS.keys()].filter((id) => !found.has(id)).toSorted(),
  };
}

/** Those of `ids` that the zone has. A refusal is an answer here: not in the plan, or not for this token. */
async function readAnswered(
  context: ReadContext,
  ids: readonly string[],
): Promise<Result<readonly Json[], Unknown>> {
  const objects: Json[] = [];
  for (const { id, answer } of await answersOf(context, ids)) {
    if (answer.type === "unavailable") return err(unknownFrom(answer, `zone_setting \`${id}\``));
    if (answer.type === "ok" && isReadable(answer.result)) objects.push(answer.result);
  }
  return ok(objects);
}

/** `ids` out of the list of all settings; null where it is refused or has not all of them. */
async function readListed(
  { api, site }: ReadContext,
  ids: readonly string[],
): Promise<Result<readonly Json[], Unknown> | null> {
  const answer = await api.get(`/zones/${site.id}/settings`);
  if (answer.type === "unavailable") return err(unknownFrom(answer, "zone_setting list"));
  if (answer.type === "refused" || !Array.isArray(answer.result)) return null;
  const rows: readonly Json[] = answer.result;
  const wanted = new Set(ids);
  const found = rows.filter((row) => wanted.has(settingId(row)));
  return found.length === ids.length ? ok(found) : null;
}

async function answersOf({ api, site }: ReadContext, ids: readonly string[]) {
  const answers: { readonly id: string; readonly answer: Answer }[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const batch = ids.slice(from, from + AT_ONCE);
    answers.push(
      ...(await Promise.all(
        batch.map(async (id) => ({
          id,
          answer: await api.get(`/zones/${site.id}/settings/${id}`),
        })),
      )),
    );
  }
  return answers;
}

async function read(
  context: ReadContext,
  ids: readonly string[],
): Promise<Result<readonly Json[], Unknown>> {
  const objects: Json[] = [];
  for (const { id, answer } of await answersOf(context, ids)) {
    if (answer.type !== "ok") return err(unknownFrom(answer, `zone_setting \`${id}\``));
    objects.push(answer.result);
  }
  return ok(objects);
}
