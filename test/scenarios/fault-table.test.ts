/**
 * Every external write × every way it can go wrong, over all kinds that are written. Whatever happens, the account ends as
 * declared, and nothing is written twice. A part of the table in `npm test`, all of it with DRIFTLESS_FULL=1.
 * Not in it: deletes of stored data, which two people decide (account.test.ts), and what has its own page: a worker
 * upload that fails halfway (account-apps.test.ts), a ruleset whose version moved (rulesets.test.ts), a list over quota
 * (account.test.ts). Here they are asked for on the API.
 */
import { abortAllDurableObjects } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { checkRecord } from "../support/check-world.ts";
import { declareAll, inSync, LINES, type Line } from "../support/fault-lines.ts";
import { isFull } from "../support/full.ts";
import {
  apiJson,
  approved,
  control,
  journal,
  reconcile,
  type RunJson,
  runs,
  settled,
  vaultWrites,
} from "../support/world.ts";

const VAULT = "driftless-vault-write";

/** One of each way to write. */
const REPRESENTATIVE = new Set([
  "dns_record: batch",
  "waf_rule: PUT of http_request_firewall_custom",
  "ip_list: create",
  "ip_list: items",
  "gateway_rule: create",
  "access_application: delete",
  "worker: update",
  "worker_domain: update",
  "r2_bucket: lock",
  "notification_webhook: update",
  "s3_bucket: create",
  "s3_bucket: encryption",
  "route53_record: update",
]);
const chosen = LINES.filter(({ name }) => isFull || REPRESENTATIVE.has(name));

const applied = async () => (await vaultWrites()).filter((write) => write.applied);

const fault = ({ match, rehearsed }: Line, ...effects: readonly object[]): Promise<unknown> =>
  control("PUT", "/faults", {
    rules: effects.map((effect, index) => ({
      id: `write-${index}`,
      match: { ...match, token: VAULT },
      // The first is the rehearsal.
      after: rehearsed ? 1 : 0,
      times: 1,
      effect,
    })),
  });

/** As declared, by exactly the writes that it takes, and a second look finds nothing to do. */
async function healed({ scope, writes }: Line): Promise<void> {
  await inSync(scope);
  const made = (await applied()).map(({ method, path, body }) =>
    JSON.stringify([method, path, body]),
  );
  expect(made).toHaveLength(writes);
  expect(new Set(made).size).toBe(writes);
  expect((await runs(scope))[0]?.phase).toBe("verified");
  await control("DELETE", "/faults");
  await checkRecord();
  await control("DELETE", "/journal");
  await reconcile(scope);
  expect(await vaultWrites(), "a second look finds nothing to do").toEqual([]);
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await declareAll();
}, 120_000);

/** Nobody asks the account anything any more: a look that is on its way would see half of the drift that follows. */
async function rest(): Promise<void> {
  for (let before = -1, now = 0; now !== before;) {
    before = now;
    await scheduler.wait(150);
    now = (await journal()).length;
  }
}

async function broken(line: Line, ...effects: readonly object[]): Promise<void> {
  await declareAll(line.scope);
  await rest();
  await control("DELETE", "/journal");
  await fault(line, ...effects);
  await line.drift();
}

/** A look, and the word of whoever has to agree with what it leads to. */
async function looked({ scope, asksPeople }: Line): Promise<void> {
  await reconcile(scope);
  if (asksPeople) await approved(scope);
}

describe.each(chosen)("$name", (line) => {
  it.each([
    ["applied, and the reply was lost", { type: "drop_reply" }],
    ["applied, and answered with a server error", { type: "status_after", status: 502 }],
  ])("%s: it is found to have happened and not repeated", async (_, effect) => {
    await broken(line, effect);
    await looked(line);
    await healed(line);
  });

  // Waits two seconds before it tries again.
  it.runIf(isFull || /batch|waf|items|worker/.test(line.name))(
    "failed on the other side: it is sent again, once",
    async () => {
      await broken(line, { type: "status", status: 503 });
      await looked(line);
      await healed(line);
    },
  );

  it.runIf(isFull)("never arrived: it is sent again, once", async () => {
    await broken(line, { type: "drop_request" });
    await looked(line);
    await healed(line);
  });

  it.runIf(isFull && line.writesApart !== undefined)(
    "refused: its parts are written one by one",
    async () => {
      await broken(line, { type: "status", status: 400, code: 1004 });
      await looked(line);
      await vi.waitFor(
        async () => expect(await applied()).toHaveLength(line.writesApart ?? 0),
        10_000,
      );
      await healed({ ...line, writes: line.writesApart ?? 0 });
    },
  );

  it.runIf(isFull && line.writesApart === undefined)(
    "refused: nothing is left of it, the run and the API say so",
    async () => {
      const [before] = await runs(line.scope);
      await broken(line, { type: "status", status: 400, code: 1004 });
      await looked(line);
      // Waiting for people is "held" as well: the run tells when it is over.
      const run = await vi.waitFor(async () => {
        const [newest] = await runs(line.scope);
        expect(newest?.id).not.toBe(before?.id);
        expect(["voting", "awaiting_approval", "executing"]).not.toContain(newest?.phase);
        return newest;
      }, 10_000);
      await settled(line.scope, ({ status }) => status === "held");
      expect(run).toMatchObject({ phase: "rejected", because: { reason: "call_refused" } });
      expect(await applied()).toEqual([]);
      // What cannot be parted is not asked for once more, though the fault is gone by now.
      expect((await vaultWrites()).filter(({ status }) => status === 400)).toHaveLength(1);
      expect((await runs(line.scope))[1]?.id).toBe(before?.id);
      const { because } = await apiJson<RunJson>(`/api/v1/runs/${run?.id}`);
      expect(because).toMatchObject({ reason: "call_refused", report: { status: 400 } });
      await control("DELETE", "/faults");
      // A new generation is a new question, to people as well.
      await declareAll(line.scope, line.asksPeople ? approved : undefined);
      await healed(line);
    },
  );
});

describe.each(chosen.filter(({ name }) => isFull || /batch|items|waf/.test(name)))(
  "$name, and every object is restarted while the write is out",
  (line) => {
    it.each([
      ["applied, and the reply was lost", { type: "drop_reply" }],
      ["never arrived", { type: "drop_request" }],
    ])("%s: once", async (_, effect) => {
      await broken(line, { type: "latency", ms: 500 }, effect);
      const { scope } = line;
      await apiJson(`/api/v1/scopes/${encodeURIComponent(scope)}/reconcile`, "dev-operator", {
        method: "POST",
      });
      if (line.asksPeople) await approved(scope);
      await vi.waitFor(async () => expect((await runs(scope))[0]?.phase).toBe("executing"), 5_000);
      await abortAllDurableObjects();
      await healed(line);
      expect((await journal()).length).toBeGreaterThan(0);
    });
  },
);
