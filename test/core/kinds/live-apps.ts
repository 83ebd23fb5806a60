import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/canonical.ts";

/** Applications of an account as the API shows them: names of their own, and members that mostly can be declared. */
const apps = (of: fc.Arbitrary<JsonObject>, name = "name"): fc.Arbitrary<readonly JsonObject[]> =>
  fc
    .uniqueArray(fc.tuple(word, of), { maxLength: 4, selector: ([one]) => one })
    .map((list) => list.map(([one, raw], index) => ({ id: `o${index}`, ...raw, [name]: one })));

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const text = fc.string({ maxLength: 8 });
const rules = fc.subarray<JsonObject>([
  { everyone: {} },
  { ip: { ip: "192.0.2.1" } },
  { email: { email: "a@b.example" } },
]);

const policy: fc.Arbitrary<JsonObject> = fc.record({
  name: word,
  id: word,
  decision: fc.constantFrom("allow", "deny"),
  include: rules,
  exclude: rules,
  require: fc.constantFrom([], null),
  session_duration: fc.constantFrom("24h", "", "1h"),
  reusable: fc.boolean(),
});

const application: fc.Arbitrary<JsonObject> = fc
  .record({
    domain: word,
    type: fc.constantFrom("self_hosted", "self_hosted", "saas"),
    tags: fc.constantFrom(null, [], ["b", "a"]),
    allowed_idps: fc.constantFrom(null, ["i1"]),
    http_only_cookie_attribute: fc.constantFrom(null, true, false),
    session_duration: fc.constantFrom("24h", "8h", null),
    policies: fc.array(policy, { maxLength: 3 }),
  })
  .map(({ domain, ...rest }) => ({ ...rest, domain: `${domain}.harbor.example` }));

const binding: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ name: word, type: fc.constant("plain_text"), text }),
  fc.record({ name: word, type: fc.constantFrom("secret_text", "secret_key") }),
  fc.record({ name: word, type: fc.constant("kv_namespace"), namespace_id: word }),
);
const module = fc.record({
  name: fc.constantFrom("worker.js", "other.js"),
  type: fc.constant("application/javascript+module"),
  text: fc.string({ minLength: 1 }),
});
const worker: fc.Arbitrary<JsonObject> = fc.record({
  settings: fc.record<JsonObject>({
    compatibility_date: fc.constantFrom("2026-01-01", "2025-06-30"),
    compatibility_flags: fc.subarray(["a", "b"]),
    bindings: fc.uniqueArray(binding, { maxLength: 4, selector: ({ name }) => name }),
    observability: fc.constantFrom({ enabled: false }, { enabled: true, head_sampling_rate: 0.5 }),
    tags: fc.subarray(["t"]),
  }),
  code: fc.record({
    entry: fc.constantFrom("worker.js", "worker.js", ""),
    modules: fc.uniqueArray(module, { minLength: 1, selector: ({ name }) => name }),
  }),
});

const group = fc.record({ id: word, name: fc.constantFrom("", "DNS Write") });
const token: fc.Arbitrary<JsonObject> = fc.record({
  status: fc.constantFrom("active", "disabled"),
  expires_on: fc.constantFrom(null, "2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z"),
  condition: fc.constantFrom<(JsonObject | null)[]>(null, {
    "request.ip": { in: ["192.0.2.0/24"] },
  }),
  policies: fc.array(
    fc.record({
      effect: fc.constantFrom("allow", "deny"),
      resources: fc.constant({ "com.cloudflare.api.account.zone.*": "*" }),
      permission_groups: fc.uniqueArray(group, { minLength: 1, selector: ({ id }) => id }),
    }),
    { maxLength: 3 },
  ),
});

const webhook: fc.Arbitrary<JsonObject> = fc.record({
  url: fc.oneof(
    word.map((path) => `https://hooks.harbor.example/${path}`),
    fc.constant("nowhere"),
    fc.constant("https://hooks.harbor.example/services/T0000/k3YfJ8aQz0LmN4vXw2Rt"),
  ),
});

const alert: fc.Arbitrary<JsonObject> = fc.record({
  alert_type: fc.constant("dos_attack_l7"),
  enabled: fc.boolean(),
  description: fc.constantFrom("", "at night"),
  mechanisms: fc.record<JsonObject>({
    email: fc.constant([{ id: "ops@harbor.example" }]),
    webhooks: fc.constantFrom([], [{ id: "gone" }]),
  }),
  filters: fc.constantFrom<JsonObject[]>({}, { zones: ["z2", "z1"] }),
});

export const LIVE_APPS: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> = {
  access_application: apps(application).map((list) =>
    // Named by their hostname: two of one name are two.
    [...new Map(list.map((one) => [one["domain"], one])).values()],
  ),
  worker: apps(worker, "id"),
  api_token: apps(token),
  notification_webhook: apps(webhook),
  notification_policy: apps(alert),
};
