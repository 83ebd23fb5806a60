/** The numbered cases of the drift reference, sections 2.1 to 4: what must be silent and what must be reported. */
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import {
  compare,
  compareRecord,
  declareOne,
  drifted,
  faultsOf,
  observeRecord,
  record,
  updateOf,
  ZONE,
} from "./compare.ts";

const A = { type: "A", content: "203.0.113.10" };
const txt = (content: string) => ({ type: "TXT", content });

interface Case {
  readonly name: string;
  readonly golden: JsonObject;
  readonly live: JsonObject;
}

const silent = (name: string, golden: JsonObject, live: JsonObject): Case => ({
  name,
  golden,
  live,
});

const SILENT: readonly Case[] = [
  silent(
    "case 12: CAA tag in another case",
    { type: "CAA", content: '0 ISSUE "letsencrypt.org"' },
    { type: "CAA", content: '0 issue "letsencrypt.org"' },
  ),
  silent(
    "case 1: a proxied record is automatic whatever ttl was asked",
    { ...A, proxied: true, ttl: 3600 },
    { ...A, proxied: true, ttl: 1 },
  ),
  silent("case 3: TXT bare against quoted", txt("v=spf1 -all"), txt('"v=spf1 -all"')),
  silent("case 3: TXT quoted against bare", txt('"v=spf1 -all"'), txt("v=spf1 -all")),
  silent(
    "case 4: TXT in chunks of 255 octets",
    txt("k".repeat(300)),
    txt(`"${"k".repeat(255)}" "${"k".repeat(45)}"`),
  ),
  silent(
    "case 4: TXT that was cut elsewhere",
    txt(`"${"k".repeat(100)}" "${"k".repeat(200)}"`),
    txt(`"${"k".repeat(255)}" "${"k".repeat(45)}"`),
  ),
  silent(
    "case 5: an escaped semicolon",
    txt("v=DMARC1; p=none"),
    txt(String.raw`v=DMARC1\; p=none`),
  ),
  silent(
    "case 5: an escaped semicolon inside quotes",
    txt("v=DMARC1; p=none"),
    txt(String.raw`"v=DMARC1\; p=none"`),
  ),
  silent(
    "case 5: a golden value copied from a zone file",
    txt(String.raw`v=DMARC1\; p=none`),
    txt('"v=DMARC1; p=none"'),
  ),
  silent("case 6: inner quotes", txt('say "hi"'), txt(String.raw`"say \"hi\""`)),
  silent("case 6: chunks without a space between", txt('"aa""bb"'), txt('"aa" "bb"')),
  silent("case 7: the apex as @", { ...A, name: "@" }, { ...A, name: "harbor.example" }),
  silent("case 7: a short name", { ...A, name: "www" }, A),
  silent("case 7: a full name", { ...A, name: "www.harbor.example" }, A),
  silent("case 7: a trailing dot", { ...A, name: "WWW.Harbor.Example." }, A),
  silent(
    "case 8: case and trailing dot of a CNAME target",
    { type: "CNAME", content: "Target.Example.ORG." },
    { type: "CNAME", content: "target.example.org" },
  ),
  silent(
    "case 8: case and trailing dot of an MX target",
    { type: "MX", content: "MX1.Example.ORG.", priority: 10 },
    { type: "MX", content: "mx1.example.org", priority: 10 },
  ),
  silent(
    "case 8: case and trailing dot of an NS target",
    { type: "NS", content: "NS1.Example.ORG." },
    { type: "NS", content: "ns1.example.org" },
  ),
  silent(
    "case 9: IPv6 spelling",
    { type: "AAAA", content: "2001:DB8:0:0:0:0:0:1" },
    { type: "AAAA", content: "2001:db8::1" },
  ),
  silent(
    "case 10: SRV priority 0 in data against top level",
    { type: "SRV", data: { priority: 0, weight: 5, port: 5060, target: "sip.example.net" } },
    { type: "SRV", priority: 0, data: { weight: 5, port: 5060, target: "sip.example.net" } },
  ),
  silent(
    "case 10: MX priority 0 in data against top level",
    { type: "MX", data: { priority: 0, target: "mx.example.net" } },
    { type: "MX", content: "mx.example.net", priority: 0 },
  ),
  silent(
    "case 10: MX priority in the content",
    { type: "MX", content: "0 mx.example.net" },
    { type: "MX", content: "mx.example.net", priority: 0 },
  ),
  silent(
    "case 11: SRV data against content",
    { type: "SRV", data: { priority: 10, weight: 60, port: 5060, target: "SIP.example.net." } },
    { type: "SRV", content: "10 60 5060 sip.example.net" },
  ),
  silent(
    "case 11: SRV content against data",
    { type: "SRV", content: "10 60 5060 sip.example.net." },
    {
      type: "SRV",
      content: "10 60 5060 sip.example.net",
      data: { priority: 10, weight: 60, port: 5060, target: "sip.example.net" },
    },
  ),
  silent(
    "case 11: SRV content without its priority",
    { type: "SRV", content: "10 60 5060 sip.example.net" },
    { type: "SRV", content: "60\t5060\tsip.example.net", priority: 10 },
  ),
  silent(
    "case 11: SRV null target that comes back as false",
    { type: "SRV", data: { priority: 0, weight: 0, port: 0, target: "." } },
    { type: "SRV", data: { priority: 0, weight: 0, port: 0, target: false } },
  ),
  silent(
    "case 11: SRV null target that comes back as null",
    { type: "SRV", content: "0 0 0 ." },
    { type: "SRV", data: { priority: 0, weight: 0, port: 0, target: null } },
  ),
  silent(
    "case 12: CAA flags as text",
    { type: "CAA", data: { flags: 0, tag: "issue", value: "letsencrypt.org" } },
    { type: "CAA", data: { flags: "0", tag: "issue", value: "letsencrypt.org" } },
  ),
  silent(
    "case 12: CAA flags as 0.0",
    { type: "CAA", data: { flags: 0, tag: "issue", value: "letsencrypt.org" } },
    { type: "CAA", content: '0.0 issue "letsencrypt.org"' },
  ),
  silent(
    "case 12: CAA content computed from data",
    { type: "CAA", content: "0 issue letsencrypt.org" },
    {
      type: "CAA",
      content: '0 issue "letsencrypt.org"',
      data: { flags: 0, tag: "issue", value: "letsencrypt.org" },
    },
  ),
  silent("case 13: tags null against empty", { ...A, tags: [] }, { ...A, tags: null }),
  silent("case 13: tags in another order", { ...A, tags: ["a", "b"] }, { ...A, tags: ["b", "a"] }),
  silent("case 14: comment null against empty", { ...A, comment: "" }, { ...A, comment: null }),
  silent("case 14: a comment that is not declared", A, { ...A, comment: "by hand" }),
  silent("case 13: tags that are not declared", A, { ...A, tags: ["by-hand"] }),
  silent("case 15: computed members", A, {
    ...A,
    meta: { auto_added: true },
    comment_modified_on: "2026-01-01T00:00:00Z",
    tags_modified_on: "2026-01-01T00:00:00Z",
    proxiable: false,
  }),
  silent(
    "case 16: settings absent against all false",
    { type: "CNAME", content: "a.example.net" },
    { type: "CNAME", content: "a.example.net", settings: { flatten_cname: false } },
  ),
  silent(
    "case 16: settings empty against null",
    { type: "CNAME", content: "a.example.net", settings: {} },
    { type: "CNAME", content: "a.example.net", settings: null },
  ),
  silent("case 21: a wildcard", { ...A, name: "*" }, { ...A, name: "*.harbor.example" }),
  silent(
    "case 21: a U-label",
    { ...A, name: "münchen" },
    { ...A, name: "xn--mnchen-3ya.harbor.example" },
  ),
  silent(
    "case 21: an A-label",
    { ...A, name: "XN--mnchen-3ya" },
    { ...A, name: "xn--mnchen-3ya.harbor.example" },
  ),
  silent(
    "case 21: a decomposed U-label",
    { ...A, name: "mu\u0308nchen" },
    { ...A, name: "xn--mnchen-3ya.harbor.example" },
  ),
];

it.each(SILENT)("$name", ({ golden, live }) => {
  expect(compareRecord(golden, live)).toEqual([]);
  // Silent for the differ means equal in identity too: otherwise it would pair them by chance.
  const observed = observeRecord({ ...live });
  expect(declareOne(dnsRecord, { name: "www", type: "A", ...golden }).identity).toBe(
    observed.identity,
  );
});

it("case 2: ttl 1 (automatic) is not 300", () => {
  expect(compareRecord({ ...A, ttl: 300 }, { ...A, ttl: 1 })).toEqual(["ttl"]);
  expect(compareRecord({ ...A, ttl: "auto" }, { ...A, ttl: 300 })).toEqual(["ttl"]);
});

it("case 6 ≠: a value with literal quotes is another value", () => {
  expect(compareRecord(txt(String.raw`"\"x\""`), txt('"x"'))).toEqual(["content"]);
  expect(compareRecord(txt("x"), txt(String.raw`"\"x\""`))).toEqual(["content"]);
  expect(compareRecord(txt(String.raw`"\"x\""`), txt("x"))).toEqual(["content"]);
});

it("case 7b: a real rename", () => {
  expect(compareRecord({ ...A, name: "sub.app" }, { ...A, name: "sub.harbor.example" })).toEqual([
    "group",
  ]);
  expect(
    compareRecord({ ...A, name: "sub.app" }, { ...A, name: "sub.app.harbor.example" }),
  ).toEqual([]);
});

it("case 14: a declared comment that was changed or wiped", () => {
  expect(compareRecord({ ...A, comment: "ours" }, { ...A, comment: null })).toEqual(["comment"]);
  expect(compareRecord({ ...A, comment: "" }, { ...A, comment: "theirs" })).toEqual(["comment"]);
});

it("case 14: clearing a comment sends an explicit empty text", () => {
  const desired = declareOne(dnsRecord, { name: "www", ...A, comment: "" });
  const change = updateOf(dnsRecord, desired, observeRecord({ ...A, comment: "theirs" }));
  expect(dnsRecord.calls([change], ZONE)[0]?.request.body).toEqual({ comment: "" });
});

it("case 16 ≠: flattening switched on, or off", () => {
  const alias = { type: "CNAME", content: "a.example.net" };
  const on = { ...alias, settings: { flatten_cname: true } };
  expect(compareRecord(alias, on)).toEqual(["settings"]);
  expect(compareRecord(on, alias)).toEqual(["settings"]);
  const change = updateOf(
    dnsRecord,
    declareOne(dnsRecord, { name: "www", ...alias }),
    observeRecord(on),
  );
  expect(dnsRecord.calls([change], ZONE)[0]?.request.body).toEqual({
    settings: { flatten_cname: false },
  });
});

it("case 20: several A records on one name are a set", () => {
  const contents = ["203.0.113.1", "203.0.113.2", "203.0.113.3"];
  const declared = contents.map((content) =>
    declareOne(dnsRecord, { name: "www", type: "A", content }),
  );
  const observed = contents
    .toReversed()
    .map((content, n) => observeRecord({ id: `r${n}`, content }));
  expect(new Set(declared.map(({ group }) => group)).size).toBe(1);
  expect(new Set(declared.map(({ identity }) => identity)).size).toBe(3);
  expect(new Set(observed.map(({ identity }) => identity))).toEqual(
    new Set(declared.map(({ identity }) => identity)),
  );
});

it("case 22: two live objects with one value share an identity and keep their ids", () => {
  const first = observeRecord({ ...A, id: "r1", comment: "ours" });
  const second = observeRecord({ ...A, id: "r2", comment: "theirs" });
  expect(first.identity).toBe(second.identity);
  const desired = declareOne(dnsRecord, { name: "www", ...A, comment: "ours" });
  expect([first, second].map((live) => drifted(dnsRecord, desired, live).length)).toEqual([0, 1]);
});

it("case 26: a rogue record of a type that is not modelled, or not even known, is seen", () => {
  const key = observeRecord({ type: "OPENPGPKEY", content: "mQINBF  abc\n=" });
  expect(key).toMatchObject({
    system: null,
    group: "OPENPGPKEY www.harbor.example",
    fields: { content: "mQINBFabc=" },
  });
  const unknown = observeRecord({
    id: "r9",
    type: "NEWTYPE",
    content: "What Ever",
    priority: null,
  });
  expect(unknown).toMatchObject({
    system: null,
    identity: "NEWTYPE www.harbor.example What Ever",
  });
  const [call] = dnsRecord.calls([{ op: "delete", observed: unknown }], ZONE);
  expect(call?.request).toEqual({
    method: "DELETE",
    path: "/zones/z1/dns_records/r9",
    body: null,
  });
  const [again] = dnsRecord.calls([{ op: "create", desired: unknown }], ZONE);
  expect(again?.request.body).toMatchObject({ type: "NEWTYPE", content: "What Ever" });
});

it("case 17: flatten_cname with proxied is a fault of the declaration", () => {
  const item = {
    name: "www",
    type: "CNAME",
    content: "a.example.net",
    proxied: true,
    settings: { flatten_cname: true },
  };
  expect(faultsOf(dnsRecord.declare([item], ZONE))).toEqual([
    { path: [0, "settings", "flatten_cname"], problem: expect.stringContaining("proxied") },
  ]);
});

it("case 18: a read-only record belongs to the platform", () => {
  const live = {
    type: "MX",
    name: "harbor.example",
    content: "route1.mx.cloudflare.net",
    priority: 10,
    meta: { email_routing: true, read_only: true },
  };
  expect(observeRecord(live).system).toContain("read-only");
});

it("case 19: custom-domain address, apex NS and SOA belong to the platform", () => {
  const discarded = { type: "AAAA", content: "100::", proxied: true };
  const marked = observeRecord({ ...discarded, meta: { origin_worker_id: "w1" } });
  expect(marked.system).not.toBeNull();
  // Without the platform's mark it is only presumed, so that a declared record turned into it stays ours.
  const presumed = observeRecord(discarded);
  expect(presumed.system).toBeNull();
  expect(dnsRecord.foreign([presumed]).get(presumed.id)).toContain("custom domain");
  expect(
    observeRecord({ type: "NS", name: "harbor.example", content: "ns1.example.net" }).system,
  ).not.toBeNull();
  expect(
    observeRecord({ type: "SOA", name: "harbor.example", content: "a b 1 2 3 4 5" }).system,
  ).not.toBeNull();
  expect(
    observeRecord({ type: "NS", name: "sub.harbor.example", content: "ns1.example.net" }).system,
  ).toBeNull();
  expect(observeRecord({ type: "AAAA", content: "100::1", proxied: true }).system).toBeNull();
  expect(observeRecord({ type: "AAAA", content: "100::", proxied: false }).system).toBeNull();
});

it("case 25: a CNAME makes room for the A in the same batch, deletes first", () => {
  const desired = declareOne(dnsRecord, { name: "www", ...A });
  const observed = observeRecord({ type: "CNAME", content: "a.example.net" });
  const [call, ...more] = dnsRecord.calls(
    [
      { op: "create", desired },
      { op: "delete", observed },
    ],
    ZONE,
  );
  expect(more).toEqual([]);
  expect(call).toEqual({
    request: {
      method: "POST",
      path: "/zones/z1/dns_records/batch",
      body: {
        deletes: [{ id: "r1" }],
        posts: [
          {
            type: "A",
            name: "www.harbor.example",
            content: "203.0.113.10",
            ttl: 1,
            proxied: false,
          },
        ],
      },
    },
    changes: [1, 0],
  });
});

it("case 27: a rogue delegation that shadows declared records is told, though policy leaves strangers alone", () => {
  const desired = [
    declareOne(dnsRecord, { name: "api.shop", ...A }),
    declareOne(dnsRecord, { name: "www", ...A }),
  ];
  const ns = (id: string, name: string) =>
    observeRecord({ id, type: "NS", name, content: "ns1.example.net" });
  const rogue = ns("r8", "shop.harbor.example");
  const told = dnsRecord.shadowing?.([rogue, ns("r9", "lab.harbor.example")], desired);
  expect([...(told ?? [])]).toEqual([[rogue, expect.stringContaining("api.shop.harbor.example")]]);
  expect(dnsRecord.shadowing?.([ns("r8", "op.harbor.example")], desired).size).toBe(0);
});

it("case 28: the ticking development mode is a member of the zone object, which no kind reads", () => {
  expect(
    compare(dnsRecord, { name: "www", ...A }, record({ ...A, development_mode: -14_859_766 })),
  ).toEqual([]);
});
