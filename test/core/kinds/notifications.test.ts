import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { notificationPolicy } from "../../../src/core/kinds/notification-policy.ts";
import { notificationWebhook } from "../../../src/core/kinds/notification-webhook.ts";
import { faultsOf } from "./compare.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  setting,
} from "./whole-kind.ts";

const webhook = (id: string, name: string, url = `https://hooks.example/${name}`): JsonObject => ({
  id,
  name,
  url,
  type: "generic",
  created_at: "2026-01-01T00:00:00Z",
  last_success: "2026-01-01T00:00:00Z",
});
const hooks = [webhook("w1", "on-call"), webhook("w2", "archive")];

const declared = {
  name: "DDoS",
  alert_type: "advanced_ddos_attack_l7_alert",
  enabled: true,
  mechanisms: { webhooks: ["on-call"], email: ["ops@harbor.example"] },
  filters: { zones: ["z2", "z1"] },
};
const live = (members: JsonObject = {}): JsonObject => ({
  id: "p1",
  name: "DDoS",
  description: "",
  alert_type: "advanced_ddos_attack_l7_alert",
  enabled: true,
  mechanisms: { email: [{ id: "ops@harbor.example" }], webhooks: [{ id: "w1" }] },
  filters: { zones: ["z1", "z2"] },
  alert_interval: "30m",
  created: "2026-01-01T00:00:00Z",
  modified: "2026-01-01T00:00:00Z",
  ...members,
});
const caseOf = (golden: JsonObject, there: readonly JsonObject[], webhooks = hooks): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { notification_policy: [{ ...declared, ...golden }] }),
  live: { notification_webhook: webhooks, notification_policy: there },
});
const drift = (golden: JsonObject, there: JsonObject) =>
  changesIn(driftIn(caseOf(golden, [live(there)])));

describe("case 60", () => {
  it("filters and destinations are sets", () => {
    expect(drift({}, {})).toEqual([]);
    expect(drift({ filters: { zones: ["z1", "z2"], status: [] } }, {})).toEqual([]);
    expect(drift({ filters: null }, { filters: {} })).toEqual([]);
    const both = { webhooks: [{ id: "w2" }, { id: "w1" }] };
    expect(
      drift({ mechanisms: { webhooks: ["on-call", "archive"] } }, { mechanisms: both }),
    ).toEqual([]);
  });

  it("another filter or destination is reported", () => {
    expect(drift({}, { filters: { zones: ["z1"] } })).toEqual(["update DDoS: filters"]);
    expect(drift({}, { mechanisms: { webhooks: [{ id: "w2" }] } })).toEqual([
      "update DDoS: mechanisms",
    ]);
    expect(drift({}, { enabled: false })).toEqual(["update DDoS: enabled"]);
  });
});

it("destinations are written by the ids that their names have now", () => {
  const plan = healed(caseOf({}, [live({ mechanisms: { email: [{ id: "x@evil.example" }] } })]));
  expect(plan.calls[0]?.request).toEqual({
    method: "PUT",
    path: `/accounts/${ACCOUNT.id}/alerting/v3/policies/p1`,
    body: {
      name: "DDoS",
      description: "",
      alert_type: "advanced_ddos_attack_l7_alert",
      enabled: true,
      mechanisms: { email: [{ id: "ops@harbor.example" }], webhooks: [{ id: "w1" }] },
      filters: { zones: ["z1", "z2"] },
      alert_interval: "30m",
    },
  });
});

it.each<[string, readonly JsonObject[]]>([
  ["has gone", [webhook("w2", "archive")]],
  ["shares its name", [...hooks, webhook("w3", "on-call")]],
])("a policy whose destination %s waits, and says so", (_, webhooks) => {
  const one = caseOf({}, [live({ enabled: false })], [...webhooks]);
  expect(changesIn(driftIn(one))).toEqual([]);
  expect(driftIn(one).reported.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("`on-call`"),
  ]);
});

it("a webhook is put back without its secret, which stays; a renamed one is the same one", () => {
  const golden = goldenAt(ACCOUNT, {
    notification_webhook: [{ name: "on-call", url: "https://hooks.example/on-call" }],
  });
  const before = { notification_webhook: [webhook("w1", "on-call")] };
  const edited = [webhook("w1", "renamed", "https://evil.example/")];
  const plan = healed({ site: ACCOUNT, golden, before, live: { notification_webhook: edited } });
  expect(plan.calls.map(({ request: { method, body } }) => [method, body])).toEqual([
    ["PUT", { name: "on-call", url: "https://hooks.example/on-call" }],
  ]);
});

it("refuses a secret, a policy that tells nobody, and what is declared twice", () => {
  const hook = { name: "x", url: "https://hooks.example/" };
  expect(faultsOf(notificationWebhook.declare([{ ...hook, secret: "s" }], ACCOUNT))).toHaveLength(
    1,
  );
  expect(faultsOf(notificationWebhook.declare([hook, hook], ACCOUNT))).toHaveLength(1);
  expect(
    faultsOf(notificationPolicy.declare([{ ...declared, mechanisms: {} }], ACCOUNT)),
  ).toHaveLength(1);
});

it.each([null, {}, { id: "", name: "x" }, { id: "r" }])("refuses the answer %j (I8)", (raw) => {
  expect(notificationWebhook.observe(raw, ACCOUNT).ok).toBe(false);
  expect(notificationPolicy.observe(raw, ACCOUNT).ok).toBe(false);
});

it("finds exactly which webhooks were edited, heals them, and can undo it", () => {
  const names = ["a", "b", "c"];
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "notification_webhook",
    declared: names.map((name) => ({ name, url: `https://hooks.example/${name}` })),
    live: names.map((name) => webhook(`w-${name}`, name)),
    edits: [setting("url", "https://evil.example/")],
  });
});

it("finds exactly which policies were edited, heals them, and can undo it", () => {
  const names = ["a", "b", "c"];
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "notification_policy",
    declared: names.map((name) => ({ ...declared, name, description: "" })),
    live: names.map((name) => live({ id: `p-${name}`, name })),
    others: { notification_webhook: hooks },
    edits: [
      setting("enabled", false),
      setting("description", "edited"),
      setting("filters", {}),
      setting("alert_type", "dos_attack_l7"),
      setting("mechanisms", { email: [{ id: "x@evil.example" }] }),
    ],
  });
});
