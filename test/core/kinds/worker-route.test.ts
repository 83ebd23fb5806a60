import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { workerRoute } from "../../../src/core/kinds/worker-route.ts";
import { faultsOf } from "./compare.ts";
import {
  changesIn,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  HARBOR,
  healed,
  setting,
} from "./whole-kind.ts";

const route = (id: string, pattern: string, script?: string): JsonObject => ({
  id,
  pattern,
  ...(script === undefined ? {} : { script }),
});
const golden = goldenAt(
  HARBOR,
  {
    worker_route: [
      { pattern: "Shop.harbor.example/cart/*", script: "carts" },
      { pattern: "https://*.harbor.example/static/*", script: null },
    ],
  },
  { unmanaged: { worker_route: "remove" } },
);
const inPlace = [
  route("r1", "shop.harbor.example/cart/*", "carts"),
  route("r2", "https://*.harbor.example/static/*"),
];
const at = (live: readonly JsonObject[]) => ({
  site: HARBOR,
  golden,
  live: { worker_route: live },
  before: { worker_route: inPlace },
});

it("hosts are compared in lower case, no script is the same as none", () => {
  expect(changesIn(driftIn(at(inPlace)))).toEqual([]);
  const written = { ...route("r2", "HTTPS://*.HARBOR.example/static/*"), script: null };
  expect(
    changesIn(driftIn(at([route("r1", "shop.harbor.example/cart/*", "carts"), written]))),
  ).toEqual([]);
  expect(changesIn(driftIn(at([route("r1", "shop.harbor.example/Cart/*", "carts")])))).toEqual([
    "create https://*.harbor.example/static/*",
    "update shop.harbor.example/cart/*: pattern",
  ]);
});

it("a route to another Worker is put back, a rogue one goes", () => {
  const plan = healed(
    at([
      route("r1", "shop.harbor.example/cart/*", "evil"),
      inPlace[1] ?? {},
      route("x", "harbor.example/*", "evil"),
    ]),
  );
  expect(plan.calls.map(({ request: { method, path, body } }) => [method, path, body])).toEqual([
    ["DELETE", `/zones/${HARBOR.id}/workers/routes/x`, null],
    [
      "PUT",
      `/zones/${HARBOR.id}/workers/routes/r1`,
      { pattern: "shop.harbor.example/cart/*", script: "carts" },
    ],
  ]);
});

it("refuses a pattern outside the zone", () => {
  expect(
    faultsOf(workerRoute.declare([{ pattern: "*.evil.example/*", script: "x" }], HARBOR)),
  ).toEqual([{ path: [0, "pattern"], problem: "must be in the zone `harbor.example`" }]);
});

it.each([null, {}, { id: "", pattern: "x" }, { id: "r" }])("refuses the answer %j (I8)", (raw) =>
  expect(workerRoute.observe(raw, HARBOR).ok).toBe(false),
);

it("finds exactly what was edited, heals it, and can undo it", () => {
  findsExactlyWhatWasEdited({
    site: HARBOR,
    kind: "worker_route",
    declared: ["a", "b", "c"].map((name) => ({
      pattern: `${name}.harbor.example/*`,
      script: "web",
    })),
    live: ["a", "b", "c"].map((name) => route(name, `${name}.harbor.example/*`, "web")),
    edits: [setting("script", "evil")],
  });
});
