/** Who comes is recorded: PCI DSS 10.2.1.2 to 10.2.1.4, once a session, and never so that a stranger fills the record. */
import { describe, expect, it, vi } from "vitest";
import { instantOf } from "../../../src/core/ids.ts";
import {
  addressIn,
  type Failures,
  logInEntry,
  logInsFailedEntry,
  recordReadEntry,
} from "../../../src/core/log/access-entries.ts";
import { FakeSwarm, NOW } from "./fake-swarm.ts";

const AT = instantOf("2026-03-01T23:59:59Z");
const NEXT_DAY = instantOf("2026-03-02T00:00:00Z");
const ana = { name: "ana", role: "approver", method: "bearer", since: null, at: AT } as const;

describe("a log-in", () => {
  it("is an entry before the first answer, and no other with the requests that follow", async () => {
    const swarm = new FakeSwarm();
    for (const path of ["/api/v1/scopes", "/api/v1/runs", "/api/v1/nothing"]) await swarm.ask(path);
    await swarm.ask("/api/v1/scopes", { token: "dev-operator" });
    expect(swarm.access).toMatchObject([
      { type: "log_in", actor: "dev-viewer", at: NOW, data: { method: "bearer", role: "viewer" } },
      { type: "log_in", actor: "dev-operator", data: { role: "operator" } },
    ]);
  });

  it("that cannot be recorded lets nobody in, and is tried again with the next request (I10)", async () => {
    const swarm = new FakeSwarm();
    vi.spyOn(console, "error").mockReturnValue();
    const record = vi.spyOn(swarm, "recordAccess").mockRejectedValue(new Error("log away"));
    expect((await swarm.ask("/api/v1/scopes")).status).toBe(500);
    record.mockRestore();
    expect((await swarm.ask("/api/v1/scopes")).status).toBe(200);
    expect(swarm.access).toHaveLength(1);
  });

  it("is a day of a token, or a session of Access however many days it has", () => {
    const idOf = (of: object): string => logInEntry({ ...ana, ...of }).id;
    expect(idOf({ at: AT })).not.toBe(idOf({ at: NEXT_DAY }));
    const since = instantOf("2026-02-27T08:00:00Z");
    const access = { method: "access", since } as const;
    expect(idOf({ ...access, at: AT })).toBe(idOf({ ...access, at: NEXT_DAY }));
    expect(idOf({ ...access, since: AT })).not.toBe(idOf(access));
    expect(new Set(["ana", "bo"].map((name) => idOf({ name }))).size).toBe(2);
  });

  it("to the record itself is told apart: who read it, by what, each day", async () => {
    const swarm = new FakeSwarm();
    swarm.log.isPublic = false;
    swarm.files.set("checkpoint", "bytes");
    const headers = { accept: "application/json" };
    for (const path of ["/api/v1/events", "/api/v1/events", "/log/checkpoint", "/api/v1/scopes"])
      expect((await swarm.ask(path, { headers })).status, path).toBe(200);
    expect(
      swarm.access.map(({ type, data }) => `${type} ${JSON.stringify(data["operation"] ?? "")}`),
    ).toEqual(['log_in ""', 'record_read "events"', 'record_read "logCheckpoint"']);
    swarm.log.isPublic = true;
    expect((await swarm.ask("/log/checkpoint", { token: null })).status).toBe(200);
    expect(swarm.access).toHaveLength(3);
    const days = [AT, NEXT_DAY].map((at) => recordReadEntry({ ...ana, at }, "events").id);
    expect(new Set(days).size).toBe(2);
  });
});

describe("a failed log-in", () => {
  it("is counted by how and from where, and nothing of what was tried is kept", async () => {
    const swarm = new FakeSwarm();
    const from = (address: string) => ({
      token: "a-guess-at-a-token",
      headers: { "cf-connecting-ip": address },
    });
    expect((await swarm.ask("/api/v1/scopes", from("192.0.2.7"))).status).toBe(401);
    await swarm.ask("/api/v1/scopes", from("2001:db8::7"));
    await swarm.ask("/api/v1/scopes", from("<script>"));
    await swarm.ask("/api/v1/scopes", {
      token: null,
      headers: { "cf-access-jwt-assertion": "bad" },
    });
    await swarm.ask("/api/v1/scopes", { token: null });
    expect(swarm.failedLogIns).toEqual([
      "bearer 192.0.2.7",
      "bearer 2001:db8::7",
      "bearer null",
      "access null",
    ]);
    expect(swarm.access).toEqual([]);
  });

  it("is one entry with many others; addresses are kept where they can be erased", () => {
    const failed = (of: Partial<Failures>): Failures => ({
      method: "bearer",
      address: null,
      attempts: 1,
      firstAt: AT,
      lastAt: AT,
      ...of,
    });
    const entry = logInsFailedEntry([
      failed({ address: "192.0.2.7", attempts: 900, lastAt: NEXT_DAY }),
      failed({ method: "access", attempts: 3, firstAt: NEXT_DAY, lastAt: NEXT_DAY }),
    ]);
    expect(entry).toMatchObject({
      type: "log_in_failed",
      actor: "unknown",
      at: NEXT_DAY,
      data: {
        attempts: 903,
        bearer: 900,
        access: 3,
        addresses: 1,
        first_at: AT,
        last_at: NEXT_DAY,
      },
      attached: { addresses: { keep: "personal" } },
    });
    expect(JSON.stringify(entry?.data)).not.toContain("192.0.2.7");
    expect(logInsFailedEntry([])).toBeNull();
    expect(addressIn("192.0.2.7, 10.0.0.1")).toBeNull();
  });
});

describe("whoever may not write", () => {
  it("is told so each time, and makes one entry a minute with the same attempt", async () => {
    const swarm = new FakeSwarm();
    for (let tries = 0; tries < 3; tries += 1)
      await swarm.ask("/api/v1/scopes/zone:example.com/reconcile", { method: "POST" });
    expect(new Set(swarm.entries.map(({ id }) => id)).size).toBe(1);
  });
});
