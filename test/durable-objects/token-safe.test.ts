/** Tokens of the vault: minted for one plan, always deleted; the standing one rotated; values nowhere else. */
import { env, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type KeeperEnv,
  OUTSTANDING_MAX,
  TokenKeeper,
} from "../../durable-objects/token-keeper.ts";
import { rotate } from "../../durable-objects/token-rotation.ts";
import { isObjectId, mint } from "../../src/core/ids.ts";
import type { Entry } from "../../src/core/log/entry.ts";
import type { Grant } from "../../src/core/token-grant.ts";
import { BOOKS, cloudflare, control, journal } from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const TOKENS = `/accounts/${ACCOUNT}/tokens`;
const BASE = "http://127.0.0.1:8788/client/v4";
const RECORDS = `/zones/${BOOKS.zoneId}/dns_records`;
const DAY_MS = 24 * 60 * 60_000;
const GRANT: Grant = {
  site: { level: "zone", id: mint(isObjectId, BOOKS.zoneId), name: "harbor-books.example" },
  writes: [{ method: "POST", path: RECORDS }],
};
const RECORD = { type: "A", name: "token-test", content: "192.0.2.77", ttl: 300 };

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly expires_on?: string;
  readonly policies: readonly {
    readonly resources: object;
    readonly permission_groups: readonly { readonly name: string }[];
  }[];
}

const listed = () => cloudflare<readonly Listed[]>("GET", `${TOKENS}?per_page=50`);
const ours = async () => (await listed()).filter(({ name }) => name.startsWith("driftless"));

interface Setting {
  readonly vars?: Partial<KeeperEnv>;
  /** Dies at this call to the API: before it arrives, or when its answer is on its way. */
  readonly kill?: { readonly at: number; readonly after: boolean };
}

/** A keeper on storage that outlives it, with the calls that it makes and the entries that it writes. */
class Bench {
  readonly entries: Entry[] = [];
  nowMs = Date.now();
  calls = 0;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  with<T>({ vars = {}, kill }: Setting, work: (keeper: TokenKeeper) => Promise<T>): Promise<T> {
    this.calls = 0;
    const dead = Promise.withResolvers<never>();
    dead.promise.catch(() => undefined);
    // Nothing that comes after is reached any more: not an error, which code could catch, but the end.
    const touch = async (): Promise<void> => {
      if (this.calls !== kill?.at) return;
      dead.reject(new Error("killed"));
      await new Promise<never>(() => undefined);
    };
    const CF_API = {
      fetch: async (request: Request) => {
        this.calls += 1;
        if (kill?.after === false) await touch();
        const answer = await env.CF_API.fetch(request);
        if (kill?.after === true) await touch();
        return answer;
      },
    } as unknown as Fetcher;
    const all: KeeperEnv = {
      CF_API,
      CF_API_BASE: BASE,
      CF_API_TOKEN: "sandbox-vault-write",
      CF_MINT_TOKEN: "sandbox-vault-mint",
      AWS_ACCOUNT_ID: "210987654321",
      AWS_ACCESS_KEY_ID: "SANDBOXVAULTWRITE001",
      AWS_SECRET_ACCESS_KEY: "sandbox-aws-vault-write",
      ...vars,
    };
    return runInDurableObject(env.RUN.getByName(this.#name), (_, { storage }) => {
      const keeper = new TokenKeeper({
        env: all,
        storage,
        record: async (entries) => this.entries.push(...entries),
        nowMs: () => this.nowMs,
        wake: async () => undefined,
      });
      return Promise.race([work(keeper), dead.promise]);
    });
  }

  /** Everything that the object has stored, as text. */
  stored(): Promise<string> {
    return runInDurableObject(env.RUN.getByName(this.#name), (_, { storage }) => {
      const tables = ["lease", "minted", "value"];
      return JSON.stringify(
        tables.map((table) => storage.sql.exec(`select * from ${table}`).toArray()),
      );
    });
  }
}

const write = (lease: string, path = RECORDS, method = "POST"): Request =>
  new Request(`${BASE}${path}`, {
    method,
    headers: { authorization: `Bearer lease:${lease}`, "content-type": "application/json" },
    ...(method === "GET" ? {} : { body: JSON.stringify(RECORD) }),
  });

let round = 0;
let bench: Bench;
beforeEach(async () => {
  await control("POST", "/reset", {});
  round += 1;
  bench = new Bench(`safe-${round}`);
});

describe("a token for one plan", () => {
  it("has only the groups and the zone of the plan, begins now, ends soon, and is gone afterwards", async () => {
    await bench.with({}, async (keeper) => {
      expect(await keeper.lend("plan-1", GRANT)).toMatchObject({ ok: true });
      const [token, ...more] = await ours();
      expect(more).toEqual([]);
      expect(token?.policies.map(({ resources }) => resources)).toEqual([
        { [`com.cloudflare.api.account.zone.${BOOKS.zoneId}`]: "*" },
      ]);
      expect(token?.policies[0]?.permission_groups.map(({ name }) => name)).toEqual(["DNS Write"]);
      const lifeMs = Date.parse(token?.expires_on ?? "") - bench.nowMs;
      expect(lifeMs).toBeGreaterThan(9 * 60_000);
      expect(lifeMs).toBeLessThan(11 * 60_000);
      expect((await keeper.send(write("plan-1"))).status).toBe(200);
      expect(await keeper.tokenIds(ACCOUNT)).toContain(token?.id);
      await keeper.giveBack("plan-1");
      expect((await keeper.send(write("plan-1"))).status).toBe(403);
      await keeper.sweep();
      expect(await ours()).toEqual([]);
      // What wrote stays known as ours.
      expect(await keeper.tokenIds(ACCOUNT)).toContain(token?.id);
    });
    expect(
      (await journal())
        .filter(({ method }) => method === "POST")
        .map(({ token_name }) => token_name),
    ).toEqual(["driftless-vault-mint", expect.stringMatching(/^driftless-vault-write plan-1 /)]);
    expect(bench.entries.map(({ data }) => data["what"])).toEqual(["minting", "deleted"]);
  });

  it.each<[string, Request]>([
    ["another path", write("plan-1", `/zones/${BOOKS.zoneId}/settings/ssl`, "PATCH")],
    ["another method", write("plan-1", RECORDS, "PUT")],
    ["another zone", write("plan-1", RECORDS.replace(BOOKS.zoneId, "0".repeat(32)))],
    ["more after the path", write("plan-1", `${RECORDS}/scan`)],
    ["a query", write("plan-1", `${RECORDS}?x=1`)],
    ["the tokens", write("plan-1", TOKENS)],
    ["no lease", write("nobody")],
    [
      "another host",
      new Request("http://127.0.0.1:9999/client/v4/zones", {
        headers: { authorization: "Bearer lease:plan-1" },
      }),
    ],
    [
      "another root",
      new Request("http://127.0.0.1:8788/sandbox/journal", {
        headers: { authorization: "Bearer lease:plan-1" },
      }),
    ],
  ])("is not used for %s", async (_, request) => {
    await bench.with({}, async (keeper) => {
      await keeper.lend("plan-1", GRANT);
      const before = bench.calls;
      expect((await keeper.send(request)).status).toBe(403);
      expect(bench.calls).toBe(before);
    });
  });

  it("is deleted whatever call the vault dies at, before or after it arrives", async () => {
    let kills = 0;
    for (const after of [false, true])
      for (let at = 1; at < 30; at += 1) {
        await control("POST", "/reset", {});
        const one = new Bench(`kill-${round}-${String(after)}-${at}`);
        const outcome = await one
          .with({ kill: { at, after } }, async (keeper) => {
            await keeper.lend("plan-1", GRANT);
            await keeper.giveBack("plan-1");
            await keeper.sweep();
          })
          .catch(() => "killed" as const);
        const reached = one.calls >= at;
        // Long enough for what was begun to count as abandoned.
        one.nowMs += 3 * 60_000;
        await one.with({}, (keeper) => keeper.sweep());
        one.nowMs += 60 * 60_000;
        await one.with({}, (keeper) => keeper.sweep());
        expect(await ours(), `call ${at}, ${after ? "after" : "before"}`).toEqual([]);
        kills += reached ? 1 : 0;
        if (!reached && outcome !== "killed") break;
      }
    expect(kills).toBeGreaterThan(8);
  });

  it("is one of at most as many as the cap says", async () => {
    await bench.with({}, async (keeper) => {
      for (let index = 0; index < OUTSTANDING_MAX; index += 1)
        expect((await keeper.lend(`plan-${index}`, GRANT)).ok).toBe(true);
      expect(await keeper.lend("one-more", GRANT)).toMatchObject({
        ok: false,
        error: { detail: expect.stringContaining("are out already") },
      });
      expect(await ours()).toHaveLength(OUTSTANDING_MAX);
      for (let index = 0; index < OUTSTANDING_MAX; index += 1)
        await keeper.giveBack(`plan-${index}`);
      await keeper.sweep();
      expect(await ours()).toEqual([]);
      expect((await keeper.lend("one-more", GRANT)).ok).toBe(true);
    });
  });

  it("is not made where the account does not allow it, and nothing is written then", async () => {
    await bench.with({ vars: { CF_MINT_TOKEN: "sandbox-vault-write" } }, async (keeper) => {
      expect((await keeper.lend("plan-1", GRANT)).ok).toBe(false);
      expect((await keeper.send(write("plan-1"))).status).toBe(403);
    });
  });
});

describe("credentials of two providers", () => {
  const BUCKET = "/aws/210987654321/s3/eu-central-1/harbor-logs";
  const ON_AWS: Grant = {
    site: { level: "aws_account", id: mint(isObjectId, "210987654321"), name: "Harbor" },
    writes: [{ method: "PUT", path: BUCKET }],
  };
  const put = (path: string, { lease = "aws-1", method = "PUT" } = {}): Request =>
    new Request(`https://aws.invalid${path}`, {
      method,
      headers: { authorization: `Bearer lease:${lease}` },
      ...(method === "GET" ? {} : { body: HERE }),
    });
  const HERE =
    "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
  const TAGS = "<Tagging><TagSet/></Tagging>";

  it("AWS's signs what was lent and no longer, and no token is made for it", async () => {
    await bench.with({}, async (keeper) => {
      expect((await keeper.send(put(BUCKET))).status).toBe(403);
      expect((await keeper.lend("aws-1", ON_AWS)).ok).toBe(true);
      expect((await keeper.send(put(BUCKET))).status).toBe(200);
      expect(await ours()).toEqual([]);
      await keeper.giveBack("aws-1");
      expect((await keeper.send(put(BUCKET))).status).toBe(403);
      const reading = put("/aws/210987654321/s3?max-buckets=10", { lease: "none", method: "GET" });
      expect((await keeper.send(reading)).status).toBe(200);
    });
  });

  it.each([
    ["another region", BUCKET.replace("eu-central-1", "eu-west-1")],
    ["another bucket", BUCKET.replace("harbor-logs", "other-logs")],
    ["another account", BUCKET.replace("210987654321", "123456789012")],
    ["what is said of it", `${BUCKET}/tagging`],
    ["another host", "/aws/210987654321/s3/evil.example/harbor-logs"],
    ["a path of Cloudflare's", RECORDS],
  ])("a lease for a bucket is none for %s", async (_, path) => {
    await bench.with({}, async (keeper) => {
      await keeper.lend("aws-1", ON_AWS);
      await control("DELETE", "/journal");
      expect((await keeper.send(put(path))).status).toBe(403);
      expect(await journal()).toEqual([]);
    });
  });

  it("a lease of one provider writes nothing at the other", async () => {
    await bench.with({ vars: { CF_MINT_TOKEN: "" } }, async (keeper) => {
      await keeper.lend("aws-1", ON_AWS);
      await keeper.lend("cf-1", GRANT);
      await control("DELETE", "/journal");
      expect((await keeper.send(write("aws-1"))).status).toBe(403);
      expect((await keeper.send(put(BUCKET, { lease: "cf-1" }))).status).toBe(403);
      expect(await journal()).toEqual([]);
    });
  });

  it("a host of AWS is no address for Cloudflare's token, nor Cloudflare's for AWS's", async () => {
    await bench.with({ vars: { CF_MINT_TOKEN: "" } }, async (keeper) => {
      await keeper.lend("cf-1", GRANT);
      const away = new Request("https://harbor-logs.s3.eu-central-1.amazonaws.com/?tagging", {
        method: "PUT",
        headers: { authorization: "Bearer lease:cf-1" },
        body: TAGS,
      });
      await control("DELETE", "/journal");
      expect((await keeper.send(away)).status).toBe(403);
      expect(await journal()).toEqual([]);
    });
  });

  it("a real credential is never used in a sandbox", async () => {
    const vars = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" };
    await bench.with({ vars }, async (keeper) => {
      await keeper.lend("aws-1", ON_AWS);
      await control("DELETE", "/journal");
      const answer = await keeper.send(put(BUCKET));
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("real credential");
      expect(await journal()).toEqual([]);
    });
  });
});

describe("without a token that makes tokens", () => {
  it("the standing one writes, for what was lent and no longer", async () => {
    await bench.with({ vars: { CF_MINT_TOKEN: "" } }, async (keeper) => {
      expect((await keeper.send(write("plan-1"))).status).toBe(403);
      await keeper.lend("plan-1", GRANT);
      expect((await keeper.send(write("plan-1"))).status).toBe(200);
      await keeper.giveBack("plan-1");
      expect((await keeper.send(write("plan-1"))).status).toBe(403);
      expect((await keeper.send(write("none", RECORDS, "GET"))).status).toBe(200);
    });
  });
});

describe("the standing token", () => {
  const vars = { TOKEN_ROTATE_DAYS: "30" };
  const begun = (setting: Setting = {}) =>
    bench.with({ ...setting, vars: { ...vars, ...setting.vars } }, async (keeper) => {
      await keeper.standingId(ACCOUNT);
      return rotate(keeper);
    });
  const rotated = (setting: Setting = {}) =>
    bench.with({ ...setting, vars: { ...vars, ...setting.vars } }, (keeper) => rotate(keeper));
  const works = () =>
    bench.with({ vars: { ...vars, CF_MINT_TOKEN: "" } }, async (keeper) => {
      await keeper.lend("after", GRANT);
      const answer = await keeper.send(write("after", RECORDS));
      await cloudflare(
        "DELETE",
        `${RECORDS}/${(await answer.json<{ result: { id: string } }>()).result.id}`,
      );
      return answer.status;
    });

  it("is replaced in time by one with the same rights, proven before the old one goes", async () => {
    expect(await begun()).toBe(bench.nowMs + 30 * DAY_MS);
    expect(await ours()).toEqual([]);
    bench.nowMs += 30 * DAY_MS;
    expect(await rotated()).toBe(bench.nowMs + 30 * DAY_MS);
    expect(await ours()).toHaveLength(1);
    const calls = (await journal())
      .filter(({ token_name: name }) => name !== "dashboard")
      .map(({ method, path, token_name: name }) => `${name} ${method} ${path}`);
    expect(calls.slice(-4)).toEqual([
      expect.stringMatching(/^driftless-vault-mint POST .*\/tokens$/),
      expect.stringMatching(/^driftless-vault-write \(rotation \w+\) GET .*\/tokens\/verify$/),
      expect.stringMatching(/^driftless-vault-write \(rotation \w+\) GET \/zones$/),
      expect.stringMatching(/^driftless-vault-mint DELETE .*\/tokens\/bead04d2/),
    ]);
    await expect(cloudflare("GET", "/zones", { token: "sandbox-vault-write" })).rejects.toThrow();
    expect(await works()).toBe(200);
    expect(bench.entries.map(({ data }) => data["what"])).toEqual([
      "rotating",
      "proven",
      "rotated",
    ]);
  });

  it("and the next one again", async () => {
    await begun();
    for (let turn = 0; turn < 3; turn += 1) {
      bench.nowMs += 30 * DAY_MS;
      await rotated();
    }
    expect(await ours()).toHaveLength(1);
  });

  it("always works and leaves no second one, whatever call the vault dies at", async () => {
    let kills = 0;
    for (const after of [false, true])
      for (let at = 1; at < 30; at += 1) {
        await control("POST", "/reset", {});
        bench = new Bench(`rotation-${round}-${String(after)}-${at}`);
        await begun();
        bench.nowMs += 30 * DAY_MS;
        await rotated({ kill: { at, after } }).catch(() => null);
        const reached = bench.calls >= at;
        expect(await works(), `call ${at}, ${after ? "after" : "before"}`).toBe(200);
        bench.nowMs += 2 * 60 * 60_000;
        await rotated();
        expect(await works()).toBe(200);
        expect(await ours()).toHaveLength(1);
        if (!reached) break;
        kills += 1;
      }
    expect(kills).toBeGreaterThan(10);
  });

  it("stays when the new one is not proven: a reading that fails revokes nothing", async () => {
    await begun();
    bench.nowMs += 30 * DAY_MS;
    await control("PUT", "/faults", {
      rules: [
        { id: "no", match: { path: "/zones" }, times: 1, effect: { type: "status", status: 500 } },
      ],
    });
    await rotated();
    expect(bench.entries.map(({ data }) => data["what"])).toEqual(["rotating", "rotation_failed"]);
    expect(await cloudflare("GET", "/zones", { token: "sandbox-vault-write" })).toBeTruthy();
    expect(await works()).toBe(200);
    bench.nowMs += 2 * 60 * 60_000;
    await rotated();
    expect(await works()).toBe(200);
    expect(await ours()).toHaveLength(1);
  });

  it("gives way to another one in the environment", async () => {
    await begun();
    bench.nowMs += 30 * DAY_MS;
    await rotated();
    const id = await bench.with(
      { vars: { ...vars, CF_API_TOKEN: "sandbox-terraform" } },
      (keeper) => keeper.standingId(ACCOUNT),
    );
    expect(id).toBe("7e11af0b5d9c4c3f8a26b0e4d7c95a02");
  });
});

describe("values", () => {
  it("are stored encrypted with a key from the environment, and are in no entry", async () => {
    const vars = { VAULT_SEAL_KEY: "a".repeat(64), TOKEN_ROTATE_DAYS: "30" };
    await bench.with({ vars }, async (keeper) => {
      bench.nowMs -= 31 * DAY_MS;
      await keeper.standingId(ACCOUNT);
      bench.nowMs += 31 * DAY_MS;
      await rotate(keeper);
      await keeper.lend("plan-1", GRANT);
      expect((await keeper.send(write("plan-1"))).status).toBe(200);
    });
    expect(await bench.stored()).toContain("a256gcm");
    expect(await bench.stored()).not.toContain("cfat_");
    expect(JSON.stringify(bench.entries)).not.toContain("cfat_");
    const other = { vars: { ...vars, VAULT_SEAL_KEY: "b".repeat(64) } };
    await expect(bench.with(other, (keeper) => keeper.send(write("plan-1")))).rejects.toThrow();
  });

  it("that were made at one origin are not sent to another", async () => {
    const vars = { TOKEN_ROTATE_DAYS: "30" };
    await bench.with({ vars }, async (keeper) => {
      await keeper.standingId(ACCOUNT);
      bench.nowMs += 30 * DAY_MS;
      await rotate(keeper);
    });
    const elsewhere = { ...vars, CF_API_BASE: "http://localhost:8788/client/v4" };
    const get = new Request("http://localhost:8788/client/v4/zones", {
      headers: { authorization: "Bearer lease:none" },
    });
    await expect(bench.with({ vars: elsewhere }, (keeper) => keeper.send(get))).rejects.toThrow(
      "another origin",
    );
  });
});
