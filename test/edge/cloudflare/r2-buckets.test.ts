import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import type { Site } from "../../../src/core/resource.ts";
import { CloudflareApi } from "../../../src/edge/cloudflare/client.ts";
import { r2Buckets } from "../../../src/edge/cloudflare/readers/r2-buckets.ts";

const site: Site = { level: "account", id: mint(isObjectId, "a1"), name: "Harbor Books" };
const golden = { resources: [] } as never;
const rule = { id: "all", enabled: true, condition: { type: "Indefinite" } };

/** Answers by jurisdiction and path; a number is the status of a refusal. */
function contextOf(replies: Readonly<Record<string, JsonObject | number>>) {
  const api = new CloudflareApi({
    base: "https://api.example",
    token: "t",
    fetch: async (request) => {
      const jurisdiction = request.headers.get("cf-r2-jurisdiction") ?? "default";
      const path = new URL(request.url).pathname.replace("/accounts/a1/r2/buckets", "");
      const reply = replies[`${jurisdiction}${path}`] ?? 500;
      const refused = typeof reply === "number";
      const result: Json = refused ? null : reply;
      const errors = refused ? [{ code: 10_029, message: "no" }] : [];
      return Response.json(
        { success: !refused, errors, result },
        { status: refused ? reply : 200 },
      );
    },
  });
  return { api, site };
}

const world = {
  default: { buckets: [{ name: "covers" }, { name: "log" }] },
  "default/covers/lock": { rules: [] },
  "default/log/lock": { rules: [rule] },
  eu: { buckets: [{ name: "log" }] },
  "eu/log/lock": { rules: [rule] },
  us: { buckets: [] },
  fedramp: 403,
  "fedramp-high": 400,
};

const wholeOf = async (replies: Readonly<Record<string, JsonObject | number>>) =>
  r2Buckets.readWhole?.(contextOf(replies), golden);

it("a whole read has every jurisdiction and the locks there are; one that refuses is named", async () => {
  const whole = await wholeOf(world);
  expect(whole).toMatchObject({
    ok: true,
    value: { unasked: ["buckets in fedramp", "buckets in fedramp-high"] },
  });
  const objects = whole?.ok ? whole.value.reading.objects : [];
  expect(objects.map((object) => (object as { id: string }).id)).toEqual([
    "covers",
    "log",
    "eu.log",
    "log.lock",
    "eu.log.lock",
  ]);
});

it.each([
  ["the buckets", "default", 403],
  ["a jurisdiction", "eu", 503],
  ["a lock", "default/log/lock", 403],
])("is unknown when %s cannot be read (I8)", async (_, path, status) => {
  expect(await wholeOf({ ...world, [path]: status })).toMatchObject({ ok: false });
});
