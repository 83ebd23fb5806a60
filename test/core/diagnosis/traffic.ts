import type { Facts } from "../../../src/core/diagnosis/facts.ts";
import { windowOf } from "../../../src/core/diagnosis/window.ts";
import type { SeenRequest } from "../../../src/core/traffic/seen-request.ts";
import { NOW_MS } from "../harbor.ts";

/** Requests as a log would tell them, deterministic. */

export type More = Partial<Omit<SeenRequest, "request">> & {
  readonly request?: Partial<SeenRequest["request"]>;
};

const AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone; CPU)", "Safari/605.1"];
const PATHS = ["/", "/books/1", "/books/2", "/search", "/covers/9.jpg"];
const JA4S = ["t13d1516h2_8daaf6152771_e5627efa2ab1", "t13d1517h2_8daaf6152771_b0da82dd1658"];

export const seen = (index: number, more: More = {}): SeenRequest => ({
  atMs: NOW_MS - 20 * 60_000 + index * 1_000,
  status: 200,
  originStatus: 200,
  action: "",
  ref: "",
  weight: 1,
  ...more,
  request: {
    method: "GET",
    host: "harbor.example",
    uri: PATHS[index % PATHS.length] ?? "/",
    ip: `192.0.2.${index % 250}`,
    asn: 64_500 + (index % 7),
    country: ["DE", "NL", "KR"][index % 3] ?? "DE",
    headers: [["user-agent", AGENTS[index % 3] ?? ""]],
    fields: { "cf.bot_management.ja4": JA4S[index % 2] ?? "", "cf.client.bot": false },
    ...more.request,
  },
});

export const normal = (count = 800): readonly SeenRequest[] =>
  Array.from({ length: count }, (_, index) => seen(index));

export const BOT_JA4 = "t13d190900_9dc949149365_97f8aa674fd9";

export const now = (count: number, of: (index: number) => More): readonly SeenRequest[] =>
  Array.from({ length: count }, (_, index) =>
    seen(index, { atMs: NOW_MS - (index % 20) * 1_000, ...of(index) }),
  );

export const flood = (count = 2_000): readonly SeenRequest[] =>
  now(count, (index) => ({
    request: {
      uri: `/search?q=${index}`,
      asn: 64_666,
      country: "XX",
      fields: { "cf.bot_management.ja4": BOT_JA4, "cf.client.bot": false },
    },
  }));

export const factsOf = (requests: readonly SeenRequest[], more: Partial<Facts> = {}): Facts => ({
  nowMs: NOW_MS,
  topics: new Set(["traffic"]),
  isOver: false,
  ...windowOf(requests, NOW_MS),
  changes: [],
  gateway: [],
  cves: [],
  announced: [],
  guarded: new Set(),
  ...more,
});
