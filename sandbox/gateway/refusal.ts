import { ApiError } from "../envelope.ts";

/** What Gateway says of a body that it does not take. The code is a guess. */
export const invalidGateway = (message: string): ApiError =>
  new ApiError(400, { code: 2002, message });

export const unknownGateway = (what: string): ApiError =>
  new ApiError(404, { code: 2007, message: `${what} not found` });
