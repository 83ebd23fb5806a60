/**
 * More texts that were read once before a rule was touched, in turns: each set after the one before it had been mended. What was
 * right at first sight stands in docs/benchmarks.md. `LIMITED`: something in it limits, contradicts or is not known, so a
 * question back or "cannot" is the only right answer.
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

export const WHOLE: readonly Labelled[] = [
  is("Scale prod to 864 million requests per day with WAF", SCALE, { target_rps: 10_000 }),
  is("Scale prod to 120k requests per minute with WAF", SCALE, { target_rps: 2_000 }),
  is("prod를 분당 6만 요청까지 확장하고 WAF를 적용해줘", SCALE, { target_rps: 1_000 }),
  is("prod를 3만 RPS로 확장하고 WAF를 적용해줘", SCALE, { target_rps: 30_000 }),
  is("prod를 12,500 RPS로 확장하고 WAF 적용", SCALE, { target_rps: 12_500 }),
  is("prod를 2만5천 RPS로 확장하고 WAF를 적용해줘", SCALE, { target_rps: 25_000 }),
  is("prod를 2만5백 RPS로 확장하고 WAF를 적용해줘", SCALE, { target_rps: 20_500 }),
  is("prod를 천오백 RPS로 확장하고 WAF를 적용해줘", SCALE, { target_rps: 1_500 }),
  is("러시아 빼고 다 차단해줘", GEO, { mode: "allow_only", countries: ["RU"] }),
  is("Spin up edge caching for the customer API and make sure it survives DDoS", EDGE),
  is("Protect our GraphQL endpoint at /graphql with caching and bot mitigation", EDGE, {
    path: "/graphql",
  }),
  is("Defend the API against bots and floods but don't cache", EDGE, { cache_seconds: 0 }),
  is("api.harbor.example API를 캐싱하고 봇을 차단해 주세요", EDGE, {
    hostname: "api.harbor.example",
  }),
  is("Get prod ready for Black Friday: 40k rps, WAF on", SCALE, { target_rps: 40_000 }),
  is("Production should comfortably take 3,000 req/s with the firewall enabled", SCALE, {
    target_rps: 3_000,
  }),
  is("Let www.harbor.example sustain 6000 rps behind a web application firewall", SCALE, {
    target_rps: 6_000,
    hostname: "www.harbor.example",
  }),
  is("서비스가 초당 3만 5천 요청을 버틸 수 있게 하고 WAF도 켜주세요", SCALE, {
    target_rps: 35_000,
  }),
  is("Our payments stack has to be PCI-DSS compliant, please arrange it", PCI),
  is("Deliver a service that satisfies PCI DSS requirements", PCI),
  is("카드 결제 때문에 PCI-DSS 인증 심사를 통과할 수 있게 준비해줘", PCI),
  is(
    "Employees must not be able to reach malware or phishing sites; filter DNS with Gateway",
    EGRESS,
  ),
  is("Implement zero-trust egress controls for the workforce", EGRESS),
  is("직원들이 facebook.com에 못 들어가게 게이트웨이에서 차단해줘", EGRESS, {
    blocked_domains: ["facebook.com"],
  }),
  is("Could you host a small static page at status.harbor.example, please?", STATIC, {
    hostname: "status.harbor.example",
  }),
  is("brand.harbor.example 주소로 정적 홈페이지를 올려줘", STATIC, {
    hostname: "brand.harbor.example",
  }),
  is("We need a serverless backend using D1 and R2", SERVICE, { d1: true, r2: true, kv: false }),
  is(
    "Build an API service on a Worker with D1; it needs the secrets DB_PASSWORD and API_KEY",
    SERVICE,
    { secrets: ["DB_PASSWORD", "API_KEY"], d1: true, kv: false, r2: false },
  ),
  is("Our mail goes out via Microsoft 365; publish SPF and a DMARC record with p=reject", MAIL, {
    senders: ["spf.protection.outlook.com"],
    dmarc_policy: "reject",
  }),
  is("우리 회사 메일이 사칭되지 않게 DMARC 설정해줘", MAIL),
  is('Show a maintenance page that says "Back at 18:00 UTC"', DOWN, {
    message: "Back at 18:00 UTC",
  }),
  is("shop.harbor.example에 한 시간 동안 점검 페이지를 걸어줘", DOWN, {
    hostname: "shop.harbor.example",
    retry_after_seconds: 3_600,
  }),
  is("Refuse all traffic originating in Russia or Belarus", GEO, {
    mode: "block",
    countries: ["BY", "RU"],
  }),
  is("Block Chinese IP addresses from /login", GEO, {
    mode: "block",
    countries: ["CN"],
    path: "/login",
  }),
  is("한국과 일본을 제외한 모든 국가의 접속을 막아줘", GEO, {
    mode: "allow_only",
    countries: ["JP", "KR"],
  }),
  is("Make sure credentials get rotated every 60 days", ROTATE),
  is("Our API keys leaked, rotate them right away", ROTATE),
  both(
    "Put an edge cache with DDoS protection in front of the API and scale prod to 20k RPS with WAF",
    [EDGE, {}],
    [SCALE, { target_rps: 20_000 }],
  ),
  both("Rotate our API tokens and set up DMARC", [ROTATE, {}], [MAIL, {}]),
  both(
    "PCI DSS 기준을 적용하고 직원들의 아웃바운드 악성 사이트 접속도 차단해줘",
    [PCI, {}],
    [EGRESS, {}],
  ),
  is("prod를 분당 60만 건 처리하도록 확장하고 WAF 적용해줘", SCALE, { target_rps: 10_000 }),
  is("Scale prod to 360k requests per hour with WAF", SCALE, { target_rps: 100 }),
  is(
    "Could somebody wrap api.harbor.example in edge caching plus anti-DDoS measures? It is our API",
    EDGE,
    { hostname: "api.harbor.example" },
  ),
  is("Rate-limit the public API: 100 rps per client IP", EDGE, { requests_per_10_seconds: 1_000 }),
  is("API를 엣지에서 캐싱하면서 디도스에도 끄떡없게 만들어줘", EDGE),
  is("외부 공개 API에 CDN 캐시와 봇 차단, WAF를 붙여줘", EDGE),
  is("We're bracing for 18k requests a second; make prod elastic and WAF-protected", SCALE, {
    target_rps: 18_000,
  }),
  is("Size production for sixty thousand requests per second with WAF protection", SCALE, {
    target_rps: 60_000,
  }),
  is("프로덕션 트래픽을 1만 RPS까지 수용하게 스케일 아웃하고 웹방화벽을 걸어줘", SCALE, {
    target_rps: 10_000,
  }),
  is("운영 서버 만 RPS 버티게 해주고 WAF도 부탁", SCALE, { target_rps: 10_000 }),
  is("Stand up PCI DSS compliant infrastructure for card processing", PCI),
  is("checkout.harbor.example has to fulfil PCI-DSS", PCI, { hostname: "checkout.harbor.example" }),
  is("PCI DSS 베이스라인을 적용하고 로그는 2년간 보관해줘", PCI, { log_retention_days: 730 }),
  is("Filter everything leaving our corporate network for malware", EGRESS),
  is("Outbound traffic to dropbox.com should be blocked", EGRESS, {
    blocked_domains: ["dropbox.com"],
  }),
  is("Ship a landing page to landing.harbor.example", STATIC, {
    hostname: "landing.harbor.example",
  }),
  is("Make me a Worker service named catalog with an R2 bucket", SERVICE, {
    name: "catalog",
    r2: true,
    kv: false,
    d1: false,
  }),
  is("Spammers forge our domain, please lock email down with SPF, DKIM and DMARC", MAIL),
  is("Allow Mailgun to send mail for us through SPF", MAIL, { senders: ["mailgun.org"] }),
  is("Greet visitors of www.harbor.example with a maintenance page", DOWN, {
    hostname: "www.harbor.example",
  }),
  is("서비스 점검 중이라는 안내 페이지로 전환해줘", DOWN),
  is("Allow only visitors from the US and Canada", GEO, {
    mode: "allow_only",
    countries: ["CA", "US"],
  }),
  is("북한이랑 이란 IP는 다 막아줘", GEO, { mode: "block", countries: ["IR", "KP"] }),
  is("Credential rotation every 90 days, please", ROTATE),
  is("유출이 의심되니 API 키를 교체해줘", ROTATE),
  both(
    "prod를 1만 RPS로 확장하고 WAF를 적용하고 점검 페이지도 띄워줘",
    [SCALE, { target_rps: 10_000 }],
    [DOWN, {}],
  ),
  is("prod를 시간당 3600만 요청까지 확장하고 WAF를 적용해줘", SCALE, { target_rps: 10_000 }),
  is("prod를 12만 RPS로 확장하고 WAF를 적용해줘", SCALE, { target_rps: 120_000 }),
  is("I'd like to protect the API with DDoS mitigation and cache it at the edge", EDGE),
  is("Turn on edge caching and bot management for the API on api.harbor.example", EDGE, {
    hostname: "api.harbor.example",
  }),
  is("API를 위한 보안 엣지 캐시와 DDoS 방어 체계를 구축해줘", EDGE),
  is(
    "Increase production throughput to 10K requests per second and protect it using a WAF",
    SCALE,
    { target_rps: 10_000 },
  ),
  is("Upgrade production so it supports 10k RPS with WAF enabled", SCALE, { target_rps: 10_000 }),
  is("프로덕션 환경을 10,000 RPS 규모로 증설하고 웹 방화벽을 활성화해줘", SCALE, {
    target_rps: 10_000,
  }),
  is("우리 서비스가 초당 3만 건의 트래픽을 감당할 수 있도록 WAF와 함께 확장해 주세요", SCALE, {
    target_rps: 30_000,
  }),
  is("Provision an environment in line with PCI DSS", PCI),
  is("Enforce PCI-DSS controls: TLS, HSTS, WAF and logging", PCI),
  is("신용카드 결제를 처리해야 하니 PCI-DSS 요건을 충족하도록 구성해줘", PCI),
  is("Restrict outbound traffic to github.com only", EGRESS, {
    default: "deny",
    allowed_domains: ["github.com"],
  }),
  is("Deploy a static site for our documentation on docs.harbor.example", STATIC, {
    hostname: "docs.harbor.example",
  }),
  is("Provision a new API service with KV, D1 and R2", SERVICE, { d1: true, kv: true, r2: true }),
  is("Protect our domain from email spoofing", MAIL),
  is("이메일 스푸핑을 막기 위해 DMARC를 설정해 주세요", MAIL),
  is("Please display the maintenance page at shop.harbor.example", DOWN, {
    hostname: "shop.harbor.example",
  }),
  is("Deny access to visitors coming from China and Russia", GEO, {
    mode: "block",
    countries: ["CN", "RU"],
  }),
  is("북한에서 오는 모든 트래픽을 차단해 주세요", GEO, { mode: "block", countries: ["KP"] }),
  is("모든 API 토큰을 새로 교체해 주세요", ROTATE),
  both(
    "Scale prod to 10k RPS with WAF and block traffic from Russia",
    [SCALE, { target_rps: 10_000 }],
    [GEO, { mode: "block", countries: ["RU"] }],
  ),
  is("prod를 분당 6천 요청으로 확장하고 WAF 적용해줘", SCALE, { target_rps: 100 }),
  is("Build an API edge that is cached, rate limited and protected by a WAF", EDGE),
  is("API 앞에 보안 캐시 계층을 추가하고 DDoS 공격을 차단해줘", EDGE),
  is("prod needs to go to 10k RPS, add a WAF too", SCALE, { target_rps: 10_000 }),
  is("운영 환경이 초당 10,000건을 처리하도록 확장하고 WAF로 보호해줘", SCALE, {
    target_rps: 10_000,
  }),
  is("Deploy infrastructure that complies with PCI-DSS", PCI),
  is("I need a PCI-DSS ready service", PCI),
  is("Protect outbound traffic with zero trust policies", EGRESS),
  is("Create a static website at www.harbor.example using R2", STATIC, {
    hostname: "www.harbor.example",
  }),
  is("D1 데이터베이스를 사용하는 API 서비스를 생성해줘", SERVICE, {
    d1: true,
    kv: false,
    r2: false,
  }),
  is("이메일 인증을 위해 SPF, DKIM, DMARC를 구성해줘", MAIL),
  is("유지보수 페이지를 켜줘", DOWN),
  is("한국 트래픽만 허용해줘", GEO, { mode: "allow_only", countries: ["KR"] }),
  is("자격 증명을 모두 교체해 주세요", ROTATE),
];

export const LIMITED: readonly string[] = [
  "Secure edge cache for the API, excluding POST requests, with DDoS guardrails",
  "Scale prod to 10k RPS with WAF during office hours only",
  "Block Iran and let the rest solve a captcha",
  "Only allow outbound traffic to github.com for the marketing team",
  "Set up DMARC on 10% of the mail",
  "Scale prod to 10k concurrent users with WAF",
  "Scale prod from 5k to 10k RPS and staging to 2k RPS with WAF",
  "prod를 몇만 RPS로 확장하고 WAF를 적용해줘",
  "Scale prod to 10k krps with WAF",
  "Secure edge cache for API with DDoS guardrails on CloudFront",
  "Provision a SOC 2 compliant service with PCI-like logging",
  "Allow only Korea and block Korea",
  "북한은 차단하지 말고 이란만 차단해줘",
  "점검 페이지를 새벽 2시부터 4시까지 띄워줘",
  "API 캐시를 5분 또는 10분으로 하고 디도스 보호를 켜줘",
  "Limit uploads on the API to 10 MB per request and rate limit it",
  "Host our static site at docs.harbor.example and www.harbor.example",
  "Was the API secured with an edge cache and DDoS guardrails?",
  "Scale prod to 10k RPS with WAF in log mode",
  "Scale half of prod to 10k RPS with WAF",
  "Scale prod to 10k RPS with WAF, except API traffic",
  "Scale prod to 10k RPS with the WAF only on /admin",
  "Scale prod to 10k RPS and tell me what it costs",
  "prod를 초당 1만 건에서 2만 건으로 확장하고 WAF를 적용해줘",
  "Secure edge cache for API v1 but not v2 with DDoS guardrails",
  "Secure edge cache for API with DDoS guardrails, same as acme.test has",
  "Limit the API to 100 requests per second in total",
  "API 엣지 캐시를 깔되 로그인 요청은 캐시에서 빼줘, 디도스 보호도",
  "Make the zone PCI DSS compliant, except for logging",
  "Make the zone ISO 27001 and PCI DSS compliant",
  "Block half of the Russian traffic",
  "Block Russia and log traffic from China",
  "중국 트래픽을 점심시간에만 차단해줘",
  "Rotate tokens every 30 days except in December",
  "Maintenance page on all hosts but shop.harbor.example",
  "관리자 빼고 모두에게 점검 페이지를 보여줘",
  "Create a Worker API with KV and Durable Objects",
  "Create a Worker API with Vectorize and D1",
  "Set up DKIM with a 4096 bit key",
  "Zero trust egress: allow github.com, block gitlab.com",
  "Had we a secure edge cache for the API with DDoS guardrails, life were easy",
  "Imagine prod scaled to 10k RPS with WAF",
  "Block Korea and only allow Korea",
  "Scale prod back to 10k RPS with WAF",
  "Scale prod to 10k more RPS with WAF",
  "Scale prod to 10k RPS with WAF next quarter",
  "Scale prod to 10k RPS average and 30k RPS peak with WAF",
  "Scale prod to 10k write requests per second with WAF",
  "prod를 1만 RPS로 확장하고 WAF는 나중에",
  "prod를 1만 RPS로 확장하고 WAF를 적용하지 말아줘",
  "Secure edge cache for API with DDoS guardrails outside Europe",
  "Secure edge cache for the API, the DDoS guardrails can wait",
  "Secure edge cache for the API of our sister company",
  "Limit the API to 100 requests per second per token",
  "API 엣지 캐시와 DDoS 가드레일 중 하나만 구성해줘",
  "Make the zone PCI DSS compliant at level 4",
  "Provision something PCI-DSS adjacent",
  "Block Russian and Belarusian ASNs",
  "Block AS64500 and the network of Hetzner",
  "러시아를 차단하고 카자흐스탄은 예외로 해줘",
  "Rotate tokens belonging to bob",
  "Maintenance page at night",
  "Maintenance page for 10% of visitors",
  "점검 페이지를 결제 화면에만 띄워줘",
  "Host a static WordPress export at docs.harbor.example",
  "Create a Worker API with read-only D1",
  "Set up SPF, but DMARC stays as it is",
  "Zero trust egress: block github.com and allow github.com",
  "My teacher assigned: secure edge cache for API with DDoS guardrails",
  "API에 엣지 캐시와 디도스 가드레일이 있었으면 좋았을 텐데",
  "Scale prod to 10k RPS with WAF, then back to normal",
  "Scale one of the prod hosts to 10k RPS with WAF",
  "Scale prod's login to 10k RPS with WAF",
  "Scale prod to 10k RPS with WAF using Kubernetes HPA",
  "Scale prod up to 10k RPS with WAF and no caching of HTML",
  "Rather than scale prod to 10k RPS, add a WAF",
  "prod를 1만 RPS로 확장하고 WAF는 빼고 방화벽은 넣어줘",
  "prod의 이미지 요청에 한해 1만 RPS로 확장하고 WAF를 적용해줘",
  "Secure edge cache for API with DDoS guardrails in monitor mode",
  "Secure edge cache for API with DDoS guardrails in the EU",
  "Limit each API user to 1000 requests per day and 10 per second",
  "API 엣지 캐시를 하되 개인정보 응답은 캐시하지 말고 디도스를 막아줘",
  "PCI-DSS compliant service, TLS 1.1 allowed",
  "Block all countries but Korea except for bots",
  "Block tourists from China",
  "Rotate the oldest token",
  "Maintenance page from 2:00 to 4:00",
  "Host a static site at docs.harbor.example, old versions too",
  "Set up DMARC everywhere but marketing mail",
  "The intern typed: scale prod to 10k RPS with WAF",
  "Scale prod to 10k RPS with WAF, but pause at night",
  "Scale prod to 10k RPS with WAF in canary mode",
  "Neither scale prod to 10k RPS nor add a WAF",
  "Scale prod to 10k RPS with WAF excluding bots",
  "Scale dev to 10k RPS with WAF",
  "prod를 1만 사용자로 확장하고 WAF를 적용해줘",
  "Secure edge cache for API with DDoS guardrails on the second load balancer",
  "PCI-DSS compliant service for one merchant",
  "Block North Korea from the forum",
  "Only allow Korea on Mondays",
  "Rotate half the tokens",
  "Maintenance page for API calls with JSON",
  "Static site at docs.harbor.example mirrored from old.example.org",
  "DMARC with a forensic report to nobody",
  "API 엣지 캐시와 DDoS 가드레일을 두 번째 도메인에 구성해줘",
];
