/** What a service of AWS is here: requests that it knows, each with the action that IAM calls it by. */
import type { Shelf, Kind } from "../store.ts";
import type { Principal } from "./principals.ts";
import type { XmlNode } from "./xml.ts";

export interface AwsCall {
  readonly method: string;
  /** Below the service: `/bucket`, `/2013-04-01/hostedzone`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly principal: Principal;
  /** That the caller has signed for. */
  readonly region: string;
  readonly nowMs: number;
  readonly requestId: string;
  /** How long a change takes to be everywhere. */
  readonly propagationMs: number;
  shelf<T extends { readonly id: string }>(kind: Kind<T>): Shelf<T>;
  /** Counts one object that was changed. */
  changed(): void;
}

export interface AwsAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: XmlNode;
}

export interface AwsOperation {
  readonly action: string;
  readonly run: (call: AwsCall) => AwsAnswer;
}
