/** The words that a path accounts for: concepts that it stands for or covers, those it can do without, and words of its own. */
import type { Concept } from "./lexicon.ts";
import { withoutSenders } from "./mail-senders.ts";

interface Vocabulary {
  readonly concepts: readonly Concept[];
  /** Leaving these out is a parameter. */
  readonly optional: readonly Concept[];
  readonly words: readonly string[];
  /** A text without the phrases that only the path understands. */
  readonly without: (text: string) => string;
  /** Where the path makes something new: a word before its name, which says what it is about. */
  readonly begins: RegExp | null;
}

const EVERYWHERE: readonly Concept[] = ["build", "site", "service", "secure", "traffic"];

const vocabulary = (
  concepts: readonly Concept[],
  words: string,
  { optional = [], without = (text) => text, begins = null }: Partial<Vocabulary> = {},
): Vocabulary => ({
  concepts: [...EVERYWHERE, ...concepts],
  optional,
  words: words.split(" ").filter((word) => word !== ""),
  without,
  begins,
});

const FORBIDS =
  /\b(?:can't|cannot|must not|mustn't|may not|should not|shouldn't)(?: be able to)? (?=(?:reach|access|visit|open|browse|get to|go to)\b)/g;

const VOCABULARIES: Readonly<Record<string, Vocabulary>> = {
  "secure-api-edge": vocabulary(
    ["cache", "edge", "api", "ddos", "bot", "waf", "rateLimit", "block", "threat"],
    "down limit limits answers remember tier limited cap capped ceiling abusive abuse abusers attack attacks attackers responses response rest json fast faster latency origin client clients each ip ips ttl 호출 공격 응답 아래 하위",
    { optional: ["cache", "ddos", "bot", "waf", "rateLimit"] },
  ),
  "scale-with-waf": vocabulary(
    ["scale", "waf", "cache", "edge", "api"],
    "rps qps tps rate target throughput about around roughly approximately max maximum horizontally 목표 정도 약 링 업 아웃",
    { optional: ["waf"] },
  ),
  "pci-dss-baseline": vocabulary(
    ["pci", "compliance", "waf", "admin", "api", "page", "people", "aws"],
    "region regions bucket archive archived 리전 dss credit debit visa mastercard 신용 체크 통제 컨트롤 규격 감사 데이터 v4 v4.0 4.0 4.0.1 tls https hsts encryption encrypted encrypt log logs logging logged kept retention retain sign sign-in signin login access payment payments pay card cards checkout shop store customer data 결제 카드 인증 로그 보관 로그인 암호화",
  ),
  "zero-trust-egress": vocabulary(
    ["egress", "people", "zeroTrust", "threat", "ssh", "block", "allow"],
    "or down only everything else other others rest nothing reachable default deny internet web network networks dns domains domain outside reach reaching visit visiting access accessing go going may route destinations categories content queries resolver data leak connections connection filter filtering off limits 만 나머지 인터넷 접속 네트워크 사용자 접속 방지 악성 코드 못 제한 도메인 못하",
    { optional: ["threat"], without: (text) => text.replaceAll(FORBIDS, " ") },
  ),
  "static-site": vocabulary(
    ["staticSite", "page", "cache", "edge", "r2", "worker"],
    "documentation docs marketing product portfolio knowledge base help faq files file static html assets content served dns 파일 주소 홍보",
    {
      begins:
        /(?<=\b(?:a|an|our|the|my|new|static) )([a-z]+) (?=(?:static )?(?:web ?)?(?:site|page|homepage|center|centre|portal)s?\b)|\b(?:site|page)s? for (?:our|the|my|a|an) ([a-z]+)|([가-힣]+) (?=정적|랜딩|홈페이지|사이트)/g,
    },
  ),
  "api-service": vocabulary(
    ["worker", "api", "kv", "d1", "r2", "storage", "credential"],
    "staging development dev production store binding bindings namespace secret secrets called named name w 바인딩 스테이징 개발 환경 이름",
    {
      optional: ["kv", "d1", "r2"],
      begins:
        /(?<=\b(?:a|an|our|the|my|new) )([a-z]+) (?=(?:api|service|backend|microservice)s?\b)/g,
    },
  ),
  "email-authentication": vocabulary(
    ["spf", "dkim", "dmarc", "mtaSts", "mail", "spoof", "block"],
    "spammers spammer scammers scammer impersonators spoofers deliverability reputation txt down hygiene allow let authorize authorise permit record records dns policy p none quarantine reject strict enforce enforced mode monitoring reports report reporting sent send sends sending sender senders outgoing domain nobody anyone people name failures failing spam anybody via p microsoft 365 forge 않게 레코드 정책 거부 격리 보고서 발송 도메인 방지 막",
    { optional: ["mtaSts"], without: withoutSenders },
  ),
  "maintenance-page": vocabulary(
    ["maintenance", "page", "api"],
    "under down back off says saying message text retry tell clients greet us while migrate migration migrating database db release scheduled doing repairs repair upgrade upgrades soon 중 문구 메시지 안내",
  ),
  "geo-restriction": vocabulary(
    ["geo", "block", "allow", "challenge", "admin", "api", "edge"],
    "or only everyone everybody anyone nobody everything else other others rest except but outside or limit restrict restricted reach reachable access accessible visit visits network networks as connections ip ips addresses address sanction sanctions embargo fraud geofence come comes coming originating area only 만 나머지 접속 접근 들어오는 오는 발 외 이외 제외 빼 말고 네트워크 경로",
  ),
  "credential-rotation": vocabulary(
    ["rotate", "credential", "api"],
    "scheduled schedule routine regular lifecycle every each once daily weekly monthly quarterly yearly annually day week month quarter year access notify tell mail email then regularly periodically 마다 매일 매주 매달 매월 분기 매년 주기적 정기적",
  ),
};

const NOTHING = vocabulary([], "");

/** A path without an entry accounts for fillers alone: its texts are asked about until it has one. */
export const vocabularyOf = (path: string): Vocabulary => VOCABULARIES[path] ?? NOTHING;
