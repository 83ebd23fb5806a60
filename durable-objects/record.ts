import type { Entry, Source } from "../src/core/log/entry.ts";
import { homeOf, objectAt, type Place } from "../src/core/log/shards.ts";
import type { Appended } from "../src/core/ports.ts";
import type { AuditLog, VaultEnv } from "./audit-log.ts";
import { shardCount } from "./log-sharding.ts";

type Env = Pick<VaultEnv, "AUDIT_LOG" | "LOG_SHARDS">;

/** Methods take and return plain data. */
export const logAt = (env: Env, place: Place): AuditLog =>
  env.AUDIT_LOG.getByName(objectAt(place)) as unknown as AuditLog;

/**
 * Each entry into the log of its scope, in the order given. Entries of one scope are durable together; a crash between two
 * scopes leaves those of the first, and whoever tells them again leaves one of each.
 */
export async function record(
  env: Env,
  entries: readonly Entry[],
  source: Source,
): Promise<Appended> {
  const count = shardCount(env);
  const homes = entries.map(({ scope }) => homeOf(scope, count));
  const [first = 0] = homes;
  if (homes.every((home) => home === first))
    return logAt(env, first).append(entries, source, count);
  const indices: number[] = [];
  let last = -1;
  for (const home of new Set(homes)) {
    const own = [...entries.keys()].filter((at) => homes[at] === home);
    const some = own.flatMap((at) => entries[at] ?? []);
    const appended = await logAt(env, home).append(some, source, count);
    for (const [place, at] of own.entries()) indices[at] = appended.indices[place] ?? -1;
    last = appended.last;
  }
  return { last, indices };
}
