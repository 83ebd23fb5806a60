/** A restart keeps everything: memory is only a copy of what SQLite holds. */
import { evictAllDurableObjects } from "cloudflare:test";
import { expect, it } from "vitest";
import {
  ACCOUNT,
  api,
  batch,
  BOOKS,
  control,
  create,
  fault,
  list,
  patch,
  remove,
} from "./client.ts";

async function everything() {
  const query = "?since=2026-01-01&before=2036-01-01";
  return {
    index: await control("GET "),
    records: (await list("?per_page=1000")).result,
    settings: (await api(`GET /zones/${BOOKS}/settings`)).result,
    audit: (await api(`GET /accounts/${ACCOUNT}/logs/audit${query}`)).result,
    faults: await control("GET /faults"),
    options: await control("GET /options"),
  };
}

it("records, settings, audit, journal, faults, options and the quota survive a restart", async () => {
  await control("POST /reset");
  const kept = { type: "A", name: "kept", content: "192.0.2.1", ttl: 1 };
  const { result } = await create(kept);
  await patch(result.id, { comment: "changed" });
  await remove((await create({ ...kept, name: "gone" })).result.id);
  await batch({ posts: [{ ...kept, name: "undone" }, kept] });
  await api(`PATCH /zones/${BOOKS}/settings/ssl`, { body: { value: "full" } });
  await control("PUT /options", { audit_pagination: "both" });
  await fault({ match: { method: "POST" }, times: 3, effect: { type: "status", status: 500 } });
  await create(kept);
  const before = await everything();
  const journal = await control<{ entries: unknown[] }>("GET /journal");

  await evictAllDurableObjects();

  const after = await control<{ entries: unknown[] }>("GET /journal");
  expect(after).toEqual(journal);
  expect(await everything()).toEqual(before);
  expect((await api("GET /zones")).headers.get("ratelimit")).not.toMatch(/r=1199/);
});

it("an emptied account does not seed itself again", async () => {
  await control("POST /reset", { seed: "empty" });
  await evictAllDurableObjects();
  expect((await api("GET /zones")).result).toEqual([]);
});
