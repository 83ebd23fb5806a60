/**
 * What is never done, whoever certified it. The vault's own last word, in plain code and on purpose without the rest of
 * core: a mistake in planning, policy or counting ends here.
 */
import type { Call, Plan } from "./plan.ts";
import type { Site } from "./resource.ts";

/** Without `.` and `..` as an id: where a path is resolved they lead to the site itself. */
const ID = String.raw`(?!\.{1,2}(?:/|$))[\w.-]+`;
/** What a plan may write to at all, by level. Tokens are on neither list: they are the vault's own business. */
const WRITABLE: Readonly<Record<Site["level"], readonly string[]>> = {
  zone: [`dns_records(?:/${ID})?`, String.raw`settings/\w+`],
  account: [],
};

/** Whether `path` leads to something writable of `site`, and to nothing else. */
const isInside = (path: string, { level, id }: Site): boolean =>
  WRITABLE[level].some((collection) => new RegExp(`^/${level}s/${id}/${collection}$`).test(path));

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
  return null;
}

function againstCall({ request, steps }: Call, { site }: Plan): string | null {
  if (!isInside(request.path, site)) return `a call outside the site: ${request.path}`;
  if (!METHODS.has(request.method)) return `method ${request.method}`;
  const operations = operationsIn(request);
  if (operations > OPERATIONS_MAX) return `${operations} operations in one call`;
  if (operations !== steps.length) return `${operations} operations for ${steps.length} steps`;
  if (request.body !== null && JSON.stringify(request.body).length > BODY_BYTES_MAX)
    return "a body that is too large";
  return null;
}

function againstInverse(inverse: Call["request"], { site }: Plan): string | null {
  if (!isInside(inverse.path, site)) return `an inverse outside the site: ${inverse.path}`;
  if (!METHODS.has(inverse.method)) return `method ${inverse.method} in an inverse`;
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
