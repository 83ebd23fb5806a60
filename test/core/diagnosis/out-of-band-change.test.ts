import { describe, expect, it } from "vitest";
import { subjectKey } from "../../../src/core/recurrence.ts";
import {
  type AuditEntry,
  outOfBandChange,
} from "../../../src/core/diagnosis/out-of-band-change.ts";
import { diff } from "../../../src/core/diff.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { goldenOf, lineageFrom, NOW, observed, record, setting, ZONE } from "../harbor.ts";

const golden = goldenOf({
  unmanaged: { dns_record: "remove" },
  resources: {
    dns_record: [
      { name: "www", type: "A", content: "192.0.2.1", ttl: 300 },
      { name: "gone", type: "A", content: "192.0.2.2" },
    ],
    zone_setting: { ssl: "strict" },
  },
});
const gone = record("r2", { name: "gone.harbor.example", content: "192.0.2.2" });
const live = {
  dns_record: [
    record("r1", { content: "192.0.2.1", ttl: 60 }),
    record("x1", { name: "rogue.harbor.example", content: "198.51.100.1" }),
  ],
  zone_setting: [setting("ssl", "off")],
};
const lineage = lineageFrom({ ...live, dns_record: [...live.dns_record, gone] });
const { changes } = diff({
  golden,
  observed: observed(live).resources,
  lineage,
  site: ZONE,
  now: NOW,
});

type Told = [
  resourceId: string,
  action: string,
  minute: number,
  actor?: Partial<AuditEntry["actor"]>,
];
const entry = (...[resourceId, action, minute, more = {}]: Told): AuditEntry => ({
  id: `e-${resourceId}-${minute}`,
  at: instantOf(`2026-03-01T11:${minute}:00Z`),
  action,
  resourceId,
  actor: { type: "user", email: "eve@example.com", context: "dash", tokenName: null, ...more },
});

const by = (...entries: AuditEntry[]) =>
  Object.fromEntries(
    outOfBandChange(changes, { entries: entries, lineage, healedAt: new Map() }).map(
      ({ identity, by: who }) => [identity.split(" ").at(-1), who?.auditId ?? null],
    ),
  );

const actorOf = (more: Partial<AuditEntry["actor"]>) =>
  outOfBandChange(changes, {
    entries: [entry("r1", "update", 30, more)],
    lineage,
    healedAt: new Map(),
  })[1]?.by;
expect(actorOf({})).toMatchObject({
  actor: "eve@example.com",
  channel: "dash",
  tokenName: null,
});

describe("the diagnosis of an outside change", () => {
  it("tells what happened outside, not what we are going to do about it", () => {
    expect(
      outOfBandChange(changes, { entries: [], lineage, healedAt: new Map() }).map(
        ({ summary }) => summary,
      ),
    ).toEqual([
      "added: A rogue.harbor.example",
      "changed: A www.harbor.example",
      "deleted: A gone.harbor.example",
      "changed: setting ssl",
    ]);
  });

  it("shows the values of an edit on both sides", () => {
    const [, www] = outOfBandChange(changes, { entries: [], lineage, healedAt: new Map() });
    expect(www?.fields).toEqual([{ field: "ttl", desired: 300, observed: 60 }]);
  });

  it("does not name who was there before our own last write: that has been undone", () => {
    const subject = "dns_record A www.harbor.example 192.0.2.1";
    const [, www] = changes;
    const healed = (at: string) =>
      outOfBandChange(changes, {
        entries: [entry("r1", "update", 30)],
        lineage,
        healedAt: new Map([[www ? subjectKey(www) : subject, instantOf(at)]]),
      })[1]?.by;
    expect(healed(entry("r1", "update", 29).at)?.auditId).toBe("e-r1-30");
    expect(healed(entry("r1", "update", 31).at)).toBeNull();
  });

  it("names whoever did it, per resource, by the latest entry", () => {
    expect(
      by(
        entry("r1", "update", 30),
        entry("r1", "update", 20),
        entry("x1", "create", 25),
        entry("r2", "delete", 40),
        entry("ssl", "update", 41),
        entry("unrelated", "update", 42),
      ),
    ).toEqual({
      "192.0.2.1": "e-r1-30",
      "198.51.100.1": "e-x1-25",
      "192.0.2.2": "e-r2-40",
      ssl: "e-ssl-41",
    });
  });

  it("never guesses: nothing known is nobody", () => {
    expect(by()).toEqual({ "192.0.2.1": null, "198.51.100.1": null, "192.0.2.2": null, ssl: null });
    expect(by(entry("", "update", 30))["192.0.2.1"]).toBeNull();
  });

  it("does not blame whoever made a record for its deletion, of which the log does not know yet", () => {
    expect(by(entry("r2", "create", 10))["192.0.2.2"]).toBeNull();
    expect(by(entry("r2", "update", 20))["192.0.2.2"]).toBeNull();
    expect(by(entry("r2", "delete", 30), entry("r2", "create", 10))["192.0.2.2"]).toBe("e-r2-30");
  });

  it("names an actor by mail, by token or by kind, and through what it acted", () => {
    expect(actorOf({ email: null, tokenName: "terraform", context: "api_token" })).toMatchObject({
      actor: "terraform",
      channel: "api_token",
    });
    expect(actorOf({ email: null, type: "system" })).toMatchObject({ actor: "system" });
  });
});
