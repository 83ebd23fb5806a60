import { ApiError } from "../envelope.ts";

/** Access names its errors; 12130 is its code for a body that it does not take. */
export const invalidAccess = (reason: string): ApiError =>
  new ApiError(400, { code: 12130, message: `access.api.error.invalid_request: ${reason}` });

/** Guessed, like the 404. */
const UNKNOWN = { application: 11021, policy: 12028, identity_provider: 12042 } as const;

export const unknownAccess = (what: keyof typeof UNKNOWN): ApiError =>
  new ApiError(404, { code: UNKNOWN[what], message: `access.api.error.unknown_${what}` });

export const accessConflict = (reason: string): ApiError =>
  new ApiError(409, { code: 11010, message: `access.api.error.${reason}` });
