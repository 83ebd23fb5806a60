import type { JsonObject } from "../canonical.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Fields,
  type Site,
} from "../resource.ts";

/** What is declared over what is there. */
export function mergedFields(change: Change): Fields | null {
  switch (change.op) {
    case "create":
      return change.desired.fields;
    case "update":
      return { ...change.observed.fields, ...change.desired.fields };
    case "delete":
      return null;
  }
}

export interface ObjectCalls {
  readonly collection: string;
  /** The whole object: there is no call that changes a part of it. */
  readonly bodyOf: (change: Exclude<Change, { op: "delete" }>) => JsonObject;
}

/** Calls of a collection without batches: one a change, an update replaces the object. */
export const objectCalls =
  ({ collection, bodyOf }: ObjectCalls) =>
  (changes: readonly Change[], site: Site): readonly CallOf[] =>
    changes.map((change, position) => {
      const path = `${basePath(site)}/${collection}`;
      return { request: requestFor(change, path, bodyOf), changes: [position] };
    });

function requestFor(change: Change, path: string, bodyOf: ObjectCalls["bodyOf"]): ApiRequest {
  switch (change.op) {
    case "create":
      return { method: "POST", path, body: bodyOf(change) };
    case "update":
      return { method: "PUT", path: `${path}/${change.observed.id}`, body: bodyOf(change) };
    case "delete":
      return { method: "DELETE", path: `${path}/${change.observed.id}`, body: null };
  }
}
