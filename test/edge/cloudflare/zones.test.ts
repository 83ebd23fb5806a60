/** The search for zones: what is not surely a zone stops it (I8). */
import { expect, it } from "vitest";
import { CloudflareApi } from "../../../src/edge/cloudflare/client.ts";
import { listZones } from "../../../src/edge/cloudflare/zones.ts";

const ACCOUNT = { id: "a1", name: "Harbor" };

const answering = (...pages: readonly (readonly unknown[])[]) =>
  new CloudflareApi({
    base: "http://127.0.0.1/client/v4",
    token: "sandbox-swarm-read",
    fetch: async ({ url }) => {
      const page = Number(new URL(url).searchParams.get("page"));
      const info = { total_pages: pages.length };
      return Response.json({ success: true, result: pages[page - 1] ?? [], result_info: info });
    },
  });

it("case 29: a zone answer with an empty id halts the search, whatever came before it", async () => {
  const zone = { id: "z1", name: "harbor.example", account: ACCOUNT };
  for (const odd of [
    { ...zone, id: "" },
    { ...zone, id: null },
    { name: "x.example", account: ACCOUNT },
    null,
  ])
    expect(await listZones(answering([zone], [zone, odd]))).toEqual({
      ok: false,
      error: { reason: "malformed", detail: expect.stringContaining("id"), retryAfterMs: null },
    });
});

it("reads all pages", async () => {
  const zones = ["z1", "z2", "z3"].map((id) => ({ id, name: `${id}.example`, account: ACCOUNT }));
  const found = await listZones(answering(zones.slice(0, 2), zones.slice(2)));
  if (!found.ok) throw new Error(found.error.detail);
  expect(found.value.map(({ id }) => id)).toEqual(["z1", "z2", "z3"]);
});
