import { exports } from "cloudflare:workers";
import { beforeAll, expect, it, vi } from "vitest";
import { checkRecord } from "../support/check-world.ts";
import { VisitedZone } from "../support/edge.ts";
import { apiJson, control, tick } from "../support/world.ts";

const incidentsOf = async ({ scope }: VisitedZone) =>
  (
    await apiJson<{
      items: { cause: string; status: string; facts: Record<string, unknown> | null }[];
    }>(`/api/v1/incidents?scope=${scope}`)
  ).items.filter(({ cause }) => cause === "cve_exposure");

async function announce(...cves: readonly string[]): Promise<void> {
  const answer = await exports.default.fetch(
    new Request("https://driftless.test/webhooks/advisories", {
      method: "POST",
      headers: { "cf-webhook-auth": "dev-webhook-secret" },
      body: JSON.stringify({
        catalogVersion: crypto.randomUUID(),
        vulnerabilities: cves.map((cveID) => ({ cveID, dateAdded: "2025-07-20" })),
      }),
    }),
  );
  expect(answer.status).toBe(202);
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await control("PUT", "/options", { ratelimit: { quota: 1_000_000 } });
  await tick();
});

it("a vulnerability that was announced before anybody tried it is answered when somebody does", async () => {
  const zone = await VisitedZone.open("announced.example");
  await announce("CVE-2024-4577", "CVE-2025-53770");
  await vi.waitFor(
    async () =>
      expect(await incidentsOf(zone)).toMatchObject([{ status: "waiting", facts: { cves: 2 } }]),
    { timeout: 20_000, interval: 100 },
  );
  // Ordinary traffic is no attempt, and does not end the waiting.
  await zone.play({ seconds: 60 });
  expect(await incidentsOf(zone)).toMatchObject([{ status: "waiting" }]);
  expect(await zone.rules()).toEqual([]);
  const attacks = [{ kind: "cve", cve: "CVE-2024-4577", per_second: 5, sources: 20 }];
  await zone.play({ seconds: 15, attacks });
  await vi.waitFor(async () => expect(await zone.rules()).toMatchObject([{ action: "block" }]), {
    timeout: 20_000,
    interval: 50,
  });
  // The other one goes on waiting for a person.
  await vi.waitFor(
    async () =>
      expect(await incidentsOf(zone)).toMatchObject([
        { status: "open", facts: { cve: "CVE-2024-4577", remedy: "guard" } },
        { status: "waiting", facts: { cves: 1, first: "CVE-2025-53770" } },
      ]),
    { timeout: 20_000, interval: 100 },
  );
  const stopped = await zone.play({ seconds: 30, attacks });
  expect(stopped.attack.stopped).toBe(stopped.attack.visits);
  expect(stopped.normal.hurt).toBe(0);
  await checkRecord();
}, 120_000);
