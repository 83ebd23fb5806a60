/**
 * A plan is immutable: the steps, the exact API calls that carry them out, the inverse of each, and the basis it was
 * computed from. No meaningful choice is left for execution time.
 *
 * It has two digests. The plan digest names it, and is over what is decided: which objects are brought to which declared
 * values, by which calls, in which order. Nothing that was merely read is in it, so no text that somebody left in a
 * record can make it another plan (I5). The state digest is over every byte: what was read, what is predicted, what goes
 * out and what would undo it. Ballots and certificates are over both.
 */
import { canonicalise, digestOf, isObject, type Json, type JsonObject } from "./canonical.ts";
import { subjectOf } from "./diff.ts";
import { type Digest, isObjectId, mint, type ObjectId, type RunId, type ScopeId } from "./ids.ts";
import { kindOf } from "./kinds/registry.ts";
import { levelAt } from "./provider.ts";
import {
  type ApiRequest,
  type Change,
  type Fields,
  type ObservedResource,
  type Resource,
  type Site,
  WHOLE_ID,
} from "./resource.ts";
import type { Proposal } from "./proposal.ts";
import { err, ok, type Result } from "./result.ts";

/** A resource as it is before a step (its pre-image) or has to be after it. */
export interface Image {
  /** Null while Cloudflare has not named it. */
  readonly id: ObjectId | null;
  readonly fields: Fields;
}

export interface Step {
  readonly op: Change["op"];
  readonly kind: string;
  readonly group: string;
  /** Identity after the step (before it, for a delete). */
  readonly identity: string;
  readonly summary: string;
  /** The declared values that go out; null: it is taken away. */
  readonly writes: Fields | null;
  /** What must be true just before the write; null: nothing with this identity exists. */
  readonly before: Image | null;
  /** The prediction; null: gone. */
  readonly after: Image | null;
  /** Undoes exactly this step. A created object's id is unknown yet: `created.<step>` stands for it. */
  readonly inverse: ApiRequest;
}

export interface Call {
  readonly request: ApiRequest;
  /** Positions of the steps it carries out. Every step is in exactly one call. */
  readonly steps: readonly number[];
}

export interface Plan {
  readonly version: 2;
  readonly scope: ScopeId;
  readonly site: Site;
  /** Grows by one with every plan of the scope. The vault refuses one that it has passed (I2). */
  readonly epoch: number;
  /** The run whose "no" this plan answers. */
  readonly parent: RunId | null;
  readonly proposal: Proposal;
  readonly steps: readonly Step[];
  readonly calls: readonly Call[];
}

declare const sealed: unique symbol;

/** A plan with its digests. Only `seal` makes one, so they belong together. */
export interface SealedPlan {
  readonly [sealed]: true;
  readonly plan: Plan;
  /** Over what is decided. The plan's name. */
  readonly digest: Digest;
  /** Over all of it. */
  readonly stateDigest: Digest;
}

export interface PlanInput {
  readonly scope: ScopeId;
  readonly site: Site;
  readonly epoch: number;
  readonly parent: RunId | null;
  readonly proposal: Proposal;
  readonly changes: readonly Change[];
}

/** The one place where changes become calls. Deterministic: the same input gives the same digest. */
export function plan({ changes, ...rest }: PlanInput): SealedPlan {
  const steps = changes.map((_, index) => stepOf(changes, index, rest.site));
  return seal({ version: 2, ...rest, steps, calls: callsOf(changes, rest.site) });
}

function callsOf(changes: readonly Change[], site: Site): Call[] {
  const positions = Map.groupBy(changes.keys(), (index) => kindAt(changes, index));
  return [...positions].flatMap(([kind, indices]) => {
    const calls = kindOf(kind).calls(
      indices.map((index) => changeAt(changes, index)),
      site,
    );
    return calls.map(({ request, changes: local }) => ({
      request: addressed(request, changes, indices[local[0] ?? -1] ?? -1),
      steps: local.map((position) => indices[position] ?? -1),
    }));
  });
}

const changeAt = (changes: readonly Change[], index: number): Change => {
  const change = changes[index];
  if (!change) throw new Error(`no change ${index}`);
  return change;
};
const kindAt = (changes: readonly Change[], index: number): string =>
  subjectOf(changeAt(changes, index)).kind;

function stepOf(changes: readonly Change[], index: number, site: Site): Step {
  const change = changeAt(changes, index);
  const subject = subjectOf(change);
  const kind = kindOf(subject.kind);
  const fields = kind.predict(change);
  const before =
    change.op === "create" ? null : { id: change.observed.id, fields: change.observed.fields };
  return {
    op: change.op,
    kind: subject.kind,
    group: subject.group,
    identity: subject.identity,
    summary: `${change.op} ${kind.describe(subject)}`,
    writes: writesOf(change),
    before,
    after: fields === null ? null : { id: before?.id ?? null, fields },
    inverse: addressed(inverseOf(change, index, site), changes, index),
  };
}

function writesOf(change: Change): Fields | null {
  switch (change.op) {
    case "delete":
      return null;
    case "create":
      return change.desired.fields;
    case "update": {
      const { desired, fields } = change;
      return Object.fromEntries(fields.map((field) => [field, desired.fields[field] ?? null]));
    }
  }
}

/** With the name of the step that makes the whole (or, undoing, makes it again) where the kind left the place open. */
function addressed(request: ApiRequest, changes: readonly Change[], index: number): ApiRequest {
  if (!request.path.includes(WHOLE_ID)) return request;
  const part = subjectOf(changeAt(changes, index));
  const whole = kindOf(part.kind).whole?.(part);
  const step = changes.findIndex((change) => {
    const { kind, identity } = subjectOf(change);
    return change.op !== "update" && kind === part.kind && identity === whole;
  });
  // Without such a step the place stays open, and the simulation refuses the plan.
  return step < 0 ? request : { ...request, path: request.path.replace(WHOLE_ID, createdId(step)) };
}

/**
 * `request` with the ids that Cloudflare gave in place of the names `created.<step>`: as a segment of the path, and where
 * it is a whole text of the body. A name without an id stays.
 */
export function withIds(request: ApiRequest, ids: ReadonlyMap<number, string>): ApiRequest {
  const idOf = (text: string): string => {
    const step = /^created\.(\d{1,9})$/.exec(text)?.[1];
    return step === undefined ? text : (ids.get(Number(step)) ?? text);
  };
  const inside = (value: Json): Json => {
    if (typeof value === "string") return idOf(value);
    if (Array.isArray(value)) return value.map(inside);
    return isObject(value) ? insideObject(value) : value;
  };
  const insideObject = (value: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(value).map(([member, one]) => [member, inside(one)]));
  const { path, body } = request;
  return {
    ...request,
    path: path.split("/").map(idOf).join("/"),
    body: body === null ? null : insideObject(body),
  };
}

/** The name that a created object has in other requests of its plan, until Cloudflare gives it one. */
export const createdId = (step: number): ObjectId => mint(isObjectId, `created.${step}`);

function inverseOf(change: Change, index: number, site: Site): ApiRequest {
  const kind = kindOf(subjectOf(change).kind);
  const [call] = kind.calls([inverseChange(change, index)], site);
  if (!call) throw new Error(`no inverse for ${change.op} of ${kind.name}`);
  return call.request;
}

function inverseChange(change: Change, index: number): Change {
  switch (change.op) {
    case "create":
      return { op: "delete", observed: { ...change.desired, id: createdId(index), system: null } };
    case "delete":
      return { op: "create", desired: bare(change.observed) };
    case "update": {
      const kind = kindOf(change.desired.kind);
      const after = kind.predict(change) ?? change.observed.fields;
      const written: ObservedResource = {
        ...change.observed,
        identity: change.desired.identity,
        fields: after,
      };
      return {
        op: "update",
        desired: bare(change.observed),
        observed: written,
        fields: change.fields,
        restores: true,
      };
    }
  }
}

const bare = ({ kind, group, identity, fields }: Resource): Resource => ({
  kind,
  group,
  identity,
  fields,
});

/**
 * What a plan decides. Object ids, addresses and the words of the API are in it; a comment, a description or a value that
 * was there before is not, nor is anything that a body only carries through. Those follow from the state, which whoever
 * votes has read for itself and the vault reads again.
 */
const decisionOf = ({ site, steps, calls, ...rest }: Plan): unknown => ({
  ...rest,
  // An account's name is what people call it, and identifies nothing.
  site: levelAt(site.level).named ? site : { level: site.level, id: site.id },
  steps: steps.map(({ op, kind, identity, writes, before }) => ({
    op,
    kind,
    id: before?.id ?? null,
    // What is taken away nobody declared: its name may be anything, its id says which one it is.
    identity: op === "delete" ? null : identity,
    writes,
  })),
  calls: calls.map(({ request, ...call }) => ({ ...call, request: { ...request, body: null } })),
});

/** The one constructor of the proof "these digests belong to this plan". */
export function seal(content: Plan): SealedPlan {
  const digests = { digest: digestOf(decisionOf(content)), stateDigest: digestOf(content) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- constructor of a proof type
  return { plan: content, ...digests } as SealedPlan;
}

/**
 * Takes a plan that has been through RPC, where brands die, and proves both digests again. RPC carries more than JSON: a date
 * or a map has no members, so a digest cannot tell it from `{}`, and is written out as something else. What goes on from here
 * are the very bytes that were digested.
 */
export function openPlan(
  content: Plan,
  { planDigest, stateDigest }: { readonly planDigest: Digest; readonly stateDigest: Digest },
): Result<SealedPlan, { readonly reason: "plan_digest_mismatch" }> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the digests say what it is
  const resealed = seal(JSON.parse(canonicalise(content)) as Plan);
  return resealed.digest === planDigest && resealed.stateDigest === stateDigest
    ? ok(resealed)
    : err({ reason: "plan_digest_mismatch" });
}
