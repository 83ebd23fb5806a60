import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import { declareOne, faultsOf, must, ZONE } from "./compare.ts";

const A = { type: "A", content: "203.0.113.10" };
const faults = (item: unknown) => faultsOf(dnsRecord.declare([item], ZONE));
const identity = (item: JsonObject) => declareOne(dnsRecord, { name: "x", ...item }).identity;
const contradictions = (...items: readonly JsonObject[]) =>
  dnsRecord.contradictions?.(must(dnsRecord.declare(items, ZONE)), ZONE);
const alias = { name: "www", type: "CNAME", content: "a.example.net" };

it("gives the normal form of a record and leaves undeclared members out", () => {
  expect(declareOne(dnsRecord, { name: "www", ...A })).toEqual({
    kind: "dns_record",
    group: "A www.harbor.example",
    identity: "A www.harbor.example 203.0.113.10",
    fields: {
      type: "A",
      name: "www.harbor.example",
      content: "203.0.113.10",
      ttl: 1,
      proxied: false,
      settings: {},
    },
  });
});

it("makes priority, weight, ttl, flags, comment and tags fields, not identity", () => {
  expect(identity({ type: "MX", content: "mx.example.net", priority: 10 })).toBe(
    identity({ type: "MX", content: "20 mx.example.net", ttl: 300, comment: "c", tags: ["t"] }),
  );
  expect(identity({ type: "SRV", content: "1 2 3 a.example.net" })).toBe(
    identity({ type: "SRV", content: "4 5 3 a.example.net" }),
  );
  expect(identity({ type: "CAA", content: '0 issue "a"' })).toBe(
    identity({ type: "CAA", content: '128 issue "a"' }),
  );
  expect(identity({ type: "SRV", content: "1 2 3 a.example.net" })).not.toBe(
    identity({ type: "SRV", content: "1 2 4 a.example.net" }),
  );
});

it.each<[string, JsonObject, readonly (string | number)[], string]>([
  ["an address that is none", { ...A, content: "203.0.113.300" }, [0, "content"], "IPv4"],
  ["a short address", { type: "AAAA", content: "2001:db8" }, [0, "content"], "IPv6"],
  [
    "an alias to an address",
    { type: "CNAME", content: "203.0.113.1" },
    [0, "content"],
    "host name",
  ],
  ["a name outside the zone", { ...A, name: "www.other.example." }, [0, "name"], "outside zone"],
  [
    "a proxied TXT",
    { type: "TXT", content: "x", proxied: true },
    [0, "proxied"],
    "cannot be proxied",
  ],
  [
    "both address families alone",
    { ...A, settings: { ipv4_only: true, ipv6_only: true } },
    [0, "settings", "ipv6_only"],
    "contradicts",
  ],
  [
    "flattening of an address",
    { ...A, settings: { flatten_cname: true } },
    [0, "settings", "flatten_cname"],
    "not a known member",
  ],
  ["a misspelt member", { ...A, proxy: true }, [0, "proxy"], "not a known member"],
  ["a ttl that is too short", { ...A, ttl: 5 }, [0, "ttl"], "30"],
  ["an unknown type", { type: "NEWTYPE", content: "x" }, [0, "type"], "must be one of A, AAAA"],
  ["no value", { type: "SRV" }, [0], "has no value"],
  [
    "two values",
    { type: "SRV", content: "1 2 3 a", data: { priority: 1, weight: 2, port: 3, target: "a" } },
    [0, "data"],
    "content",
  ],
  [
    "two priorities",
    { type: "SRV", priority: 5, data: { priority: 1, weight: 2, port: 3, target: "a" } },
    [0, "priority"],
    "contradicts",
  ],
  [
    "a port that is none",
    { type: "SRV", data: { priority: 1, weight: 2, port: 70_000, target: "a" } },
    [0, "data", "port"],
    "65535",
  ],
  [
    "an MX without a priority",
    { type: "MX", content: "mx.example.net" },
    [0, "priority"],
    "whole number",
  ],
  ["half a CAA", { type: "CAA", content: "0 issue" }, [0, "content"], "`value`"],
  [
    "an unknown data member",
    { type: "SRV", data: { wait: 1 } },
    [0, "data", "wait"],
    "not a known member",
  ],
  [
    "the zone's own name servers",
    { type: "NS", name: "@", content: "ns1.example.net" },
    [0, "name"],
    "platform",
  ],
])("refuses %s with its path", (...[, item, path, problem]) => {
  expect(faults({ name: "www", ...item })).toContainEqual({
    path,
    problem: expect.stringContaining(problem),
  });
});

it("reports all faults at once, each with its own item", () => {
  const list = [
    { name: "ok", ...A },
    { name: "a b", type: "A", content: "x", proxied: false },
    { name: "www", type: "MX", content: "a b" },
  ];
  expect(faultsOf(dnsRecord.declare(list, ZONE)).map(({ path }) => path)).toEqual([
    [1, "name"],
    [1, "content"],
    [2, "content"],
  ]);
});

it("refuses what is no list", () => {
  expect(dnsRecord.declare({ www: A }, ZONE).ok).toBe(false);
  expect(dnsRecord.declare(null, ZONE).ok).toBe(false);
});

it("contradictions are a CNAME beside an address or another CNAME, proxied or not", () => {
  expect(contradictions({ name: "www", ...A }, alias)).toEqual([
    {
      indices: [0, 1],
      problem: expect.stringContaining("cannot stand beside a record of type A"),
    },
  ]);
  expect(
    contradictions({ ...alias, proxied: true }, { ...alias, content: "b.example.net" }),
  ).toHaveLength(1);
  expect(contradictions(alias, { name: "other", ...A })).toEqual([]);
});

it("contradictions are a CNAME beside anything, unless it is answered with addresses", () => {
  const text = { name: "www", type: "TXT", content: "x" };
  expect(contradictions(alias, text)).toEqual([
    { indices: [0, 1], problem: expect.stringContaining("proxied or flattened") },
  ]);
  expect(contradictions({ ...alias, proxied: true }, text)).toEqual([]);
  expect(contradictions({ ...alias, settings: { flatten_cname: true } }, text)).toEqual([]);
  expect(contradictions({ ...alias, name: "@" }, { ...text, name: "@" })).toEqual([]);
});

it("contradictions are the same record twice, whatever it is called", () => {
  expect(
    contradictions({ name: "www", ...A }, { name: "www.harbor.example.", ...A, ttl: 300 }),
  ).toEqual([{ indices: [0, 1], problem: expect.stringContaining("twice") }]);
  expect(
    contradictions({ name: "www", ...A }, { name: "www", type: "A", content: "203.0.113.11" }),
  ).toEqual([]);
});
