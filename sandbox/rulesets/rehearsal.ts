/** What every write of a ruleset has in common: it can be rehearsed, and it can collide. */
import type { Query } from "../api-request.ts";
import { ApiError } from "../envelope.ts";
import type { Options } from "../options.ts";
import type { Cell } from "../store.ts";
import { CODE, refusal } from "./refusal.ts";

/** Whether the call asks for `dry_run`; only `true` and `false` are understood. */
export function isRehearsal(query: Query): boolean {
  const value = query.text("dry_run");
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw refusal(CODE.invalidBody, `'${value}' is not a valid value for dry_run`);
}

/**
 * Cloudflare limits concurrent updates of one ruleset by "rate limits" of unknown size; the option
 * decides how many writes meet them. Counted outside the transaction, which a refusal undoes.
 */
export function collide(options: Cell<Options>): void {
  const now = options.get();
  if (now.ruleset_conflicts === 0) return;
  options.set({ ...now, ruleset_conflicts: now.ruleset_conflicts - 1 });
  const message = "too many concurrent updates of this ruleset, please try again later";
  throw new ApiError(429, { code: CODE.conflict, message });
}
