/**
 * Opaque page positions: base64url of the sort key of the last row. A client that makes one up is
 * refused, not guessed.
 */
import { type Instant, isInstant, isScopeId, type ScopeId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { After } from "./api-ports.ts";
import type { Problem } from "./problem.ts";

const CURSOR = /^[A-Za-z0-9_-]{1,600}$/;
const REFUSED: Problem = {
  slug: "bad-cursor",
  detail: "pass `next` of the last page back as it is, or leave `cursor` out",
};

export const cursorOf = (...key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key), "utf8").toString("base64url");

function keyOf(cursor: string): readonly unknown[] {
  if (!CURSOR.test(cursor)) return [];
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(key) ? key : [];
  } catch {
    return [];
  }
}

/** The position behind a cursor of a list by time; `isId` is the form of the list's own ids. */
export function afterOf(
  cursor: string | undefined,
  isId: (text: string) => boolean,
): Result<After | null, Problem> {
  if (cursor === undefined) return ok(null);
  const [at, id, ...rest] = keyOf(cursor);
  const good = rest.length === 0 && isText(at, isInstant) && isText(id, isId);
  return good ? ok({ at: at as Instant, id: id as string }) : err(REFUSED);
}

/** The scope behind a cursor of the list of scopes. */
export function scopeAfterOf(cursor: string | undefined): Result<ScopeId | null, Problem> {
  if (cursor === undefined) return ok(null);
  const [scope, ...rest] = keyOf(cursor);
  return rest.length === 0 && isText(scope, isScopeId) ? ok(scope as ScopeId) : err(REFUSED);
}

const isText = (value: unknown, is: (text: string) => boolean): boolean =>
  typeof value === "string" && is(value);
