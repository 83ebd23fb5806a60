/** The vault's hands, killed at every touch of the outside and set going again (I3, I11). */
import { env, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { Execution } from "../../durable-objects/execution.ts";
import { ExecutionJournal } from "../../durable-objects/execution-journal.ts";
import { diff } from "../../src/core/diff.ts";
import { parseGolden } from "../../src/core/golden.ts";
import type { JsonObject } from "../../src/core/canonical.ts";
import { instantOf, isObjectId, isScopeId, mint, type ScopeId } from "../../src/core/ids.ts";
import { plan, type SealedPlan } from "../../src/core/plan.ts";
import type { Site } from "../../src/core/resource.ts";
import { CloudflareApi } from "../../src/edge/cloudflare/client.ts";
import { readSite } from "../../durable-objects/site-reader.ts";
import { BOOKS, cloudflare, control, vaultWrites } from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const SCOPE = mint(isScopeId, `account:${ACCOUNT}`);
const SITE: Site = { level: "account", id: mint(isObjectId, ACCOUNT), name: "Harbor" };
const NOW = instantOf("2026-03-01T12:00:00Z");
const LISTS = `/accounts/${ACCOUNT}/rules/lists`;

/** Dies at touch number `at`; before the call reaches the other side, or when the answer is on its way. */
class Kill {
  #touches = 0;
  readonly #at: number;
  constructor(at: number) {
    this.#at = at;
  }
  touch(): void {
    this.#touches += 1;
    if (this.#touches === this.#at) throw new Error("killed");
  }
}

/** Faults of the connection are answers to the client; a kill is the end of everything. */
class Mortal extends CloudflareApi {
  readonly #kill: Kill;
  constructor(kill: Kill) {
    super({
      base: "http://sandbox/client/v4",
      token: "sandbox-vault-write",
      fetch: (request) => env.CF_API.fetch(request),
    });
    this.#kill = kill;
  }
  override async get(...of: Parameters<CloudflareApi["get"]>) {
    this.#kill.touch();
    return super.get(...of);
  }
  override async send(...of: Parameters<CloudflareApi["send"]>) {
    this.#kill.touch();
    const answer = await super.send(...of);
    this.#kill.touch();
    return answer;
  }
}

/** A plan for a list with two items that does not exist yet. */
function planned(epoch: number): Promise<SealedPlan> {
  const list = { name: "guests", items: [{ ip: "192.0.2.1", comment: "a" }, { ip: "192.0.2.2" }] };
  return planFor({ scope: SCOPE, site: SITE, resources: { ip_list: [list] }, epoch });
}

interface Wanted {
  readonly scope: ScopeId;
  readonly site: Site;
  readonly resources: JsonObject;
  readonly epoch: number;
}

async function planFor({ scope, site, resources, epoch }: Wanted): Promise<SealedPlan> {
  const document = {
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope },
    spec: { resources },
  };
  const golden = parseGolden(document, scope, site);
  if (!golden.ok) throw new Error(JSON.stringify(golden.error));
  const reading = await readSite({ api: new Mortal(new Kill(0)), site }, golden.value, NOW);
  if (!reading.ok) throw new Error(reading.error.detail);
  const observed = reading.value.observation.resources;
  const { changes } = diff({
    golden: golden.value,
    observed,
    lineage: new Map(),
    site,
    now: NOW,
  });
  const proposal = {
    type: "revert",
    goldenGeneration: 1,
    goldenDigest: golden.value.digest,
    requestedBy: "olga",
  } as const;
  return plan({ scope, site, epoch, parent: null, proposal, changes });
}

const of = (
  sealed: SealedPlan,
  storage: DurableObjectStorage,
  { kill = new Kill(0), api = new Mortal(kill) }: { kill?: Kill; api?: CloudflareApi } = {},
): Execution =>
  new Execution({
    scope: sealed.plan.scope,
    plan: sealed,
    api,
    journal: new ExecutionJournal(storage),
    people: 0,
    record: () => Promise.resolve(kill.touch()),
    clock: () => NOW,
  });

const guests = async () =>
  (await cloudflare<readonly { id: string; name: string }[]>("GET", LISTS)).filter(
    ({ name }) => name === "guests",
  );
const applied = async () => (await vaultWrites()).filter((write) => write.applied).length;

async function fresh(epoch: number): Promise<SealedPlan> {
  await control("POST", "/reset", {});
  const sealed = await planned(epoch);
  await control("DELETE", "/journal");
  return sealed;
}

const storageOf = <T>(name: string, work: (storage: DurableObjectStorage) => Promise<T>) =>
  runInDurableObject(env.RUN.getByName(name), (_, state) => work(state.storage));

it("a new list and its items are made once and whole, wherever the vault is killed", async () => {
  let kills = 0;
  for (let at = 1; at < 100; at += 1) {
    const sealed = await fresh(at);
    const killed = await storageOf(`forward-${at}`, async (storage) => {
      const first = await of(sealed, storage, { kill: new Kill(at) })
        .run()
        .catch(() => "killed" as const);
      const report = await of(sealed, storage).run();
      expect(report).toEqual({ outcome: "done", calls: 2 });
      return first === "killed";
    });
    const [list] = await guests();
    expect(await cloudflare("GET", `${LISTS}/${list?.id}/items`)).toMatchObject([
      { ip: "192.0.2.1", comment: "a" },
      { ip: "192.0.2.2" },
    ]);
    expect([(await guests()).length, await applied()]).toEqual([1, 2]);
    if (!killed) break;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(8);
});

it("and taken away again, wherever the vault is killed while it does that", async () => {
  for (let at = 1; at < 100; at += 1) {
    const sealed = await fresh(at);
    const killed = await storageOf(`back-${at}`, async (storage) => {
      await of(sealed, storage).run();
      const first = await of(sealed, storage, { kill: new Kill(at) })
        .revert()
        .catch(() => "killed" as const);
      expect(await of(sealed, storage).revert()).toMatchObject({ outcome: "reverted" });
      return first === "killed";
    });
    expect([(await guests()).length, await applied()]).toEqual([0, 4]);
    if (!killed) break;
  }
});

it("case 24: a record that somebody else creates in the same moment is what was wanted, and made once", async () => {
  await control("POST", "/reset", {});
  const records = `/zones/${BOOKS.zoneId}/dns_records`;
  const body = { name: "fresh.harbor-books.example", type: "A", content: "192.0.2.77" };
  const sealed = await planFor({
    scope: mint(isScopeId, BOOKS.scope),
    site: { level: "zone", id: mint(isObjectId, BOOKS.zoneId), name: "harbor-books.example" },
    resources: { dns_record: [body] },
    epoch: 1,
  });
  await control("DELETE", "/journal");
  class Raced extends Mortal {
    override async send(...call: Parameters<CloudflareApi["send"]>) {
      await cloudflare("POST", records, { body: { ...body, ttl: 1, proxied: false } });
      return super.send(...call);
    }
  }
  const report = await storageOf("case-24", (storage) =>
    of(sealed, storage, { api: new Raced(new Kill(0)) }).run(),
  );
  expect(report).toEqual({ outcome: "done", calls: 1 });
  expect((await vaultWrites()).map(({ status }) => status)).toEqual([400]);
  const query = "?name=fresh.harbor-books.example";
  expect(await cloudflare<readonly unknown[]>("GET", records + query)).toHaveLength(1);
});
