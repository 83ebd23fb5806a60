/** A zone that sends no logs: its analytics are asked for, and an attack in them is answered as one in a log would be. */
import { beforeAll, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { checkRecord } from "../support/check-world.ts";
import {
  apiJson,
  BOOKS,
  cloudflare,
  control,
  journal,
  putGolden,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const ZONE = "harbor-books.example";
const MINUTE = 60_000;
const WAF = `/zones/${BOOKS.zoneId}/rulesets/phases/http_request_firewall_custom/entrypoint`;
const ATTACKER = 64_666;

const group = (minutesAgo: number, count: number, more: Record<string, unknown> = {}) => ({
  count,
  dimensions: {
    datetimeMinute: new Date(
      Math.floor(Date.now() / MINUTE) * MINUTE - minutesAgo * MINUTE,
    ).toISOString(),
    clientRequestHTTPMethodName: "GET",
    clientRequestHTTPHost: ZONE,
    clientRequestPath: "/",
    clientAsn: "64500",
    clientCountryName: "DE",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
    edgeResponseStatus: 200,
    originResponseStatus: 200,
    securityAction: "unknown",
    ...more,
  },
});
const visitors = [7, 6, 5, 4, 3].flatMap((minute) =>
  Array.from({ length: 30 }, (_, index) =>
    group(minute, 4, { clientAsn: `${64_500 + index}`, clientRequestPath: `/books/${index}` }),
  ),
);
const flood = group(3, 60_000, { clientAsn: `${ATTACKER}`, clientRequestPath: "/search" });

const guardRules = async () =>
  (await cloudflare<{ rules: { ref: string; expression: string }[] }>("GET", WAF)).rules.filter(
    ({ ref }) => ref.startsWith("guardrail-"),
  );
const questions = async () => (await journal()).filter(({ path }) => path.endsWith("/graphql"));

beforeAll(async () => {
  await control("POST", "/reset", {});
  await control("PUT", "/analytics", { zone: BOOKS.zoneId, groups: [...visitors, flood] });
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

it("is guarded against a flood that only its analytics show", async () => {
  await vi.waitFor(
    async () => {
      await tick();
      const { items } = await apiJson<{ items: { cause: string; scope: string }[] }>(
        "/api/v1/incidents",
      );
      expect(items).toContainEqual(
        expect.objectContaining({ cause: "l7_flood", scope: BOOKS.scope }),
      );
    },
    { timeout: 20_000, interval: 500 },
  );
  await vi.waitFor(
    async () => {
      const [rule] = await guardRules();
      expect(rule?.expression).toContain(`${ATTACKER}`);
    },
    { timeout: 20_000, interval: 100 },
  );
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await checkRecord();
}, 60_000);

it("is asked for the same minutes once, and leads to nothing more", async () => {
  await control("DELETE", "/journal");
  const [asked] = [await questions()];
  expect(asked).toEqual([]);
  for (let ticks = 0; ticks < 3; ticks += 1) await tick();
  const again = (await questions()).filter(({ body }) =>
    JSON.stringify(body).includes(BOOKS.zoneId),
  );
  expect(again.length).toBeLessThanOrEqual(1);
  expect(await vaultWrites()).toEqual([]);
}, 60_000);
