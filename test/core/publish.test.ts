/** What is published comes back as it was: the promise of an import, for every kind that can be imported. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Json, type JsonObject, textOf } from "../../src/core/canonical.ts";
import { diff } from "../../src/core/diff.ts";
import { type GoldenState, parseGolden } from "../../src/core/golden.ts";
import { isObjectId, mint } from "../../src/core/ids.ts";
import { kindOf, KINDS } from "../../src/core/kinds/registry.ts";
import { SETTINGS } from "../../src/core/kinds/zone-setting-values.ts";
import { observe } from "../../src/core/observation.ts";
import { type LiveSite, publish, terraformOf } from "../../src/core/publish.ts";
import { type Level, scopeOf, type Site } from "../../src/core/resource.ts";
import { must, NOW, record, setting, ZONE } from "./harbor.ts";
import { entrypoint, liveRule, WAF } from "./kinds/entrypoint.ts";
import { goldenRecord, toApi } from "./kinds/golden-record.ts";
import { LIVE_AWS } from "./kinds/live-aws.ts";
import { LIVE_APPS } from "./kinds/live-apps.ts";
import { LIVE_LISTS } from "./kinds/live-lists.ts";
import { LIVE_OBJECTS } from "./kinds/live-objects.ts";
import { LIVE_RULES } from "./kinds/live-rules.ts";
import { providerFaults } from "./kinds/provider-schema.ts";
import { settingValueOf } from "./kinds/setting-value.ts";

const ACCOUNT: Site = {
  level: "account",
  id: mint(isObjectId, "8d6e3f0a5c1b4927a0f4c2d9b7e61835"),
  name: "Harbor Books",
};

const SITES: Readonly<Record<Level, Site>> = {
  zone: ZONE,
  account: ACCOUNT,
  aws_account: {
    level: "aws_account",
    id: mint(isObjectId, "210987654321"),
    name: "Harbor Books",
  },
};

const live = (kind: string, objects: readonly Json[]): LiveSite => {
  const site = SITES[kindOf(kind).level];
  const reading = { kind, objects, claimedTotal: objects.length };
  const observation = must(observe([reading], site, NOW));
  return { site, kinds: [kind], observation, unasked: [] };
};

const declare = (from: LiveSite): GoldenState =>
  must(parseGolden(publish(from).document, scopeOf(from.site), from.site));

const leftOutOf = (from: LiveSite) => publish(from).kinds.flatMap(({ leftOut }) => leftOut);

const drift = (from: LiveSite) =>
  diff({
    golden: declare(from),
    observed: from.observation.resources,
    lineage: new Map(),
    site: from.site,
    now: NOW,
  });

/** Records as the API shows them; some of them odd: read-only, unreadable, twins, of another controller. */
const oddRecord = fc.constantFrom<JsonObject>(
  { type: "SOA", content: "ns1.example.net admin.example.net 1 2 3 4 5" },
  { type: "TXT", name: "_acme-challenge.harbor.example", content: "token" },
  {
    type: "TXT",
    name: "a-x.harbor.example",
    content: "heritage=external-dns,external-dns/owner=k",
  },
  { type: "A", content: "not an address" },
  { type: "FUTURE", content: "whatever" },
  { type: "NS", name: "harbor.example", content: "ns1.example.net" },
  { type: "SRV", data: { priority: 1, weight: 2, port: 3, target: "t.example.net" } },
  { type: "SRV", data: { priority: 9, weight: 2, port: 3, target: "t.example.net" } },
  { type: "CNAME", name: "www.harbor.example", content: "target.example.net" },
  { type: "TXT", content: '\u2028 # \\ "quoted" \n${x} %{y}' },
  { type: "A", name: "harbor.example.harbor.example", content: "192.0.2.9" },
  { type: "TXT", content: "read only", meta: { read_only: true } },
);

const full = (raw: JsonObject): JsonObject => {
  const name = textOf(raw["name"]);
  if (name.endsWith(".harbor.example") || name === "harbor.example") return raw;
  return {
    ...raw,
    name: `${name.replace(/\.$/, "").replace(/\.harbor\.example$/, "")}.harbor.example`,
  };
};

const records = fc
  .array(
    fc.oneof(
      { arbitrary: goldenRecord.map(toApi).map(full), weight: 4 },
      oddRecord.map((odd) => record("x", odd)),
    ),
    { maxLength: 12 },
  )
  .map((raws) => raws.map((raw, index) => ({ ...raw, id: `r${index}` })));

const settings = fc
  .shuffledSubarray([...SETTINGS.keys()], { maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .record({ value: settingValueOf(id), editable: fc.boolean() })
          .map(({ value, editable }) =>
            id === "ssl_recommender" ? { id, enabled: value } : { ...setting(id, value), editable },
          ),
      ),
    ),
  );

const RAW: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> = {
  dns_record: records,
  zone_setting: settings,
  ...LIVE_RULES,
  ...LIVE_OBJECTS,
  ...LIVE_APPS,
  ...LIVE_LISTS,
  ...LIVE_AWS,
};

/** What is counted: resources, or the parts that they are made of. */
const countOf = ({ kinds: [name = ""], observation }: LiveSite): number => {
  const kind = KINDS.get(name);
  const { resources } = observation;
  return resources.flatMap(({ fields }) => kind?.parts?.(fields) ?? [name]).length;
};

it("shows every kind: all can be imported, and all of Cloudflare but tokens exported", () => {
  expect(Object.keys(RAW).toSorted()).toEqual([...KINDS.keys()].toSorted());
  const silent = [...KINDS.values()].filter((kind) => kind.publish === undefined);
  expect(silent).toEqual([]);
  const unprinted = [...KINDS.values()].filter((kind) => kind.hcl === undefined);
  expect(unprinted.map(({ name }) => name)).toEqual(["api_token", "s3_bucket", "route53_record"]);
});

describe.each(Object.entries(RAW))("%s", (kind, raw) => {
  it("declared as published, nothing differs", () => {
    fc.assert(
      fc.property(raw, (objects) => {
        const { changes, reported } = drift(live(kind, objects));
        expect(changes).toEqual([]);
        expect(reported).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("what is not published is named", () => {
    fc.assert(
      fc.property(raw, (objects) => {
        const from = live(kind, objects);
        const published = publish(from).kinds[0]?.published ?? 0;
        expect(published + leftOutOf(from).length).toBe(countOf(from));
        if (!KINDS.get(kind)?.parts) expect(declare(from).resources).toHaveLength(published);
      }),
    );
  });

  it("is the same text whatever the order of the answer, and the second import is the first", () => {
    fc.assert(
      fc.property(raw, (objects) => {
        const from = live(kind, objects);
        expect(publish(live(kind, objects.toReversed()))).toEqual(publish(from));
        const { resources } = from.observation;
        const declared = new Set(declare(from).resources.map(({ identity }) => identity));
        const seen = new Set<string>();
        const kept = resources
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .filter(
            ({ identity }) => declared.has(identity) && !seen.has(identity) && seen.add(identity),
          );
        const again = { ...from, observation: { ...from.observation, resources: kept } };
        expect(publish(again).document).toEqual(publish(from).document);
      }),
    );
  });

  it("has a resource or a word for everything in Terraform", () => {
    fc.assert(
      fc.property(raw, (objects) => {
        const from = live(kind, objects);
        const { resources, kinds } = terraformOf(from);
        const leftOut = kinds.flatMap((one) => one.leftOut);
        expect(resources.flatMap(providerFaults)).toEqual([]);
        // A part without a resource of its own stands in that of its whole.
        const parts = from.observation.resources.filter((one) => KINDS.get(kind)?.whole?.(one));
        if (countOf(from) > 0 && !KINDS.get(kind)?.parts) {
          expect(resources.length + leftOut.length).toBeLessThanOrEqual(objects.length);
          expect(resources.length + leftOut.length).toBeGreaterThanOrEqual(
            objects.length - parts.length,
          );
        }
      }),
    );
  });
});

describe("records", () => {
  it("of ours are never left out", () => {
    fc.assert(
      fc.property(goldenRecord, (item) => {
        const raw = full(toApi(item));
        fc.pre(
          !/_acme-challenge|heritage=/.test(JSON.stringify(raw)) && raw["content"] !== "100::",
        );
        expect(leftOutOf(live("dns_record", [raw]))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  const of = (members: JsonObject) => live("dns_record", [record("r1", members)]);
  const declared = (members: JsonObject) => {
    const { spec } = publish(of(members)).document as {
      spec: { resources: { dns_record: Json[] } };
    };
    return spec.resources.dns_record[0];
  };

  it("are declared without their defaults, under their short names", () => {
    expect(declared({ content: "192.0.2.1" })).toEqual({
      name: "www",
      type: "A",
      content: "192.0.2.1",
    });
    expect(declared({ name: "harbor.example", content: "192.0.2.1", proxied: true })).toEqual({
      name: "@",
      type: "A",
      content: "192.0.2.1",
      proxied: true,
    });
    expect(declared({ name: "harbor.example.harbor.example", content: "192.0.2.1" })).toMatchObject(
      {
        name: "harbor.example.harbor.example",
      },
    );
  });

  it("that nothing declares are reported and not removed", () => {
    expect(publish(of({ type: "SOA", content: "x" })).document).toMatchObject({
      spec: { unmanaged: { dns_record: "report" }, resources: {} },
    });
  });

  it("are left out with the reason when they belong to somebody else", () => {
    const [one] = leftOutOf(
      of({ type: "TXT", name: "_acme-challenge.harbor.example", content: "x" }),
    );
    expect(one).toEqual({
      what: "TXT _acme-challenge.harbor.example",
      reason: "ACME challenge in progress or delegated",
    });
  });

  it("in Terraform carry what the provider asks for", () => {
    const srv = { priority: 5, weight: 1, port: 443, target: "t.example.net" };
    const [one] = terraformOf(of({ type: "SRV", data: srv, ttl: 300 })).resources;
    expect(one).toEqual({
      type: "cloudflare_dns_record",
      name: "SRV www 443 t.example.net",
      attributes: {
        zone_id: "z1",
        name: "www.harbor.example",
        type: "SRV",
        ttl: 300,
        data: srv,
        priority: 5,
      },
      importId: "z1/r1",
    });
    const [text] = terraformOf(of({ type: "TXT", content: "v=spf1 -all" })).resources;
    expect(text?.attributes["content"]).toBe('"v=spf1 -all"');
  });
});

describe("rules", () => {
  const rules = [
    liveRule("first", { expression: 'http.host eq "${a}"', description: "" }),
    liveRule("odd", { action: "of_tomorrow" }),
    liveRule("last", { enabled: false, logging: { enabled: true } }),
  ];
  const from = live("waf_rule", [entrypoint(WAF, rules)]);

  it("are declared in their order; those of an unknown form are named and stay where they are", () => {
    expect(publish(from)).toMatchObject({
      document: {
        spec: {
          unmanaged: { waf_rule: "report" },
          resources: {
            waf_rule: [
              { ref: "first", action: "block", expression: 'http.host eq "${a}"' },
              { ref: "last", action: "block", expression: 'http.host eq "last"', enabled: false },
            ],
          },
        },
      },
      kinds: [{ published: 2, leftOut: [{ what: `\`odd\` of rules of ${WAF}` }] }],
    });
    expect(drift(from).changes).toEqual([]);
  });

  it("in Terraform are one ruleset of the phase, all of them, imported by the ruleset's id", () => {
    const { resources } = terraformOf(from);
    expect(resources).toMatchObject([
      {
        type: "cloudflare_ruleset",
        name: WAF,
        attributes: {
          zone_id: "z1",
          kind: "zone",
          phase: WAF,
          name: "default",
          rules: [{ ref: "first", enabled: true }, { ref: "odd" }, { ref: "last", enabled: false }],
        },
        importId: "zones/z1/0123456789abcdef0123456789abcdef",
      },
    ]);
    expect(terraformOf(live("waf_rule", [entrypoint(WAF, [])]))).toMatchObject({
      resources: [],
      kinds: [{ leftOut: [] }],
    });
  });
});

it("leaves development mode alone: it ends by itself", () => {
  const from = live("zone_setting", [setting("development_mode", "off"), setting("ssl", "strict")]);
  expect(publish(from).document).toMatchObject({
    spec: { resources: { zone_setting: { ssl: "strict" } } },
  });
  expect(leftOutOf(from)).toHaveLength(1);
});
