/**
 * The parts of a plan, each under a digest of its own. Ballots are over them beside the whole, so that whoever is handed a
 * plan can say which part of it is not what was voted on.
 */
import { digestOf } from "./canonical.ts";
import type { Digest } from "./ids.ts";
import type { Plan } from "./plan.ts";

export interface PlanParts {
  /** The zone or account, by id. */
  readonly site: Digest;
  /** What must be true before each step. */
  readonly basis: Digest;
  /** Every request with its body, in no order. */
  readonly requests: Digest;
  /** The order of the requests. */
  readonly order: Digest;
  /** What would undo each step. */
  readonly inverses: Digest;
}

export function partsOf({ site, steps, calls }: Plan): PlanParts {
  const requests = calls.map(({ request }) => digestOf(request));
  return {
    site: digestOf(site),
    basis: digestOf(steps.map(({ kind, identity, before }) => ({ kind, identity, before }))),
    requests: digestOf(requests.toSorted()),
    order: digestOf(calls.map(({ steps: of }, index) => ({ request: requests[index], of }))),
    inverses: digestOf(steps.map(({ inverse }) => inverse)),
  };
}
