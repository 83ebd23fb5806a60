/**
 * What is never done, whoever certified it. The vault's own last word, in plain code and on purpose without the rest of
 * core: a mistake in planning, policy or counting ends here. It says where a plan may write, and what it may not do there
 * without people: judged on the requests themselves, first beside what the plan says was there (`prohibited`), then, just
 * before each write, beside what was read (`prohibitedNow`).
 */
import {
  bucketIn,
  changesIn,
  expires,
  inAnotherZone,
  isBucketPart,
  listIn,
  madeBy,
  takesRecord,
  unblocks,
} from "./aws-requests.ts";
import { isObject, type Json, type JsonObject, textOf } from "./canonical.ts";
import type { Instant } from "./ids.ts";
import type { Call, Plan, Step } from "./plan.ts";
import type { Fields, Site } from "./resource.ts";

/** The absolute rules. Each has one entry in `test/core/prohibitions.test.ts`. */
export type ProhibitionRule =
  /** Only the listed collections of the plan's own zone or account. Tokens, members, DNSSEC, zones are on no list. */
  | "outside_site"
  /** What goes out is neither more nor larger than the steps say, and nothing but a body and known headers. */
  | "more_than_planned"
  /** A request, or an inverse, is about the object of its own step and no other. */
  | "another_object"
  /** The zone's own delegation: one person. */
  | "delegation"
  /** The end of a Worker: one person. */
  | "ends_worker"
  /** The end of stored data, or of what locks it: two people. */
  | "ends_data"
  /** A phase that has rules would have none, a list that has items would be empty: one person. */
  | "empties"
  /** Something behind Access becomes open to everybody: one person. */
  | "opens_access"
  /** Objects that are kept would end sooner by a rule: one person. */
  | "expires_data";

export interface Prohibition {
  readonly rule: ProhibitionRule;
  readonly detail: string;
}

/** What is there, as a step says or as it was read. */
export interface There {
  readonly id: string | null;
  readonly fields: Fields;
}

type Request = Call["request"];
type Method = Request["method"];

/** Without `.` and `..` as an id: where a path is resolved they lead to the site itself. */
const ID = String.raw`(?!\.{1,2}(?:/|$))[\w.-]+`;
/** Cloudflare's own ids, and the name of what an earlier call of the plan makes: no word that the API gives a meaning. */
const RECORD_ID = String.raw`(?:[0-9a-f]{32}|created\.\d{1,9})`;
/** A bucket of S3 in its region. */
const BUCKET = String.raw`s3/[a-z]{2}(?:-[a-z]+){1,2}-\d/[a-z0-9][a-z0-9-]{1,61}[a-z0-9]`;
/** The phases whose rules are managed. */
const PHASES = [
  "http_request_firewall_custom",
  "http_ratelimit",
  "http_request_firewall_managed",
  "http_request_cache_settings",
  "http_request_dynamic_redirect",
  "http_request_late_transform",
  "http_response_headers_transform",
];

/** One collection: what may be done to it as a whole, and to one object in it. */
interface Writable {
  readonly path: string;
  readonly methods: readonly Method[];
}
const only = (path: string, ...methods: readonly Method[]): Writable => ({ path, methods });
const objects = (collection: string): readonly Writable[] => [
  only(collection, "POST"),
  only(`${collection}/${ID}`, "PUT", "DELETE"),
];

/** What a plan may write to at all, by level. Tokens are on neither list: they are the vault's own business. */
const WRITABLE: Readonly<Record<Site["level"], readonly Writable[]>> = {
  zone: [
    only("dns_records", "POST"),
    only("dns_records/batch", "POST"),
    only(`dns_records/${RECORD_ID}`, "PATCH", "DELETE"),
    only(String.raw`settings/\w+`, "PATCH"),
    ...objects("workers/routes"),
    // An entrypoint is written as a whole or not at all.
    only(`rulesets/phases/(?:${PHASES.join("|")})/entrypoint`, "PUT"),
  ],
  account: [
    ...objects("access/apps"),
    only(`workers/scripts/${ID}`, "PUT", "DELETE"),
    only("workers/domains", "PUT"),
    only(`workers/domains/${ID}`, "DELETE"),
    ...objects("alerting/v3/destinations/webhooks"),
    ...objects("alerting/v3/policies"),
    ...objects("rules/lists"),
    only(`rules/lists/${ID}/items`, "PUT"),
    ...objects("gateway/rules"),
    ...objects("gateway/lists"),
    ...objects("storage/kv/namespaces"),
    ...objects("d1/database"),
    only("r2/buckets", "POST"),
    only(`r2/buckets/${ID}`, "PATCH", "DELETE"),
    only(`r2/buckets/${ID}/lock`, "PUT"),
  ],
  aws_account: [
    only(BUCKET, "PUT", "DELETE"),
    only(`${BUCKET}/(?:encryption|publicAccessBlock|versioning)`, "PUT"),
    only(`${BUCKET}/(?:lifecycle|tagging)`, "PUT", "DELETE"),
    only(String.raw`route53/hostedzone/[A-Z0-9]{1,32}/rrset`, "POST"),
  ],
};

/** What every path of a site begins with. Not taken from the rest of core: that is the point. */
const ROOTS: Readonly<Record<Site["level"], string>> = {
  zone: "zones",
  account: "accounts",
  aws_account: "aws",
};

const OPERATIONS_MAX = 200;
const BODY_BYTES_MAX = 1_048_576;
const HEADERS = new Set(["cf-r2-jurisdiction", "cf-r2-storage-class"]);

const no = (rule: ProhibitionRule, detail: string): Prohibition => ({ rule, detail });

/** The first reason why `plan` must not be executed, or null. `people` is how many approved it. */
export function prohibited(plan: Plan, people: number): Prohibition | null {
  const covered = plan.calls.flatMap(({ steps }) => steps).toSorted((a, b) => a - b);
  if (covered.length !== plan.steps.length || covered.some((step, index) => step !== index))
    return no("more_than_planned", "calls and steps do not cover each other");
  const reasons = [
    ...plan.calls.map((call) => againstCall(call, plan)),
    ...plan.steps.map((step, index) => againstInverse(step, index, plan)),
    ...plan.calls.map((call) => prohibitedNow(call, claimed(call, plan), { plan, people })),
    // What the plan itself made may always be taken away again; anything else has to come back as it was.
    ...plan.steps.map(({ op, inverse, before }) =>
      op === "create" ? null : needsPeople(inverse, there([before]), aroundOf(plan, people)),
    ),
  ];
  return reasons.find((reason) => reason !== null) ?? null;
}

/** Whether `call` may go out, in view of what was just read of the things that it is about. */
export function prohibitedNow(
  { request }: Call,
  live: readonly There[],
  { plan, people }: { readonly plan: Plan; readonly people: number },
): Prohibition | null {
  return needsPeople(request, live, aroundOf(plan, people));
}

const aroundOf = (plan: Plan, people: number): Around => ({
  site: plan.site,
  people,
  fresh: madeBy(plan),
});

const there = (images: readonly (Step["before"] | undefined)[]): readonly There[] =>
  images.flatMap((image) => (image ? [image] : []));

const claimed = ({ steps }: Call, plan: Plan): readonly There[] =>
  there(steps.map((index) => plan.steps[index]?.before));

function againstCall(call: Call, { site, steps: planned }: Plan): Prohibition | null {
  const { request, steps } = call;
  const misplaced = outside(request, site);
  if (misplaced) return misplaced;
  const operations = operationsIn(request);
  if (operations > OPERATIONS_MAX)
    return no("more_than_planned", `${operations} operations in one call`);
  // What is deleted takes its parts along, and they are steps, too.
  const deletesAll =
    request.method === "DELETE" && steps.every((step) => planned[step]?.op === "delete");
  if (operations !== steps.length && !deletesAll)
    return no("more_than_planned", `${operations} operations for ${steps.length} steps`);
  const excess = unplain(request);
  if (excess) return excess;
  const names = new Set(steps.flatMap((step) => namesOf(planned[step], step)));
  return (
    stranger(request, names, planned) ??
    elsewhere(
      request,
      steps.map((step) => planned[step]),
    )
  );
}

function againstInverse(
  { inverse, ...step }: Step,
  index: number,
  { site, steps }: Plan,
): Prohibition | null {
  const misplaced = outside(inverse, site);
  if (misplaced) return { ...misplaced, detail: `an inverse: ${misplaced.detail}` };
  const excess = unplain(inverse);
  if (excess) return excess;
  if (inverse.path.endsWith("/batch") || operationsIn(inverse) !== 1)
    return no("more_than_planned", "an inverse of more than one operation");
  // Taking away undoes making, and nothing else.
  if (inverse.method === "DELETE" && step.op !== "create" && !isBucketPart(inverse))
    return no("another_object", `the inverse of an ${step.op} deletes`);
  if (takesRecord(inverse) && step.op !== "create")
    return no("another_object", `the inverse of an ${step.op} deletes`);
  return (
    stranger(inverse, new Set(namesOf({ ...step, inverse }, index)), steps) ??
    elsewhere(inverse, [{ ...step, inverse }])
  );
}

/** Somewhere else than a plan may write, or in a way that is not meant for the place. */
function outside({ method, path }: Request, { level, id }: Site): Prohibition | null {
  const places = WRITABLE[level].filter((one) =>
    new RegExp(`^/${ROOTS[level]}/${id}/${one.path}$`).test(path),
  );
  if (places.length === 0) return no("outside_site", `a call outside the site: ${path}`);
  return places.some(({ methods }) => methods.includes(method))
    ? null
    : no("outside_site", `method ${method} at ${path}`);
}

/** No header but those of R2 (the vault's token goes out in one), and no body beyond what is read again. */
function unplain({ headers = {}, body }: Request): Prohibition | null {
  if (
    !Object.entries(headers).every(([name, value]) => HEADERS.has(name) && /^[\w-]+$/.test(value))
  )
    return no("more_than_planned", "a header that is not for a plan to set");
  return body !== null && JSON.stringify(body).length > BODY_BYTES_MAX
    ? no("more_than_planned", "a body that is too large")
    : null;
}

/** What the API would carry out, counted in the body: a plan says one thing, a request does another. */
function operationsIn({ path, body }: Request): number {
  // One set may be named twice: as it goes, and as it comes.
  if (path.endsWith("/rrset")) return new Set(changesIn(body).map(({ key }) => key)).size;
  if (!path.endsWith("/dns_records/batch")) return 1;
  return Object.values(body ?? {}).reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? list.length : 1),
    0,
  );
}

/** All that a step calls its object: ids before and after, the name that it gives, the words of what identifies it. */
function namesOf(step: Step | undefined, index: number): readonly string[] {
  if (!step) return [];
  const ids = [step.before?.id, step.after?.id].flatMap((id) => (id ? [id] : []));
  return [
    ...ids,
    // Parts of an object are read as objects of their own: `<id>.items`.
    ...ids.map((id) => id.replace(/\.\w+$/, "")),
    ...step.identity.split(" "),
    `created.${index}`,
  ];
}

const elsewhere = (request: Request, steps: readonly (Step | undefined)[]): Prohibition | null =>
  inAnotherZone(request, steps)
    ? no("another_object", `${request.path} is not the zone of its steps`)
    : null;

/** Objects that a request names and that are none of `names`. A part may follow a whole that another step makes. */
function stranger(
  request: Request,
  names: ReadonlySet<string>,
  planned: readonly Step[],
): Prohibition | null {
  const strange = named(request).find(
    (id) => !names.has(id) && !(isPart(request) && makes(id, planned)),
  );
  return strange === undefined
    ? null
    : no("another_object", `${request.method} ${request.path} is about \`${strange}\``);
}

const isPart = ({ path }: Request): boolean => /\/(?:items|lock)$/.test(path);

const makes = (id: string, planned: readonly Step[]): boolean => {
  const step = /^created\.(\d{1,9})$/.exec(id)?.[1];
  return step !== undefined && planned[Number(step)]?.op !== undefined;
};

/** The objects that a request names, in its path and in the lists of a batch. */
function named({ path, body }: Request): readonly string[] {
  if (path.endsWith("/dns_records/batch"))
    return ["deletes", "patches", "puts"].flatMap((list) =>
      listIn(body, list).map(({ id }) => textOf(id)),
    );
  if (path.endsWith("/rrset")) return changesIn(body).flatMap(({ name, type }) => [name, type]);
  const bucket = /^\/aws\/\d{12}\/s3\/[^/]+\/([^/]+)/.exec(path)?.[1];
  if (bucket !== undefined) return [bucket];
  const [, id] =
    /\/(?:dns_records|settings|routes|phases|apps|scripts|domains|webhooks|policies|lists|rules|namespaces|database|buckets)\/([^/]+)(?:\/(?:entrypoint|items|lock))?$/.exec(
      path.replace("/rules/lists", "/lists"),
    ) ?? [];
  return id === undefined ? [] : [id];
}

interface Around {
  readonly site: Site;
  readonly people: number;
  /** Paths of the buckets that the same plan makes. */
  readonly fresh: readonly string[];
}

/** What asks for people, how many of them, and why, in order of weight. */
const ASKING: readonly {
  readonly rule: ProhibitionRule;
  readonly people: number;
  readonly is: (request: Request, live: readonly There[], around: Around) => boolean;
  readonly why: (path: string) => string;
}[] = [
  {
    rule: "delegation",
    people: 1,
    is: (request, live, { site }) => delegates(request, live, site),
    why: () => "the zone's own delegation, without a person",
  },
  {
    rule: "ends_worker",
    people: 1,
    is: endsWorker,
    why: () => "the end of a Worker, without a person",
  },
  {
    rule: "ends_data",
    people: 2,
    is: endsData,
    why: () => "the end of stored data or of its lock, without two people",
  },
  {
    rule: "empties",
    people: 1,
    is: empties,
    why: (path) => `nothing would be left at ${path}, without a person`,
  },
  {
    rule: "opens_access",
    people: 1,
    is: (request, live) => opens(request, live) || unblocks(request, live),
    why: (path) => `${path} would be open to everybody, without a person`,
  },
  {
    rule: "expires_data",
    people: 1,
    is: (request, live, { fresh }) => !fresh.includes(bucketIn(request)) && expires(request, live),
    why: (path) => `${path} would end objects sooner, without a person`,
  },
];

function needsPeople(request: Request, live: readonly There[], around: Around): Prohibition | null {
  const asking = ASKING.find(
    ({ people, is }) => around.people < people && is(request, live, around),
  );
  return asking ? no(asking.rule, asking.why(request.path)) : null;
}

/** By what goes out and by what is there, not by what the plan calls it. */
function delegates(request: Request, live: readonly There[], site: Site): boolean {
  // Nobody declares a zone's own NS and SOA at AWS, so nothing of ours may touch them.
  if (request.path.endsWith("/rrset"))
    return changesIn(request.body).some(({ type }) => type === "NS" || type === "SOA");
  if (!/\/dns_records(?:\/|$)/.test(request.path)) return false;
  const apex = site.name.toLowerCase();
  const isApex = ({ type, name }: Fields): boolean =>
    textOf(type).toUpperCase() === "NS" &&
    ["", "@", apex, `${apex}.`].includes(textOf(name).toLowerCase());
  const sent = [
    ...(request.body === null ? [] : [request.body]),
    ...["posts", "patches", "puts"].flatMap((list) => listIn(request.body, list)),
  ];
  return [
    ...sent.filter(({ type }) => type !== undefined),
    ...live.map(({ fields }) => fields),
  ].some(isApex);
}

function endsWorker({ method, path }: Request): boolean {
  return method === "DELETE" && path.includes("/workers/scripts/");
}

/** Namespaces, databases and buckets: what was in them cannot be brought back. A lock that goes lets it happen. */
function endsData({ method, path, body }: Request, live: readonly There[]): boolean {
  if (method === "DELETE" && path.startsWith("/aws/"))
    return /^\/aws\/\d{12}\/s3\/[^/]+\/[^/]+$/.test(path);
  if (method === "DELETE")
    return /\/(?:storage\/kv\/namespaces|d1\/database|r2\/buckets)\//.test(path);
  return (
    path.endsWith("/lock") &&
    listIn(body, "rules").length === 0 &&
    live.some(({ fields }) => sizeOf(fields["rules"]) > 0)
  );
}

const sizeOf = (list: Json | undefined): number => (Array.isArray(list) ? list.length : 0);

/** Rules of a phase and items of a list, in any of the forms in which they are read. */
const heldIn = ({ order, refs, items }: Fields): number =>
  lasting(order) + lasting(refs) + sizeOf(items);

/** Without the rules of guardrails: they have a lease, and its end asks nobody. */
const lasting = (refs: Json | undefined): number =>
  Array.isArray(refs) ? refs.filter((ref) => !textOf(ref).startsWith("guardrail-")).length : 0;

/** A PUT replaces the whole: what it leaves out is gone. Of a list, its description alone says nothing of its items. */
function empties({ method, path, body }: Request, live: readonly There[]): boolean {
  if (method !== "PUT") return false;
  const isPhase = path.includes("/rulesets/phases/");
  const isList =
    /\/(?:rules|gateway)\/lists\/[^/]+(?:\/items)?$/.test(path) && body?.["items"] !== undefined;
  if (!isPhase && !isList) return false;
  const left = listIn(body, isPhase ? "rules" : "items").length;
  return left === 0 && live.some(({ fields }) => heldIn(fields) > 0);
}

/** Everybody, with nothing asked of them. */
const isOpen = (policy: JsonObject): boolean =>
  textOf(policy["decision"]) !== "deny" &&
  sizeOf(policy["require"]) === 0 &&
  listIn(policy, "include").some(
    (rule) =>
      rule["everyone"] !== undefined ||
      (isObject(rule["ip"]) && /^(?:0\.0\.0\.0|::)\/0$/.test(textOf(rule["ip"]["ip"]))),
  );

/** An application goes, or gets a policy for everybody that it did not have. */
function opens({ method, path, body }: Request, live: readonly There[]): boolean {
  if (!/\/access\/apps(?:\/|$)/.test(path)) return false;
  if (method === "DELETE") return true;
  const had = live.some(({ fields }) => listIn(fields, "policies").some(isOpen));
  return !had && listIn(body, "policies").some(isOpen);
}

/**
 * Whether a lease that the plan rests on has run out: then nothing of it may be written any more, however long ago it was
 * certified. At the very instant it is over.
 */
export const leaseOver = ({ proposal }: Plan, now: Instant): boolean =>
  (proposal.guardrails ?? []).some(({ expiresAt }) => expiresAt <= now);
