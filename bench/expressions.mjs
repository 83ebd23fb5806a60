// Rules on recorded requests, and series: what a guardrail's trial and the watching of traffic cost.
import { performance } from "node:perf_hooks";
import { strongestFor } from "../src/core/cve/deployment.ts";
import { ENTRIES } from "../src/core/cve/registry.ts";
import { newDetector, observe } from "../src/core/detection/detector.ts";
import { compileCondition } from "../src/core/expression/evaluate.ts";
import { matchRate } from "../src/core/expression/match-rate.ts";
import { parseExpression } from "../src/core/expression/parse.ts";
import { factsOf } from "../src/core/expression/request.ts";
import { timed } from "./distribution.mjs";

const REQUESTS = 10_000;
const POINTS = 20_000;

export const expressions = {
  name: "expressions",
  about:
    "one rule on 10,000 requests, the whole CVE catalogue on one request, one point of a series",
  async run({ quick, report, log, signal }) {
    const runs = quick ? 3 : 15;
    const requests = Array.from({ length: REQUESTS }, (_, index) => requestOf(index));
    const trials = [];
    for (let run = 0; run < runs; run += 1) {
      signal.throwIfAborted();
      trials.push(msOf(() => matchRate(RULE, requests)));
    }
    report(timed({ metric: "match rate of one rule on 10,000 requests", sample: trials }));
    log("catalogue");
    const rules = ENTRIES.flatMap((entry) => compiled(strongestFor(entry, "enterprise")));
    const each = [];
    for (let run = 0; run < runs; run += 1) {
      signal.throwIfAborted();
      each.push((msOf(() => catalogueOn(rules, requests.slice(0, 1_000))) * 1_000) / 1_000);
    }
    report(timed({ metric: `${rules.length} CVE rules on one request`, sample: each, unit: "us" }));
    log("series");
    const points = [];
    for (let run = 0; run < runs; run += 1) {
      signal.throwIfAborted();
      points.push((msOf(judgeSeries) * 1_000) / POINTS);
    }
    report(timed({ metric: "one point of a series", sample: points, unit: "us" }));
  },
};

const RULE =
  'http.request.uri.path matches "^/(?:wp-)?login" and not ip.src.country in {"FR" "DE"} and any(lower(http.request.headers.values[*])[*] contains "bot")';

const requestOf = (index) => ({
  method: index % 5 === 0 ? "POST" : "GET",
  host: "shop.example",
  uri: `/${["", "login", "products/42", "search", "blog/2024"][index % 5]}?q=${encodeURIComponent(`red shoes ${index}`)}&page=${index % 9}`,
  scheme: "https",
  country: ["FR", "US", "KR"][index % 3],
  headers: [
    [
      "User-Agent",
      index % 7 === 0 ? "somebot/1.0" : "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0",
    ],
    ["Accept", "text/html,application/json;q=0.9,*/*;q=0.8"],
    ["Cookie", `session=${index}; theme=dark`],
    ["Referer", "https://www.example.org/?a=b%20c"],
  ],
  body: index % 5 === 0 ? JSON.stringify({ name: `item ${index}`, tags: ["a", "b"] }) : "",
});

function compiled(expression) {
  const parsed = expression === null ? null : parseExpression(expression);
  return parsed?.ok ? [compileCondition(parsed.value)] : [];
}

function catalogueOn(rules, requests) {
  for (const request of requests) {
    const facts = factsOf(request);
    for (const rule of rules) rule(facts);
  }
}

function judgeSeries() {
  let detector = newDetector();
  for (let index = 0; index < POINTS; index += 1) {
    const value = 100 + 50 * Math.sin(index / 46) + ((index * 7919) % 13);
    ({ detector } = observe(detector, { atMs: 1.76e12 + index * 300_000, value }));
  }
}

function msOf(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
