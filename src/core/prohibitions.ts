/**
 * What is never done, whoever certified it. The vault's own last word, in plain code and on purpose without the rest of
 * core: a mistake in planning, policy or counting ends here.
 */
import type { Plan } from "./plan.ts";

const COLLECTIONS = /^\/zones\/([0-9A-Za-z_-]+)\/(?:dns_records(?:\/[\w.-]+)?|settings\/\w+)$/;
const METHODS = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const OPERATIONS_MAX = 200;
const BODY_BYTES_MAX = 1_048_576;

/** The first reason why `plan` must not be executed, or null. `people` is how many approved it. */
export function prohibited(plan: Plan, people: number): string | null {
  const covered = plan.calls.flatMap(({ steps }) => steps).toSorted((a, b) => a - b);
  if (covered.length !== plan.steps.length || covered.some((step, index) => step !== index)) return "calls and steps do not cover each other";
  for (const { request, steps } of plan.calls) {
    const [, zone] = COLLECTIONS.exec(request.path) ?? [];
    if (zone !== plan.zone.id) return `a call outside the zone: ${request.path}`;
    if (!METHODS.has(request.method)) return `method ${request.method}`;
    if (steps.length > OPERATIONS_MAX) return `${steps.length} operations in one call`;
    if (request.body !== null && JSON.stringify(request.body).length > BODY_BYTES_MAX) return "a body that is too large";
  }
  const outside = plan.steps.find(({ inverse }) => COLLECTIONS.exec(inverse.path)?.[1] !== plan.zone.id);
  if (outside) return `an inverse outside the zone: ${outside.inverse.path}`;
  if (people === 0 && plan.steps.some(({ group }) => group === `NS ${plan.zone.name}`)) return "the zone's own delegation, without a person";
  return null;
}
