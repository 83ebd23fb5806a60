/**
 * Words that neither limit a wish nor add to it. Not here, and so asked about: negation, exceptions, conditions, times, shares
 * (`half`, `some`), distribution (`per`, `each`), comparisons, modal verbs outside of a request, forms of the past, who is to do it,
 * and names of anything that the product does not know.
 */
import { IMPERATIVES } from "./sentence.ts";

const GRAMMAR = `
a an the this that these those it its it's them they their there here our ours us we we're i i'm my me you your also plus too as well both
together then along alongside additionally to of on in at for with by from into onto over across against before behind front through via
using towards toward up out is are be being and so since because due owing therefore thus hence accordingly regarding concerning which who
what how where all whole entire every any everything anyway again such order reason just new
`;

/** What is done, for a purpose or in a reason. None of them asks for anything by standing first (`sentence.ts` has those that do). */
const DEEDS = `
get gets getting got go goes come coming going thank appreciate appreciated hope expect expecting expects expected love mind wants wanted
needed needs required requires adds adding added applies applied applying putting puts placed sets setting uses used enables enabled
enabling turned switched brings takes keeps kept gives makes making made running configured configuring provides includes included
including live holds hold help helps work works working become looking look show move shift follows achieves reach handles process
processes processing fend fends fending ward repel resist deflect stave accelerated boost improve improved fronted fronting sit sits
sitting backed powered cover covers covered wrapped surround serve served serves deal cope absorb survive tolerate supports prevents
tightened hardened deployed hosted created built established offer offers wire hook sort address aim anticipate assemble assure attain
await bear buffer carry cater certify compose demand employ empower execute face facilitate gear hammer hammered hit inspect install
instantiate lead leak leaked maintain manage match matches matched operate orchestrate oversee pair perform plug preserve proceed procure
receive rely render rollout rolled see shelter shrug stick suffer tackle thrive transform trust undergo upscale weather wish worry worried
abuse abused attack attacked targeted threaten threatened overload overwhelm compromise stolen stole struggle begin commence slap throw
pop kick bolt glue toss land bracing reply replies instal grow growing trending withstanding modernise modernize satisfied fulfilling
ticking tick fall falls break breaks die dies collapse buckle melt crash crashes sweat adopt bulletproof cushion develop devise optimise
optimize integrate meets meeting pass passes complies conforms satisfies fulfils accommodate grant update
`;

const THINGS = `
prod production zone domain domains website websites web site host hosts hostname server servers backend origin origins system systems
platform infrastructure infra environment env cloudflare company business organisation organization org product deployment application
internet stack project settings rule rules policy policies protection protections layer solution feature features option options mode
level kind type way thing things stuff case control controls measure measures path golden template launch day event campaign campaigns
sale season holiday lots lot bunch customers customer team bit target configuration configurations setup standards practice practices
rails rail wall barrier armour armor area section users people visitor visitors shop store storefront portal webshop webapp app apps
performance availability door doors gate umbrella blanket coat skin sheath outage outages downtime hassle drama pain attacker attackers
hacker hackers criminals crooks intruder intruders adversary adversaries script kiddies kid junk rubbish noise incident risk danger
trouble problem issue emergency audit auditor regulator regulation law management leadership promotion ad tv commercial press news
coverage newsletter announcement rush surge wave spike peak load volume growth interest popularity crowd speed experience uptime safety
privacy job task goal purpose objective requirement visibility moment notch rock end tier shape form colleagues colleague friends guys
somebody someone class industry enterprise state art accordance line fleet cluster perimeter entry scenario situation respect terms
request grade fear design promo concern edge
`;

/** How something is or is done: adjectives, adverbs, courtesies. */
const QUALITIES = `
active public facing online ready able sure now fast quick quickly right away immediately asap today full fully complete completely proper
properly robust robustly strong strongly solid solidly simple simply basic standard best modern big major huge large heavy high highly
many black friday nice great lovely good safe safely secure bad malicious evil hostile anti reliably reliable tight tightly efficient
efficiently performant scalable resilient resilience available fresh dedicated own necessary appropriate suitable sensible decent top
turnkey comfortable sturdy tough airtight watertight smart clever clean neat tidy small tiny little compact massive enormous sudden
upcoming imminent usual important critical vital essential crucial serious better excellent dependable stable steady smooth seamless
painless swift rapid speedy instant prompt urgent immediate impossible possible impossibly capable certain happy glad keen official formal
mandatory compulsory relevant adequate sufficient enough real true actual comprehensive holistic global worldwide world always actually
really basically ideally gracefully definitely absolutely very quite pretty super much even ahead amid elastic elastically sturdily viral
grateful awesome brilliant soonest straight shortly hefty vast giant crazy insane steep significant substantial considerable noticeable
intense aggressive frequent constant continuous ongoing battle tested proof proofed professional proven latest greatest compliant
conformant according aligned align slow comfortably easily effortlessly happily confidently gladly correctly nicely neatly cleanly
thoroughly consistently continuously constantly promptly urgently automatic automated auto friendly centric related based oriented overall
soon please pls plz kindly thanks cheers hi hey hello dear folks
`;

const listed = (words: string): readonly string[] =>
  words.split(/\s+/).filter((word) => word !== "");

/** Commands that say what to keep out, or from whom, or what to renew are words of the paths that take it. */
const CONTRARY = new Set(
  listed(
    "accept admit allow ban block cache challenge confine cut cycle deny disallow drop expire filter forbid limit only open permit post prohibit redirect refuse reject renew restrict rotate shut stop throttle",
  ),
);

const VERBS: ReadonlySet<string> = new Set(listed(DEEDS));

/** A verb as it would ask, were it one that asks. */
export const isDeed = (word: string): boolean => VERBS.has(word) && !/(?:ing|ed|[^s]s)$/.test(word);

export const FILLERS: ReadonlySet<string> = new Set([
  ...[GRAMMAR, DEEDS, THINGS, QUALITIES].flatMap(listed),
  ...IMPERATIVES.filter((command) => !CONTRARY.has(command)),
]);

/** Words that take no ending. */
const KOREAN_ADVERBS: ReadonlySet<string> = new Set(
  listed(`
잘 좀 꼭 다 바로 당장 빨리 빠르게 얼른 그냥 먼저 다시 곧 조만간 즉시 후딱 어서 제발 자꾸 빨랑 그리고 또한 또 및 함께 더불어 동시에 추가로 확실히 간단히 거뜬히 충분히
튼튼히 자동으로
`),
);

/** What may follow a Korean stem, and stems of verbs that only say "do it". A word made of these alone limits nothing. */
const KOREAN = `
을 를 이 가 은 는 에 의 와 과 로 으로 도 에서 에게 까지 부터 으로부터 로부터 용 들 님 씩 랑 이랑 께 같이 하고 지금 모두 모든 전부 전체 전반 우선 우리 저희 제 내
이번 해당 회사 팀 여기 거기 것 거 수 등 때 때문 쪽 앞 앞단 뒤 위 위해 위한 위해서 대한 대해 대해서 통해 통한 관련 있 하 해 한 할 함 합 했으면 했음 되 돼 된 될 됨
게 도록 고 며 면서 서 여 야 아 어 지 기 요 죠 니다 습니다 입니다 세요 십시오 시 셔 실 길 려 려고 는데 인데 니 니까 라 라도 자 겠 나 던 던데 줘 줘요 주 주세요
주십시오 주시 줄 줄래 줄래요 달라 달 부탁 드립 드려 드리 바라 바랍 원 원해 싶 싶어 싶습 좋 좋겠 필요 필요해 필요합 감사 안녕 안녕하세요 감사합니다 걸 걸어 켜 켠 킨 두
둬 둔 놓 놔 넣 넣어 붙 붙여 붙이 달아 씌 씌워 올 올려 써 쓰 쓸 쓰는 사용 이용 활용 추가 설정 적용 설치 활성 활성화 도입 연결 등록 운영 환경 진행 처리 작업 실행 마련
갖 갖춘 갖춰 맞 맞춰 맞추 맞게 바꿔 바꾸 전환 변경 변환 유지 포함 지원 가능 서버 시스템 도메인 존 사이트 웹 프로덕션 프로드 실서비스 인프라 클라우드플레어 공개 규칙 정책
기능 옵션 수준 설정값 레이어 계층 보호막 조치 방법 이벤트 행사 세일 런칭 출시 오픈 예정 예상 많 많은 많이 큰 크 높 높은 강력 강력하 튼튼 확실 철저 제대로 기본 전용 수고
죄송 한데 혹시 하나 으십 을까 있을 받는 받 있습 까요 깔 깔아 쳐 치 놓아 몰려 몰리 몰릴 괜찮 통과 만족 충족 대비 부합 부응 견고 보장 확보 완벽 안정 안정적 든든 단단
강하 센 좋은 새 쾌적 빠른 급 시급 중요 필수 다가오 앞두 앞둬 다음 캠페인 프로모션 블랙프라이데이 연말 고객 손님 사용자 방문자 사람 감사팀 규제 법 요구 대표 경영진 한번
조금 간단 쉽게 편하 신속 바람 꾸며 꾸려 짜 도와 도움 해결 개선 향상 보완 보강 걱정 위험 피해 사고 늘어나 늘어날 늘 커지 많아 히 안에 안으로 상태 올라 오 보 봐 보내
보낸 나가 나와 견딜 무리 문제 장애 끊김 원활 안정화 최적 최적화 씌우 두르 둘러 세워 세우 지켜 맡겨 바뀌 갖추 구비 시켜 시키 시킬 하여 해서 했는데 쓰고 써서 이제 오늘
요즘 최근 갑자기 계속 항상 되어 돼서 되니 될지 인 이라 라서 이니 으니 보여 보이 표시 띄워 띄우 막 맡 해놔 운 새로운 통제 끄떡없 끄떡 문제없 블프 의심 외부 대외 의심되
유출 새어나 탈취 털려 털렸 노리 들어와 심해 심하 심각 폭주 몰리는 급증 급격 대규모 대량 대용량 대폭 거뜬 넉넉 충분 여유 여유롭 무사히 튼튼하 베이스라인 체계 솔루션 서비스용
상용 라이브 본서버 메인 홈 전면 앞쪽 앞부분 상단 입구 단 층 강도 등급 대상 올릴 올리 최고 최신 표준 모범 사례 구조 아키텍처 부착 장착 배치 가동 구동 작동 얹 얹어 끼워
덮 덮어 둘 박 박아 차려 잡 잡아 세팅 초기 신경 양해 고마 고맙 땡큐 플리즈 규모 자동 주기 정기 확대 업그레이드 업데이트 성능 처리량 업무 가이드라인 원칙 차원 형태 방식
버전 구간 이후로 담 채우 채워 두기 하기 되기 위하 위하여 목적 준다 게끔 끔 달성 이루 도달
`;

const KOREAN_STEMS: ReadonlySet<string> = new Set(listed(KOREAN));
/** The longest that is listed, of a path's own too. */
const STEM_CHARS_MAX = 8;

/**
 * Whether a word is made of listed stems and a path's own, from its start to its end. Every place is looked at once, because an
 * expression with alternatives that overlap would take for ever on a long word (I12).
 */
export function isMadeOf(own: ReadonlySet<string>, word: string): boolean {
  if (KOREAN_ADVERBS.has(word)) return true;
  const reached = new Set([0]);
  for (let start = 0; start < word.length; start += 1) {
    if (!reached.has(start)) continue;
    for (let end = start + 1; end <= start + STEM_CHARS_MAX; end += 1) {
      const stem = word.slice(start, end);
      if (KOREAN_STEMS.has(stem) || own.has(stem)) reached.add(start + stem.length);
    }
  }
  return reached.has(word.length);
}
