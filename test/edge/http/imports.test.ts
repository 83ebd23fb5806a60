import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { goldenSchema } from "../../../src/core/golden-schema.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { observe } from "../../../src/core/observation.ts";
import type { LiveSite } from "../../../src/core/publish.ts";
import { ok } from "../../../src/core/result.ts";
import type { Site } from "../../../src/core/resource.ts";
import { must } from "../../core/harbor.ts";
import { FakeSwarm, NOW, problemOf, SCOPE } from "./fake-swarm.ts";

const SITE: Site = { level: "zone", id: mint(isObjectId, "z1"), name: "example.com" };
const live = (objects: readonly Json[]): LiveSite => {
  const reading = { kind: "dns_record", objects, claimedTotal: objects.length };
  const observation = must(observe([reading], SITE, NOW));
  return { site: SITE, kinds: ["dns_record"], observation, unasked: [] };
};
const RECORD = { id: "r1", type: "A", name: "www.example.com", content: "192.0.2.1" };
const IMPORT = `/api/v1/scopes/${SCOPE}/import`;
const EXPORT = `/api/v1/scopes/${SCOPE}/export`;

const swarmWith = (...objects: readonly Json[]): FakeSwarm => {
  const swarm = new FakeSwarm();
  swarm.found = ok(live(objects));
  return swarm;
};
const operator = { token: "dev-operator" };

describe("import", () => {
  it("answers a golden state that can be declared as it is", async () => {
    const swarm = swarmWith(RECORD);
    const response = await swarm.ask(IMPORT, operator);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/yaml");
    const text = await response.text();
    expect(text.split("\n")[0]).toBe(
      "# yaml-language-server: $schema=http://localhost/api/v1/schemas/golden-state.json",
    );
    expect(text).toContain("- { name: www, type: A, content: 192.0.2.1 }");
    const put = await swarm.ask(`/api/v1/scopes/${SCOPE}/golden`, {
      ...operator,
      method: "PUT",
      headers: { "content-type": "application/yaml", "if-none-match": "*" },
      body: text,
    });
    expect(put.status).toBe(200);
  });

  it("is for operators, because it reads the whole account", async () => {
    expect((await swarmWith().ask(IMPORT, { token: "dev-viewer" })).status).toBe(403);
  });

  it("gives the document alone to programs", async () => {
    const headers = { accept: "application/json" };
    const response = await swarmWith(RECORD).ask(IMPORT, { ...operator, headers });
    expect(await response.json()).toMatchObject({ metadata: { scope: SCOPE } });
  });

  it("reads only the kinds that are asked for, and refuses those that do not exist", async () => {
    const swarm = swarmWith(RECORD);
    await swarm.ask(`${IMPORT}?kinds=dns_record,zone_setting`, operator);
    await swarm.ask(IMPORT, operator);
    expect(swarm.looks).toEqual([["dns_record", "zone_setting"], null]);
    const refused = await swarm.ask(`${IMPORT}?kinds=dns_record,page_rule`, operator);
    expect(refused.status).toBe(400);
    expect(await problemOf(refused)).toMatchObject({ slug: "bad-query" });
    expect(swarm.looks).toHaveLength(2);
  });

  it("answers nothing at all when something could not be read (I8)", async () => {
    const response = await new FakeSwarm().ask(IMPORT, operator);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await problemOf(response)).toMatchObject({ slug: "unavailable", reason: "unreachable" });
  });
});

describe("export", () => {
  it("answers HCL to viewers", async () => {
    const response = await swarmWith(RECORD).ask(`${EXPORT}?format=hcl`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="example.com.tf"',
    );
    const text = await response.text();
    expect(text).toContain('resource "cloudflare_dns_record" "a_www_192_0_2_1" {');
    expect(text).toContain('id = "z1/r1"');
  });

  it("knows no other format yet", async () => {
    expect((await swarmWith(RECORD).ask(`${EXPORT}?format=pulumi`)).status).toBe(400);
  });

  it("answers the same as JSON", async () => {
    const response = await swarmWith(RECORD).ask(EXPORT, {
      headers: { accept: "application/json" },
    });
    const { resources } = (await response.json()) as { resources: unknown[] };
    expect(resources).toMatchObject([{ type: "cloudflare_dns_record", import_id: "z1/r1" }]);
  });

  it("answers nothing at all when something could not be read (I8)", async () => {
    expect((await new FakeSwarm().ask(EXPORT)).status).toBe(503);
  });
});

it("the schema is public", async () => {
  const response = await new FakeSwarm().ask("/api/v1/schemas/golden-state.json", { token: null });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(goldenSchema());
});
