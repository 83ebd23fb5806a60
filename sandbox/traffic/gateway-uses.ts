/** What the staff's devices do: their work, and, when somebody has got into one of them, data that leaves. */
import { rayOf, accountLine, Stamp, type Logged } from "./log-lines.ts";
import type { Use, Verdict } from "../edge/gateway.ts";
import { Chance } from "./random.ts";

const SITES = ["mail.example", "docs.example", "pay.example", "news.example", "supplier.example"];
const OFFICE = "203.0.113.40";
/** Cloudflare's number for "Command and Control & Botnet". */
const BOTNET = 80;

interface Making {
  readonly seed: number;
  readonly startMs: number;
  readonly perSecond: number;
}

/** Names, pages and connections of an ordinary working second. */
export function officeUses({ seed, startMs, perSecond }: Making): readonly Use[] {
  const chance = new Chance("office", seed, startMs);
  return Array.from({ length: chance.count(perSecond) }, (_, index): Use => {
    const desk = chance.below(30);
    const filter = (["dns", "http", "l4"] as const)[index % 3] ?? "dns";
    return {
      filter,
      atMs: startMs + chance.below(1_000),
      email: `desk${desk}@harbor-books.example`,
      device: `laptop-${desk}`,
      srcIp: OFFICE,
      host: chance.one(SITES) ?? "mail.example",
      categories: [],
      dstIp: "198.51.100.200",
      dstPort: 443,
      method: "GET",
      path: "/",
    };
  });
}

/** One laptop looks up where to send it, and sends it: by the web, and by ssh to a machine of somebody's. */
export function exfiltrationUses({ seed, startMs, perSecond }: Making): readonly Use[] {
  const chance = new Chance("exfiltration", seed, startMs);
  return Array.from({ length: chance.count(perSecond) }, (_, index): Use => {
    const filter = (["dns", "http", "l4"] as const)[index % 3] ?? "dns";
    return {
      filter,
      atMs: startMs + chance.below(1_000),
      email: "desk17@harbor-books.example",
      device: "laptop-17",
      srcIp: "198.18.5.5",
      host: filter === "dns" ? `${chance.hex(12)}.drop-zone.example` : "drop-zone.example",
      categories: [BOTNET],
      dstIp: "198.19.7.66",
      dstPort: filter === "l4" ? 22 : 443,
      method: "POST",
      path: `/upload/${chance.hex(8)}`,
    };
  });
}

/** Numbers of the resolver's decisions: blocked or allowed by a rule, or no rule fitted. */
const DECISION = { blocked: 9, allowed: 10, none: 5 } as const;

export function gatewayLine(use: Use, { rule, isStopped }: Verdict): Logged {
  const shared = {
    Datetime: new Stamp(use.atMs),
    DeviceID: use.device,
    DeviceName: use.device,
    Email: use.email,
    PolicyID: rule?.id ?? "",
    PolicyName: rule?.name ?? "",
  };
  const action = isStopped ? "block" : "allow";
  switch (use.filter) {
    case "dns":
      return accountLine("gateway_dns", {
        ...shared,
        ColoCode: "SBX",
        MatchedCategoryIDs: use.categories,
        QueryName: use.host,
        QueryType: 1,
        QueryTypeName: "A",
        ResolverDecision: isStopped ? DECISION.blocked : rule ? DECISION.allowed : DECISION.none,
        SrcIP: use.srcIp,
      });
    case "http":
      return accountLine("gateway_http", {
        ...shared,
        Action: action,
        DestinationIP: use.dstIp,
        DestinationPort: use.dstPort,
        HTTPHost: use.host,
        HTTPMethod: use.method,
        HTTPStatusCode: isStopped ? 403 : 200,
        RequestID: rayOf(use.device, use.atMs, use.path),
        SourceIP: use.srcIp,
        URL: `https://${use.host}${use.path}`,
      });
    case "l4":
      return accountLine("gateway_network", {
        ...shared,
        Action: action,
        DestinationIP: use.dstIp,
        DestinationPort: use.dstPort,
        SNI: use.host,
        SessionID: rayOf(use.device, use.atMs, use.dstPort),
        SourceIP: use.srcIp,
        TransportProtocol: "tcp",
      });
  }
}
