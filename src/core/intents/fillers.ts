/**
 * Words that neither limit a wish nor add to it. Not here, and so asked about: negation, exceptions, conditions, times, shares
 * (`half`, `some`), distribution (`per`, `each`), comparisons, and names of anything that the product does not know.
 */
import { IMPERATIVES } from "./request-form.ts";

const ENGLISH = `
active a an the this that these those it its it's them they their there here our ours us we we're we'd we'll i i'd i'm i'll my me you your and also plus too
as well both together then along alongside additionally to of on in at for with by from into onto over across against before behind front through via
using towards toward up out is are be being been was will would could can should shall must may have has had having do does did let lets let's gets
get getting got please pls plz kindly thanks thank cheers hi hey hello dear folks appreciate appreciated great nice lovely good mind love want
wants wanted need needs needed require requires required expect expecting expects hope looking look going go come coming ready able sure add adds
adding added apply applies applied applying put puts putting place placed set sets setting use uses used enable enables enabled enabling activate turn
turned switch switched bring brings take takes keep keeps kept give gives make makes making made run running implement introduce configure configured
configuring configuration configurations setup ensure provide provides include includes included including stand start roll ship show display move
shift live hold holds help helps done work works working become all whole entire every any everything overall full fully complete completely proper
properly robust robustly strong strongly solid solidly simple simply basic standard standards best practice practices modern quick quickly fast now
right away immediately asap today soon just prod production zone domain domains website websites web site host hosts hostname server servers backend
origin origins system systems platform infrastructure infra environment env cloudflare company business organisation organization org product
deployment application public facing internet online stack project settings rule rules policy policies protection protections layer solution feature
features option options mode level kind type way thing things stuff case control controls measures measure path golden template because since so which
who what how where order due reason launch day event campaign sale season holiday black friday big major huge large heavy high highly many lots lot
bunch expected customers customer team bit meet meets meeting pass passes comply complies conform conforms satisfy satisfies fulfil fulfill follow
follows achieve achieves reach target handle handles process processes processing fend fends fending ward repel resist deflect stave accelerate
accelerated boost improve improved fronted fronting sit sits sitting backed powered cover covers covered wrap wrapped surround ramp raise increase
grow serve serves served deal cope absorb survive withstand tolerate support supports prevent prevents safe secure safely bad malicious evil hostile
anti rails rail wall barrier armour armor area section users people visitor visitors shop store storefront portal webshop webapp app apps reliably
reliable tight tightly tighten tightened hardened efficient efficiently performance performant scalable resilient resilience available availability
deployed hosted create created build built new fresh dedicated own established offer offers wire hook sort arrange necessary appropriate suitable
sensible decent top grade turnkey accommodate address adopt aim anticipate arm assemble assure attach attain await bear beef bolster brace buffer
bulletproof carry cater certify compose construct craft cushion defend deliver demand design develop devise employ empower equip erect establish
execute extend face facilitate fit fortify gear generate grant guarantee guard hammer hammered harden hit inspect install instantiate integrate lay
lead leak leaked lock maintain manage mount obtain onboard operate optimise optimize orchestrate organise organize oversee pair perform plug position
preserve proceed procure produce push receive reinforce rely render rollout rolled safeguard see shelter shrug spin stick strengthen suffer supply
sustain tackle thrive transform trust undergo upscale weather wish worry worried concern concerned fear afraid abuse abused attack attacked targeted
threaten threatened overload overwhelm compromise stolen stole goes went struggle call ask asked request comfortable sturdy tough airtight watertight
smart clever clean neat tidy small tiny little compact massive enormous sudden upcoming imminent usual important critical vital essential crucial
serious better excellent dependable stable steady smooth seamless painless swift rapid speedy instant prompt urgent immediate impossible possible
impossibly capable certain happy glad keen official formal mandatory compulsory relevant adequate sufficient enough real true actual comprehensive
holistic global worldwide world always actually really basically ideally gracefully definitely absolutely very such quite pretty super much even ahead
amid owing therefore thus hence accordingly anyway again attempt incident risk danger trouble problem issue emergency audit auditor regulator
regulation law boss management leadership board ceo cto ciso stakeholder investor promotion ad tv commercial press news coverage newsletter
announcement rush surge wave spike peak load volume growth interest popularity crowd speed experience uptime safety privacy job task goal purpose
objective requirement visibility moment notch rock end tier elastic elastically begin commence slap throw pop kick bolt glue toss land bracing answer
reply replies shape form sturdily instal campaigns promo viral trending growing grateful awesome brilliant colleagues colleague friends guys somebody
soonest straight shortly hefty vast giant crazy insane steep significant substantial considerable noticeable intense aggressive frequent constant
continuous ongoing withstanding battle tested proof proofed class industry enterprise professional proven state art latest greatest modernise
modernize satisfied compliant conformant according accordance line aligned align match matches fulfilling ticking tick fleet cluster perimeter entry
door doors gate umbrella blanket coat skin sheath slow outage outages downtime crash crashes fall falls break breaks die dies collapse buckle melt
sweat hassle drama pain attacker attackers hacker hackers criminals crooks intruder intruders adversary adversaries script kiddies kid junk rubbish
noise comfortably easily effortlessly happily confidently gladly correctly nicely neatly cleanly thoroughly consistently continuously constantly
promptly urgently someone automatic automated auto enforce upgrade update restrict temporary brief planned friendly centric related based oriented
regarding concerning respect terms scenario situation
`;

const listed = (words: string): readonly string[] =>
  words.split(/\s+/).filter((word) => word !== "");

/** Commands that say what to keep out, or from whom, are words of the paths that take it. */
const CONTRARY = new Set(
  "accept admit allow confine cut drop expose limit only open permit stop".split(" "),
);

export const FILLERS: ReadonlySet<string> = new Set([
  ...listed(ENGLISH),
  ...IMPERATIVES.split("|").filter((command) => !CONTRARY.has(command)),
]);

/** What may follow a Korean stem, and stems of verbs that only say "do it". A word made of these alone limits nothing. */
const KOREAN = `
을 를 이 가 은 는 에 의 와 과 로 으로 도 에서 에게 까지 부터 으로부터 로부터 용 들 님 씩 랑 이랑 께 보다 그리고 또한 또 및 함께 같이 더불어 하고
동시에 추가로 좀 꼭 바로 지금 당장 빨리 빠르게 얼른 잘 다 모두 모든 전부 전체 전반 그냥 우선 먼저 다시 우리 저희 제 내 이번 해당 회사 팀 여기 거기 것
거 수 등 때 때문 쪽 앞 앞단 뒤 위 위해 위한 위해서 대한 대해 대해서 통해 통한 관련 있 하 해 한 할 함 합 했으면 했음 되 돼 된 될 됨 게 도록 고 며
면서 서 여 야 아 어 지 기 요 죠 니다 습니다 입니다 세요 십시오 시 셔 실 길 려 려고 는데 인데 니 니까 라 라도 자 겠 나 던 던데 줘 줘요 주 주세요
주십시오 주시 줄 줄래 줄래요 달라 달 부탁 드립 드려 드리 바라 바랍 원 원해 싶 싶어 싶습 좋 좋겠 필요 필요해 필요합 감사 안녕 안녕하세요 감사합니다 걸
걸어 켜 켠 킨 두 둬 둔 놓 놔 넣 넣어 붙 붙여 붙이 달아 씌 씌워 올 올려 써 쓰 쓸 쓰는 사용 이용 활용 추가 설정 적용 설치 활성 활성화 도입 연결 등록
운영 환경 진행 처리 작업 실행 마련 갖 갖춘 갖춰 맞 맞춰 맞추 맞게 바꿔 바꾸 전환 변경 변환 유지 포함 지원 가능 서버 시스템 도메인 존 사이트 웹 프로덕션
프로드 실서비스 인프라 클라우드플레어 공개 규칙 정책 기능 옵션 수준 설정값 레이어 계층 보호막 조치 방법 이벤트 행사 세일 런칭 출시 오픈 예정 예상 많 많은
많이 큰 크 높 높은 강력 강력하 튼튼 확실 철저 제대로 기본 전용 수고 죄송 한데 혹시 하나 으십 을까 있을 받는 받 있습 까요 깔 깔아 쳐 치 놓아 몰려 몰리
몰릴 괜찮 통과 만족 충족 대비 부합 부응 견고 보장 확보 확실히 완벽 안정 안정적 든든 단단 강하 센 좋은 새 쾌적 빠른 급 시급 중요 필수 곧 조만간 다가오
앞두 앞둬 다음 캠페인 프로모션 블랙프라이데이 연말 고객 손님 사용자 방문자 사람 감사팀 규제 법 요구 대표 경영진 한번 조금 간단 간단히 쉽게 편하 신속
즉시 바람 꾸며 꾸려 짜 도와 도움 해결 개선 향상 보완 보강 걱정 위험 피해 사고 늘어나 늘어날 늘 커지 많아 히 안에 안으로 상태 올라 오 보 봐 보내 보낸
나가 나와 견딜 무리 문제 장애 끊김 원활 안정화 최적 최적화 튼튼히 씌우 두르 둘러 세워 세우 지켜 맡겨 바뀌 갖추 구비 시켜 시키 시킬 하여 해서 했는데 쓰고
써서 이제 오늘 요즘 최근 갑자기 자꾸 계속 항상 제발 되어 돼서 되니 될지 인 이라 라서 이니 으니 보여 보이 표시 띄워 띄우 막 맡 해놔 운 새로운 통제
끄떡없 끄떡 문제없 블프 의심 외부 대외 의심되 유출 새어나 탈취 털려 털렸 노리 들어와 심해 심하 심각 폭주 몰리는 급증 급격 대규모 대량 대용량 대폭 거뜬
거뜬히 넉넉 충분 충분히 여유 여유롭 무사히 튼튼하 베이스라인 체계 솔루션 서비스용 상용 라이브 본서버 메인 홈 전면 앞쪽 앞부분 상단 입구 단 층 강도 등급
대상 올릴 올리 최고 최신 표준 모범 사례 구조 아키텍처 부착 장착 배치 가동 구동 작동 올리 얹 얹어 끼워 덮 덮어 둘 박 박아 차려 잡 잡아 세팅 초기 빨랑 후딱 어서 신경
양해 고마 고맙 땡큐 플리즈 규모 자동 자동으로 주기 정기 확대 업그레이드 업데이트 잠시 잠깐 임시 성능 처리량 업무 가이드라인 원칙 차원 형태 방식 버전 구간
이후로 담 채우 채워 두기 하기 되기 위하 위하여 목적 준다 게끔 끔 달성 이루 도달
`;

const KOREAN_STEMS: ReadonlySet<string> = new Set(listed(KOREAN));
/** The longest that is listed, of a path's own too. */
const STEM_CHARS_MAX = 8;

/**
 * Whether a word is made of listed stems and a path's own, from its start to its end. Every place is looked at once, because an
 * expression with alternatives that overlap would take for ever on a long word (I12).
 */
export function isMadeOf(own: ReadonlySet<string>, word: string): boolean {
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
