/** One question to the policy engine, and its answer. The engine itself is an effect and lives at the edge. */
import type { Digest } from "../ids.ts";

/** What Cedar knows as values, but for entities and extensions: those only this program makes (see `Uid`). */
export type Attribute = boolean | number | string | readonly string[] | Attributes;
export interface Attributes {
  readonly [name: string]: Attribute;
}

/** `type` is without the namespace. */
export interface Uid {
  readonly type: string;
  readonly id: string;
}

export interface Entity {
  readonly uid: Uid;
  readonly attrs: Attributes;
  readonly parents: readonly Uid[];
}

export interface PolicyRequest {
  readonly principal: Uid;
  readonly action: string;
  readonly resource: Uid;
  readonly context: Attributes;
  /** Principal, resource and what they belong to. */
  readonly entities: readonly Entity[];
}

/** `policyId` null: about the question as a whole. */
export interface PolicyError {
  readonly policyId: string | null;
  readonly error: string;
}

/** `allow` only if nothing at all went wrong. */
export interface PolicyAnswer {
  readonly allow: boolean;
  /** Ids of the policies that decided; empty: nothing permits it. */
  readonly reasons: readonly string[];
  readonly errors: readonly PolicyError[];
  /** Of the bundle that answered. */
  readonly bundleDigest: Digest;
}

/** Synchronous and total: what cannot be answered is a "no" with an error. */
export type Decide = (request: PolicyRequest) => PolicyAnswer;
