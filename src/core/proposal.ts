import type { Warrant } from "./guardrails/guardrail.ts";
import type { Digest } from "./ids.ts";

/**
 * What a rule or a model wants. It never names an API call: a proposal says how the desired state should change, and
 * `revert` says that it should not, and that reality has to follow.
 */
export type Proposal = {
  readonly type: "revert";
  readonly goldenGeneration: number;
  readonly goldenDigest: Digest;
  /** Who declared what is put back, by the name that the API knows. Cannot approve it. */
  readonly requestedBy: string;
  /** The guardrails in force that are part of the desired state; left out where there are none. */
  readonly guardrails?: readonly Warrant[];
};

/** Something that can drift, by its name in the drift report. */
export interface Subject {
  readonly kind: string;
  readonly identity: string;
}

/** One resource of an amendment: reality stays, and the golden state follows it. No plan comes of that. */
export interface Amended extends Subject {
  readonly op: "add" | "change" | "remove";
}
