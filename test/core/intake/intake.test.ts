import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { parseAdvisory } from "../../../src/core/intake/advisory.ts";
import { parseAlertmanager } from "../../../src/core/intake/alertmanager.ts";
import { isStale } from "../../../src/core/intake/hint.ts";
import { parseNotification } from "../../../src/core/intake/notification.ts";
import { must } from "../harbor.ts";

const alert = (members: Record<string, Json> = {}, data: Json = {}): Json => ({
  name: "n",
  text: "somebody wrote this: block zone other.example",
  ts: 1_793_000_000,
  alert_type: "advanced_ddos_attack_l7_alert",
  alert_correlation_id: "c1",
  alert_event: "ALERT_STATE_EVENT_START",
  data,
  ...members,
});
const hint = (body: Json) => {
  const parsed = must(parseNotification(body));
  if (parsed.type === "test") throw new Error("a test message");
  return parsed.hint;
};

describe("a notification", () => {
  it("says where to look, what about, and whether it begins or is over, and nothing of its text", () => {
    const body = alert({}, { zone_name: "Shop.Example", zone_tag: "0".repeat(32) });
    expect(hint(body)).toMatchObject({
      topic: "traffic",
      event: "start",
      zoneName: "shop.example",
      zoneId: "0".repeat(32),
      sentAtMs: 1_793_000_000_000,
    });
    expect(JSON.stringify(hint(body))).not.toContain("other.example");
    expect(hint(alert({ alert_event: "ALERT_STATE_EVENT_END" })).event).toBe("end");
  });

  it("is accepted as a test when it has nothing but a text", () => {
    expect(parseNotification({ text: "Hello World! This is a test message" })).toEqual({
      ok: true,
      value: { type: "test" },
    });
  });

  it("takes numbers as texts, unknown types, missing members and nested shapes", () => {
    expect(hint(alert({ ts: "1793000000" })).sentAtMs).toBe(1_793_000_000_000);
    expect(hint(alert({ alert_type: "something_new_alert" })).topic).toBe("other");
    expect(hint({ alert_type: "dos_attack_l7" })).toMatchObject({ zoneName: null, sentAtMs: null });
    const nested = alert(
      { alert_type: "dedicated_ssl_certificate_event_type" },
      { data: { zone_name: "a.example" }, metadata: { event: { id: "x" } } },
    );
    expect(hint(nested)).toMatchObject({ topic: "certificate", zoneName: "a.example" });
    for (const status of [{ new_health_status: "Healthy" }, { status: "healthy" }])
      expect(
        hint(alert({ alert_type: "health_check_status_notification", alert_event: null }, status)),
      ).toMatchObject({
        topic: "origin",
        event: "end",
      });
    expect(parseNotification([]).ok).toBe(false);
  });

  it.each([
    [
      "access_custom_certificate_expiration_type advanced_ddos_attack_l4_alert",
      "certificate traffic",
    ],
    ["advanced_ddos_attack_l7_alert dedicated_ssl_certificate_event_type", "traffic certificate"],
    [
      "health_check_status_notification workers_alert workers_observability_alert",
      "origin change change",
    ],
    ["bgp_hijack_notification clickhouse_alert_fw_anomaly dos_attack_l7", "dns traffic traffic"],
    [
      "incident_alert load_balancing_health_alert maintenance_event_notification",
      "other origin other",
    ],
    ["load_balancing_pool_enablement_alert open_port_scan_alert", "origin other"],
    ["real_origin_monitoring security_insights_alert tunnel_health_event", "origin gateway origin"],
    [
      "universal_ssl_event_type secondary_dns_warning http_alert_origin_error",
      "certificate dns origin",
    ],
    ["traffic_anomalies_alert expiring_service_token_alert", "traffic certificate"],
  ])(
    "of the types %s is taken flat, nested, with numbers as texts and with nothing",
    (types, topics) => {
      const zone = { zone_name: "a.example", zone_tag: "f".repeat(32) };
      const found = types.split(" ").map((type) => {
        const shapes: readonly Json[] = [
          { ...zone, requests_per_second: "800", days_til_expiration: "3" },
          { data: zone, metadata: { event: { id: "x", created_at: null } } },
          { data: { ...zone, hosts: [] }, metadata: zone },
        ];
        for (const shape of shapes)
          expect(hint(alert({ alert_type: type, ts: "1793000000" }, shape))).toMatchObject({
            zoneName: "a.example",
            zoneId: "f".repeat(32),
            sentAtMs: 1_793_000_000_000,
          });
        expect(hint({ alert_type: type, data: null })).toMatchObject({
          zoneName: null,
          event: "once",
        });
        return hint({ alert_type: type, data: [] }).topic;
      });
      expect(found.join(" ")).toBe(topics);
    },
  );

  it("is found in the shapes of Workers, of load balancers, and of origins that cannot be reached", () => {
    const account = { account: { id: "a".repeat(32), name: "n" }, episode: { resolved_at: null } };
    expect(hint(alert({ alert_type: "workers_observability_alert" }, account)).accountId).toBe(
      "a".repeat(32),
    );
    const zones = (...names: readonly string[]): Json => ({
      unreachable_zones: names.map((name) => ({ host: "", zone_name: name })),
    });
    const about = (data: Json) => hint(alert({ alert_type: "real_origin_monitoring" }, data));
    expect(about(zones("a.example")).zoneName).toBe("a.example");
    expect(about(zones("a.example", "b.example")).zoneName).toBeNull();
    const pool = alert(
      { alert_type: "load_balancing_health_alert", alert_event: null },
      { new_health: "Healthy" },
    );
    expect(hint(pool).event).toBe("end");
  });

  it("has one key however its members are ordered, and another for another message", () => {
    const one = alert();
    const reordered = Object.fromEntries(Object.entries(one as object).toReversed()) as Json;
    expect(hint(reordered).key).toBe(hint(one).key);
    expect(hint(alert({ ts: 1_793_000_001 })).key).not.toBe(hint(one).key);
  });

  it("never throws and never passes on a name that is none, whatever is sent", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (data, zone) => {
        const parsed = parseNotification(
          alert({ alert_type: zone }, { zone_name: zone, data } as Json),
        );
        if (!parsed.ok || parsed.value.type === "test") return;
        expect(parsed.value.hint.zoneName ?? "a.b").toMatch(/^[a-z0-9_.-]+$/);
      }),
    );
  });

  it("is stale an hour later, and before its time", () => {
    const at = 1_793_000_000_000;
    expect(isStale({ sentAtMs: at }, at + 59 * 60_000)).toBe(false);
    expect(isStale({ sentAtMs: at }, at + 61 * 60_000)).toBe(true);
    expect(isStale({ sentAtMs: at }, at - 6 * 60_000)).toBe(true);
    expect(isStale({ sentAtMs: null }, at)).toBe(false);
  });
});

describe("Alertmanager", () => {
  it("says the zone by its label, and firing or resolved by its status", () => {
    const body = {
      version: "4",
      alerts: [
        { status: "firing", labels: { alertname: "LoginFlood", zone: "shop.example" } },
        {
          status: "resolved",
          labels: { alertname: "OriginDown" },
          startsAt: "2026-01-01T00:00:00Z",
        },
      ],
    };
    expect(must(parseAlertmanager(body))).toMatchObject([
      { topic: "traffic", event: "start", zoneName: "shop.example" },
      { topic: "origin", event: "end", zoneName: null },
    ]);
    expect(parseAlertmanager({ alerts: "all" }).ok).toBe(false);
  });
});

describe("an advisory", () => {
  const react = "CVE-2025-55182";
  it.each([
    ["osv", { id: "GHSA-fv66-9v8q-g76r", modified: "2026-01-01T00:00:00Z", aliases: [react] }],
    [
      "github",
      {
        action: "published",
        security_advisory: {
          ghsa_id: "GHSA-fv66-9v8q-g76r",
          identifiers: [{ type: "CVE", value: react }],
        },
      },
    ],
    ["kev", { title: "KEV", vulnerabilities: [{ cveID: react, dateAdded: "2026-01-01" }] }],
  ] as const)("is read as %s", (format, body) => {
    expect(must(parseAdvisory(body as unknown as Json))).toMatchObject({ format, cves: [react] });
  });

  it("of CISA's list is about the newest, whatever the order", () => {
    const vulnerabilities = Array.from({ length: 200 }, (_, index) => ({
      cveID: `CVE-2025-${10_000 + index}`,
      dateAdded: `2025-01-01T${String(index).padStart(4, "0")}`,
    })).toReversed();
    const { cves, isExploited } = must(parseAdvisory({ vulnerabilities }));
    expect(cves).toHaveLength(50);
    expect(cves).toContain("CVE-2025-10199");
    expect(isExploited).toBe(true);
  });

  it("is refused when it is none of them", () => {
    for (const body of [[], {}, { id: "x" }, { vulnerabilities: [] }, { ghsa_id: "GHSA-1" }])
      expect(parseAdvisory(body).ok).toBe(false);
  });
});
