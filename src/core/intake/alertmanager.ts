/** Prometheus Alertmanager, webhook version 4. A label `zone`, or `scope`, says where to look. Pure. */
import { z } from "zod";
import type { Json } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import { cvesIn, type Hint, keyOf, type Topic } from "./hint.ts";

/** One message may carry a whole group; more are looked at when they come again (I12). */
const ALERTS_MAX = 200;

const labels = z.record(z.string(), z.string());
const message = z.looseObject({
  version: z.string().optional(),
  status: z.enum(["firing", "resolved"]).catch("firing"),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(["firing", "resolved"]).catch("firing"),
        labels: labels.catch({}),
        startsAt: z.iso.datetime({ offset: true }).optional().catch(undefined),
      }),
    )
    .max(ALERTS_MAX),
});

export function parseAlertmanager(body: Json): Result<readonly Hint[], string> {
  const parsed = message.safeParse(body);
  if (!parsed.success) return err("not a message of Alertmanager's webhook");
  return ok(
    parsed.data.alerts.map(({ status, labels: of, startsAt }) => ({
      source: "alertmanager",
      topic: topicOf(of),
      event: status === "resolved" ? "end" : "start",
      zoneName: zoneOf(of),
      zoneId: null,
      accountId: null,
      cves: cvesIn([of["cve"] ?? ""]),
      key: keyOf([of, status, startsAt ?? null]),
      // An alert that fires is sent again for as long as it does: when it began says nothing about its age.
      sentAtMs: null,
    })),
  );
}

const zoneOf = ({ zone, scope, host }: Readonly<Record<string, string>>): string | null => {
  const name = (zone ?? scope?.replace(/^zone:/, "") ?? host ?? "").toLowerCase();
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(name) && name.length <= 253 ? name : null;
};

const topicOf = ({ alertname = "", topic = "" }: Readonly<Record<string, string>>): Topic => {
  const word = `${topic} ${alertname}`.toLowerCase();
  if (/cert/.test(word)) return "certificate";
  if (/dns/.test(word)) return "dns";
  return /flood|attack|traffic|login/.test(word) ? "traffic" : "origin";
};
