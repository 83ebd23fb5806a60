/** The account is changed between every pair of steps: the vault stops there, and overwrites nobody (I2). */
import { env, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { Execution } from "../../durable-objects/execution.ts";
import { ExecutionJournal } from "../../durable-objects/execution-journal.ts";
import { diff } from "../../src/core/diff.ts";
import { parseGolden } from "../../src/core/golden.ts";
import { instantOf, isObjectId, isScopeId, mint } from "../../src/core/ids.ts";
import { plan, type SealedPlan } from "../../src/core/plan.ts";
import type { Site } from "../../src/core/resource.ts";
import { CloudflareApi } from "../../src/edge/cloudflare/client.ts";
import { readSite } from "../../durable-objects/site-reader.ts";
import { BOOKS, cloudflare, control, vaultWrites } from "../support/world.ts";

const SCOPE = mint(isScopeId, BOOKS.scope);
const SITE: Site = {
  level: "zone",
  id: mint(isObjectId, BOOKS.zoneId),
  name: "harbor-books.example",
};
const NOW = instantOf("2026-03-01T12:00:00Z");
const zone = `/zones/${BOOKS.zoneId}`;

const api = new CloudflareApi({
  base: "http://sandbox/client/v4",
  token: "sandbox-vault-write",
  fetch: (request) => env.CF_API.fetch(request),
});

/** What is declared, what stands there instead, and what an intruder makes of it meanwhile. One call each. */
const SETTINGS = [
  { id: "ssl", declared: "strict", drifted: "full", intruder: "flexible" },
  { id: "min_tls_version", declared: "1.2", drifted: "1.0", intruder: "1.1" },
  { id: "always_use_https", declared: "on", drifted: "off", intruder: null },
  { id: "tls_1_3", declared: "on", drifted: "off", intruder: "zrt" },
] as const;
const RECORD = { name: "bastion", type: "A", content: "203.0.113.30", ttl: 600 };

interface Subject {
  readonly path: string;
  read(): Promise<unknown>;
  edit(): Promise<unknown>;
  readonly edited: unknown;
}

async function subjects(): Promise<Subject[]> {
  const [found] = await cloudflare<{ id: string }[]>(
    "GET",
    `${zone}/dns_records?name=bastion.harbor-books.example&type=A`,
  );
  const path = `${zone}/dns_records/${found?.id}`;
  await cloudflare("PATCH", path, { body: { content: "192.0.2.1" } });
  const settings = SETTINGS.flatMap(({ id, intruder }): Subject[] => {
    const at = `${zone}/settings/${id}`;
    return intruder === null
      ? []
      : [
          {
            path: at,
            edited: intruder,
            read: async () => (await cloudflare<{ value: unknown }>("GET", at)).value,
            edit: () => cloudflare("PATCH", at, { body: { value: intruder } }),
          },
        ];
  });
  for (const { id, drifted } of SETTINGS)
    await cloudflare("PATCH", `${zone}/settings/${id}`, { body: { value: drifted } });
  const record: Subject = {
    path,
    edited: "192.0.2.99",
    read: async () => (await cloudflare<{ content: unknown }>("GET", path)).content,
    edit: () => cloudflare("PATCH", path, { body: { content: "192.0.2.99" } }),
  };
  return [...settings, record];
}

async function planned(): Promise<SealedPlan> {
  const setting = Object.fromEntries(SETTINGS.map(({ id, declared }) => [id, declared]));
  const document = {
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: SCOPE },
    spec: { resources: { zone_setting: setting, dns_record: [RECORD] } },
  };
  const golden = parseGolden(document, SCOPE, SITE);
  if (!golden.ok) throw new Error(JSON.stringify(golden.error));
  const reading = await readSite({ api, site: SITE }, golden.value, NOW);
  if (!reading.ok) throw new Error(reading.error.detail);
  const { changes } = diff({
    golden: golden.value,
    observed: reading.value.observation.resources,
    lineage: new Map(),
    site: SITE,
    now: NOW,
  });
  const proposal = {
    type: "revert",
    goldenGeneration: 1,
    goldenDigest: golden.value.digest,
    requestedBy: "dev-operator",
  } as const;
  return plan({ scope: SCOPE, site: SITE, epoch: 1, parent: null, proposal, changes });
}

interface Meanwhile {
  /** After call n - 1 and before call n. */
  readonly between?: (call: number) => Promise<unknown>;
  /** While the record takes the entry of a call at `path`, which goes out next. */
  readonly recording?: (path: unknown) => Promise<unknown>;
}
const nothing = (): Promise<void> => Promise.resolve();

/** Carries the plan out. */
const carriedOut = (
  sealed: SealedPlan,
  name: string,
  { between = nothing, recording = nothing }: Meanwhile,
) =>
  runInDurableObject(env.RUN.getByName(name), async (_, { storage }) => {
    await between(0);
    let call = 0;
    return new Execution({
      scope: SCOPE,
      plan: sealed,
      api,
      journal: new ExecutionJournal(storage),
      people: 0,
      record: async (entries) => {
        for (const { type, data } of entries)
          if (type === "write_result") await between((call += 1));
          else if (type === "write") await recording(data["path"]);
      },
      clock: () => NOW,
    }).run();
  });

it("between any two of its calls, whatever the plan still has to write or has written", async () => {
  await control("POST", "/reset", {});
  await subjects();
  const { calls } = (await planned()).plan;
  expect(calls).toHaveLength(SETTINGS.length + 1);
  let refused = 0;
  for (let moment = 0; moment < calls.length; moment += 1)
    for (let target = 0; target < SETTINGS.length; target += 1) {
      await control("POST", "/reset", {});
      const subject = (await subjects())[target];
      const sealed = await planned();
      await control("DELETE", "/journal");
      const report = await carriedOut(sealed, `toc-${moment}-${target}`, {
        between: async (call) => (call === moment ? subject?.edit() : null),
      });
      const turn = sealed.plan.calls.findIndex(({ request }) => request.path === subject?.path);
      const at = `changed before call ${moment}, written by call ${turn}`;
      expect(turn, at).toBeGreaterThanOrEqual(0);
      // Whoever came is never overwritten.
      expect(await subject?.read(), at).toBe(subject?.edited);
      const written = (await vaultWrites()).map(({ path }) => path);
      if (turn < moment) {
        expect(report, at).toMatchObject({ outcome: "done" });
        expect(written, at).toHaveLength(calls.length);
      } else {
        refused += 1;
        expect(report, at).toMatchObject({ outcome: "basis_moved", call: turn, written: turn });
        expect(written, at).toEqual(
          sealed.plan.calls.slice(0, turn).map(({ request }) => request.path),
        );
      }
    }
  expect(refused).toBeGreaterThan(8);
});

it("while the record takes the entry of the very call that would overwrite it", async () => {
  for (let target = 0; target < SETTINGS.length; target += 1) {
    await control("POST", "/reset", {});
    const subject = (await subjects())[target];
    const sealed = await planned();
    await control("DELETE", "/journal");
    const report = await carriedOut(sealed, `toc-entry-${target}`, {
      recording: async (path) => (path === subject?.path ? subject?.edit() : null),
    });
    const turn = sealed.plan.calls.findIndex(({ request }) => request.path === subject?.path);
    expect(await subject?.read()).toBe(subject?.edited);
    expect(report).toMatchObject({ outcome: "basis_moved", call: turn, written: turn });
    expect((await vaultWrites()).map(({ path }) => path)).toEqual(
      sealed.plan.calls.slice(0, turn).map(({ request }) => request.path),
    );
  }
});
