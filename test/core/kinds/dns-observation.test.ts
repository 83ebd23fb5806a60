import { expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import { compareRecord, must, observeRecord, record, ZONE } from "./compare.ts";

const A = { type: "A", content: "203.0.113.10" };
const dataOf = (type: string, content: string) => observeRecord({ type, content }).fields["data"];

it("has every member of the normal form", () => {
  expect(
    observeRecord({
      ...A,
      tags: ["b", "a", "b"],
      comment: "c",
      settings: { ipv4_only: true, ipv6_only: false },
    }),
  ).toEqual({
    kind: "dns_record",
    group: "A www.harbor.example",
    identity: "A www.harbor.example 203.0.113.10",
    id: "r1",
    system: null,
    fields: {
      type: "A",
      name: "www.harbor.example",
      content: "203.0.113.10",
      ttl: 1,
      proxied: false,
      settings: { ipv4_only: true },
      comment: "c",
      tags: ["a", "b"],
    },
  });
});

it("needs no more than an id, a type, a name and a content", () => {
  const least = { id: "r1", type: "A", name: "www.harbor.example", content: "203.0.113.10" };
  expect(must(dnsRecord.observe(least, ZONE))).toEqual(observeRecord(A));
});

it.each<[string, Json, string]>([
  ["an empty id", record({ ...A, id: "" }), "`id`"],
  ["a missing id", { type: "A", name: "www.harbor.example", content: "203.0.113.10" }, "`id`"],
  ["a missing type", record({ ...A, type: null }), "`type`"],
  ["a missing name", record({ ...A, name: "" }), "`name`"],
  ["a name of another zone", record({ ...A, name: "www.other.example" }), "outside zone"],
  ["neither content nor data", record({ type: "A" }), "neither"],
  ["a text", "record", "not an object"],
  ["a list", [], "not an object"],
  ["null", null, "not an object"],
])("refuses %s (I8)", (_, raw, problem) => {
  expect(dnsRecord.observe(raw, ZONE)).toEqual({
    ok: false,
    error: expect.stringContaining(problem),
  });
});

it("keeps a value that it cannot read, as different from everything declared", () => {
  expect(observeRecord({ type: "SRV", content: "odd" }).fields).toMatchObject({ content: "odd" });
  expect(
    compareRecord({ type: "SRV", content: "1 2 3 a.example.net" }, { type: "SRV", content: "odd" }),
  ).toEqual(["data"]);
  expect(observeRecord({ type: "CERT", content: "PKIX 1 RSASHA256 abc=" }).fields).toMatchObject({
    content: "PKIX 1 RSASHA256 abc=",
  });
});

it("takes the ttl of a proxied record for automatic, whatever the answer says", () => {
  expect(observeRecord({ ...A, proxied: true, ttl: 300 }).fields).toMatchObject({ ttl: 1 });
  expect(observeRecord({ ...A, ttl: "300" }).fields).toMatchObject({ ttl: 300 });
});

it("prefers data where content says something else", () => {
  const live = {
    type: "CAA",
    content: '0 issue "old.example"',
    data: { flags: 0, tag: "issue", value: "new.example" },
  };
  expect(observeRecord(live).fields).toMatchObject({ data: { value: "new.example" } });
});

it("reads the structured types in their usual writings", () => {
  expect(dataOf("HTTPS", '1 . port=8443 alpn="h3,h2"')).toEqual({
    priority: 1,
    target: ".",
    value: 'alpn="h3,h2" port="8443"',
  });
  expect(dataOf("TLSA", "3 1 1 0B9FA5A5 9EED715C")).toEqual({
    usage: 3,
    selector: 1,
    matching_type: 1,
    certificate: "0b9fa5a59eed715c",
  });
  expect(dataOf("NAPTR", String.raw`100 10 "U" "E2U+sip" "!^(.*)$!sip:\\1@x.example!" .`)).toEqual({
    order: 100,
    preference: 10,
    flags: "U",
    service: "E2U+sip",
    regex: String.raw`!^(.*)$!sip:\1@x.example!`,
    replacement: ".",
  });
  expect(dataOf("LOC", "51 30 12.748 N 0 7 39.611 W 0.00m 0.00m 0.00m 0.00m")).toMatchObject({
    lat_degrees: 51,
    lat_seconds: 12.748,
    long_direction: "W",
    precision_horz: 0,
  });
  expect(dataOf("LOC", "51 N 0 W 10m")).toMatchObject({
    lat_minutes: 0,
    altitude: 10,
    size: 1,
    precision_horz: 10_000,
    precision_vert: 10,
  });
  expect(dataOf("DS", "2371 13 2 ABCDEF")).toEqual({
    key_tag: 2371,
    algorithm: 13,
    digest_type: 2,
    digest: "abcdef",
  });
  expect(observeRecord({ type: "URI", content: '10 1 "https://a.example/"' }).fields).toMatchObject(
    { priority: 10, data: { weight: 1, target: "https://a.example/" } },
  );
});

it("reads 10,000 records in well under a tenth of a second", () => {
  const types = [
    A,
    { type: "AAAA", content: "2001:db8::1" },
    { type: "CNAME", content: "a.example.net" },
    { type: "TXT", content: '"v=spf1 include:a.example -all"' },
    { type: "MX", content: "mx.example.net", priority: 10 },
    {
      type: "SRV",
      content: "1 2 3 a.example.net",
      data: { priority: 1, weight: 2, port: 3, target: "a.example.net" },
    },
  ];
  const raws = Array.from({ length: 10_000 }, (_, n) =>
    record({ id: `r${n}`, name: `n${n}.harbor.example`, ...types[n % types.length] }),
  );
  const read = () => raws.every((raw) => dnsRecord.observe(raw, ZONE).ok);
  read();
  const before = process.cpuUsage();
  expect(read()).toBe(true);
  const { user } = process.cpuUsage(before);
  // Microseconds; the bound is several times what it takes, other work shares the machine.
  expect(user).toBeLessThan(200_000);
});
