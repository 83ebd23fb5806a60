import { describe, expect, it } from "vitest";
import { FakeSwarm } from "./fake-swarm.ts";

describe("the catalogue over the API", () => {
  it("lists entries with their mitigations, version and digest", async () => {
    const answer = await new FakeSwarm().ask("/api/v1/cves");
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { items: { id: string }[]; digest: string };
    expect(body.items.length).toBeGreaterThanOrEqual(25);
    expect(body.digest).toMatch(/^sha256:/);
    expect(body.items[0]).toMatchObject({ mitigation: { kind: expect.any(String) } });
  });

  it("has each by its id or another name, with advice for a plan", async () => {
    const answer = await new FakeSwarm().ask("/api/v1/cves/ghsa-jfh8-c2jp-5v3q?plan=free");
    expect(await answer.json()).toMatchObject({
      id: "CVE-2021-44228",
      advice: {
        kind: "deploy",
        rule: { action: "log", reminder: expect.stringContaining("patch") },
      },
    });
    expect((await new FakeSwarm().ask("/api/v1/cves/CVE-1999-0001")).status).toBe(404);
  });

  it("tells what an advisory is about", async () => {
    const ask = (body: unknown) =>
      new FakeSwarm().ask("/api/v1/cves/exposures", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answer = await ask({ vulnerabilities: [{ cveID: "CVE-2025-55182" }] });
    expect(await answer.json()).toMatchObject({
      items: [{ id: "CVE-2025-55182", by: "id", known_exploited: true }],
    });
    expect((await ask({ hello: "world" })).status).toBe(422);
  });
});
