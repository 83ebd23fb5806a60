import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import { observeRecord } from "./compare.ts";

const A = { type: "A", content: "203.0.113.10" };

const heritage = (resource: string) =>
  `"heritage=external-dns,external-dns/owner=cluster-1,external-dns/resource=${resource}"`;
const live = (id: string, name: string, members: JsonObject) =>
  observeRecord({
    id,
    name: name === "@" ? "harbor.example" : `${name}.harbor.example`,
    ...members,
  });

it("foreign is an ACME challenge of any type", () => {
  const found = dnsRecord.foreign([
    live("r1", "_acme-challenge", { type: "TXT", content: '"token"' }),
    live("r2", "_acme-challenge.www", { type: "CNAME", content: "a.acme.example" }),
    live("r3", "x._acme-challenge", { type: "TXT", content: '"token"' }),
    live("r4", "_acme-challenges", { type: "TXT", content: '"token"' }),
  ]);
  expect([...found.keys()]).toEqual(["r1", "r2"]);
  expect(found.get(live("r1", "a", A).id)).toBe("ACME challenge in progress or delegated");
});

it("foreign is what an external-dns marker of the same name claims, marker included", () => {
  const found = dnsRecord.foreign([
    live("r1", "app", A),
    live("r2", "app", { type: "AAAA", content: "2001:db8::1" }),
    live("r3", "app", { type: "TXT", content: heritage("ingress/default/app") }),
    live("r4", "app", { type: "MX", content: "mx.example.net", priority: 1 }),
    live("r5", "other", A),
    live("r6", "app", { type: "TXT", content: '"v=spf1 -all"' }),
  ]);
  expect([...found.keys()].toSorted()).toEqual(["r1", "r2", "r3"]);
  expect([...found.values()][0]).toBe("external-dns `cluster-1` owns it for `ingress/default/app`");
});

it("foreign is what a type-prefixed marker claims, and no other type", () => {
  const found = dnsRecord.foreign([
    live("r1", "app", A),
    live("r2", "app", { type: "AAAA", content: "2001:db8::1" }),
    live("r3", "a-app", { type: "TXT", content: heritage("ingress/default/app") }),
    live("r4", "mx-app", { type: "TXT", content: heritage("crd/default/app") }),
    live("r5", "app", { type: "MX", content: "mx.example.net", priority: 1 }),
  ]);
  expect([...found.keys()].toSorted()).toEqual(["r1", "r3", "r4", "r5"]);
});

it("foreign is nothing that a look-alike marker names", () => {
  const found = dnsRecord.foreign([
    live("r1", "app", A),
    live("r2", "app", { type: "TXT", content: '"x heritage=external-dns,external-dns/owner=a"' }),
    live("r3", "app", { type: "TXT", content: '"heritage=external-dns-like"' }),
  ]);
  expect(found.size).toBe(0);
});
