/**
 * What words stand for. A concept is a word's meaning in this trade, in English and Korean; Korean endings follow a stem, so a
 * stem is enough. A synonym is one word here, and every path that builds on the concept understands it.
 */

const CONCEPTS = {
  cache: /\bcach(?:e|es|ed|ing|eable)\b|\bcdns?\b|\bcontent delivery\b|캐시|캐싱|캐쉬|시디엔/,
  edge: /\bedge\b|\bperimeter\b|엣지|에지|최전방/,
  api: /\bapis?\b|\bendpoints?\b|\brest(?:ful)?\b(?= (?:api|service|backend|endpoint|interface))|\bgraphql\b|에이피아이|엔드포인트/,
  ddos: /\bddos(?:es|ed|sed|ing)?\b|\bd-dos\b|\bdenial[- ]of[- ]service\b|\bflood(?:s|ing)?\b|\bbotnets?\b|\bvolumetric\b|\battack traffic\b|\btraffic attacks?\b|\blayer ?7 attacks?\b|\bl7 attacks?\b|디도스|서비스 ?거부|트래픽 ?공격|대량 ?공격|분산 ?공격/,
  bot: /\bbots?\b|\bscrap(?:er|ers|ing)\b|\bcrawlers?\b|\bautomated (?:clients?|traffic)\b|(?<!ro)봇(?!넷)|스크래핑|스크레이핑|크롤러|크롤링|자동화된 ?(?:접근|트래픽)/,
  waf: /\bwafs?\b|\bweb application firewall\b|\bfirewall(?:ed|ing)?\b|\bmanaged rule(?:s|set|sets)\b|\bowasp\b|웹 ?(?:애플리케이션 ?)?방화벽|방화벽|관리형 ?규칙|와프/,
  rateLimit:
    /\brate[- ]?limit(?:s|ed|er|ing)?\b|\bthrottl(?:e|ed|ing)\b|\brequest limits?\b|\blimit (?:the )?(?:request rate|requests)\b|\bcap (?:the )?(?:requests?|request rate)\b|(?:속도|요청|호출|트래픽|레이트|전송률)(?:을|를|은|는|량|수)?\s?(?:제한|리밋|리미트|한도)|레이트 ?리미|스로틀/,
  secure:
    /\bsecur(?:e|ed|ely|ing|ity)\b|\bprotect(?:s|ed|ing|ion|ions|ive)?\b|\bharden(?:ed|ing)?\b|\bshield(?:s|ed|ing)?\b|\bsafe(?:ly|guard|guards|guarded)?\b|\bdefen[dcs](?:e|es|d|ds|ed|ing)?\b|\bguard(?:s|ed|ing)?\b|\bguardrails?\b|\block(?:ed)? down\b|\bmitigat(?:e|es|ion|ions|ing)\b|보호|보안|안전|강화|방어|지켜|지키|가드레일|대비|막아/,
  scale:
    /\bscal(?:e|es|ed|ing|able|ability)\b|\bhandle\b|\bhandling\b|\bsustain(?:s|ed|ing)?\b|\bwithstand\b|\babsorb\b|\bcapacity\b|\bthroughput\b|\bramp(?:ing)? up\b|\bgrow\b|\bbump\b|\bserv(?:e|es|ing)\b|\bcope with\b|\bbear\b|\bhold up\b|\bkeep up with\b|\bsupport\b|\bready for\b|\bprepar(?:e|ed|ing)\b|\bbeef up\b|\bsurviv(?:e|es)\b|\btake on\b|\bsize\b|\bspike\b|\bload\b|\bup to\b|\bboost\b|\braise\b|\bincrease\b|\bexpand\b|\btraffic surge\b|\bpeak\b|확장|스케일|감당|견디|견딜|견뎌|버티|버틸|버텨|처리|늘려|늘리|늘릴|증설|용량|소화|받아 ?낼|받을|받도록|올려|올리|높여|높이|키워|키우|대응|커버|수용|뽑/,
  pci: /\bpci\b(?! (?:card(?! (?:data|holder|payment))|slot|express|bus|device))|\bpci-?dss\b|\bpayment[- ]card\b|\bcardholder\b|\bcard[- ]?(?:holder )?data\b|\bcard payments?\b|\bcredit[- ]card (?:data|payments?|security|compliance|processing)\b|카드 ?(?:결제|데이터|정보|회원|소유자)|지불 ?카드|피씨아이/,
  compliance:
    /\bcomplian(?:t|ce)\b|\bcomply\b|\bbaseline\b|\bstandards?\b|\baudit(?:s|ed|or|ors)?\b|\brequirements?\b|\bcertif(?:y|ied|ication)\b|준수|규정|컴플라이언스|기준|표준|인증 ?심사|심사|요건|요구 ?사항|규격/,
  egress:
    /\begress\b|\bfrom (?:our|the) (?:corporate |office |company )?(?:networks?|offices?)\b|\boutbound\b|\boutgoing\b|\binternet access\b|\bgoing out\b|\bleav(?:e|es|ing)\b|\bweb browsing\b|\bexfiltrat(?:e|ion)\b|이그레스|아웃바운드|나가는|외부로|밖으로|외부 ?(?:인터넷|접속|통신)|인터넷 ?(?:접속|사용)|송신|유출/,
  people:
    /\bemployees?\b|\bstaff\b|\bworkforce\b|\blaptops?\b|\bcorporate\b|\boffices?\b|\bdevices?\b|\bworkloads?\b|\bservers?\b|직원|임직원|사내|회사|사무실|노트북|단말|기기/,
  zeroTrust:
    /\bzero[- ]?trust\b|\bztna\b|\bsecure web gateway\b|\bswg\b|\b(?:cloudflare )?gateway\b|\bdns filter(?:s|ing)?\b|제로 ?트러스트|게이트웨이|dns ?필터/,
  threat:
    /\bmalware\b|\bphishing\b|\bransomware\b|\bmalicious\b|\bcommand[- ]and[- ]control\b|\bc2\b|\bsecurity (?:categories|threats)\b|\bthreats?\b|\bdangerous (?:sites|domains)\b|악성|멀웨어|피싱|랜섬웨어|위협|유해/,
  ssh: /\bssh\b|\bport 22\b/,
  staticSite:
    /\bstatic(?:ally)?\b|\blanding page\b|\bjamstack\b|\b(?:marketing|documentation|docs|portfolio|brochure|promo|company|campaign) (?:web)?(?:site|page)s?\b|\bblog\b|\bhomepage\b|\bhtml (?:files|pages|site)\b|\b(?:host|publish|deploy|launch|serve) (?:a |an |our |my |the |new )*(?:web ?site|web ?page|site|files)\b|정적|랜딩 ?페이지|홈페이지|블로그|(?:홍보|문서|소개|마케팅|회사|이벤트) ?(?:웹 ?)?(?:사이트|페이지)|웹 ?사이트를? ?(?:배포|호스팅|게시|올려|띄워|만들)/,
  site: /\bweb ?sites?\b|\bhomepages?\b|홈페이지|\bsites?\b|\bweb ?pages?\b|사이트|웹 ?페이지/,
  build:
    /\bhost(?:s|ed|ing)?\b|\bdeploy(?:s|ed|ing|ment)?\b|\bpublish(?:ed|ing)?\b|\blaunch(?:ed|ing)?\b|\bprovision(?:s|ed|ing)?\b|\bcreat(?:e|es|ed|ing)\b|\bspin(?:ning)? up\b|\bstand(?:ing)? up\b|\bset(?:ting)? up\b|\bscaffold(?:ed|ing)?\b|\bbootstrap\b|\bbuild\b|\bnew\b|\bstart\b|\bbring up\b|\broll out\b|\bmake\b|\bneed\b|\bwant\b|\bgive\b|호스팅|배포|만들|만든|생성|띄워|띄우|구축|개설|프로비저닝|새로(?:운)?|신규|구성|\bgenerat(?:e|es|ed|ing)\b|세팅|셋업|준비|게시|시작|마련/,
  service:
    /\bservices?\b|\bmicroservices?\b|\bbackends?\b|\bapps?\b|\bapplications?\b|서비스|백엔드|앱|애플리케이션/,
  worker: /\bworkers?\b|\bserverless\b|\bfunctions?\b|워커|서버리스|함수/,
  kv: /\bkv\b|\bkey[- ]?value\b|키 ?밸류|키-값|키값/,
  d1: /\bd1\b|\bdatabases?\b|\bsql(?:ite)?\b|\bdb\b|데이터베이스|디비/,
  r2: /\br2\b|\bbuckets?\b|\bobject storage\b|\bblob storage\b|버킷|오브젝트 ?스토리지|객체 ?(?:저장소|스토리지)/,
  storage: /\bstorage\b|저장소|스토리지/,
  spf: /\bspf\b(?![ -]?\d)/,
  dkim: /\bdkim\b/,
  dmarc: /\bdmarc\b/,
  mtaSts: /\bmta-?sts\b|\bmta sts\b/,
  mail: /\be-?mails?\b|\bmails?\b|\bmailbox(?:es)?\b|이메일|전자 ?우편|메일/,
  spoof:
    /\bspoof(?:s|ed|ing)?\b|\bforg(?:e|ed|ery|ing)\b|\bimpersonat(?:e|es|ed|ing|ion)\b|\bauthenticat(?:e|ed|es|ion|ing)\b|\bphish(?:ing)?\b|스푸핑|사칭|위·?변조|위조|도용|인증/,
  maintenance:
    /\bmaintenance\b|\bdown for (?:repairs?|upgrades?|work)\b|\bwe(?:'| wi)ll be (?:right )?back\b|\bbe back soon\b|\bholding page\b|\bupkeep\b|점검|유지 ?보수|정비 ?(?:중|페이지|모드|안내)|메인터넌스|잠시 ?중단/,
  page: /\bpages?\b|\bmode\b|\bscreen\b|\bnotice\b|\bbanner\b|\bsplash\b|\bsign\b|\b503\b|페이지|모드|화면|안내|공지|창/,
  geo: /\bgeo(?:-?\w+)?\b|\bcountr(?:y|ies)\b|\bnations?\b|\bregions?\b|\basns?\b|\bautonomous systems?\b|국가|나라|지역|해외|국외|외국/,
  block:
    /\bblock(?:s|ed|ing)?\b|\bden(?:y|ies|ied|ying)\b|\bban(?:s|ned|ning)?\b|\bgeo-?block(?:ing|ed)?\b|\breject(?:s|ed|ing)?\b|\bforbid\b|\bkeep out\b|\bkeep (?:\S+ ){1,4}out\b|\bturn away\b|\block out\b|\bshut out\b|\brefuse\b|\bprevent\b|\bstop\b|\bdrop\b|\bfilter out\b|\b(?:don't|do not|never) (?:let|allow|accept|serve|trust|admit)\b|\bno (?:traffic|visitors?|access|requests?|users?) from\b|\bcut off\b|\bblacklist\b|\bdenylist\b|차단|막아|막고|막는|막을|막도록|막기|금지|거부|못 ?(?:하게|들어오게|오게)|접근 ?불가|블록|제한/,
  allow:
    /\ballow(?:s|ed|ing)?\b|\bpermit(?:s|ted)?\b|\blet (?:in|through)\b|\bkeep (?:\S+ )?(?:open|allowed)\b|허용|허락|열어/,
  challenge: /\bchallenge(?:s|d)?\b|\bcaptcha\b|챌린지|캡차/,
  only: /\ballow only\b|\bonly (?:be able to )?(?:reach|access|visit|use|go to|connect to)\b|\bonly (?:allow|let|permit|accept|serve|admit|visitors|traffic|users|people|customers|requests|from|in)\b|\b(?:allow(?:ed)?|let in|permit(?:ted)?|accept(?:ed)?|access(?:ible)?|admit|available|reachable|open|visits?|restrict(?:ed)?) (?:\S+ ){0,6}?only\b|\b(?:reach|access|visit|use|connect to|go to|talk to|browse) only\b|\b(?:restrict|limit|confine)(?:ed)?\b(?: \S+){0,6}? to\b|\beverything (?:except|but|outside)\b|\b(?:everyone|everybody|anyone|all)(?: \S+){0,4}? (?:except|but|outside|other than|not (?:in|from))\b|\bnobody (?:except|but|outside)\b|\b(?:whitelist|allowlist)\b|\bexcept (?:for |from )?(?:those )?(?:in |from )?|\bother than\b|\boutside (?:of )?|만\s?(?:허용|접속|접근|들어|받|이용|열|통과|볼|방문|사용)|만을? ?(?:허용|허락)|에서만|에게만|에만|이외|외에|외의|외는|제외한|제외하고|빼고는|(?:빼고|말고) ?(?:모두|다|전부|나머지)|말고는/,
  rotate:
    /\brotat(?:e|es|ed|ing|ion|ions)\b|\broll(?:ing|over)?\b(?! out)|\brenew(?:s|ed|ing|al)?\b|\brefresh(?:ed|ing)?\b|\bcycl(?:e|es|ing)\b|\bexpir(?:e|es|ed|y|ation|ing)\b|\breissue\b|교체|로테이션|갱신|순환|만료|재발급|회전/,
  credential:
    /\bcredentials?\b|\btokens?\b|\b(?:api|access|service) keys?\b|\bkeys?\b|\bsecrets?\b|자격 ?증명|크리덴셜|토큰|(?:api|접근|액세스|서비스) ?키|(?<![가-힣])키(?=[를들의도는가 ]|$)|시크릿|비밀 ?번호|비밀(?:을|들|값)/,
  traffic:
    /\btraffic\b|\brequests?\b|\bvisitors?\b|\busers?\b|\bcustomers?\b|\bblack friday\b|\blaunch day\b|트래픽|요청|방문자|사용자|이용자|접속자|부하/,
  // A sender of mail at Amazon is no place where something is to be.
  aws: /\baws\b(?! ses)|\bamazon web services\b|\bamazon s3\b|\bs3\b|\broute ?53\b|아마존 ?(?:웹|클라우드|aws)|에이더블유에스/,
  admin:
    /\badmin(?:istration|istrative|istrator)?s?\b|\bback[- ]?office\b|\bdashboard\b|관리자|관리 ?(?:경로|페이지|화면)|어드민|백오피스/,
} as const satisfies Readonly<Record<string, RegExp>>;

export type Concept = keyof typeof CONCEPTS;

/** The concepts of `text`, each with where it stands first. */
export function conceptsIn(text: string): ReadonlyMap<Concept, number> {
  const found = new Map<Concept, number>();
  for (const [name, pattern] of entries) {
    const at = text.search(pattern);
    if (at >= 0) found.set(name, at);
  }
  return found;
}

const isConcept = (name: string): name is Concept => name in CONCEPTS;
const entries = Object.entries(CONCEPTS).flatMap(([name, pattern]): [Concept, RegExp][] =>
  isConcept(name) ? [[name, pattern]] : [],
);

/** What is left out by name: `without WAF`, `no caching`, `WAF 없이`, `캐시는 빼고`. */
export const isLeftOut = (concept: Concept, text: string): boolean =>
  leavingOut(concept).test(text);

export function leavingOut(concept: Concept): RegExp {
  const word = `(?:${CONCEPTS[concept].source})`;
  const before = `\\b(?:without|no|not|skip|skipping|minus|except(?: for)?|excluding|leave out|leaving out|don't|do not|don't (?:need|want|use|enable|add)|do not (?:need|want|use|enable|add)|never)(?: (?:the|a|an|any|our|using|enabling|touching|cloudflare))*[ -]?${word}(?: anything| at all)?`;
  const after = `${word}(?:[a-z]*|[가-힣]{0,3})?\\s?(?:규칙|기능|설정|적용)?(?:은|는|을|를|이|가|도|만)?\\s?(?:없이|없는|빼고|빼|제외|말고|안 ?(?:써|쓰|해|하)|하지 ?(?:마|말|않)|쓰지 ?(?:마|말|않)|적용하지|필요 ?없)`;
  return new RegExp(`${before}|${after}`);
}

/** Every place of a concept in `text`, as start and end. */
export const spansOf = (
  concept: Concept,
  text: string,
): readonly (readonly [start: number, words: string])[] =>
  [...text.matchAll(new RegExp(CONCEPTS[concept], "g"))].map(({ index, 0: words }) => [
    index,
    words,
  ]);
