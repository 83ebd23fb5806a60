/** Every external write × how it can go wrong. Whatever happens, the zone ends as declared and nothing is written twice. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { Baseline, checkRecord } from "../support/check-world.ts";
import {
  api,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  record,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
const VAULT = "driftless-vault-write";
let baseline: Baseline;
let round = 0;

const patch = async (
  type: string,
  name: string,
  body: Record<string, string | number>,
): Promise<void> => {
  const found = await record(type, name);
  await cloudflare("PATCH", `${zone}/dns_records/${found?.id}`, { body });
};

/** Each makes drift that is healed by one call of its own kind. */
const writes: Record<
  string,
  { readonly match: { readonly method: string; readonly path: string }; drift(): Promise<void> }
> = {
  "an update": {
    match: { method: "PATCH", path: `*${zone}/dns_records/*` },
    drift: () => patch("A", "bastion.harbor-books.example", { content: `192.0.2.${(round += 1)}` }),
  },
  "a create": {
    match: { method: "POST", path: `*${zone}/dns_records` },
    async drift() {
      // Another record each time: the same one returning over and over is a loop.
      const names = ["status", "cdn", "images", "mta-sts", "help", "shop", "www"];
      const found = await record(
        "CNAME",
        `${names[(round += 1) % names.length]}.harbor-books.example`,
      );
      await cloudflare("DELETE", `${zone}/dns_records/${found?.id}`);
    },
  },
  "a delete": {
    match: { method: "DELETE", path: `*${zone}/dns_records/*` },
    async drift() {
      await cloudflare("POST", `${zone}/dns_records`, {
        body: { type: "A", name: `rogue-${(round += 1)}`, content: "203.0.113.9", ttl: 1 },
      });
    },
  },
  "a batch": {
    match: { method: "POST", path: `*${zone}/dns_records/batch` },
    async drift() {
      await patch("A", "bastion.harbor-books.example", { content: `192.0.2.${(round += 1)}` });
      await cloudflare("POST", `${zone}/dns_records`, {
        body: { type: "A", name: `rogue-${round}`, content: "203.0.113.9", ttl: 1 },
      });
      const found = await record(
        "CNAME",
        `${["status", "cdn", "images", "mta-sts"][round % 4]}.harbor-books.example`,
      );
      await cloudflare("DELETE", `${zone}/dns_records/${found?.id}`);
    },
  },
  "a setting": {
    match: { method: "PATCH", path: `*${zone}/settings/*` },
    async drift() {
      const weakened = [
        ["min_tls_version", "1.0"],
        ["ssl", "flexible"],
        ["tls_1_3", "off"],
        ["min_tls_version", "1.1"],
        ["ssl", "full"],
        ["always_use_https", "off"],
        ["tls_1_3", "zrt"],
      ];
      const [id, value] = weakened[(round += 1) % weakened.length] ?? [];
      await cloudflare("PATCH", `${zone}/settings/${id}`, { body: { value: value ?? "" } });
    },
  },
};

const applied = async () => (await vaultWrites()).filter((write) => write.applied);

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  baseline = await Baseline.take();
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await control("DELETE", "/faults");
    await baseline.check();
    await checkRecord();
  };
});

describe.each(Object.keys(writes))("when %s", (name) => {
  const write = writes[name] ?? writes["an update"];
  const fault = (effect: object): Promise<unknown> =>
    control("PUT", "/faults", {
      rules: [{ id: "write", match: { ...write?.match, token: VAULT }, times: 1, effect }],
    });

  it.each([
    ["was applied and the reply was lost", { type: "drop_reply" }],
    ["was applied and the answer is a server error", { type: "status_after", status: 502 }],
    ["was applied and the answer is cut", { type: "malformed" }],
  ])("%s, it is found to have happened and not repeated", async (_, effect) => {
    await write?.drift();
    await fault(effect);
    expect((await reconcile()).status).toBe("in_sync");
    expect(await applied()).toHaveLength(1);
    expect((await runs())[0]?.phase).toBe("verified");
  });

  it("never arrived, it is sent again", async () => {
    await write?.drift();
    await fault({ type: "drop_request" });
    expect((await reconcile()).status).toBe("in_sync");
    expect(await applied()).toHaveLength(1);
  });

  it.skipIf(name === "a batch")("is refused, nothing is written, and it says so", async () => {
    await write?.drift();
    await fault({ type: "status", status: 400, code: 1004 });
    const view = await reconcile();
    expect(view.status).toBe("held");
    expect(view.why).toContain("call_refused");
    expect((await runs())[0]).toMatchObject({
      phase: "rejected",
      because: { reason: "call_refused" },
    });
    expect(await applied()).toEqual([]);
    // A person changes the golden state (here: declares it again), and what was turned down is asked anew.
    const path = `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`;
    const etag = (await api(path)).headers.get("etag") ?? "";
    expect((await putGolden(golden, { ifMatch: etag })).status).toBe(200);
    await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"), {
      timeout: 10_000,
    });
    expect(await applied()).toHaveLength(1);
  });

  it.runIf(name === "a batch")(
    "is refused as a whole, its parts are tried one by one",
    async () => {
      await write?.drift();
      await fault({ type: "status", status: 400, code: 1004 });
      await reconcile();
      await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"), {
        timeout: 10_000,
      });
      const [third, second, first, refused] = await runs();
      expect([third?.phase, second?.phase, first?.phase]).toEqual([
        "verified",
        "verified",
        "verified",
      ]);
      expect(refused).toMatchObject({ phase: "rejected", because: { reason: "call_refused" } });
      expect(
        (await applied()).map(({ method }) => method).toSorted((x, y) => (x < y ? -1 : 1)),
      ).toEqual(["DELETE", "PATCH", "POST"]);
    },
  );
});

describe("when the world moves", () => {
  it("between planning and writing, nothing is written blind; the next plan heals what is there now", async () => {
    await patch("A", "bastion.harbor-books.example", { content: "192.0.2.201" });
    // The vault's look before the write takes long enough for somebody to edit the record again.
    await control("PUT", "/faults", {
      rules: [
        {
          id: "slow",
          match: { method: "GET", path: `*${zone}/dns_records/*`, token: VAULT },
          times: 1,
          effect: { type: "latency", ms: 400 },
        },
      ],
    });
    const healed = reconcile();
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("executing"));
    await patch("A", "bastion.harbor-books.example", { content: "192.0.2.202" });
    expect((await healed).status).toBe("in_sync");
    const [latest, before] = await runs();
    expect(latest?.phase).toBe("verified");
    if (before?.phase === "superseded") expect(before.because?.reason).toBe("basis_moved");
    expect((await applied()).length).toBe(1);
  });

  it("between writing and reading back, the write is taken back or left to whoever came, and the zone heals", async () => {
    await patch("A", "bastion.harbor-books.example", { content: "192.0.2.203" });
    await control("PUT", "/faults", {
      rules: [
        {
          id: "slow",
          match: { method: "GET", path: `*${zone}/dns_records/*`, token: "driftless-swarm-read" },
          times: 1,
          effect: { type: "latency", ms: 400 },
        },
      ],
    });
    const healed = reconcile();
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("verifying"));
    await patch("A", "bastion.harbor-books.example", { content: "192.0.2.204" });
    await healed;
    await vi.waitFor(async () => expect((await drift()).status).toBe("in_sync"), {
      timeout: 12_000,
    });
  });
});
