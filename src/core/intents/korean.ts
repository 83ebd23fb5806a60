/**
 * How Korean words are built of listed parts, as far as they limit nothing: a noun takes particles or a verb, a verb takes endings, an
 * adverb stands alone. A word that can only be read by parts in another order (`이달` as particle and verb) is not understood.
 */

const listed = (parts: string): ReadonlySet<string> =>
  new Set(parts.split(/\s+/).filter((part) => part !== ""));

const ADVERBS = listed(`
잘 좀 꼭 다 바로 당장 빨리 빠르게 얼른 그냥 먼저 우선 다시 곧 즉시 후딱 어서 제발 자꾸 빨랑 그리고 또한 또 및 함께 같이 더불어 동시에 추가로
확실히 간단히 신속히 거뜬히 충분히 튼튼히 든든히 무사히 완벽히 안전히 넉넉히 자동으로 이제 많이 갑자기 계속 항상 혹시 한번 조금 제대로 쉽게 안으로
우리 저희 제 내 이 그 이번 해당 새 새로 좋은 센 큰 모든 전 각종 더 매우 아주 굉장히 하나 여러분 줄
`);

const NOUNS = listed(`
우리 저희 모두 전부 전체 전반 지금 요즘 최근 회사 여기 거기 것 거 수 때문 쪽 앞 앞단 앞쪽 앞부분 전면 뒤 위 상단 입구 단 층 입장
위해 위한 위해서 위하여 위하 대한 대해 대해서 통해 통한 관련 기반 관한 따른 따라
감사 안녕 안녕하세요 감사합니다 수고 죄송 양해 고마 고맙 땡큐 플리즈 부탁 필요 도움 바람 신경
사용 이용 활용 추가 설정 설정값 적용 설치 활성 활성화 도입 연결 등록 운영 환경 진행 처리 작업 실행 마련 전환 변경 변환 유지 포함 지원 가능 부착 장착
배치 가동 구동 작동 세팅 초기 확대 업그레이드 업데이트 통과 만족 충족 대비 부합 부응 보장 확보 해결 개선 향상 보완 보강 최적화 안정화 제어 관리 통제 구현
수립 가속 강제 시행 의무화 구비 달성 도달 이루 개시 요청 생성 발행 표시 과도 무리 제공 노출 게재 공지
서버 시스템 도메인 존 사이트 웹 프로덕션 프로드 실서비스 인프라 클라우드플레어 공개 규칙 정책 기능 옵션 수준 레이어 계층 보호막 조치 방법 체계 솔루션
서비스용 상용 라이브 본서버 메인 홈 강도 등급 대상 최고 최신 최적 최대 최소 표준 모범 사례 구조 아키텍처 규모 자동 주기 성능 처리량 업무 가이드라인 원칙 차원 형태
방식 버전 구간 상태 베이스라인 기본 전용 목적 이름 정보 내용 용도 담당
이벤트 행사 세일 런칭 출시 오픈 예정 예상 캠페인 프로모션 블랙프라이데이 블프 연말 고객 손님 사용자 방문자 사람 감사팀 규제 법 요구 대표 경영진
강력 튼튼 확실 철저 견고 완벽 안정 안정적 든든 단단 쾌적 급 시급 중요 필수 간단 신속 위험 피해 사고 걱정 문제 장애 끊김 원활 의심 외부 대외 유출 탈취
심각 폭주 급증 급격 대규모 대량 대용량 대폭 거뜬 넉넉 충분 여유 여유롭 무사 취약 부족 불안 우려 공격자 해커 스패머 스팸
`);

/** They only say "do it" or "please": some are whole, the others need an ending. */
const VERBS = listed(`
해 한 할 함 했으면 했음 해서 하여 해놔 하게 하는 하기 하고 하도록 하려고 하니까 하니 하며 하면서 돼 된 될 됨 돼서 되어 되게 되는 되기 되도록 되고 되니 되니까
줘 줘요 줄래 줄래요 주세요 주십시오 달라 드려 바라 원해 싶어 좋겠 필요해 부탁해
걸어 걸고 켜 켠 킨 켜고 둬 둔 두고 놔 놓고 넣어 넣고 붙여 붙이고 붙은 달아 달고 씌워 씌우고 올려 올릴 올리고 올라가 써 쓸 쓰는 쓰고 써서 쓰도록
갖춘 갖춰 갖추고 맞춰 맞게 맞는 맞추고 맞도록 바꿔 바꾸고 바뀌게 깔아 깔고 쳐 쳐서 치고 놓아 몰려 몰릴 몰리는 몰려와 괜찮게 많은 많아 큰 높은 강한 빠른 좋은 새로운
받는 받고 받게 받아 받을 받도록 있는 있게 있고 있을 있도록 있어 있으니 있으니까 늘어나 늘어날 늘 커지 다가와 다가오는 앞두고 앞둬
꾸며 꾸려 짜 도와 견딜 견디게 버틸 나와 나가 봐 보내 보낸 보낼 보내고 들어와 들어오는 막는 막게 막고 맡겨 두르 둘러 세워 세우고 지켜 지키게 시켜 시킬 시키고
새어나 털려 털렸 노려 노리는 심해 심한 보여 보이게 띄워 띄우고 얹어 끼워 덮어 둘 박아 차려 잡아 채워 채우고 담아 담은
다뤄 다루는 다루니까 만들 만들어 만든 진행해 준비해 마련해  표시해 한데 들어가 들어가게
`);

const STEMS = listed(`
하 합 되 됩 주 주시 줍 드리 드립 바라 바랍 원 원합 싶 싶습 좋 필요합 부탁드 있 있습 받 받습 두 놓 넣 붙 붙이 씌우 올리 올 쓰 씁 갖추 갖 맞 맞추 바꾸 바뀌
깔 치 몰리 늘 커지 앞두 다가오 꾸미 도우 견디 버티 나가 나오 보내 보 들어오 막 맡기 두르 세우 지키 시키 시킵 털리 노리 심하 띄우 얹 끼우 덮 박 차리 잡 채우 담
다루 다룹 이루 켜 걸 달 만들 으시 으십 오 가 가지 갖 크 많 높 강하 빠르 끄떡없 문제없
`);

const PARTICLES = listed(`
을 를 이 가 은 는 에 의 와 과 로 으로 도 에서 에게 까지 부터 으로부터 로부터 용 들 님 씩 랑 이랑 께 하고 대로 이라 라 라서 이라서 인 이니 이니까 이고 이며 입니다 이에요 라는 이라는
예요 이라고도 이므로 인데 이라도 적 적인 적으로 화 형 급 발 측 요 죠
`);

const ENDINGS = listed(`
고 며 면서 서 여 야 아 어 여서 어서 아서 지 기 길 요 죠 니다 습니다 세요 십시오 시 시고 시기 실 셔 셔서 셨으면 려 려고 으려고 는데 니 니까 으니 으니까 겠 겠어 겠네
겠습 겠죠 게 게요 도록 을 을게요 을까 까 까요 나요 는 은 던 자 어요 아요 아라 어라 라 다 어야 아야 야만 으며 으면서 음 함 게끔 끔 기에 기를 기로 시면 시길 시겠
`);

const AFTER: Readonly<Record<Part, readonly Part[]>> = {
  start: ["noun", "verb", "stem"],
  glued: ["noun", "verb", "stem", "particle", "ending"],
  noun: ["noun", "verb", "stem", "particle"],
  verb: ["verb", "stem", "ending", "particle"],
  stem: ["verb", "stem", "ending"],
  ending: ["verb", "stem", "ending", "particle"],
  particle: ["particle", "stem", "verb"],
};

type Part = "start" | "glued" | "noun" | "verb" | "stem" | "ending" | "particle";

const PARTS: readonly (readonly [Part, ReadonlySet<string>])[] = [
  ["noun", NOUNS],
  ["verb", VERBS],
  ["stem", STEMS],
  ["ending", ENDINGS],
  ["particle", PARTICLES],
];

/** What a word may end with. */
const WHOLE: readonly Part[] = ["noun", "verb", "ending", "particle"];

/** The longest that is listed, of a path's own too. */
const PART_CHARS_MAX = 8;

/** What kinds of part `text` can be behind one of those that end where it starts. */
const partsAt = (
  text: string,
  before: ReadonlySet<Part>,
  own: ReadonlySet<string>,
): readonly Part[] =>
  PARTS.flatMap(([part, parts]) => {
    const isPart = parts.has(text) || (OWN.has(part) && own.has(text));
    return isPart && [...before].some((one) => AFTER[one].includes(part)) ? [part] : [];
  });
/** A path's own words are of these kinds. */
const OWN: ReadonlySet<Part> = new Set(["noun", "stem"]);

/**
 * Whether a word is made of listed parts and a path's own, from its start to its end. `isGlued`: it goes on where something known
 * stops, as `를` in `WAF를`. Every place is looked at once for each kind of part, because an expression with alternatives that
 * overlap would take for ever on a long word (I12).
 */
export function isMadeOf(own: ReadonlySet<string>, word: string, isGlued: boolean): boolean {
  if (ADVERBS.has(word) || own.has(word)) return true;
  const reached = Array.from({ length: word.length + 1 }, () => new Set<Part>());
  reached[0]?.add(isGlued ? "glued" : "start");
  for (const [start, before] of reached.entries()) {
    if (before.size === 0) continue;
    for (let end = start + 1; end <= Math.min(word.length, start + PART_CHARS_MAX); end += 1)
      for (const part of partsAt(word.slice(start, end), before, own)) reached[end]?.add(part);
  }
  return WHOLE.some((part) => reached[word.length]?.has(part));
}
