/** Refusals of the Rulesets API: several at once, each with the place it is about. */
import { ApiError, type Message } from "../envelope.ts";

/**
 * 20217, 20125, 20106 and 10003 are known from reports of others. The rest is a guess: only the
 * HTTP status, the wording and the pointer are meant to be relied on.
 */
export const CODE = {
  notFound: 10003,
  invalidBody: 10013,
  conflict: 10035,
  tooManyVersions: 10036,
  invalidPhase: 20001,
  invalidKind: 20002,
  readOnly: 20003,
  inUse: 20004,
  actionForPhase: 20015,
  duplicateRef: 20093,
  parametersMissing: 20106,
  parametersInvalid: 20107,
  blankExpression: 20125,
  brokenExpression: 20127,
  rulesQuota: 20130,
  notEntitled: 20131,
  ratelimitInvalid: 20155,
  position: 20170,
  entrypointExists: 20217,
} as const;

/** Collects what is wrong below one place of the request. */
export class Complaints {
  readonly #errors: Message[];
  readonly #pointer: string;

  constructor(pointer = "", errors: Message[] = []) {
    this.#pointer = pointer;
    this.#errors = errors;
  }

  /** The same collection, one step further into the request. */
  at(step: string | number): Complaints {
    return new Complaints(`${this.#pointer}/${step}`, this.#errors);
  }

  add(code: number, message: string): void {
    this.#errors.push({ code, message, source: { pointer: this.#pointer || "/" } });
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  /** Ends the call with everything that was collected. */
  raise(): void {
    if (this.#errors.length > 0) throw new ApiError(400, ...this.#errors);
  }
}

export const refusal = (code: number, message: string, pointer?: string): ApiError => {
  const error = new ApiError(400, { code, message });
  return pointer === undefined ? error : error.at(pointer);
};

export const notFound = (message: string): ApiError =>
  new ApiError(404, { code: CODE.notFound, message });
