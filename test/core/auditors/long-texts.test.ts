/** No auditor refuses a value for its length: what is too long is said where it is declared. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import { policies } from "../../support/policies.ts";
import { ACCOUNT_PLACE, ZONE_PLACE } from "../free-text.ts";
import { faultsOf, must, ZONE } from "../kinds/compare.ts";
import { entrypoint, WAF } from "../kinds/entrypoint.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  goldenAt,
  HARBOR,
  type Live,
  refusals,
} from "../kinds/whole-kind.ts";

/** With the policies as they are shipped, and their engine. */
const objections = (one: Case): readonly string[] => {
  const drift = driftIn(one);
  expect(drift.changes.length).toBeGreaterThan(0);
  return refusals(one, drift, policies);
};

/** What ends data needs people, however it is called. */
const withoutData = (live: Live): Live => ({ ...live, kv_namespace: [], d1_database: [] });

const LENGTHS = [256, 513, 1_025, 8_000, 40_000];

describe.each(LENGTHS)("a text of %i characters", (length) => {
  it.each([
    ["plain", "x".repeat(length)],
    ["of several octets each", "é".repeat(length)],
    ["with half a character where it is cut", `${"x".repeat(254)}${"💥".repeat(length)}`],
  ])("somewhere in what is live is put back or taken away: %s", (_, text) => {
    expect(objections({ ...ZONE_PLACE, live: ZONE_PLACE.live(text) })).toEqual([]);
    expect(objections({ ...ACCOUNT_PLACE, live: withoutData(ACCOUNT_PLACE.live(text)) })).toEqual(
      [],
    );
  });
});

const declared = (site: Case["site"], kind: string, of: JsonObject): Case => ({
  site,
  golden: goldenAt(site, { [kind]: [of] }),
  live: { [kind]: kind === "waf_rule" ? [entrypoint(WAF, [])] : [] },
});

it.each([
  [
    "a key of 4,096 bits",
    declared(HARBOR, "dns_record", txt(`v=DKIM1; k=rsa; p=${"A".repeat(736)}`)),
  ],
  ["the longest TXT value", declared(HARBOR, "dns_record", txt("x".repeat(4_080)))],
  [
    "the longest expression",
    declared(HARBOR, "waf_rule", {
      ref: "long",
      action: "block",
      expression: `http.host eq "${"x".repeat(4_096 - 15)}"`,
    }),
  ],
  [
    "a Worker of 400,000 characters",
    declared(ACCOUNT, "worker", {
      name: "shop",
      main_module: "worker.js",
      content: "x".repeat(400_000),
      compatibility_date: "2026-01-01",
      bindings: [{ name: "GREETING", type: "plain_text", text: "x".repeat(5_000) }],
    }),
  ],
  [
    "a Gateway rule with a page of traffic",
    declared(ACCOUNT, "gateway_rule", {
      name: "x".repeat(255),
      action: "block",
      enabled: true,
      filters: ["dns"],
      traffic: `dns.fqdn == "${"x".repeat(9_000)}"`,
      precedence: 1_000,
    }),
  ],
])("%s is declared and made", (_, one) => {
  expect(changesIn(driftIn(one))).toHaveLength(1);
  expect(objections(one)).toEqual([]);
});

function txt(content: string, name = "key"): JsonObject {
  return { type: "TXT", name, content };
}

describe("what the API would not take", () => {
  it.each([
    ["a TXT value", txt("x".repeat(4_081)), "takes 4098 octets, and a record has at most 4096"],
    ["one of few, but long characters", txt("é".repeat(2_048)), "takes 4113 octets"],
  ])("is refused where it is declared: %s", (_, record, problem) => {
    const [fault] = faultsOf(dnsRecord.declare([record], ZONE));
    expect(fault?.path).toEqual([0, "content"]);
    expect(fault?.problem).toContain(problem);
  });

  it("is more in one name than 8,192 characters, and two names have twice as much", () => {
    const contradictions = (names: readonly string[]) =>
      dnsRecord.contradictions?.(
        must(
          dnsRecord.declare(
            names.map((name, at) => txt(`${at}${"x".repeat(4_000)}`, name)),
            ZONE,
          ),
        ),
        ZONE,
      );
    expect(contradictions(["a", "a", "b", "b"])).toEqual([]);
    expect(contradictions(["a", "b", "a", "a"])).toEqual([
      { indices: [0, 3], problem: expect.stringContaining("more than 8192 characters together") },
    ]);
  });
});
