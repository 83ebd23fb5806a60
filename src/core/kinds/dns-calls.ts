import type { JsonObject } from "../canonical.ts";
import type { ApiRequest, CallOf, Change, Site } from "../resource.ts";
import { creationBody, patchBody } from "./dns-fields.ts";
import { textOf } from "../canonical.ts";

/** Operations in one batch: what the smallest plan allows (paid ones take 3,500), and a failure to bisect stays small. */
export const BATCH_OPERATIONS_MAX = 200;

/** The order in which the API executes a batch, in one transaction. */
const OPERATION_ORDER = ["delete", "update", "create"] as const;

/** A change and its position in the list that was given. */
interface Placed {
  readonly change: Change;
  readonly position: number;
}

/** Where the API keeps the records, below the zone. */
export const COLLECTION = "dns_records";

const recordsPath = (site: Site): string => `/zones/${site.id}/${COLLECTION}`;

function directRequest(change: Change, site: Site): ApiRequest {
  const path = recordsPath(site);
  switch (change.op) {
    case "create":
      return { method: "POST", path, body: creationBody(change.desired.fields) };
    case "update":
      return { method: "PATCH", path: `${path}/${change.observed.id}`, body: patchBody(change) };
    case "delete":
      return { method: "DELETE", path: `${path}/${change.observed.id}`, body: null };
  }
}

const nameOf = (change: Change): string => {
  const { fields } = change.op === "create" ? change.desired : change.observed;
  return textOf(fields["name"]);
};

const inOrder = (placed: readonly Placed[]): readonly Placed[] =>
  OPERATION_ORDER.flatMap((op) => placed.filter(({ change }) => change.op === op));

/**
 * Cuts the changes into batches. All changes of one name go into one batch, so a CNAME makes room for the A that
 * replaces it in the same transaction (case 25); a name with more than a batch holds is cut with its deletes first.
 */
function batchesOf(changes: readonly Change[]): readonly (readonly Placed[])[] {
  const byName = new Map<string, Placed[]>();
  for (const [position, change] of changes.entries()) {
    const name = nameOf(change);
    const placed = byName.get(name);
    if (placed === undefined) byName.set(name, [{ change, position }]);
    else placed.push({ change, position });
  }
  const batches: Placed[][] = [];
  let open: Placed[] = [];
  for (const placed of byName.values()) {
    if (open.length > 0 && open.length + placed.length > BATCH_OPERATIONS_MAX) {
      batches.push(open);
      open = [];
    }
    open.push(...inOrder(placed));
    while (open.length > BATCH_OPERATIONS_MAX) {
      batches.push(open.slice(0, BATCH_OPERATIONS_MAX));
      open = open.slice(BATCH_OPERATIONS_MAX);
    }
  }
  return [...batches, open].map(inOrder);
}

function batchRequest(placed: readonly Placed[], site: Site): ApiRequest {
  const deletes: JsonObject[] = [];
  const patches: JsonObject[] = [];
  const posts: JsonObject[] = [];
  for (const { change } of placed) {
    if (change.op === "delete") deletes.push({ id: change.observed.id });
    if (change.op === "update") patches.push({ id: change.observed.id, ...patchBody(change) });
    if (change.op === "create") posts.push(creationBody(change.desired.fields));
  }
  const parts = { deletes, patches, posts };
  const body = Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0));
  return { method: "POST", path: `${recordsPath(site)}/batch`, body };
}

/** One change is a call of its own, more go through the batch endpoint: a transaction, and one call of the quota. */
export function recordCalls(changes: readonly Change[], site: Site): readonly CallOf[] {
  const [only, ...more] = changes;
  if (only === undefined) return [];
  if (more.length === 0) return [{ request: directRequest(only, site), changes: [0] }];
  return batchesOf(changes).map((placed) => ({
    request: batchRequest(placed, site),
    changes: placed.map(({ position }) => position),
  }));
}
