/** A challenge as certbot makes it, while the swarm keeps the zone at its golden state. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Account, Swarm, until } from "../process/account.ts";
import { Driftless, leaveNothing } from "../process/driftless.ts";
import { BOOKS, Sandbox, ZONE_NAME } from "./sandbox.ts";
import { all, connect } from "./sdk-client.ts";

const CHALLENGE_MS = 3_000;
const LOOK_EVERY_MS = 300;
const HEALED_MS_MAX = 20_000;

let driftless: Driftless;

beforeAll(async () => {
  driftless = await Driftless.make();
  await driftless.start();
});

afterAll(leaveNothing);

const inSync = async (swarm: Swarm): Promise<boolean> => (await swarm.drift()).status === "in_sync";

describe("an ACME challenge beside the swarm", () => {
  it("survives every reconcile, while what nobody declared goes, and is deleted by its maker", async () => {
    const swarm = new Swarm(driftless);
    const account = new Account(driftless);
    const sandbox = new Sandbox(driftless.facts.sandboxUrl);
    await until("the zone is in sync", HEALED_MS_MAX, () => inSync(swarm));
    const start = await account.journalEnd();

    const client = connect(sandbox, { apiToken: "sandbox-terraform" });
    const name = `_acme-challenge.shop.${ZONE_NAME}`;
    const rogue = `rogue.${ZONE_NAME}`;
    const of = { zone_id: BOOKS, ttl: 120 };
    const value = "p6mB1tYQpC0o0mQpXzS5eQz5hP4uVQm0r3m8k0h1c2s";
    const made = await client.dns.records.create({ ...of, type: "TXT", name, content: value });
    await client.dns.records.create({ ...of, type: "A", name: rogue, content: "192.0.2.66" });

    const end = performance.now() + CHALLENGE_MS;
    while (performance.now() < end) {
      await swarm.reconcile();
      await sleep(LOOK_EVERY_MS);
      expect(await sandbox.records(name)).toMatchObject([{ id: made.id, content: `"${value}"` }]);
    }
    // The reconciles were real ones: the record that nobody declared is gone, the challenge is not.
    await until("the rogue record is removed", HEALED_MS_MAX, async () => {
      return (await sandbox.records(rogue)).length === 0;
    });
    const query = { zone_id: BOOKS, type: "TXT", name: { exact: name }, content: { exact: value } };
    const found = await all(client.dns.records.list({ ...query, type: "TXT" }));
    expect(found.map(({ id }) => id)).toEqual([made.id]);
    await client.dns.records.delete(made.id, { zone_id: BOOKS });
    expect(await sandbox.records(name)).toEqual([]);

    await swarm.reconcile();
    await until("the zone is in sync again", HEALED_MS_MAX, () => inSync(swarm));
    expect(await sandbox.records(name)).toEqual([]);
    const writes = await account.vaultWrites(start);
    expect(writes.length).toBeGreaterThan(0);
    expect(JSON.stringify(writes)).not.toContain(made.id);
  });
});
