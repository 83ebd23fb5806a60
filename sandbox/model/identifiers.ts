/** The ids that this account gives to new objects. */
import { createHash } from "node:crypto";

/** Thirty-two hexadecimal digits, as most ids of the real API. */
export const hexId = (): string => crypto.randomUUID().replaceAll("-", "");

/** With dashes, as ids of Zero Trust and of Worker versions. */
export const uuid = (): string => crypto.randomUUID();

/** Thirty-two hexadecimal digits that depend on nothing but the parts. */
export const digestId = (...parts: readonly string[]): string =>
  createHash("md5").update(parts.join("\n")).digest("hex");

/** The same in the form of a UUID. */
export const digestUuid = (...parts: readonly string[]): string =>
  digestId(...parts).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
