import { describe, expect, it } from "vitest";
import { diff } from "../../src/core/diff.ts";
import { instantOf } from "../../src/core/ids.ts";
import { readingView, unseen, withStatus } from "../../src/core/scope-view.ts";
import { goldenOf, NOW, observed, record, SCOPE, setting, ZONE } from "./harbor.ts";

const LATER = instantOf("2026-03-01T12:05:00Z");

const rogue = (index: number) =>
  record(`x${index}`, { name: `x${index}.harbor.example`, content: "192.0.2.9" });
const golden = goldenOf({ resources: { zone_setting: { ssl: "strict" } } });
const drift = diff({
  golden,
  observed: observed({
    dns_record: [
      record("s1", { type: "NS", name: "harbor.example", content: "ns.example.net" }),
      ...Array.from({ length: 300 }, (_, index) => rogue(index)),
    ],
    zone_setting: [{ ...setting("ssl", "off"), editable: false }],
  }).resources,
  lineage: new Map(),
  site: ZONE,
  now: NOW,
});

describe("a scope view", () => {
  it("knows nothing before anything was read", () => {
    expect(unseen(SCOPE, ZONE.name, NOW)).toMatchObject({
      status: "unknown",
      since: NOW,
      observedAt: null,
      unknown: null,
    });
  });

  it("says since when: only a change of status moves it", () => {
    const first = unseen(SCOPE, ZONE.name, NOW);
    const same = withStatus(first, { status: "unknown", why: "still" }, LATER);
    expect(same).toMatchObject({ since: NOW, why: "still" });
    expect(withStatus(same, { status: "drifted" }, LATER).since).toBe(LATER);
  });

  it("lists what is left alone with the reason, and lists no more than a page holds (I12)", () => {
    const view = readingView(
      { drift, quarantined: [], heldBack: [], notChecked: [], expired: [] },
      NOW,
    );
    expect(view.reported).toEqual([
      { kind: "zone_setting", identity: "ssl", reason: "not editable on this plan" },
    ]);
    expect(view.notOurs).toEqual([
      {
        kind: "dns_record",
        identity: "NS harbor.example ns.example.net",
        reason: "name servers of the zone itself",
        class: "system",
      },
    ]);
    expect(view.unmanaged).toHaveLength(200);
    expect(view.managed).toEqual({ zone_setting: 1 });
    expect(view).toMatchObject({ observedAt: NOW, quarantined: [], unknown: null });
  });
});
