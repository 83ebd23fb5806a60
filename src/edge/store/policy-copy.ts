/** KV: what teams have written, by the digest of the bundle that it makes. A hint: whoever reads it works the digest out. */
import type { Digest } from "../../core/ids.ts";
import type { TeamPolicies } from "../../core/policy/bundle.ts";

const PREFIX = "policies/";
/** A version that is not in force any more is of no use to anybody hot. */
const TTL_SECONDS = 30 * 24 * 60 * 60;

export async function postPolicies(
  kv: KVNamespace,
  digest: Digest,
  team: TeamPolicies,
): Promise<void> {
  try {
    await kv.put(PREFIX + digest, JSON.stringify(team), { expirationTtl: TTL_SECONDS });
  } catch {
    // One write a second and key is all that KV takes; the register has the truth.
  }
}

export const readPolicies = (kv: KVNamespace, digest: Digest): Promise<TeamPolicies | null> =>
  kv.get<TeamPolicies>(PREFIX + digest, "json");
