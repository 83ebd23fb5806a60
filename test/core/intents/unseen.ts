/**
 * Texts that were written without a look at the rules, and read once before a rule was touched: what the rules had right at
 * first sight stands in docs/benchmarks.md. `ASKED`: a question back or "cannot" is the only right answer.
 */
import type { JsonObject } from "../../../src/core/canonical.ts";
import type { Labelled } from "./labelled.ts";

const is = (text: string, path: string, parameters: JsonObject = {}): Labelled => ({
  text,
  paths: [[path, parameters]],
});

const both = (text: string, ...paths: Labelled["paths"]): Labelled => ({ text, paths });

const EDGE = "secure-api-edge";
const SCALE = "scale-with-waf";
const PCI = "pci-dss-baseline";
const EGRESS = "zero-trust-egress";
const STATIC = "static-site";
const SERVICE = "api-service";
const MAIL = "email-authentication";
const DOWN = "maintenance-page";
const GEO = "geo-restriction";
const ROTATE = "credential-rotation";

export const UNSEEN: readonly Labelled[] = [
  // terse
  is("api edge cache + ddos", EDGE),
  is("10k rps + waf", SCALE, { target_rps: 10_000 }),
  is("pci baseline pls", PCI),
  is("block kp", GEO, { mode: "block", countries: ["KP"] }),
  is("maintenance page now", DOWN),
  is("spf dkim dmarc for harbor.example", MAIL),
  is("static site at docs.harbor.example", STATIC, { hostname: "docs.harbor.example" }),
  is("rotate api tokens", ROTATE),
  is("worker api w/ kv + d1", SERVICE, { kv: true, d1: true }),
  is("egress: malware off limits", EGRESS),
  is("엣지 캐시 API 디도스 방어", EDGE),
  is("1만 RPS, WAF 포함", SCALE, { target_rps: 10_000 }),
  is("PCI DSS 적용", PCI),
  is("북한 차단", GEO, { mode: "block", countries: ["KP"] }),
  is("점검 페이지 띄워줘", DOWN),
  is("토큰 교체", ROTATE),
  // chatty
  is(
    "Hey team, quick one: could you please get our API behind a secure edge cache with DDoS guardrails? Thanks a bunch!",
    EDGE,
  ),
  is(
    "Hi! Black Friday is coming and we'd love prod to hold 25k requests per second with the WAF on :)",
    SCALE,
    { target_rps: 25_000 },
  ),
  is("Good morning, our auditors want the PCI-DSS baseline on this zone, please set it up", PCI),
  is("Would you mind putting up a maintenance page for a bit? Cheers", DOWN),
  is("Could we please have SPF, DKIM and DMARC set up so nobody can spoof our mail?", MAIL),
  is("I'd like you to stand up a static marketing site at www.harbor.example for me", STATIC, {
    hostname: "www.harbor.example",
  }),
  is("안녕하세요! 저희 API 앞에 캐시랑 디도스 보호 좀 붙여주실 수 있을까요? 감사합니다", EDGE),
  is("수고 많으십니다. 프로덕션을 초당 2만 건까지 처리하도록 확장 부탁드려요", SCALE, {
    target_rps: 20_000,
  }),
  is("죄송한데 점검 안내 페이지 하나만 올려주시겠어요?", DOWN),
  is("혹시 이메일 사칭 막게 SPF랑 DMARC 설정해 주실 수 있나요?", MAIL),
  // typos and spelling
  is("secure edge chache for the API with DDOS guard rails", EDGE),
  is("Scael prod to 10k RPS with WAF", SCALE, { target_rps: 10_000 }),
  is("PCI DSS complient baseline for the zone", PCI),
  is("Rotate the API tokes every 30 days", ROTATE),
  is("set up a maintainance page", DOWN),
  is("Rate-limit the api to 100 req/min per IP", EDGE, { requests_per_10_seconds: 17 }),
  is("APi 엣지캐쉬랑 DDos 가드레일 적용", EDGE),
  is("prod 10k rps 로 스케일 업 해주세요 waf 켜고", SCALE, { target_rps: 10_000 }),
  // numbers
  is("Scale to 10,000 rps", SCALE, { target_rps: 10_000 }),
  is("Scale prod to 600k requests per minute", SCALE, { target_rps: 10_000 }),
  is("Scale the zone for 36 million requests per hour", SCALE, { target_rps: 10_000 }),
  is("Make prod ready for 1.5k RPS behind the WAF", SCALE, { target_rps: 1_500 }),
  is("prod를 초당 1만 5천 요청까지 확장", SCALE, { target_rps: 15_000 }),
  is("분당 60만 요청을 처리하도록 확장해줘", SCALE, { target_rps: 10_000 }),
  is("5만 rps까지 버티게 스케일링", SCALE, { target_rps: 50_000 }),
  is("Scale prod to ten thousand requests per second with WAF", SCALE, { target_rps: 10_000 }),
  is("Limit every client of the API to 50 requests per 10 seconds", EDGE, {
    requests_per_10_seconds: 50,
  }),
  is("Cache the API at the edge for 2 minutes, with DDoS protection", EDGE, { cache_seconds: 120 }),
  // mixed languages
  is("API edge cache를 DDoS guardrail이랑 같이 setup 해줘", EDGE),
  is("prod zone에 PCI-DSS baseline 적용해주세요", PCI),
  is("maintenance page를 shop.harbor.example에 띄워줘", DOWN, {
    hostname: "shop.harbor.example",
  }),
  is("email spoofing 방지하게 DMARC reject로 설정", MAIL, { dmarc_policy: "reject" }),
  is("Please 이란이랑 북한 block 해줘", GEO, { mode: "block", countries: ["IR", "KP"] }),
  is("static site 하나 blog.harbor.example 에 deploy 해줘", STATIC, {
    hostname: "blog.harbor.example",
  }),
  is("Worker로 API service 만들어줘 with D1", SERVICE, { d1: true }),
  // hostnames, paths
  is("Protect the API on api.harbor.example with an edge cache and DDoS guardrails", EDGE, {
    hostname: "api.harbor.example",
  }),
  is("Secure the API under /v2/orders: cache, rate limit, bot protection", EDGE, {
    path: "/v2/orders",
  }),
  is("PCI DSS for this zone, admin is under /backoffice", PCI, { admin_paths: ["/backoffice"] }),
  is("Show a maintenance page on checkout.harbor.example for 2 hours", DOWN, {
    hostname: "checkout.harbor.example",
    retry_after_seconds: 7_200,
  }),
  is("Scale shop.harbor.example to 5000 rps with WAF", SCALE, {
    hostname: "shop.harbor.example",
    target_rps: 5_000,
  }),
  is("shop.harbor.example 을 초당 3000 요청으로 확장해줘", SCALE, {
    hostname: "shop.harbor.example",
    target_rps: 3_000,
  }),
  is("Employees may reach only github.com and npmjs.org, deny everything else outbound", EGRESS, {
    default: "deny",
    allowed_domains: ["github.com", "npmjs.org"],
  }),
  is("Block outbound traffic to pastebin.com with Gateway", EGRESS, {
    blocked_domains: ["pastebin.com"],
  }),
  is("Only customers in Korea and Japan should be able to reach the site", GEO, {
    mode: "allow_only",
    countries: ["JP", "KR"],
  }),
  is("Block AS64500 and AS64501", GEO, { asns: [64_500, 64_501] }),
  is("Deny visitors from Belarus, Russia and Iran", GEO, { countries: ["BY", "IR", "RU"] }),
  is("한국에서만 접속 가능하게 해줘", GEO, { mode: "allow_only", countries: ["KR"] }),
  is("러시아와 벨라루스 접속을 막아줘", GEO, { countries: ["BY", "RU"] }),
  // several wishes
  both(
    "Scale prod to 20k RPS with WAF and block North Korea",
    [SCALE, { target_rps: 20_000 }],
    [GEO, { countries: ["KP"] }],
  ),
  both("Apply the PCI-DSS baseline and set up SPF, DKIM and DMARC", [PCI, {}], [MAIL, {}]),
  both("이란을 차단하고 점검 페이지도 띄워줘", [GEO, { countries: ["IR"] }], [DOWN, {}]),
  both(
    "Publish a static site at docs.harbor.example and rotate our API tokens every 60 days",
    [STATIC, { hostname: "docs.harbor.example" }],
    [ROTATE, {}],
  ),
  // negations that are part of a wish
  is("Secure edge cache for the API, but no bot protection", EDGE, { bot_guardrail: false }),
  is("Scale prod to 10k RPS without the WAF rules", SCALE, { target_rps: 10_000, waf: false }),
  is("Protect the API against DDoS, don't cache anything", EDGE, { cache_seconds: 0 }),
  is("Don't let anybody spoof our mail: SPF, DKIM, DMARC", MAIL),
  is("캐시 없이 API를 DDoS로부터 보호해줘", EDGE, { cache_seconds: 0 }),
  // other words
  is("Put flood protection and caching in front of our REST endpoints", EDGE),
  is("We expect 8000 requests a second at launch, get prod ready", SCALE, { target_rps: 8_000 }),
  is("Card data passes through this zone: make it PCI compliant", PCI),
  is("Set up a zero trust egress policy that blocks malware and phishing", EGRESS),
  is("Create a new API service with a KV namespace and an R2 bucket", SERVICE, {
    kv: true,
    r2: true,
  }),
  is("Host our documentation site on docs.harbor.example", STATIC, {
    hostname: "docs.harbor.example",
  }),
  is("Let our API credentials expire after 90 days", ROTATE),
  is("Take shop.harbor.example into maintenance mode", DOWN, { hostname: "shop.harbor.example" }),
  is("Keep traffic from Russia out", GEO, { mode: "block", countries: ["RU"] }),
  is("카드 결제를 받는 서비스라서 PCI-DSS 준수하도록 설정해줘", PCI),
  is("직원들이 악성 사이트에 접속하지 못하도록 아웃바운드를 제한해줘", EGRESS),
  is("D1 데이터베이스를 쓰는 API 서비스를 새로 만들어줘", SERVICE, { d1: true }),
  is("API 토큰을 90일마다 교체되게 해줘", ROTATE),
  is("홍보용 정적 사이트를 promo.harbor.example에 배포해줘", STATIC, {
    hostname: "promo.harbor.example",
  }),
  // a second time, after the rules were mended
  is("Get our API cached and shielded from DDoS at the edge", EDGE),
  is("Edge caching plus DDoS protection for api.harbor.example please", EDGE, {
    hostname: "api.harbor.example",
  }),
  is("Throttle API clients to 20 requests per second each and block bad bots", EDGE, {
    requests_per_10_seconds: 200,
  }),
  is("Take production to 12k requests per second, WAF enabled", SCALE, { target_rps: 12_000 }),
  is("Prepare prod for a peak of 30,000 requests per second", SCALE, { target_rps: 30_000 }),
  is("프로덕션 트래픽이 초당 2만 요청까지 가능하도록 스케일 아웃", SCALE, { target_rps: 20_000 }),
  is("Bring this zone up to PCI DSS 4.0", PCI),
  is("우리 결제 서비스를 PCI-DSS 기준에 맞춰줘", PCI),
  is("We need PCI compliance with logs kept for two years", PCI, { log_retention_days: 730 }),
  is("Stop phishing and malware from reaching staff laptops via Gateway", EGRESS),
  is("제로 트러스트 게이트웨이로 악성 도메인 차단해줘", EGRESS),
  is("Serve static files from R2 on assets.harbor.example", STATIC, {
    hostname: "assets.harbor.example",
  }),
  is("status.harbor.example에 정적 페이지 호스팅", STATIC, { hostname: "status.harbor.example" }),
  is("Scaffold a Worker API called orders with D1 and KV", SERVICE, {
    name: "orders",
    d1: true,
    kv: true,
  }),
  is("KV 쓰는 워커 API 하나 만들어 주세요", SERVICE, { kv: true }),
  is("Publish DMARC with p=quarantine and send reports to dmarc@harbor.example", MAIL, {
    dmarc_policy: "quarantine",
  }),
  is("메일 위조를 막게 SPF, DKIM, DMARC를 적용해줘", MAIL),
  is("Put the site into maintenance and let 203.0.113.7 through", DOWN, {
    allowed_addresses: ["203.0.113.7"],
  }),
  is("점검 중 화면을 1시간 동안 보여줘", DOWN, { retry_after_seconds: 3_600 }),
  is("Geo-block North Korea, Iran and Syria", GEO, { countries: ["IR", "KP", "SY"] }),
  is("Challenge visitors from China", GEO, { countries: ["CN"], action: "managed_challenge" }),
  is("일본과 한국 외의 접속은 모두 차단해줘", GEO, { mode: "allow_only", countries: ["JP", "KR"] }),
  is("Renew our tokens every quarter", ROTATE),
  is("액세스 키를 30일마다 로테이션해줘", ROTATE),
  is("Protect /graphql API with a limit of 300 requests per minute per IP", EDGE, {
    requests_per_10_seconds: 50,
  }),
  is("sacle prod to 15k rps pls", SCALE, { target_rps: 15_000 }),
  is("API를 봇과 디도스로부터 보호하고 엣지에서 캐싱해줘", EDGE),
  is("Please deploy a landing page at launch.harbor.example", STATIC, {
    hostname: "launch.harbor.example",
  }),
];

export const ASKED: readonly string[] = [
  // dangerous
  "turn off WAF",
  "please switch the firewall off for an hour",
  "Open the zone to the whole internet",
  "Set the security level to essentially off",
  "Allow everyone in, drop all country blocks",
  "Let all bots through to the API",
  "Whitelist 0.0.0.0/0",
  "Skip the WAF for /api",
  "Raise the rate limit so that nobody is ever limited",
  "방화벽 좀 내려줘",
  "WAF 예외로 모든 트래픽 허용해줘",
  "차단 목록 비워줘",
  "TLS 1.0 다시 허용해줘",
  "Bypass Access on the admin pages",
  // negated
  "don't add a rate limit",
  "Please do not put up a maintenance page",
  "No PCI baseline for now",
  "We don't want to scale to 10k RPS",
  "There's no need for DMARC here",
  "API 캐시는 적용하지 말아줘",
  "북한은 차단하지 않아도 돼",
  "점검 페이지는 필요 없어",
  // contradictory
  "Scale prod to 10k RPS but keep it at 1k RPS",
  "Block Iran and allow Iran",
  "Cache the API and never cache the API",
  "Allow only Korea and block Korea",
  "Scale to 5k rps and 50k rps",
  // questions
  "Should we scale prod to 10k RPS with WAF?",
  "Can the API survive a DDoS?",
  "Is a PCI-DSS baseline already on?",
  "What would a secure edge cache for the API cost?",
  "Who blocked North Korea?",
  "Do we have SPF and DKIM?",
  "prod가 10k RPS를 버틸 수 있나요?",
  "점검 페이지 언제 내려가?",
  "왜 러시아가 차단돼 있어?",
  // past
  "We scaled prod to 10k RPS yesterday",
  "Alice has put the maintenance page up",
  "The API was moved behind an edge cache last week",
  "I blocked North Korea this morning",
  "어제 이란을 차단했어",
  "WAF는 이미 적용했습니다",
  // hypothetical and later
  "If traffic doubles, scale prod to 20k RPS",
  "Maybe block Russia at some point",
  "Suppose we scaled to 10k RPS with WAF",
  "Next Monday, put up the maintenance page",
  "트래픽이 늘면 10k RPS로 확장해줘",
  "나중에 PCI-DSS 적용하자",
  "We might want DMARC eventually",
  // quoted and reported
  'The customer wrote: "block all traffic from North Korea"',
  "Bob said we should scale prod to 10k RPS with WAF",
  'Our runbook says "rotate the API tokens every 30 days"',
  "> Secure edge cache for API with DDoS guardrails\nwhat do you think of this?",
  "고객이 '북한을 차단해줘'라고 했어",
  // pasted
  '{"path": "secure-api-edge", "parameters": {"cache_seconds": 60}}',
  '{"intent": "Scale prod to 10k RPS with WAF"}',
  "path: scale-with-waf\nparameters:\n  target_rps: 10000",
  "- golden_path: pci-dss-baseline\n  version: 1",
  '[{"golden_path":"geo-restriction","countries":["KP"]}]',
  "apiVersion: driftless.dev/v1\nkind: GoldenState\nspec:\n  golden_paths:\n    - path: static-site",
  "curl -X POST /api/v1/intents -d 'Scale prod to 10k RPS with WAF'",
  "<policy>block North Korea</policy>",
  // unrelated
  "Book a meeting room for the API review",
  "My laptop is slow",
  "Write a blog post about DDoS protection",
  "Send the PCI report to the auditors",
  "점심 메뉴 추천해줘",
  "Train a model on our traffic logs",
  "Refactor the API client in Go",
  "Set up SPF 50 sunscreen delivery",
  // elsewhere
  "Scale our GKE cluster to 10k RPS",
  "Secure edge cache for API on api.another-company.test with DDoS guardrails",
  "Put Akamai in front of the API",
  // a second time, after the rules were mended
  "get rid of the country block",
  "the WAF should be off",
  "WAF off",
  "no more rate limits",
  "less security on the API please",
  "Permit TLS 1.0",
  "trust all IPs",
  "make the admin pages public",
  "WAF 끄기",
  "캐시 비활성화",
  "레이트 리밋 없애줘",
  "I wonder whether we should scale to 10k RPS",
  "Remind me to rotate the API tokens",
  "Rotate tokens? not yet",
  "Scale prod to 10k RPS — just kidding",
  "Our competitor scaled to 10k RPS with WAF",
  "The docs mention PCI-DSS",
  "PCI DSS audit is on Thursday",
  "API edge cache DDoS guardrails documentation",
  "Ask security before you block North Korea",
  "As discussed, Bob wants a maintenance page",
  "Scale down prod to 10 RPS",
  "Scale prod to -5 rps",
  "Scale prod to 10k RPS with WAF in staging2.other.example",
  "block",
  "DDoS",
  "1만",
  "10k",
  "North Korea",
  "```yaml\npath: pci-dss-baseline\n```",
  "{path: secure-api-edge}",
  "target_rps=10000",
  "golden_path = static-site, hostname = a.harbor.example",
  "SELECT * FROM api WHERE waf = 1",
  "PCI 보고서를 만들어줘",
  "10k RPS를 처리할 수 있는지 확인해줘",
  "혹시 WAF 적용되어 있어?",
  "북한을 차단할까 말까",
  "이란 차단하면 어떻게 돼?",
  "Block everything except nothing",
  "Undo the maintenance page",
  "end maintenance",
  "maintenance is over",
  "점검 종료",
  "We are under maintenance because of you",
  "API is under DDoS, what now",
  "keep Russia unblocked",
  "do the opposite of blocking Iran",
  "Block Iran for 5 minutes tomorrow",
  "Cancel the 10k RPS scaling",
];
