import * as fc from "fast-check";
import type { Json, JsonObject } from "../../../src/core/canonical.ts";

/** Random declared records over all 21 types, and what the API would answer for them. */

const uint = (max: number) => fc.integer({ min: 0, max });
const label = fc.stringMatching(/^[a-z0-9_]{1,12}$/);
const host = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.boolean())
  .map(([labels, upper, dot]) => {
    const name = `${labels.join(".")}.example.net`;
    return (upper ? name.toUpperCase() : name) + (dot ? "." : "");
  });
const hex = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString("hex").toUpperCase());
const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));
const phrase = fc.string({ unit: "grapheme", maxLength: 40 });
const parameters = fc.constantFrom(
  'alpn="h3,h2"',
  "alpn=h2",
  "port=8443 alpn=h3",
  "",
  "no-default-alpn",
);

const association = { usage: uint(3), selector: uint(1), matching_type: uint(2), certificate: hex };
const service = { priority: uint(9), target: fc.oneof(host, fc.constant(".")), value: parameters };

const DATA: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<Json>>>>> = {
  CAA: { flags: uint(255), tag: fc.constantFrom("issue", "issuewild", "iodef"), value: phrase },
  CERT: { type: uint(9), key_tag: uint(65_535), algorithm: uint(9), certificate: base64 },
  DNSKEY: { flags: uint(257), protocol: fc.constant(3), algorithm: uint(15), public_key: base64 },
  DS: { key_tag: uint(65_535), algorithm: uint(15), digest_type: uint(4), digest: hex },
  HTTPS: service,
  LOC: {
    lat_degrees: uint(89),
    lat_minutes: uint(59),
    lat_seconds: fc.double({ min: 0, max: 59.9, noNaN: true }),
    lat_direction: fc.constantFrom("N", "S"),
    long_degrees: uint(179),
    long_minutes: uint(59),
    long_seconds: fc.double({ min: 0, max: 59.9, noNaN: true }),
    long_direction: fc.constantFrom("E", "W"),
    altitude: fc.integer({ min: -1000, max: 9000 }),
    size: uint(100),
    precision_horz: uint(10_000),
    precision_vert: uint(100),
  },
  NAPTR: {
    order: uint(100),
    preference: uint(100),
    flags: fc.constantFrom("S", "A", "U", ""),
    service: phrase,
    regex: phrase,
    replacement: fc.oneof(host, fc.constant(".")),
  },
  SMIMEA: association,
  SRV: {
    priority: uint(100),
    weight: uint(100),
    port: uint(65_535),
    target: fc.oneof(host, fc.constant(".")),
  },
  SSHFP: { algorithm: uint(4), type: uint(2), fingerprint: hex },
  SVCB: service,
  TLSA: association,
};

const CONTENT: Readonly<Record<string, fc.Arbitrary<string>>> = {
  A: fc.ipV4(),
  AAAA: fc.ipV6(),
  CNAME: host,
  NS: host,
  OPENPGPKEY: base64,
  PTR: host,
  TXT: fc.string({ unit: "binary", minLength: 1, maxLength: 600 }),
};

const shared = {
  name: fc.oneof(
    label,
    label.map((one) => `*.${one}`),
    label.map((one) => `${one}.harbor.example.`),
    fc.constant("münchen"),
  ),
};
const optional = {
  ttl: fc.oneof(fc.constant(1), fc.constant("auto"), fc.integer({ min: 60, max: 86_400 })),
  comment: fc.string({ maxLength: 50 }),
  tags: fc.array(fc.stringMatching(/^[a-z:]{1,8}$/), { maxLength: 4 }),
};

const item = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(fc.record({ ...shared, ...members }), fc.record(optional, { requiredKeys: [] }))
    .map(([required, given]) => ({ ...required, ...given }));

const flags = (...names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.boolean()])), { requiredKeys: [] });

const contentItems = Object.entries(CONTENT).map(([type, content]) => {
  const proxiable = ["A", "AAAA", "CNAME"].includes(type);
  const more = proxiable ? { proxied: fc.boolean(), settings: flags("ipv4_only") } : {};
  return item({ type: fc.constant(type), content, ...more });
});
const dataItems = Object.entries(DATA).map(([type, data]) =>
  item({ type: fc.constant(type), data: fc.record(data) }),
);

export const goldenRecord: fc.Arbitrary<JsonObject> = fc.oneof(
  ...contentItems,
  ...dataItems,
  item({ type: fc.constant("MX"), content: host, priority: uint(65_535) }),
  item({ type: fc.constant("CNAME"), content: host, settings: flags("flatten_cname") }),
  item({
    type: fc.constant("URI"),
    priority: uint(100),
    data: fc.record({ weight: uint(100), target: fc.webUrl() }),
  }),
);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const plain = (value: Json | undefined): string =>
  typeof value === "string" ? value : JSON.stringify(value);
const quoted = (value: Json): string =>
  `"${plain(value).replace(/["\\]/g, (letter) => `\\${letter}`)}"`;

const QUOTED: Readonly<Record<string, readonly string[]>> = {
  CAA: ["value"],
  NAPTR: ["flags", "service", "regex"],
  URI: ["target"],
};

/** The content that the API computes from data: presentation format. */
function computed(body: JsonObject): JsonObject {
  const { type, data, priority = 0 } = body;
  if (!isObject(data)) return {};
  const texts = QUOTED[plain(type)] ?? [];
  const whole = type === "URI" ? { priority, ...data } : data;
  const words = Object.entries(whole).map(([name, value]) =>
    texts.includes(name) ? quoted(value) : plain(value),
  );
  return { content: words.join(" ") };
}

/** The API's answer to a POST of `body`: behaviours S1 to S6 of the sandbox list. */
export function toApi(body: JsonObject): JsonObject {
  const { comment = "", tags, proxied = false, ttl = 1, settings = {} } = body;
  return {
    ...body,
    ...computed(body),
    id: "r1",
    ttl: proxied === true ? 1 : ttl,
    proxied,
    proxiable: true,
    settings,
    meta: {},
    comment: comment === "" ? null : comment,
    tags: Array.isArray(tags) ? tags.toReversed() : [],
    created_on: "2026-01-01T00:00:00Z",
    modified_on: "2026-01-01T00:00:00Z",
  };
}
