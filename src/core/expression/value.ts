/** Values while an expression is evaluated. */
import type { IpAddress } from "./ip.ts";

/** Text is a byte string (`bytes.ts`). */
export type Value =
  | boolean
  | bigint
  | string
  | IpAddress
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** Nobody can say: the field was not recorded, or the function cannot be imitated. Never the same as "missing" (I8). */
export class NotAssessable {
  readonly because: string;

  constructor(because: string) {
    this.because = because;
  }
}

/** Undefined: a missing value, as for a header that the request does not have. */
export type Found = Value | undefined | NotAssessable;

/** What is known of one request. */
export interface Facts {
  valueOf(field: string): Found;
  /** Whether a named list has the value. */
  isListed(list: string, value: Value): boolean | NotAssessable;
  /** What calls gave for this request, by their text: rules decode the same address again and again. */
  readonly memo?: Map<string, Found>;
}

export const isArray = (value: Found): value is readonly Value[] => Array.isArray(value);
export const isMap = (value: Found): value is ReadonlyMap<string, Value> => value instanceof Map;
