/** R2 buckets, and their lock rules as far as somebody declared some. Each jurisdiction is asked about by itself. */
import { idOf, isObject, type Json, type JsonObject, textOf } from "../../../core/canonical.ts";
import type { GoldenState } from "../../../core/golden.ts";
import { bucketObject, lockObject } from "../../../core/kinds/r2-bucket.ts";
import type { Unknown } from "../../../core/observation.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { type Answer, unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader, Subject, WholeReading } from "../../../core/reader.ts";
import { partial } from "./items.ts";

const KIND = "r2_bucket";
const DEFAULT = "default";
/** The most that the API gives at once. */
const PER_PAGE = 1_000;
/** A million buckets: the most that an account may have (I12). */
const PAGES_MAX = 1_000;
const LOCK = ".lock";
/** All but the default one; each has buckets of its own. */
const JURISDICTIONS = ["eu", "us", "fedramp", "fedramp-high"];
/** Six connections are all a Worker may hold open at once. */
const AT_ONCE = 6;

type Objects = Result<readonly Json[], Unknown>;

interface Place {
  readonly jurisdiction: string;
  readonly name: string;
}

const headersOf = (jurisdiction: string): Readonly<Record<string, string>> =>
  jurisdiction === DEFAULT ? {} : { "cf-r2-jurisdiction": jurisdiction };

const pathOf = ({ site }: ReadContext, name = ""): string =>
  `/accounts/${site.id}/r2/buckets${name === "" ? "" : `/${name}`}`;

/** `eu.name`, or a name in the default jurisdiction: names have no dots. */
function placeOf(id: string): Place {
  const [first = "", second] = id.replace(LOCK, "").split(".");
  return second === undefined
    ? { jurisdiction: DEFAULT, name: first }
    : { jurisdiction: first, name: second };
}

export const r2Buckets: Reader = {
  kind: KIND,
  async readAll(context, golden) {
    const objects = await readDeclared(context, golden);
    return objects.ok ? ok({ kind: KIND, objects: objects.value, claimedTotal: null }) : objects;
  },
  readWhole,
  async readSome(context, subjects) {
    const objects: Json[] = [];
    for (const subject of subjects) {
      const found = await readOne(context, subject);
      if (!found.ok) return found;
      objects.push(...found.value);
    }
    return ok(objects);
  },
};

/** Every jurisdiction with every lock. One that the account cannot have refuses, and is named as not asked. */
async function readWhole(
  context: ReadContext,
  golden: GoldenState,
): Promise<Result<WholeReading, Unknown>> {
  const declared = await readDeclared(context, golden);
  if (!declared.ok) return declared;
  const known = new Set(declared.value.filter(isObject).map(idOf));
  const objects: Json[] = [...declared.value];
  const unasked: string[] = [];
  for (const jurisdiction of JURISDICTIONS) {
    const buckets = await readJurisdiction(context, jurisdiction);
    if (!buckets.ok && buckets.error.reason !== "refused") return buckets;
    if (!buckets.ok) unasked.push(`buckets in ${jurisdiction}`);
    else objects.push(...buckets.value.filter((one) => !isObject(one) || !known.has(idOf(one))));
  }
  const locks = await readLocks(context, objects.filter(isObject));
  if (!locks.ok) return locks;
  const others = locks.value.filter((lock) => !isObject(lock) || !known.has(idOf(lock)));
  const reading = { kind: KIND, objects: [...objects, ...others], claimedTotal: null };
  return ok({ reading, unasked });
}

/** Lock rules where there are any: a bucket without is a bucket whose rules nobody manages. */
async function readLocks(context: ReadContext, objects: readonly JsonObject[]): Promise<Objects> {
  const buckets = objects.filter((object) => !("rules" in object));
  const locks: Json[] = [];
  for (let from = 0; from < buckets.length; from += AT_ONCE) {
    const some = await Promise.all(
      buckets.slice(from, from + AT_ONCE).map((one) => readLock(context, placeOf(idOf(one)))),
    );
    for (const lock of some) {
      if (!lock.ok) return lock;
      locks.push(...lock.value.filter((one) => isObject(one) && hasRules(one)));
    }
  }
  return ok(locks);
}

const hasRules = ({ rules }: JsonObject): boolean => !Array.isArray(rules) || rules.length > 0;

async function readDeclared(context: ReadContext, { resources }: GoldenState): Promise<Objects> {
  const groups = resources.flatMap(({ kind, group }) => (kind === KIND ? [group] : []));
  const jurisdictions = new Set([DEFAULT, ...groups.map((group) => placeOf(group).jurisdiction)]);
  const objects: Json[] = [];
  for (const jurisdiction of jurisdictions) {
    const buckets = await readJurisdiction(context, jurisdiction);
    if (!buckets.ok) return buckets;
    objects.push(...buckets.value);
  }
  const there = new Set(objects.filter(isObject).map(idOf));
  const locked = groups.filter((group) => group.endsWith(LOCK));
  for (const group of locked.filter((one) => there.has(one.replace(LOCK, "")))) {
    const lock = await readLock(context, placeOf(group));
    if (!lock.ok) return lock;
    objects.push(...lock.value);
  }
  return ok(objects);
}

/** Page by page, until there is no further one. */
async function readJurisdiction(context: ReadContext, jurisdiction: string): Promise<Objects> {
  const objects: Json[] = [];
  let cursor: string | undefined = "";
  for (let page = 0; cursor !== undefined; page += 1) {
    if (page >= PAGES_MAX) return err(partial(KIND, objects.length, null));
    const query = { per_page: String(PER_PAGE), ...(cursor === "" ? {} : { cursor }) };
    const answer: Answer = await context.api.get(pathOf(context), query, headersOf(jurisdiction));
    if (answer.type !== "ok") return err(unknownFrom(answer, `${KIND} list`));
    const rows = isObject(answer.result) ? (answer.result["buckets"] ?? []) : (answer.result ?? []);
    if (!Array.isArray(rows)) return err(malformed("the result is not a list"));
    objects.push(...rows.map((row) => bucketIn(row, jurisdiction)));
    cursor = answer.info.cursor || undefined;
  }
  return ok(objects);
}

const malformed = (problem: string): Unknown => ({
  reason: "malformed",
  detail: `${KIND} list: ${problem}`,
  retryAfterMs: null,
});

/** Not every answer says where the bucket is; where it was asked for, there it is. */
const bucketIn = (row: Json, jurisdiction: string): Json =>
  isObject(row)
    ? bucketObject({ ...row, jurisdiction: textOf(row["jurisdiction"]) || jurisdiction })
    : row;

/** A bucket by its id, or by the id that it will have. */
function readOne(context: ReadContext, { id, group }: Subject): Promise<Objects> {
  const place = placeOf(id ?? group);
  return (id ?? group).endsWith(LOCK) ? readLock(context, place) : readBucket(context, place);
}

const isGone = (answer: Answer): boolean => answer.type === "refused" && answer.status === 404;

async function readBucket(context: ReadContext, place: Place): Promise<Objects> {
  const { name, jurisdiction } = place;
  const answer = await context.api.get(pathOf(context, name), {}, headersOf(jurisdiction));
  if (answer.type === "ok") return ok([bucketIn(answer.result, jurisdiction)]);
  return isGone(answer) ? ok([]) : err(unknownFrom(answer, KIND));
}

async function readLock(context: ReadContext, { name, jurisdiction }: Place): Promise<Objects> {
  const path = `${pathOf(context, name)}/lock`;
  const answer = await context.api.get(path, {}, headersOf(jurisdiction));
  if (answer.type !== "ok")
    return isGone(answer) ? ok([]) : err(unknownFrom(answer, `${KIND} lock`));
  const rules = (isObject(answer.result) ? answer.result["rules"] : null) ?? [];
  return Array.isArray(rules)
    ? ok([lockObject(name, jurisdiction, rules)])
    : err(malformed("the lock rules are not a list"));
}
