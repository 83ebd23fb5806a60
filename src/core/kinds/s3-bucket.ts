import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isObjectId, mint } from "../ids.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Fields,
  type Kind,
  type ObservedResource,
  type Resource,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { creationOnly } from "./creation-only.ts";
import { declareEach, objectOf } from "./declaration.ts";
import { mergedFields } from "./object-calls.ts";
import {
  BUCKET_PARTS,
  isInitial,
  isPart,
  type Part,
  PART_SCHEMAS,
  partAt,
  partKind,
} from "./s3-parts.ts";

const NAME = "s3_bucket";
const COLLECTION = "s3";

const bucket = z.strictObject({
  name: z
    .string()
    .regex(
      /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
      "is not a bucket name (one with dots has no certificate of its own)",
    ),
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+){1,2}-\d$/, "is not a region of AWS"),
  ...PART_SCHEMAS,
});
const schema = z.array(bucket).max(1_000);

const partId = (part: Part, name: string): string => `${name}.${part}`;

/** Which part of which bucket an id stands for; null: the bucket itself. */
export function placeOfBucket(id: string): { readonly name: string; readonly part: Part | null } {
  const dot = id.lastIndexOf(".");
  const part = id.slice(dot + 1);
  return dot > 0 && isPart(part) ? { name: id.slice(0, dot), part } : { name: id, part: null };
}

interface Place {
  readonly name: string;
  readonly region: string;
}

const bucketOf = ({ name, region }: Place): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields: { name, region },
});

const partOf = (part: Part, { name, region }: Place, fields: Fields): Resource => ({
  kind: NAME,
  group: partId(part, name),
  identity: `${part} ${name}`,
  fields: { name, region, ...fields },
});

function declare(declared: unknown, site: Site): ReturnType<Kind["declare"]> {
  const buckets = declareEach(schema, (one) => ok(bucketOf(one)))(declared, site);
  const parsed = schema.safeParse(declared);
  if (!buckets.ok || !parsed.success) return buckets;
  const parts = parsed.data.flatMap((one) =>
    BUCKET_PARTS.flatMap((part) => {
      const given = one[part];
      return given === undefined ? [] : [partOf(part, one, partKind(part).declared(plain(given)))];
    }),
  );
  return ok([...buckets.value, ...parts]);
}

/** What a schema returns, without the members that are not there. */
const plain = (given: unknown): Json => z.json().parse(JSON.parse(JSON.stringify(given)));

/** A bucket, or one part of it, as an object with an id: AWS gives neither an id. */
export const bucketObject = (name: string, region: string): JsonObject => ({
  id: name,
  name,
  region,
});
export const partObject = (part: Part, { name, region }: JsonObject, body: Json): JsonObject => ({
  id: partId(part, textOf(name)),
  name: name ?? "",
  region: region ?? "",
  part,
  body,
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a bucket is not an object");
  const { id = "", part, body = null } = raw;
  const place = { name: textOf(raw["name"]), region: textOf(raw["region"]) };
  if (!isObjectId(textOf(id)) || place.name === "") return err("a bucket has no usable name");
  if (place.region === "") return err(`bucket \`${place.name}\` has no region`);
  const about = part === undefined ? bucketOf(place) : observedPart(textOf(part), place, body);
  if (about === null) return err(`the ${textOf(part)} of \`${place.name}\` cannot be read`);
  return ok({ ...about, id: mint(isObjectId, textOf(id)), system: ownerOf(raw) });
}

/** Whatever made a bucket by a stack would put back what we write. */
const ownerOf = ({ stack }: JsonObject): string | null =>
  stack === undefined ? null : `belongs to the CloudFormation stack ${textOf(stack)}`;

function observedPart(part: string, place: Place, body: Json): Resource | null {
  const fields = isPart(part) ? partKind(part).read(objectOf(body)) : null;
  return isPart(part) && fields !== null ? partOf(part, place, fields) : null;
}

const partIn = ({ identity }: Resource): Part | null => {
  const [part = "", name] = identity.split(" ");
  return name !== undefined && isPart(part) ? part : null;
};

const whole = (resource: Resource): string | null =>
  partIn(resource) === null ? null : textOf(resource.fields["name"]);

const subject = (change: Change): Resource =>
  change.op === "delete" ? change.observed : change.desired;

/** A part is written as a whole: of a new bucket's, what nobody declared is as AWS has it. */
function predict(change: Change): Fields | null {
  const merged = mergedFields(change);
  const part = partIn(subject(change));
  return merged === null || part === null || change.op !== "create"
    ? merged
    : { ...partKind(part).initial, ...merged };
}

function requestFor(change: Change, site: Site): ApiRequest {
  const of = subject(change);
  const { name = "", region = "" } = change.op === "create" ? of.fields : change.observed.fields;
  const path = `${basePath(site)}/${COLLECTION}/${textOf(region)}/${textOf(name)}`;
  const part = partIn(of);
  if (part !== null) {
    const { address, initial, write } = partKind(part);
    // A part is not taken away by itself: it becomes what a new bucket has.
    const body = write(predict(change) ?? initial);
    return { method: body === null ? "DELETE" : "PUT", path: `${path}/${address}`, body };
  }
  if (change.op === "delete") return { method: "DELETE", path, body: null };
  return { method: "PUT", path, body: { LocationConstraint: region } };
}

/** Buckets before what is said of them. */
const ORDER: readonly (Part | null)[] = [null, ...BUCKET_PARTS];

const calls = (changes: readonly Change[], site: Site): readonly CallOf[] =>
  [...changes.entries()]
    .toSorted(
      ([a, one], [b, other]) =>
        ORDER.indexOf(partIn(subject(one))) - ORDER.indexOf(partIn(subject(other))) || a - b,
    )
    .map(([position, change]) => ({ request: requestFor(change, site), changes: [position] }));

const UNKNOWN_CALL = "not a call that is understood";

/** What S3 does: a bucket is made and unmade by its name, each part replaced as a whole. */
function apply(
  objects: readonly Json[],
  request: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const root = `${basePath(site)}/${COLLECTION}/`;
  const [region = "", name = "", address] = request.path.slice(root.length).split("/");
  const all = objects.filter(isObject);
  const its = all.filter((object) => object["name"] === name);
  const old = its.find((object) => object["part"] === undefined);
  if (address === undefined && request.method === "PUT")
    return old === undefined
      ? ok([...all, bucketObject(name, region)])
      : err(`there is a bucket \`${name}\` already`);
  if (old?.["region"] !== region) return err(`there is no bucket \`${name}\` in ${region}`);
  const now = address === undefined ? [] : written(its, old, { ...request, address });
  if (now === null || (address === undefined && request.method !== "DELETE"))
    return err(UNKNOWN_CALL);
  return ok([...all.filter((object) => !its.includes(object)), ...now]);
}

function written(
  its: readonly JsonObject[],
  bucketThere: JsonObject,
  { address, method, body }: ApiRequest & { readonly address: string },
): readonly JsonObject[] | null {
  const part = partAt(address);
  if (part === undefined) return null;
  const empties = method === "DELETE" && partKind(part).write(partKind(part).initial) === null;
  if (!empties && !(method === "PUT" && body !== null)) return null;
  const now = partObject(part, bucketThere, body ?? {});
  return [...its.filter(({ id }) => id !== now["id"]), now];
}

const same = (field: string, desired: Json, observed: Json): boolean =>
  // Which key it is, where none was declared, is AWS's to say.
  sameJson(desired, observed) || (field === "kms_key" && desired === null);

const publish = (observed: readonly ObservedResource[]): readonly JsonObject[] =>
  observed
    .filter((one) => whole(one) === null)
    .toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
    .map((one) => {
      const parts = BUCKET_PARTS.flatMap((part): [string, Json][] => {
        const there = observed.find(({ group }) => group === partId(part, one.identity));
        const told = there === undefined ? null : partKind(part).told(there.fields);
        return told === null ? [] : [[part, told]];
      });
      return { ...one.fields, ...Object.fromEntries(parts) };
    });

/** S3 buckets, and what is said of them. Not the objects in them. */
export const s3Bucket: Kind = {
  name: NAME,
  level: "aws_account",
  collection: COLLECTION,
  schema,
  declare,
  observe,
  same,
  matchable: ["name", "region"],
  removable: true,
  holdsData: true,
  whole,
  isEmpty: isInitial,
  handsOff: creationOnly("region"),
  foreign: () => new Map(),
  calls,
  predict,
  apply,
  publish,
  describe: (resource) =>
    partIn(resource) === null ? `S3 bucket ${resource.identity}` : resource.identity,
};
