/**
 * What webhooks did not bring: the account's history of alerts, and the feed of advisories, both asked by cron. What came
 * by webhook is known by its key and changes nothing.
 */
import { isObject, type Json, textOf } from "../src/core/canonical.ts";
import { parseAdvisory } from "../src/core/intake/advisory.ts";
import { AGE_MAX_MS, type Hint, isStale } from "../src/core/intake/hint.ts";
import { parseNotification } from "../src/core/intake/notification.ts";
import type { ScopeRow } from "../src/edge/store/shared-record.ts";
import type { WebhookPorts } from "../src/edge/webhooks/receiver.ts";
import { pacedApi } from "./paced-api.ts";

const PAGE = 100;
/** Alerts of an hour in one account; more of them say nothing more (I12). */
const PAGES_MAX = 5;
const FEED_BYTES_MAX = 8 * 1024 * 1024;
const FEED_MS_MAX = 10_000;

export async function recoverAlerts(
  env: Env,
  accounts: readonly ScopeRow[],
  ports: WebhookPorts,
): Promise<number> {
  let told = 0;
  for (const { account_id: accountId } of accounts) {
    const api = pacedApi(env, { accountId, urgency: "sweep" });
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const answer = await api.get(`/accounts/${accountId}/alerting/v3/history`, {
        since: new Date(ports.nowMs() - AGE_MAX_MS).toISOString(),
        page: String(page),
        per_page: String(PAGE),
      });
      if (answer.type !== "ok" || !Array.isArray(answer.result)) break;
      const hints = answer.result.flatMap((row) => hintIn(row, accountId));
      for (const hint of hints) told += await tellOf(hint, ports);
      if (answer.result.length < PAGE) break;
    }
  }
  return told;
}

/** The body is kept as a text; it is the very message that the webhook would have brought. */
function hintIn(row: Json, accountId: string): readonly Hint[] {
  if (!isObject(row)) return [];
  let body: Json;
  try {
    body = JSON.parse(textOf(row["alert_body"])) as Json;
  } catch {
    return [];
  }
  const parsed = parseNotification(body);
  if (!parsed.ok || parsed.value.type === "test") return [];
  const { hint } = parsed.value;
  return [{ ...hint, source: "history", accountId: hint.accountId ?? accountId }];
}

async function tellOf(hint: Hint, ports: WebhookPorts): Promise<number> {
  if (isStale(hint, ports.nowMs())) return 0;
  const scopes = await ports.scopesOf(hint);
  for (const scope of scopes) await ports.hint(scope, [hint]);
  return scopes.length;
}

/** OSV or CISA's list at an address of the operator's. Unreachable is no fault: the next cron asks again. */
export async function pullAdvisories(url: string, ports: WebhookPorts): Promise<number> {
  if (!url.startsWith("https://")) return 0;
  try {
    const response = await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(FEED_MS_MAX),
    });
    if (!response.ok || Number(response.headers.get("content-length") ?? 0) > FEED_BYTES_MAX)
      return 0;
    const text = await response.text();
    const advisory = parseAdvisory(JSON.parse(text.slice(0, FEED_BYTES_MAX)) as Json);
    return advisory.ok ? await tellOf(advisory.value.hint, ports) : 0;
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : "fault";
    console.error(JSON.stringify({ event: "advisories_not_pulled", fault: name }));
    return 0;
  }
}
