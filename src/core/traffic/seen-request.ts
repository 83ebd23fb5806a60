/** One request as a log tells it: what a rule could look at, and what became of it. Pure. */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import type { RecordedRequest } from "../expression/request.ts";

export interface SeenRequest {
  readonly atMs: number;
  readonly request: RecordedRequest;
  readonly status: number;
  /** What the origin answered; 0: it was not asked. */
  readonly originStatus: number;
  /** What the edge did about it, in its own words: `block`, `managed_challenge`, …; empty: nothing. */
  readonly action: string;
  /** The `ref` of the rule that did it; empty: none, or not told. */
  readonly ref: string;
  /** How many requests it stands for. */
  readonly weight: number;
}

const number = (value: Json | undefined): number => {
  const given = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof given === "number" && Number.isFinite(given) ? given : 0;
};

/** RFC 3339, unix seconds or unix nanoseconds: whatever the job was told to write. Null: unreadable. */
export function millisIn(
  value: Json | undefined,
  parseDate: (text: string) => number,
): number | null {
  if (typeof value === "string" && !/^\d+$/.test(value)) {
    const ms = parseDate(value);
    return Number.isFinite(ms) ? ms : null;
  }
  const given = number(value);
  if (given <= 0) return null;
  // A log of today in seconds, milliseconds or nanoseconds differs by factors of a thousand.
  if (given > 1e17) return Math.floor(given / 1e6);
  return given > 1e11 ? given : given * 1_000;
}

const TEXT_MAX = 2_000;
const cut = (value: Json | undefined): string => textOf(value).slice(0, TEXT_MAX);

/** A line of `http_requests` or `firewall_events`. Null: not of a form that says anything. */
export function seenRequest(line: Json, parseDate: (text: string) => number): SeenRequest | null {
  if (!isObject(line)) return null;
  const atMs = millisIn(line["EdgeStartTimestamp"] ?? line["Datetime"], parseDate);
  const host = cut(line["ClientRequestHost"]).toLowerCase();
  if (atMs === null || host === "") return null;
  return {
    atMs,
    request: requestOf(line, host),
    status: number(line["EdgeResponseStatus"]),
    originStatus: number(line["OriginResponseStatus"]),
    action: actionOf(line),
    ref: cut(line["SecurityRuleRef"] ?? line["Ref"]),
    weight: Math.max(1, Math.round(number(line["SampleInterval"]))),
  };
}

function requestOf(line: JsonObject, host: string): RecordedRequest {
  const asn = number(line["ClientASN"]);
  const country = cut(line["ClientCountry"]).toUpperCase();
  const ja4 = cut(line["JA4"]);
  const ip = cut(line["ClientIP"]);
  const agent = line["ClientRequestUserAgent"];
  const query = cut(line["ClientRequestQuery"]);
  const path = cut(line["ClientRequestPath"]) || "/";
  const category = cut(line["VerifiedBotCategory"]);
  return {
    method: cut(line["ClientRequestMethod"]).toUpperCase() || "GET",
    host,
    uri: cut(line["ClientRequestURI"]) || path + query,
    ...(ip === "" ? {} : { ip }),
    ...(asn > 0 ? { asn } : {}),
    ...(country === "" ? {} : { country }),
    // A log has no headers but a few: what a rule asks of the others nobody can say (I8).
    fields: {
      ...(typeof agent === "string" ? { "http.user_agent": cut(agent) } : {}),
      ...(ja4 === "" ? {} : { "cf.bot_management.ja4": ja4 }),
      "cf.client.bot": category !== "",
    },
  };
}

function actionOf(line: JsonObject): string {
  const said = cut(line["SecurityAction"] ?? line["Action"]);
  return said === "unknown" ? "" : said;
}

/** The address of a request without its query. */
export const pathOf = ({ request }: Pick<SeenRequest, "request">): string =>
  request.uri.split("?", 1)[0] ?? "/";
