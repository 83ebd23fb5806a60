/** S3 buckets, and as much of what is said of them as somebody declared. */
import { type Json, type JsonObject, textOf } from "../../../core/canonical.ts";
import type { GoldenState } from "../../../core/golden.ts";
import { objectOf, objectsOf } from "../../../core/kinds/declaration.ts";
import { bucketObject, partObject, placeOfBucket } from "../../../core/kinds/s3-bucket.ts";
import { BUCKET_PARTS, type Part, partKind, STACK_TAG } from "../../../core/kinds/s3-parts.ts";
import type { Unknown } from "../../../core/observation.ts";
import { type Answer, unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader, WholeReading } from "../../../core/reader.ts";
import { basePath } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";

const KIND = "s3_bucket";
/** As many as S3 gives at once. */
const PER_PAGE = 1_000;
/** A million buckets: the most that an account may have (I12). */
const PAGES_MAX = 1_000;
/** Six connections are all a Worker may hold open at once. */
const AT_ONCE = 6;

type Objects = Result<readonly Json[], Unknown>;
type Buckets = Result<readonly JsonObject[], Unknown>;

export const s3Buckets: Reader = {
  kind: KIND,
  async readAll(context, golden) {
    const buckets = await listed(context, "");
    if (!buckets.ok) return buckets;
    const wanted = partsIn(golden, buckets.value);
    const parts = await readParts(context, wanted);
    if (!parts.ok) return parts;
    const owned = await withOwners(context, golden, buckets.value);
    if (!owned.ok) return owned;
    return ok({ kind: KIND, objects: [...owned.value, ...parts.value], claimedTotal: null });
  },
  readWhole,
  async readSome(context, subjects) {
    const places = subjects.map(({ id, group }) => placeOfBucket(id ?? group));
    const found = new Map<string, JsonObject>();
    for (const name of new Set(places.map((place) => place.name))) {
      const one = await located(context, name);
      if (!one.ok) return one;
      if (one.value !== null) found.set(name, one.value);
    }
    const wanted = places.flatMap(({ name, part }) => {
      const bucket = found.get(name);
      return bucket === undefined || part === null ? [] : [{ bucket, part }];
    });
    const parts = await readParts(context, wanted);
    return parts.ok ? ok([...found.values(), ...parts.value]) : parts;
  },
};

/** S3's first region knows where every bucket is; the oldest ones are in places that had other names. */
const HOME = "us-east-1";
const OLD_NAMES: Readonly<Record<string, string>> = { "": HOME, EU: "eu-west-1" };

/** A bucket by its name, asked for itself and not of the list; null: it is not there, or somebody else's. */
async function located(
  context: ReadContext,
  name: string,
): Promise<Result<JsonObject | null, Unknown>> {
  const answer = await context.api.get(`${basePath(context.site)}/s3/${HOME}/${name}/location`);
  if (answer.type === "ok") {
    const place = textOf(answer.result);
    return ok(bucketObject(name, OLD_NAMES[place] ?? place));
  }
  const code = answer.type === "refused" ? answer.detail : undefined;
  if (code === "NoSuchBucket") return ok(null);
  if (code !== "AccessDenied") return err(unknownFrom(answer, `${KIND} ${name}`));
  // Not ours, or not to be asked about: our own are in the list.
  const buckets = await listed(context, name);
  if (!buckets.ok) return buckets;
  return ok(buckets.value.find((bucket) => bucket["name"] === name) ?? null);
}

/** With all that is said of every bucket. What one of them does not let us read is named, and the others are told. */
async function readWhole(context: ReadContext): Promise<Result<WholeReading, Unknown>> {
  const buckets = await listed(context, "");
  if (!buckets.ok) return buckets;
  const objects: Json[] = [...buckets.value];
  const unasked: string[] = [];
  for (const bucket of buckets.value) {
    const parts = await readParts(
      context,
      BUCKET_PARTS.map((part) => ({ bucket, part })),
    );
    if (parts.ok) objects.push(...parts.value.filter(tells));
    else if (parts.error.reason === "refused")
      unasked.push(`what is said of ${textOf(bucket["name"])}`);
    else return parts;
  }
  return ok({ reading: { kind: KIND, objects, claimedTotal: null }, unasked });
}

/** Where nothing was said nothing is told: then it is a bucket of which nobody manages that. */
function tells(object: Json): boolean {
  const { part, body = null } = objectOf(object);
  const { read, told } = partKind(BUCKET_PARTS.find((one) => one === part) ?? "encryption");
  const fields = read(objectOf(body));
  return fields === null || told(fields) !== null;
}

interface Wanted {
  readonly bucket: JsonObject;
  readonly part: Part;
}

function partsIn({ resources }: GoldenState, buckets: readonly JsonObject[]): readonly Wanted[] {
  const byName = new Map(buckets.map((bucket) => [bucket["name"], bucket]));
  return resources.flatMap(({ kind, group }) => {
    const { name, part } = placeOfBucket(group);
    const bucket = kind === KIND ? byName.get(name) : undefined;
    return bucket === undefined || part === null ? [] : [{ bucket, part }];
  });
}

/** Where undeclared buckets would go: what a stack has made says so in its tags, and is not ours. */
async function withOwners(
  context: ReadContext,
  { unmanaged, resources }: GoldenState,
  buckets: readonly JsonObject[],
): Promise<Buckets> {
  if (unmanaged[KIND] !== "remove") return ok(buckets);
  const ours = new Set(resources.map(({ identity }) => identity));
  const strangers = buckets.filter(({ name }) => !ours.has(textOf(name)));
  const read = await readParts(
    context,
    strangers.map((bucket) => ({ bucket, part: "tags" as const })),
  );
  if (!read.ok) return read;
  const stacks = new Map(read.value.map((tags) => [objectOf(tags)["name"], stackIn(tags)]));
  return ok(
    buckets.map((bucket) => {
      const stack = stacks.get(bucket["name"]);
      return stack === undefined ? bucket : { ...bucket, stack };
    }),
  );
}

const stackIn = (tags: Json): Json | undefined =>
  objectsOf(objectOf(objectOf(tags)["body"])["TagSet"]).find(({ Key }) => Key === STACK_TAG)?.[
    "Value"
  ];

/** The account's own buckets whose names begin so, page by page: nobody else's are in this list. */
async function listed(context: ReadContext, prefix: string): Promise<Buckets> {
  const buckets: JsonObject[] = [];
  let token = "";
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await context.api.get(`${basePath(context.site)}/s3`, {
      "max-buckets": String(PER_PAGE),
      ...(prefix === "" ? {} : { prefix }),
      ...(token === "" ? {} : { "continuation-token": token }),
    });
    if (answer.type !== "ok") return err(unknownFrom(answer, `${KIND} list`));
    const { Buckets: rows = [], ContinuationToken } = objectOf(answer.result);
    const some = Array.isArray(rows) ? rows.map(bucketIn) : [null];
    if (some.includes(null)) return err(malformed("a bucket without name or region"));
    buckets.push(...some.filter((one) => one !== null));
    token = textOf(ContinuationToken);
    if (token === "") return ok(buckets);
  }
  return err(malformed("the list does not end"));
}

/** Null: without its region nothing can be asked of it, and a guess would ask somebody else. */
function bucketIn(row: Json): JsonObject | null {
  const { Name, BucketRegion } = objectOf(row);
  const [name, region] = [textOf(Name), textOf(BucketRegion)];
  return name === "" || region === "" ? null : bucketObject(name, region);
}

const malformed = (problem: string): Unknown => ({
  reason: "malformed",
  detail: `${KIND} list: ${problem}`,
  retryAfterMs: null,
});

async function readParts(context: ReadContext, wanted: readonly Wanted[]): Promise<Objects> {
  const objects: Json[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const some = await Promise.all(
      wanted.slice(from, from + AT_ONCE).map((one) => readPart(context, one)),
    );
    for (const one of some) {
      if (!one.ok) return one;
      objects.push(...one.value);
    }
  }
  return ok(objects);
}

/** What S3 says where nothing has been said, and what it amounts to. */
const NOTHING: Readonly<Record<string, JsonObject>> = {
  NoSuchPublicAccessBlockConfiguration: {},
  NoSuchLifecycleConfiguration: { Rules: [] },
  NoSuchTagSet: { TagSet: [] },
};

async function readPart({ api, site }: ReadContext, { bucket, part }: Wanted): Promise<Objects> {
  const place = `${textOf(bucket["region"])}/${textOf(bucket["name"])}`;
  const path = `${basePath(site)}/s3/${place}/${partKind(part).address}`;
  const answer: Answer = await api.get(path);
  if (answer.type === "ok") return ok([partObject(part, bucket, answer.result)]);
  const code = answer.type === "refused" ? (answer.detail ?? "") : "";
  const nothing = NOTHING[code];
  if (nothing !== undefined) return ok([partObject(part, bucket, nothing)]);
  // It has gone since the list was made.
  return code === "NoSuchBucket" ? ok([]) : err(unknownFrom(answer, `${KIND} ${part}`));
}
