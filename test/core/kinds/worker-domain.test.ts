import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { workerDomain } from "../../../src/core/kinds/worker-domain.ts";
import { faultsOf } from "./compare.ts";
import {
  ACCOUNT,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  setting,
} from "./whole-kind.ts";

const declared = (hostname: string) => ({ hostname, service: "web", zone: "harbor.example" });
const live = (id: string, hostname: string, service = "web"): JsonObject => ({
  id,
  hostname,
  service,
  environment: "production",
  zone_id: "z1",
  zone_name: "harbor.example",
  cert_id: "c1",
});

it("a domain that answers with another Worker is moved back, a missing one is made, a rogue one goes", () => {
  const plan = healed({
    site: ACCOUNT,
    golden: goldenAt(
      ACCOUNT,
      {
        worker_domain: [
          declared("a.harbor.example"),
          declared("B.harbor.example"),
          declared("c.harbor.example"),
        ],
      },
      { unmanaged: { worker_domain: "remove" } },
    ),
    live: {
      worker_domain: [live("d1", "a.harbor.example", "evil"), live("d3", "x.harbor.example")],
    },
  });
  const path = `/accounts/${ACCOUNT.id}/workers/domains`;
  const body = (hostname: string) => ({
    hostname,
    service: "web",
    zone_name: "harbor.example",
    environment: "production",
  });
  expect(plan.calls.map(({ request }) => request)).toEqual([
    { method: "DELETE", path: `${path}/d3`, body: null },
    { method: "PUT", path, body: body("a.harbor.example") },
    { method: "PUT", path, body: body("b.harbor.example") },
    { method: "PUT", path, body: body("c.harbor.example") },
  ]);
  expect(plan.steps.at(-1)?.inverse.path).toBe(`${path}/created.3`);
});

it("an undeclared domain is told", () => {
  const { unmanaged } = driftIn({
    site: ACCOUNT,
    golden: goldenAt(ACCOUNT, { worker_domain: [declared("a.harbor.example")] }),
    live: { worker_domain: [live("d1", "a.harbor.example"), live("d2", "b.harbor.example")] },
  });
  expect(unmanaged.map(({ identity }) => identity)).toEqual(["b.harbor.example"]);
});

it("refuses a hostname outside its zone", () => {
  expect(faultsOf(workerDomain.declare([declared("www.evil.example")], ACCOUNT))[0]?.path).toEqual([
    0,
    "hostname",
  ]);
});

it.each([null, {}, { id: "", hostname: "x" }, { id: "r" }])("refuses the answer %j (I8)", (raw) =>
  expect(workerDomain.observe(raw, ACCOUNT).ok).toBe(false),
);

it("finds exactly what was edited, heals it, and can undo it", () => {
  const names = ["a", "b", "c"].map((name) => `${name}.harbor.example`);
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "worker_domain",
    declared: names.map(declared),
    live: names.map((name, index) => live(`d${index}`, name)),
    edits: [setting("service", "evil"), setting("zone_name", "other.example", "zone")],
  });
});
