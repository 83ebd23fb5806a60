import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { BATCH_OPERATIONS_MAX } from "../../../src/core/kinds/dns-calls.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import type { Change } from "../../../src/core/resource.ts";
import { declareOne, observeRecord, updateOf, ZONE } from "./compare.ts";

const A = { type: "A", content: "203.0.113.10" };
const patched = (golden: JsonObject, live: JsonObject) => {
  const desired = declareOne(dnsRecord, { name: "www", ...golden });
  const [call] = dnsRecord.calls([updateOf(dnsRecord, desired, observeRecord(live))], ZONE);
  return call?.request;
};

it("calls patch only what drifted (B14)", () => {
  expect(
    patched(
      { ...A, ttl: 300, comment: "ours" },
      { ...A, content: "203.0.113.66", ttl: 300, comment: "ours" },
    ),
  ).toEqual({
    method: "PATCH",
    path: "/zones/z1/dns_records/r1",
    body: { content: "203.0.113.10" },
  });
});

it("calls write values as the API takes them", () => {
  expect(
    patched({ type: "TXT", content: 'say "hi"' }, { type: "TXT", content: '"x"' })?.body,
  ).toEqual({ content: String.raw`"say \"hi\""` });
  expect(
    patched(
      { type: "SRV", content: "1 2 3 a.example.net" },
      { type: "SRV", content: "9 2 3 a.example.net" },
    )?.body,
  ).toEqual({ data: { priority: 1, weight: 2, port: 3, target: "a.example.net" } });
  expect(
    patched(
      { type: "MX", content: "mx.example.net", priority: 0 },
      { type: "MX", content: "mx.example.net", priority: 10 },
    )?.body,
  ).toEqual({ priority: 0 });
  expect(patched({ ...A, tags: [] }, { ...A, tags: ["x"] })?.body).toEqual({ tags: [] });
  expect(patched({ ...A, proxied: false, ttl: 300 }, { ...A, proxied: true })?.body).toEqual({
    proxied: false,
    ttl: 300,
  });
});

it("calls create with what the record needs and nothing empty", () => {
  const desired = declareOne(dnsRecord, {
    name: "_sip._tcp",
    type: "SRV",
    data: { priority: 10, weight: 60, port: 5060, target: "sip.example.net" },
    comment: "",
    tags: ["b", "a"],
  });
  expect(dnsRecord.calls([{ op: "create", desired }], ZONE)[0]?.request).toEqual({
    method: "POST",
    path: "/zones/z1/dns_records",
    body: {
      type: "SRV",
      name: "_sip._tcp.harbor.example",
      data: { priority: 10, weight: 60, port: 5060, target: "sip.example.net" },
      ttl: 1,
      tags: ["a", "b"],
    },
  });
});

it("calls leave a record automatic once it is proxied", () => {
  const observed = observeRecord({ ...A, ttl: 300 });
  const desired = { ...observed, fields: { ...observed.fields, proxied: true } };
  const after = dnsRecord.predict({ op: "update", desired, observed, fields: ["proxied"] });
  expect(after).toEqual({ ...observed.fields, proxied: true, ttl: 1 });
});

it("calls restore a value that could not be read, as it was", () => {
  const desired = declareOne(dnsRecord, {
    name: "www",
    type: "SRV",
    content: "1 2 3 a.example.net",
  });
  const live = observeRecord({ type: "SRV", content: "odd" });
  const forth = updateOf(dnsRecord, desired, live);
  const after = { ...live, fields: dnsRecord.predict(forth) ?? {} };
  expect(after.fields).not.toHaveProperty("content");
  const [back] = dnsRecord.calls(
    [{ op: "update", desired: live, observed: after, fields: ["data"] }],
    ZONE,
  );
  expect(back?.request.body).toEqual({ content: "odd" });
});

const change = fc
  .record({
    op: fc.constantFrom("create", "update", "delete"),
    name: fc.integer({ min: 0, max: 30 }),
    octet: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ op, name, octet }) => ({ op, name: `n${name}`, content: `203.0.113.${octet}` }));

function changeOf(
  { op, name, content }: { op: string; name: string; content: string },
  n: number,
): Change {
  const desired = declareOne(dnsRecord, { name, type: "A", content });
  const live = { ...desired, id: mint(isObjectId, `r${n}`), system: null };
  if (op === "create") return { op, desired };
  return op === "update"
    ? { op, desired, observed: live, fields: ["content"] }
    : { op: "delete", observed: live };
}

const changes = fc.array(change, { maxLength: 900 }).map((list) => list.map(changeOf));
const nameOf = (one: Change): unknown =>
  (one.op === "delete" ? one.observed : one.desired).fields["name"];

it("calls cover every change exactly once, never with more operations than a batch takes", () => {
  fc.assert(
    fc.property(changes, (list) => {
      const calls = dnsRecord.calls(list, ZONE);
      expect(calls.flatMap((call) => call.changes).toSorted((a, b) => a - b)).toEqual(
        list.map((_, n) => n),
      );
      for (const call of calls) {
        expect(call.changes.length).toBeLessThanOrEqual(BATCH_OPERATIONS_MAX);
        const operations = Object.values(call.request.body ?? {}).filter(Array.isArray);
        if (list.length > 1) expect(operations.flat()).toHaveLength(call.changes.length);
      }
    }),
    { numRuns: 60 },
  );
});

it("calls delete before they update, and update before they create, within every name", () => {
  const order = { delete: 0, update: 1, create: 2 };
  fc.assert(
    fc.property(changes, (list) => {
      const executed = dnsRecord
        .calls(list, ZONE)
        .flatMap((call) => call.changes.map((n) => list[n]));
      for (const name of new Set(list.map(nameOf))) {
        const stages = executed.flatMap((one) =>
          one && nameOf(one) === name ? [order[one.op]] : [],
        );
        expect(stages).toEqual(stages.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 60 },
  );
});

it("calls list the changes of a batch in the order in which the API executes it", () => {
  const list = ["create", "delete", "update", "create"].map((op, n) =>
    changeOf({ op, name: `n${n}`, content: "203.0.113.1" }, n),
  );
  const [call] = dnsRecord.calls(list, ZONE);
  expect(call?.changes).toEqual([1, 2, 0, 3]);
  expect(Object.keys(call?.request.body ?? {})).toEqual(["deletes", "patches", "posts"]);
});

it("calls keep a name together while it fits, and cut one that does not", () => {
  const small = Array.from({ length: 150 }, (_, n) =>
    changeOf({ op: "delete", name: "a", content: `203.0.113.${n}` }, n),
  );
  const large = Array.from({ length: 250 }, (_, n) =>
    changeOf(
      { op: n < 125 ? "create" : "delete", name: "b", content: `203.0.113.${n % 250}` },
      n + 150,
    ),
  );
  const calls = dnsRecord.calls([...small, ...large], ZONE);
  expect(calls.map((call) => call.changes.length)).toEqual([150, 200, 50]);
  const stages = calls.slice(1).map((call) => Object.keys(call.request.body ?? {}));
  expect(stages).toEqual([["deletes", "posts"], ["posts"]]);
});

it("calls are none for no change", () => {
  expect(dnsRecord.calls([], ZONE)).toEqual([]);
});
