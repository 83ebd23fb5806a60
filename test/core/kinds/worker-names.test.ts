import { describe, expect, it } from "vitest";
import { diff } from "../../../src/core/diff.ts";
import { parseGolden } from "../../../src/core/golden.ts";
import { observe } from "../../../src/core/observation.ts";
import { ACCOUNT, ACCOUNT_SCOPE, documentFor } from "../golden-paths/ground.ts";
import { must, NOW } from "../harbor.ts";

const document = documentFor(ACCOUNT_SCOPE, {
  kv_namespace: [{ title: "orders" }],
  worker: [
    {
      name: "orders",
      main_module: "index.mjs",
      content: "export default {};",
      compatibility_date: "2026-10-01",
      bindings: [{ name: "KV", type: "kv_namespace", namespace_title: "orders" }],
    },
  ],
  worker_domain: [{ hostname: "orders.harbor.example", service: "orders", zone: "harbor.example" }],
});
const golden = must(parseGolden(document, ACCOUNT_SCOPE, ACCOUNT));

const driftWith = (namespaces: readonly { readonly id: string; readonly title: string }[]) => {
  const readings = [
    {
      kind: "kv_namespace",
      objects: namespaces.map((one) => ({ ...one })),
      claimedTotal: namespaces.length,
    },
    { kind: "worker", objects: [], claimedTotal: 0 },
    { kind: "worker_domain", objects: [], claimedTotal: 0 },
  ];
  const { resources } = must(observe(readings, ACCOUNT, NOW));
  return diff({ golden, observed: resources, lineage: new Map(), site: ACCOUNT, now: NOW });
};

describe("a Worker that is bound by name", () => {
  it("waits for what it is bound to, and its domain waits with it", () => {
    const { changes, reported } = driftWith([]);
    expect(changes.map((change) => change.op === "create" && change.desired.kind)).toEqual([
      "kv_namespace",
    ]);
    expect(reported.map(({ change }) => change.op === "create" && change.desired.kind)).toEqual([
      "worker",
      "worker_domain",
    ]);
  });

  it("is bound to the id that the name stands for", () => {
    const { changes, reported } = driftWith([{ id: "kv1", title: "orders" }]);
    expect(reported).toEqual([]);
    expect(JSON.stringify(changes)).toContain('"namespace_id":"kv1"');
    expect(JSON.stringify(changes)).not.toContain("namespace_title");
  });

  it("is bound to nothing where two go by the name", () => {
    const twins = ["kv1", "kv2"].map((id) => ({ id, title: "orders" }));
    const { changes } = driftWith(twins);
    expect(
      changes.every((change) => change.op !== "create" || change.desired.kind !== "worker"),
    ).toBe(true);
  });
});
