/** The insider: whoever has got hold of an auditor's seeds. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type KeyPair, openKeyPair, type Seeds } from "../../src/edge/signing/key-pair.ts";

export async function stolenKey(voter: string): Promise<KeyPair> {
  const seeds = await runInDurableObject(env.AUDITOR.getByName(voter), (_, { storage }) => {
    const rows = storage.sql.exec<{ stored: string }>("select stored from key").toArray();
    return rows.map(({ stored }) => JSON.parse(stored) as { seeds: Seeds }).at(-1)?.seeds;
  });
  if (!seeds) throw new Error("has no keys yet");
  return openKeyPair(seeds);
}
