/** The words that a path accounts for: concepts that it stands for or covers, those it can do without, and words of its own. */
import { withoutDates } from "./calendar.ts";
import { COUNTRY } from "./countries.ts";
import type { Concept } from "./lexicon.ts";
import { withoutSenders } from "./mail-senders.ts";
import { AWS_REGION, PLACE, SEOUL } from "./places.ts";

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

interface Given extends Partial<Omit<Vocabulary, "concepts" | "words">> {
  readonly phrases?: readonly RegExp[];
}

const vocabulary = (
  concepts: readonly Concept[],
  words: string,
  { optional = [], phrases = [], without = (text) => text, begins = null }: Given = {},
): Vocabulary => ({
  concepts: [...EVERYWHERE, ...concepts],
  optional,
  words: words.split(/\s+/).filter((word) => word !== ""),
  without: (text) => phrases.reduce((so, phrase) => so.replaceAll(phrase, " "), without(text)),
  begins,
});

/** What people inside are kept from. */
const FORBIDDEN =
  /\b(?:can't|cannot|must not|mustn't|may not|should not|shouldn't)(?: be able to)? (?=(?:reach|access|visit|open|browse|get to|go to)\b)/g;
/** The least that PCI DSS lets pass, and what the path sets. */
const TLS_MINIMUM =
  /\b(?:tls|v) ?v?1\.2(?: ?\+| (?:or|and) (?:higher|above|newer|later|better|up))?(?: ?이상)?/g;
const LEAKED =
  /\b(?:was|were|has been|have been|got|been) (?=(?:leaked|stolen|compromised|exposed|published)\b)|\b(?:compromised|exposed|published)\b/g;

/** `만` says that nothing else is meant: of places, or of who comes from there. */
const ONLY_THESE = new RegExp(
  `(?<=[${COUNTRY}${PLACE}] ?)(?:에서|에게|으로|에|을|를)?만|(?<=[${COUNTRY}${PLACE}] ?(?:에서 ?(?:오는|온|들어오는) ?|의 ?|발 ?)?)(?:접속|접근|트래픽|사용자|방문자|이용자|사람|고객|도메인|사이트|주소|국가)(?:에서|에게|으로|에|을|를)?만`,
  "g",
);

const VOCABULARIES: Readonly<Record<string, Vocabulary>> = {
  "secure-api-edge": vocabulary(
    ["cache", "edge", "api", "ddos", "bot", "waf", "rateLimit", "block", "threat"],
    `down cut cap limit limits limited capped ceiling refuse reject anything getting tier ttl
    abusive abuse abusers attack attacks attackers response responses answers rest json fast faster latency remember
    origin client clients each ip ips 호출 공격 응답 아래 하위`,
    { optional: ["cache", "ddos", "bot", "waf", "rateLimit"] },
  ),
  "scale-with-waf": vocabulary(
    ["scale", "waf", "cache", "edge", "api"],
    `rps qps tps rate target throughput about around roughly approximately max maximum horizontally
    static files file assets 목표 정도 약 링 업 아웃 정적 파일`,
    { optional: ["waf"] },
  ),
  "pci-dss-baseline": vocabulary(
    ["pci", "compliance", "waf", "admin", "api", "page", "people", "aws"],
    `dss v4 v4.0 4.0 4.0.1 tls https hsts encryption encrypted encrypt
    credit debit visa mastercard card cards payment payments pay checkout shop store customer data
    limit limited attempt attempts log logs logging logged kept retention retain archive archived region regions bucket sign sign-in signin login access
    결제 카드 신용 체크 다루 다뤄 인증 로그 보관 로그인 로깅 암호화 경로 통제 컨트롤 규격 감사 데이터 버전 리전`,
    { phrases: [TLS_MINIMUM, new RegExp(AWS_REGION, "g"), new RegExp(SEOUL, "g")] },
  ),
  "zero-trust-egress": vocabulary(
    ["egress", "people", "zeroTrust", "threat", "ssh", "block", "allow"],
    `or down only except apart besides than else other others rest everything nothing default deny refuse cut drop stop off
    restrict restricted limits limited confine confined reach reaching reachable visit visiting access accessing go going may route
    internet web network networks dns domain domains outside destinations categories content queries resolver data leak
    connection connections filter filtering 못 못하 나머지 인터넷 접속 접근 네트워크 사용자 방지 악성 코드 제한 도메인 필터 필터링 링`,
    { optional: ["threat"], phrases: [FORBIDDEN, ONLY_THESE] },
  ),
  "static-site": vocabulary(
    ["staticSite", "page", "cache", "edge", "r2", "worker"],
    `static html file files assets content served dns documentation docs marketing product portfolio knowledge base help faq
    파일 주소 홍보`,
    {
      begins:
        /(?<=\b(?:a|an|our|the|my|new|static) )([a-z]+) (?=(?:static )?(?:web ?)?(?:site|page|homepage|center|centre|portal)s?\b)|\b(?:site|page)s? for (?:our|the|my|a|an) ([a-z]+)|([가-힣]+) (?=정적|랜딩|홈페이지|사이트)/g,
    },
  ),
  "api-service": vocabulary(
    ["worker", "api", "kv", "d1", "r2", "storage", "credential"],
    `staging development dev production store binding bindings namespace secret secrets declare declared called named name w
    바인딩 스테이징 개발 환경 이름 선언`,
    {
      optional: ["kv", "d1", "r2"],
      begins:
        /(?<=\b(?:a|an|our|the|my|new) )([a-z]+) (?=(?:api|service|backend|microservice)s?\b)/g,
    },
  ),
  "email-authentication": vocabulary(
    ["spf", "dkim", "dmarc", "mtaSts", "mail", "spoof", "block"],
    `spammer spammers scammer scammers impersonators spoofers spam forge deliverability reputation hygiene down
    txt record records dns policy p none quarantine reject refuse strict enforce enforced mode monitoring report reports reporting
    allow let authorize authorise permit send sends sending sent sender senders outgoing domain nobody anyone people name
    failure failures failing anybody via microsoft 365 않게 레코드 정책 거부 격리 리포트 보고서 발송 도메인 방지 막`,
    {
      optional: ["mtaSts"],
      phrases: [/\bp ?= ?(?=none|quarantine|reject)/g],
      without: withoutSenders,
    },
  ),
  "maintenance-page": vocabulary(
    ["maintenance", "page", "api"],
    `under soon says saying message text retry tell clients reads reading greet us next still while do doing
    temporary temporarily brief briefly planned scheduled migrate migration migrating database db release repair repairs upgrade upgrades
    access reach keep allow allowed 중 잠시 잠깐 임시 문구 메시지 안내 접속 접근 허용 예외`,
    { phrases: [/\b(?:down|off)(?= for\b)/g, /\bback (?=soon|online|at\b)/g] },
  ),
  "geo-restriction": vocabulary(
    ["geo", "block", "allow", "challenge", "admin", "api", "edge"],
    `or only except but outside everyone everybody anyone nobody everything else other others rest shut ban deny refuse reject forbid
    drop cut limit restrict restricted present permit permitted admit accept reach reaching reachable access accessible visit visits
    network networks as connections ip ips addresses address come comes coming originating area
    sanction sanctions embargo fraud geofence 나머지 접속 접근 들어오는 오는 발 외 이외 제외 빼 말고 네트워크 대역 경로`,
    { phrases: [ONLY_THESE] },
  ),
  "credential-rotation": vocabulary(
    ["rotate", "credential", "api"],
    `renew replace expire valid within by every each once daily weekly monthly quarterly yearly annually day week month quarter year
    regularly periodically regular scheduled schedule routine lifecycle then alert inform access notify tell mail email
    마다 매일 매주 매달 매월 분기 매분기 매년 주기적 정기적 유효 알려 알림 통지`,
    { phrases: [LEAKED], without: withoutDates },
  ),
};

const NOTHING = vocabulary([], "");

/** A path without an entry accounts for fillers alone: its texts are asked about until it has one. */
export const vocabularyOf = (path: string): Vocabulary => VOCABULARIES[path] ?? NOTHING;
