/**
 * Known words in a place where they turn a wish about: another time, another doer, another object, more or less than is said. The
 * words themselves are accounted for, so here the phrase is what was not read.
 */
import { COUNTRY } from "./countries.ts";
import { PLACE } from "./places.ts";
import { QUANTITY } from "./quantities.ts";
import { COMES, PEOPLE } from "./sentence.ts";

/** When it is to begin is no length of time. */
const LATER = new RegExp(
  `\\bin(?= +${QUANTITY})|(?<=${QUANTITY} *)(?:뒤|후|있다가|전)|(?<=${QUANTITY} +)(?:later|hence|ahead|from now|ago)\\b`,
  "g",
);
/** `new` begins a service, and limits who is meant. */
const NEWCOMERS =
  /\bnew (?:users?|visitors?|customers?|clients?|accounts?|sessions?|connections?|requests?|traffic|people)\b|(?:신규|새) ?(?:회원|고객|사용자|방문자|이용자|접속자|트래픽|요청)/g;
/** What these stop elsewhere is an attack; here it is what the path would bring. */
const CONTRARY =
  /\b(?:avoid|prevent|stop|block|refuse|drop|reject|deny|ban|shut|cut|skip)(?:ing|s)? (?:(?:any|all|the|our|edge) )*(?:cach\w+|wafs?|firewalls?|dmarc|spf|dkim|mta-sts|maintenance|pci|guardrails?|rate limits?|rotation|tokens?|static|websites?|workers?)\b/g;
/** Who is to do it is not us; that people come, and want something, is a reason. */
const AGENTS =
  /(?:팀|담당자|대표|경영진|회사|업체|고객|사람|누군가|관리자)(?:이|가|께서)(?= )(?!.{0,30}(?:접속|접근|들어|방문|이용|몰리|몰려|늘|많|요구|원하|있))/g;
const HELPERS = new RegExp(
  `\\b(?:let|have|get|make|help|ask|tell|want|need) (?:the |our |my |a |an )?(?:[a-z]+ )?(?:${PEOPLE})(?: to)? (?!(?:only|${COMES})\\b)(?=[a-z])|\\b(?:${PEOPLE}) (?:needs?|wants?|requires?)(?! (?:to )?(?:only )?(?:${COMES})\\b)`,
  "g",
);
const THREAT =
  "ddos|attack(?:s|ers?)?|bots?|botnets?|floods?|spoof\\w*|forg\\w+|impersonat\\w*|phish\\w*|spam\\w*|scammers?|malware|ransomware|scrap\\w+|hackers?";
/** What is kept out elsewhere in the same words is made or let in. */
const WELCOME = new RegExp(
  `\\b(?:let|allow|permit|accept|admit|enable|help|launch|start|run|generate|open|perform|do|serve|support) (?:(?:a|an|the|any|all|some|more|our|bad|good) )?(?:${THREAT})\\b(?![- ]?(?:attacks? )?(?:and [a-z]+ )?(?:protect|guard|mitigat|defen|prevent|block|manage|filter|shield|limit|control|detect|rules?|safeguard|resist|proof|fight|countermeasure|shielding|challenge))|\\b(?:serve|open|give|expose|show|offer)\\b[^,;.]{0,30} to (?:the |all )?(?:bots|attackers|spammers|scammers|hackers|crawlers)\\b|(?:공격|디도스|스팸|피싱|해킹)(?:을|를)? ?(?:해|하게|실행|시작|보내)`,
  "g",
);
/** Words that turn the deed about: `bring the page down`, `maintenance mode over`. */
const TURNED =
  /\b(?:bring|take|pull|tear|put|turn|wind|dial|tone|scale)(?:ing|s)? (?:[^\s,;.]+ ){0,4}(?:down|off|away|back)\b|\b(?:mode|page|maintenance) (?:is )?(?:over|off|down|away|out)\b|\bout of (?:the )?(?:maintenance|service)\b/g;
/** It is there: that tells, and asks for nothing. */
const EXISTS =
  /(?<!필요|행사|이벤트|세일|문제|우려|공격|위험|예정|계획|요청)(?:이|가) (?:이미 )?있(?!는 |게|도록|었으면)/g;
/** Done when something else happens, or only made ready for. */
const HELD_BACK =
  /\bas (?:needed|required|necessary|appropriate|planned|expected)\b|\b(?:on|upon|following|pending) (?:a |an |the |any |each |every )?(?:leak|attack|incident|emergency|outage|abuse|compromise|request|demand|failure|crash|audit|need)s?\b|\b(?:ready|prepared?|stand(?:ing)? by|try|plan|aim) to (?!(?:handle|take|serve|absorb|survive|withstand|sustain|cope|support|bear|face|hold|go|scale)\b)[a-z]+|(?:차단|교체|적용|배포|확장|설정|전환|허용)(?:을|를)? ?준비/g;
/** One of ours and another by name; what belongs to somebody. */
const OTHERS = new RegExp(
  `\\b(?:prod(?:uction)?|site|website|zone|domain|api|shop|store) (?:and|&|plus) *${PLACE}|\\b(?:tokens?|keys?|credentials?) (?:of|for|from)\\b|(?<!우리|저희|회사|존)의 ?(?:api ?)?(?:토큰|키|자격 ?증명)`,
  "g",
);
/** More than is said, or something like it. */
const VAGUE =
  /\band (?:so on|so forth|the like)\b|\b(?:sort|kind|type|form) of\b|(?<=\u25c6 *)(?:이상|이하|초과|미만)/g;
/** Less than what it stands behind, unless it stands before the places that are meant. */
const ONLY_SOME = new RegExp(
  `\\bonly (?:for|on|at|in|during|when|with|via|through|from|to)\\b(?!(?: [a-z]+){0,3} *[${COUNTRY}${PLACE}])`,
  "g",
);
/** A time that is meant and no other. */
const MOMENT = /\b(?:today|now|once|this time) only\b|\bonly (?:today|now|once)\b/g;

const TURNS = [
  LATER,
  NEWCOMERS,
  CONTRARY,
  AGENTS,
  HELPERS,
  WELCOME,
  TURNED,
  EXISTS,
  HELD_BACK,
  OTHERS,
  VAGUE,
  ONLY_SOME,
  MOMENT,
] as const;

/** `text`: in lower case, with places and quantities taken out. */
export const turnsIn = (text: string): readonly string[] =>
  TURNS.flatMap((turn) => text.match(turn) ?? []);
