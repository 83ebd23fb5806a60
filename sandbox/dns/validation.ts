/** Refusals of a DNS record: one outer code, the reasons in the chain. */
import { ApiError, type Message } from "../envelope.ts";

/** The reasons that the sandbox tells apart. */
export const REASON = {
  invalidName: 9000,
  invalidAddress4: 9005,
  invalidAddress6: 9006,
  invalidHost: 9009,
  invalidTtl: 9021,
  invalidContent: 9004,
  notProxiable: 9041,
  missingField: 9101,
  invalidField: 9207,
} as const;

export function invalidRecord(code: number, message: string): ApiError {
  const chain: Message[] = [{ code, message }];
  return new ApiError(400, { code: 1004, message: "DNS Validation Error", error_chain: chain });
}
