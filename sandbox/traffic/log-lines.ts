/** Lines of the datasets, with the members that Cloudflare's logs have. Times are epoch milliseconds until they are written. */
import { createHash } from "node:crypto";
import { COLO } from "../edge/facts.ts";
import type { Passage } from "../edge/edge.ts";
import type { Hit } from "../edge/firewall.ts";
import { headerOf, pathOf, queryOf, type Visit } from "../edge/visit.ts";
import { ACCOUNT_ID } from "../identities.ts";
import type { StoredZone } from "../model/zone.ts";
import type { Dataset } from "./logpush-job.ts";

/** A time that is written as the job wants it. */
export class Stamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface Logged {
  readonly dataset: Dataset;
  /** The zone's id, or the account's. */
  readonly scope: string;
  readonly line: LogLine;
}

const MITIGATING = new Set(["block", "challenge", "js_challenge", "managed_challenge"]);
/** The log's own spelling of two actions. */
const SPELLED: Readonly<Record<string, string>> = {
  js_challenge: "jschallenge",
  managed_challenge: "managed_challenge",
};
const spelled = (action: string): string => SPELLED[action] ?? action;

export function linesOf(passage: Passage, zone: StoredZone): readonly Logged[] {
  return [
    { dataset: "http_requests", scope: zone.id, line: requestLine(passage, zone) },
    ...passage.hits.map((hit, index): Logged => {
      return { dataset: "firewall_events", scope: zone.id, line: eventLine(passage, hit, index) };
    }),
  ];
}

const asked = ({ visit }: Pick<Passage, "visit">) => ({
  ClientRequestHost: visit.host,
  ClientRequestMethod: visit.method,
  ClientRequestPath: pathOf(visit.uri),
  ClientRequestProtocol: visit.version,
  ClientRequestScheme: visit.scheme,
  ClientRequestUserAgent: headerOf(visit, "user-agent"),
});

const cameFrom = ({ client }: Visit) => ({
  ClientASN: client.asn,
  ClientCountry: client.country.toLowerCase(),
  ClientIP: client.ip,
  ClientIPClass: client.verifiedBot === "" ? "noRecord" : "searchEngine",
});

function requestLine(passage: Passage, zone: StoredZone): LogLine {
  const { visit, hits, status, originStatus, originMs, cache, worker } = passage;
  const last = hits.findLast(({ action }) => MITIGATING.has(action));
  return {
    ...asked(passage),
    ...cameFrom(visit),
    BotScore: visit.client.botScore,
    CacheCacheStatus: cache === "none" ? "unknown" : cache,
    ClientRequestBytes: visit.uri.length + visit.body.length + 300,
    ClientRequestReferer: headerOf(visit, "referer"),
    ClientRequestSource: "eyeball",
    ClientRequestURI: visit.uri,
    EdgeColoCode: COLO.name,
    EdgeColoID: Number(COLO.id),
    EdgeEndTimestamp: new Stamp(visit.atMs + originMs + 2),
    EdgeResponseBytes: passage.result.kind === "served" ? passage.result.page.body.length : 0,
    EdgeResponseStatus: status,
    EdgeStartTimestamp: new Stamp(visit.atMs),
    JA4: visit.client.ja4,
    OriginResponseDurationMs: originMs,
    OriginResponseStatus: originStatus,
    RayID: visit.ray,
    SecurityAction: last === undefined ? "" : spelled(last.action),
    SecurityActions: hits.map(({ action }) => spelled(action)),
    SecurityRuleDescription: last?.description ?? "",
    SecurityRuleID: last?.ruleId ?? "",
    SecurityRuleIDs: hits.map(({ ruleId }) => ruleId),
    SecuritySources: hits.map(({ source }) => source),
    VerifiedBotCategory: visit.client.verifiedBot,
    WorkerScriptName: worker,
    WorkerStatus: worker === "" ? "unknown" : "ok",
    ZoneName: zone.name,
  };
}

function eventLine(passage: Passage, hit: Hit, index: number): LogLine {
  const { visit, status, originStatus } = passage;
  return {
    ...asked(passage),
    ...cameFrom(visit),
    Action: spelled(hit.action),
    ClientRequestQuery: queryOf(visit.uri) === "" ? "" : `?${queryOf(visit.uri)}`,
    Datetime: new Stamp(visit.atMs),
    Description: hit.description,
    EdgeColoCode: COLO.name,
    EdgeResponseStatus: status,
    Kind: "firewall",
    MatchIndex: index,
    Metadata: {},
    OriginResponseStatus: originStatus,
    OriginatorRayID: "00",
    RayID: visit.ray,
    Ref: hit.ref,
    RuleID: hit.ruleId,
    Source: hit.source,
  };
}

/** The same ray for the same visit: a seed makes the same logs. */
export const rayOf = (...names: readonly (string | number)[]): string =>
  createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16);

export const accountLine = (dataset: Dataset, line: LogLine): Logged => ({
  dataset,
  scope: ACCOUNT_ID,
  line: { AccountID: ACCOUNT_ID, ...line },
});
