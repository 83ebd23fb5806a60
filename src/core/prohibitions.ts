/**
 * What is never done, whoever certified it. The vault's own last word, in plain code and on purpose without the rest of
 * core: a mistake in planning, policy or counting ends here.
 */
import type { Call, Plan } from "./plan.ts";
import type { Site } from "./resource.ts";

/** Without `.` and `..` as an id: where a path is resolved they lead to the site itself. */
const ID = String.raw`(?!\.{1,2}(?:/|$))[\w.-]+`;
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
/** What a plan may write to at all, by level. Tokens are on neither list: they are the vault's own business. */
const WRITABLE: Readonly<Record<Site["level"], readonly string[]>> = {
  zone: [
    `dns_records(?:/(?!(?:scan|import|export)$)${ID})?`,
    String.raw`settings/\w+`,
    `workers/routes(?:/${ID})?`,
    `rulesets/phases/(?:${PHASES.join("|")})/entrypoint`,
  ],
  account: [
    `access/apps(?:/${ID})?`,
    `workers/scripts/${ID}`,
    `workers/domains(?:/${ID})?`,
    `alerting/v3/destinations/webhooks(?:/${ID})?`,
    `alerting/v3/policies(?:/${ID})?`,
    `rules/lists(?:/${ID}(?:/items)?)?`,
    `gateway/rules(?:/${ID})?`,
    `gateway/lists(?:/${ID})?`,
    `storage/kv/namespaces(?:/${ID})?`,
    `d1/database(?:/${ID})?`,
    `r2/buckets(?:/${ID}(?:/lock)?)?`,
  ],
};

/** Whether `path` leads to something writable of `site`, and to nothing else. */
const isInside = (path: string, { level, id }: Site): boolean =>
  WRITABLE[level].some((collection) => new RegExp(`^/${level}s/${id}/${collection}$`).test(path));

/** An entrypoint is written as a whole or not at all. */
const isPartial = ({ method, path }: Call["request"]): boolean =>
  path.includes("/rulesets/phases/") && method !== "PUT";

const METHODS = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const OPERATIONS_MAX = 200;
const BODY_BYTES_MAX = 1_048_576;

/** The first reason why `plan` must not be executed, or null. `people` is how many approved it. */
export function prohibited(plan: Plan, people: number): string | null {
  const covered = plan.calls.flatMap(({ steps }) => steps).toSorted((a, b) => a - b);
  if (covered.length !== plan.steps.length || covered.some((step, index) => step !== index))
    return "calls and steps do not cover each other";
  const reasons = [
    ...plan.calls.map((call) => againstCall(call, plan)),
    ...plan.steps.map(({ inverse }) => againstInverse(inverse, plan)),
  ];
  const first = reasons.find((reason) => reason !== null);
  if (first) return first;
  if (people === 0 && plan.steps.some(({ group }) => group === `NS ${plan.site.name}`))
    return "the zone's own delegation, without a person";
  if (people === 0 && plan.calls.some(({ request }) => endsWorker(request)))
    return "the end of a Worker, without a person";
  if (people < 2 && plan.calls.some(({ request }) => endsData(request)))
    return "the end of stored data, without two people";
  return null;
}

/** Namespaces, databases and buckets: what was in them cannot be brought back. */
const endsData = ({ method, path }: Call["request"]): boolean =>
  method === "DELETE" && /\/(?:storage\/kv\/namespaces|d1\/database|r2\/buckets)\//.test(path);

const endsWorker = ({ method, path }: Call["request"]): boolean =>
  method === "DELETE" && path.includes("/workers/scripts/");

const HEADERS = new Set(["cf-r2-jurisdiction", "cf-r2-storage-class"]);

/** No header but those of R2: the vault's token goes out in one. */
const isPlain = ({ headers = {} }: Call["request"]): boolean =>
  Object.entries(headers).every(([name, value]) => HEADERS.has(name) && /^[\w-]+$/.test(value));

function againstCall({ request, steps }: Call, { site, steps: planned }: Plan): string | null {
  if (!isInside(request.path, site)) return `a call outside the site: ${request.path}`;
  if (!METHODS.has(request.method) || isPartial(request)) return `method ${request.method}`;
  const operations = operationsIn(request);
  if (operations > OPERATIONS_MAX) return `${operations} operations in one call`;
  // What is deleted takes its parts along, and they are steps, too.
  const deletesAll =
    request.method === "DELETE" && steps.every((step) => planned[step]?.op === "delete");
  if (operations !== steps.length && !deletesAll)
    return `${operations} operations for ${steps.length} steps`;
  if (!isPlain(request)) return "a header that is not for a plan to set";
  if (request.body !== null && JSON.stringify(request.body).length > BODY_BYTES_MAX)
    return "a body that is too large";
  return null;
}

function againstInverse(inverse: Call["request"], { site }: Plan): string | null {
  if (!isInside(inverse.path, site)) return `an inverse outside the site: ${inverse.path}`;
  if (!METHODS.has(inverse.method) || isPartial(inverse))
    return `method ${inverse.method} in an inverse`;
  if (!isPlain(inverse)) return "a header that is not for a plan to set";
  return operationsIn(inverse) === 1 ? null : "an inverse of more than one operation";
}

/** What the API would carry out, counted in the body: a plan says one thing, a request does another. */
function operationsIn({ path, body }: Call["request"]): number {
  if (!path.endsWith("/batch")) return 1;
  return Object.values(body ?? {}).reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? list.length : 1),
    0,
  );
}
