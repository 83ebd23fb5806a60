/**
 * Traffic of a zone whose logs nobody sends here: Cloudflare's analytics, asked for by minutes, as the same requests that
 * a log would tell. Groups are counts: nobody's address, no query, no headers. Pure.
 */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import { BatchBuilder, type TrafficBatch } from "./batch.ts";

/** The largest groups of a period. What is not among them is too small to be told from chance (I12). */
const GROUPS_MAX = 200;
const MINUTE_MS = 60_000;

export const ANALYTICS_QUERY = `query Traffic($zone: string!, $from: Time!, $to: Time!) {
  viewer {
    zones(filter: { zoneTag: $zone }) {
      httpRequestsAdaptiveGroups(
        limit: ${GROUPS_MAX}
        filter: { datetime_geq: $from, datetime_lt: $to, requestSource: "eyeball" }
        orderBy: [count_DESC]
      ) {
        count
        dimensions {
          datetimeMinute
          clientRequestHTTPMethodName
          clientRequestHTTPHost
          clientRequestPath
          clientAsn
          clientCountryName
          userAgent
          edgeResponseStatus
          originResponseStatus
          securityAction
        }
      }
    }
  }
}`;

/** From analytics' names to a log's. */
const MEMBERS = {
  clientRequestHTTPMethodName: "ClientRequestMethod",
  clientRequestHTTPHost: "ClientRequestHost",
  clientRequestPath: "ClientRequestPath",
  clientAsn: "ClientASN",
  clientCountryName: "ClientCountry",
  userAgent: "ClientRequestUserAgent",
  edgeResponseStatus: "EdgeResponseStatus",
  originResponseStatus: "OriginResponseStatus",
  securityAction: "SecurityAction",
} as const;

/** What the answer of `ANALYTICS_QUERY` tells of one zone. An answer of another form is no traffic, but unknown (I8). */
export function analyticsBatch(
  data: Json,
  parseDate: (text: string) => number,
): Result<TrafficBatch, string> {
  const groups = groupsIn(data);
  if (groups === null) return err("the analytics are not of the form that was asked for");
  const builder = new BatchBuilder("http_requests", parseDate);
  for (const group of groups.slice(0, GROUPS_MAX))
    for (const line of linesOf(group, parseDate)) builder.add(line);
  return ok(builder.batch());
}

function groupsIn(data: Json): readonly Json[] | null {
  const viewer = isObject(data) ? data["viewer"] : null;
  const zones = isObject(viewer) ? viewer["zones"] : null;
  const [zone] = Array.isArray(zones) ? zones : [];
  const groups = isObject(zone) ? zone["httpRequestsAdaptiveGroups"] : null;
  return Array.isArray(groups) ? groups : null;
}

/** A minute's count at both of its ends, so that it is a minute's and not a moment's. */
function linesOf(group: Json, parseDate: (text: string) => number): readonly Json[] {
  const of = isObject(group) ? group["dimensions"] : null;
  const count = isObject(group) ? Number(group["count"]) : Number.NaN;
  if (!isObject(of) || !Number.isSafeInteger(count) || count < 1) return [null];
  const atMs = parseDate(textOf(of["datetimeMinute"]));
  if (!Number.isFinite(atMs)) return [null];
  const line: JsonObject = Object.fromEntries(
    Object.entries(MEMBERS).map(([from, to]) => [to, of[from] ?? null]),
  );
  const at = (ms: number, weight: number): readonly Json[] =>
    weight === 0 ? [] : [{ ...line, EdgeStartTimestamp: ms, SampleInterval: weight }];
  const half = Math.floor(count / 2);
  return [...at(atMs, count - half), ...at(atMs + MINUTE_MS - 1_000, half)];
}

/** Analytics are complete after so long. */
const LATE_MS = 2 * MINUTE_MS;
/** Where logs came so lately, they tell more. */
const LOGGED_MS = 15 * MINUTE_MS;
/** What was missed for longer says nothing about now. */
const SPAN_MAX_MS = 15 * MINUTE_MS;
const SPAN_FIRST_MS = 5 * MINUTE_MS;

export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The whole minutes to ask for; null: none, or logs tell of them. */
export function unloggedPeriod(
  { loggedAtMs, toldToMs }: { readonly loggedAtMs: number; readonly toldToMs: number },
  nowMs: number,
): Period | null {
  if (nowMs - loggedAtMs < LOGGED_MS) return null;
  const toMs = Math.floor((nowMs - LATE_MS) / MINUTE_MS) * MINUTE_MS;
  // A clock that was set back: what was told is ahead, and counts as never.
  const told = toldToMs > toMs ? 0 : toldToMs;
  const fromMs = told === 0 ? toMs - SPAN_FIRST_MS : Math.max(told, toMs - SPAN_MAX_MS);
  return fromMs < toMs ? { fromMs, toMs } : null;
}
