import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { itemsObject } from "../../../src/core/kinds/ip-list.ts";
import { bucketObject, lockObject } from "../../../src/core/kinds/r2-bucket.ts";

/** Lists, Gateway rules and buckets as a whole read shows them; some of them cannot be declared. */
const word = fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/);
const several = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<readonly [string, T][]> =>
  fc.uniqueArray(fc.tuple(word, of), { maxLength: 5, selector: ([name]) => name });

const address = fc.constantFrom(
  "192.0.2.1",
  "192.0.2.1/32",
  "198.51.100.0/24",
  "2001:db8::/32",
  "2001:DB8:0:0::1",
);
const ipItem = fc.record<JsonObject>({
  id: word,
  ip: address,
  comment: fc.constantFrom("", "scanner", "x".repeat(501)),
  hostname: fc.oneof({ arbitrary: fc.constant(null), weight: 9 }, fc.constant({ url: "x" })),
});
const ipList = several(
  fc.record({
    kind: fc.oneof({ arbitrary: fc.constant("ip"), weight: 4 }, fc.constant("hostname")),
    description: fc.constantFrom("", "who we do not serve"),
    items: fc.array(ipItem, { maxLength: 4 }),
  }),
).map((lists) =>
  lists.flatMap(([name, { items, ...rest }], index) => {
    const list = { ...rest, name: index === 4 ? `${name} not declarable` : name, id: `l${index}` };
    return rest.kind === "ip" ? [list, itemsObject(list, items)] : [list];
  }),
);

const gatewayItem = fc.record<JsonObject>({
  value: fc.constantFrom("Ads.example", "ads.example.", "pixel.example", " "),
  description: fc.constantFrom(null, "", "seen in May"),
});
const gatewayList = several(
  fc.record<JsonObject>({
    type: fc.constantFrom("DOMAIN", "EMAIL", "OF_TOMORROW"),
    description: fc.constantFrom("", "for rules"),
    items: fc.oneof(
      { arbitrary: fc.array(gatewayItem, { maxLength: 3 }), weight: 5 },
      fc.constant(null),
    ),
  }),
).map((lists) => lists.map(([name, rest], index) => ({ ...rest, name, id: `g${index}` })));

const told = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 5 });
const gatewayRule = fc
  .tuple(
    several(
      fc
        .record({
          description: fc.constantFrom("", "for everybody"),
          action: fc.constantFrom("block", "allow", "of_tomorrow"),
          enabled: fc.boolean(),
          filters: fc.constantFrom(["dns"], ["http"], ["dns", "http"]),
          traffic: told(fc.constantFrom("", 'dns.fqdn == "a.example"')),
          identity: told(fc.constantFrom("", 'identity.email == "a@b.example"')),
          device_posture: told(fc.constant("")),
          rule_settings: told(
            fc.constantFrom<(JsonObject | null)[]>(
              {},
              null,
              { block_page_enabled: true, block_reason: "", add_headers: null },
              { check_session: { duration: "1h0m0s", enforce: false } },
            ),
          ),
          schedule: told(
            fc.constantFrom<(JsonObject | null)[]>(null, { mon: "08:00-17:00", tue: "" }),
          ),
          expiration: told(
            fc.constantFrom<(JsonObject | null)[]>(null, {
              expires_at: "2027-01-01T00:00:00.000Z",
              duration: 10,
              expired: false,
            }),
          ),
          read_only: fc.constantFrom(false, false, false, true),
        })
        .map((rule): JsonObject => JSON.parse(JSON.stringify(rule))),
    ),
    fc.constantFrom(1, 1_000),
    fc.nat(900),
  )
  .map(([rules, factor, noise]) =>
    rules.map(([name, rest], index) => ({
      ...rest,
      name,
      id: `r${index}`,
      precedence: (index + 1) * 7 * factor + (factor === 1 ? 0 : noise),
    })),
  );

const lockRule = fc.record<JsonObject>({
  id: word,
  enabled: fc.boolean(),
  prefix: fc.constantFrom("", "tile/"),
  condition: fc.constantFrom<JsonObject[]>(
    { type: "Indefinite" },
    { type: "Age", maxAgeSeconds: 60 },
    { type: "Date", date: "2027-01-01T00:00:00.000Z" },
    { type: "OfTomorrow" },
  ),
});
const bucket = several(
  fc.record({
    jurisdiction: fc.constantFrom("default", "default", "eu"),
    location: fc.constantFrom("WEUR", "weur", "nowhere", null),
    storage_class: fc.constantFrom("Standard", "InfrequentAccess", null),
    rules: fc.option(fc.array(lockRule, { maxLength: 2 }), { nil: null }),
  }),
).map((buckets) =>
  buckets.flatMap(([name, { rules, ...rest }]) => [
    bucketObject({ ...rest, name }),
    ...(rules === null ? [] : [lockObject(name, rest.jurisdiction, rules)]),
  ]),
);

export const LIVE_LISTS: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> = {
  ip_list: ipList,
  gateway_list: gatewayList,
  gateway_rule: gatewayRule,
  r2_bucket: bucket,
};
