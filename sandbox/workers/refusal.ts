import { ApiError } from "../envelope.ts";

/** The codes are the real ones where public clients know them; the others are marked at the call. */
export const refusedUpload = (code: number, message: string): ApiError =>
  new ApiError(400, { code, message });

/** 10021 is the platform's word for everything that is wrong with code or metadata. */
export const invalidScript = (message: string): ApiError => refusedUpload(10021, message);

export const unknownWorker = (): ApiError =>
  new ApiError(404, {
    code: 10007,
    message: "This Worker does not exist on your account.",
  });
