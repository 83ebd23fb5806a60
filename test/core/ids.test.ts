import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/canonical.ts";
import {
  incidentIdOf,
  instantOf,
  isIncidentId,
  isInstant,
  isObjectId,
  isRunId,
  isScopeId,
  isVoterId,
  mint,
  runIdOf,
} from "../../src/core/ids.ts";
import { scopeOf } from "../../src/core/resource.ts";

describe("ids", () => {
  it("names a run and an incident by the digest behind them", () => {
    const digest = digestOf("a plan");
    expect(isRunId(runIdOf(digest))).toBe(true);
    expect(isIncidentId(incidentIdOf(digest))).toBe(true);
    expect(runIdOf(digest)).toBe(`run_${digest.slice("sha256:".length).slice(0, 32)}`);
    expect(runIdOf(digestOf("another plan"))).not.toBe(runIdOf(digest));
  });

  it.each([
    "zone:example.com",
    "zone:a.b.c.example",
    "zone:xn--bcher-kva.example",
    "zone:_x.example",
  ])("takes %s for a scope", (text) => expect(isScopeId(text)).toBe(true));

  it.each([
    "example.com",
    "zone:",
    "zone:com",
    "zone:Example.com",
    "zone:a..b",
    "zone:-a.example",
    "zone:a-.example",
    "zone:example.com.",
    "zone:example.com/x",
    "zone:example.com\n",
    "account:1",
    `zone:${"a".repeat(64)}.example`,
    `zone:${"a.".repeat(127)}example`,
  ])("does not take %j for a scope", (text) => expect(isScopeId(text)).toBe(false));

  it("names a zone's scope by its name and an account's by its id", () => {
    const account = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
    expect(scopeOf({ level: "zone", id: mint(isObjectId, "z1"), name: "harbor.example" })).toBe(
      "zone:harbor.example",
    );
    expect(scopeOf({ level: "account", id: mint(isObjectId, account), name: "Harbor" })).toBe(
      `account:${account}`,
    );
  });

  // An id becomes a path segment of a request.
  it.each(["", ".", "..", "a/b", "a b", "a?b", "a%2fb", "a\n", "ä", "x".repeat(257)])(
    "does not take %j for an object id (I8)",
    (text) => expect(isObjectId(text)).toBe(false),
  );

  it.each(["023e105f4ecef8ad9ca31a8372d0c353", "min_tls_version", "created.0"])(
    "takes %s for an object id",
    (text) => expect(isObjectId(text)).toBe(true),
  );

  it("knows a voter by check and scope", () => {
    expect(isVoterId("policy@zone:harbor.example")).toBe(true);
    expect(isVoterId("@zone:harbor.example")).toBe(false);
    expect(isVoterId("policy")).toBe(false);
  });

  it("throws on an id of its own making that is malformed", () => {
    expect(() => mint(isRunId, "run_1")).toThrow("malformed id `run_1`");
  });
});

describe("instants", () => {
  it("come in milliseconds, so that they compare as text", () => {
    expect(instantOf("2026-03-01T12:00:00Z")).toBe("2026-03-01T12:00:00.000Z");
    expect(instantOf("2026-03-01T12:00:00.5Z")).toBe("2026-03-01T12:00:00.500Z");
    expect(instantOf("2026-03-01T12:00:00.123456789Z")).toBe("2026-03-01T12:00:00.123Z");
  });

  it("order as the dates do", () => {
    const date = fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (a, b) => {
        const [first, second] = [instantOf(a.toISOString()), instantOf(b.toISOString())];
        expect(first < second).toBe(a.getTime() < b.getTime());
        expect(isInstant(first)).toBe(true);
      }),
    );
  });

  it.each(["2026-03-01", "2026-03-01T12:00:00", "2026-03-01T12:00:00+01:00", "yesterday", ""])(
    "are not made of %j",
    (text) => expect(() => instantOf(text)).toThrow("malformed id"),
  );
});
