import { ApiError } from "../envelope.ts";

export const invalidToken = (message: string): ApiError =>
  new ApiError(400, { code: 1001, message });
