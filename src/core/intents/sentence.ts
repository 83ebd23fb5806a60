/**
 * How a sentence is built: where its clauses join, what asks for something, and which verb a clause begins with. Only forms that ask
 * are listed, so a sentence of a kind that nobody has thought of is asked about instead of acted on. What this misses costs a question.
 */

/** Verbs that ask for a state by standing first. */
const COMMANDS =
  "accelerate accept achieve activate adapt add adjust admit adopt allow answer apply arm arrange attach authenticate authorise authorize ban beef begin block bolster boost bootstrap brace bring build bump cache challenge comply configure confine conform construct craft create cut cycle declare defend deliver deny deploy design develop devise disallow display drop enable encrypt enforce engage ensure equip erect establish expand expire extend fill filter fit follow force forbid fortify front fulfil fulfill generate geo-?block geo-?fence get give greet grow guarantee guard handle harden have host implement impose include increase install institute integrate introduce keep launch lay let limit lock make meet mitigate mount move need obtain onboard only open optimise optimize organise organize permit place position post prepare present prevent produce prohibit protect provide provision publish push put raise ramp rate[-\\s]?limit redeploy redirect refresh refuse reinforce reissue reject renew replace require restrict roll rotate run safeguard satisfy scaffold scale secure send serve set setup shield ship show shut size spin stand start stop strengthen supply support sustain switch take throttle tighten turn upgrade upscale use want withstand wrap".split(
    " ",
  );
const COMMAND = `(?:${COMMANDS.join("|")})`;
const isCommand = new RegExp(`^${COMMAND}$`);

export const IMPERATIVES = COMMANDS.filter((verb) => /^[a-z]+$/.test(verb));

const OPENING =
  /^(?:(?:hi|hey|hello|dear|good (?:morning|afternoon|evening)|ok|okay|so|now|team|all|folks|everyone|thanks|thank you|quick one|fyi)\b[\s,!.:)-]*)*(?:(?:please|pls|plz|kindly|just|also|next|first|finally)[\s,]+)*/;

/** A greeting and `please` are no part of what is asked. */
export const withoutOpening = (text: string): string => text.replace(OPENING, "");

/** Between two clauses, or two members of a list. A point in a number or a name has no blank behind it. */
const JOINT =
  /[.;:!?,](?= )| -+ | [&+] | (?:and|then|plus|but|while)(?= )|(?<= )(?:그리고|및)(?= )|(?<=[가-힣](?:고|며|면서|니까))(?= )/gi;

export interface Clause {
  readonly start: number;
  readonly end: number;
}

/** Where the clauses stand. What is quoted is one word. */
export function clausesIn(text: string): readonly Clause[] {
  const quiet = text.replaceAll(/"[^"]*"/g, (quoted) => '"'.repeat(quoted.length));
  const joints = [...quiet.matchAll(JOINT)];
  const starts = [0, ...joints.map(({ index, 0: joint }) => index + joint.length)];
  const ends = [...joints.map(({ index }) => index), text.length];
  return starts.map((start, index) => ({ start, end: ends[index] ?? text.length }));
}

const SOFT =
  "(?:please|pls|plz|kindly|also|now|really|still|just|urgently|soon|then|so|always|next|finally)";
/** What makes a wish of the words behind it. */
const FRAMES = [
  "would you mind",
  `(?:can|could|would|will) (?:you|u|ya|we|i|someone|somebody|anyone|anybody)(?: ${SOFT})*`,
  `(?:i|we)(?:'d| would)(?: ${SOFT})* (?:like|love|appreciate|want)(?: it if you could| you to| to)?`,
  `(?:i|we)(?:'ll| will)(?: ${SOFT})* (?:need|want|require)(?: you)?(?: to)?`,
  `(?:i|we)(?: ${SOFT})* (?:need|want|require|wish|must|should|shall|have to|ought to)(?! have\\b)(?: you)?(?: to)?`,
  "(?:i|we)(?:'m|'re| am| are)(?: also)? (?:looking|hoping|trying) (?:to|for)",
  "(?:it is|it's) time (?:to|for)",
  "let'?s",
  "go ahead and",
];
const BEGIN = `(?<=^|[.;:!?,)-] |\\b(?:and|then|but|so|hi|hey|hello|please|also|team) )(?:${SOFT},? )*`;
const FRAMED = new RegExp(`${BEGIN}(?:${FRAMES.join("|")})(?![a-z])`, "g");

/** Whoever is to do it is not us; who is to come or to be let in is somebody else. */
export const PEOPLE =
  "someone|somebody|everyone|everybody|they|he|she|you|people|team|guys|friends?|colleagues?|management|leadership|auditors?|regulators?|attackers?|hackers?|customers?|users?|visitors?|business|company";
/** What those may be said to do. */
export const COMES =
  "in|from|reach|access|visit|use|get|go|come|connect|open|browse|enter|see|know|be";

/** Said of something of ours, these ask for it; `should have been` tells. */
const OBLIGES = new RegExp(
  `(?<!\\b(?:${PEOPLE}) (?!\\S+ (?:to )?(?:only )?(?:${COMES})\\b))\\b(?:must|should|shall|needs? to|(?:has|have) to|ought to)(?! (?:have|not)\\b)(?: (?:now|also|always|only))*(?: be able to| be)?\\b`,
  "g",
);
/** In a purpose: `so that it can take 10k`, `make sure nobody can`. */
const ENABLES =
  /(?<=\b(?:so|that|which|sure|ensure|nobody|no one|anyone|who)\b[^.;!?]{0,60})\b(?:can|could|will|may)\b(?!')/g;
/** What a crowd does, and a thing has. */
const TELLS =
  /\b(?:that|which) (?:has|have)\b|\bwill(?= (?:soon )?(?:peak|spike|grow|surge|rise|double|triple|bring|come|start|be|hit|reach|see|get|need)\b)/g;
/** Who may go where. */
const PERMITS =
  /\b(?:can|may)(?= (?:only |still )?(?:reach|access|visit|use|connect|get|go|see|enter|open|browse|send)\b)/g;

/** Without what only makes a wish of it. A modal verb that is left reports, wonders or supposes, and is asked about. */
export const withoutFrames = (text: string): string =>
  [FRAMED, OBLIGES, ENABLES, TELLS, PERMITS].reduce((so, form) => so.replaceAll(form, " "), text);

/** Also nouns, or said of what is there: `the API hosts`, `we need`. */
const NO_DEED =
  "need|want|require|use|host|cache|limit|take|run|serve|have|get|keep|accept|send|handle|launch|open|grow|start|move|ship|process|expect|set|build|guard|shield|design|support|front";
const ADVERB = "already|always|also|usually|currently|normally|often|just|now";
const DOES = `(?!(?:${NO_DEED})(?:s|es)?\\b)${COMMAND}`;
/** `we block`, `our provider scales`, `prod scales`, `tokens rotate`: it tells what is so. */
const TOLD = new RegExp(
  [
    `^(?:we|i|they|he|she|you|it|who)(?: (?:${ADVERB}))* ${DOES}(?:s|es)?\\b`,
    `^(?!${COMMAND}\\b)[a-z]+(?: [a-z]+){0,2} ${DOES}e?s\\b`,
    `^(?!${COMMAND}\\b)(?:[a-z]+ ){0,2}[a-z]{3,}(?<!(?:s|u|alway|dn|http))s ${DOES}\\b`,
  ].join("|"),
);
const GOES_ON = /^(?!(?:so|that|which)\b)(?:[a-z]+ ){1,3}(?:runs|serves|handles|takes|supports)\b/;
/** A thing before what it is done to: `audit the tokens`, `document it`. */
const ACTS =
  /^([a-z]+) (?:the|our|my|an?|it|them|all|every|who|what|us|me|this|that|these|those|your)\b/;
const SOFTENED = new RegExp(`^(?:[\\s\\p{P}]|${SOFT}\\b)+`, "u");

/** Without its subject it goes on telling a reason: `we launch and expect 8k RPS`. */
const FORESEES = /^(?:expect|anticipate)$/;

interface HeadKinds {
  readonly isDeed: (word: string) => boolean;
  readonly isThing: (word: string) => boolean;
}

/** What is strange about how a clause begins. */
function strangeHeadIn(clause: string, { isDeed, isThing }: HeadKinds): string | undefined {
  const [head = ""] = /^[a-z]+/.exec(clause) ?? [];
  const told = TOLD.exec(clause)?.[0];
  if (told !== undefined || isCommand.test(head) || FORESEES.test(head)) return told;
  const asks = isDeed(head) || (isThing(head) && ACTS.test(clause));
  return GOES_ON.exec(clause)?.[0] ?? (asks ? head : undefined);
}

/** First words of clauses, where they are verbs that ask for nothing, or tell what somebody does. */
export const strangeHeadsIn = (text: string, kinds: HeadKinds): readonly string[] =>
  clausesIn(text).flatMap(
    ({ start, end }) => strangeHeadIn(text.slice(start, end).replace(SOFTENED, ""), kinds) ?? [],
  );

const WHEN =
  "(?:(?:on |this |next )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next (?:week|month|quarter|year)|this (?:weekend|evening|week|month)|tomorrow|tonight|soon)";
const KOREAN_WHEN = "(?:내일|모레|곧|이번 ?(?:주말?|달)|다음 ?(?:주말?|달)|주말|연말)(?:에|부터)?";
const OCCASION =
  "launch|launches|sale|sales|event|campaign|release|promotion|black friday|opening|premiere|drop";
/** What is coming is a reason, and when it comes is not when something is wanted. */
const OCCASIONS = [
  new RegExp(
    `(?<=\\b(?:launching|going live|opening|releasing|(?:${OCCASION}) (?:is|are|starts?|begins?|comes?)(?: coming| starting| up| due| planned)?(?: up)?)) ${WHEN}\\b`,
    "gi",
  ),
  new RegExp(
    `(?<![가-힣])${KOREAN_WHEN}(?= ?(?:[가-힣]+ )?(?:행사|이벤트|세일|오픈|출시|런칭|프로모션|캠페인|블프|블랙프라이데이|발표|방송)[가-힣]* ?(?:있어|있으|예정|시작|열리|앞두|때문|이라|이니|라서))`,
    "g",
  ),
];

export const withoutOccasions = (text: string): string =>
  OCCASIONS.reduce((so, occasion) => so.replaceAll(occasion, ""), text);

const FIRST = new RegExp(`^${COMMAND} `);
const LATER = new RegExp(
  `(?:[.:;!,)-]|\\band|\\bthen|\\bso)\\s+(?:please |also |then |just )*${COMMAND}\\b`,
);
const PLEADS =
  /\b(?:please|pls|plz|kindly)\b|\b(?:we|i)(?: really| also| still| now)? (?:expect|have to)\b|\b(?:we are|we're) expecting\b|\b(?:our|the|this|my) \w+(?: \w+)? needs?\b|\bmay (?:only )?(?:reach|access|visit|use)\b/;
const asks = (text: string): boolean => PLEADS.test(text) || text !== wished(text);
const wished = (text: string): string => text.replaceAll(FRAMED, " ").replaceAll(OBLIGES, " ");

/** A heading is a wish; a sentence with somebody in it who does something is not. */
const SUBJECT =
  /^(?:the|our|my|his|her|its|their|your|this|that|these|those|some|someone|nobody|everyone|everybody|anyone|many|most|people|customers|there)\b|\b(?:i|me|we|us|you|he|him|she|they|them|it|it's|who|is(?! (?:under|at|on|below) )|are|am|was|were|be|been|being|has|had|have|does|do|did|will|would|can|could|may|might|wants?|needs|says?|thinks?|asks?|asked|mentions?|mentioned|means?|because|wonder|whether)\b/;
/** One word is a name, not yet a wish. */
const HEADING_WORDS_MIN = 2;
const HEADING_WORDS_MAX = 20;

const HANGUL = /[가-힣]/;
const KOREAN_ASKS =
  /(?:줘|줘요|주세요|주십시오|주시|주실|줄래|주라|부탁|바랍니다|바라|싶|필요|하자|합시다|하세요|하십시오|해라|하라|원해|원합|좋겠|도록|되게|하게|않게|못하게|해야|돼야|되어야)/;
/** How a sentence ends that tells, wonders or asks. */
const KOREAN_TELLS =
  /(?:다|까|네|죠|냐|니|군|나|지|는데|거든|잖아|대|래|었어|았어|했어|있어|없어|됐어|중|요)$/;

const bare = (text: string): string => text.replaceAll(/[\s\p{P}\p{S}]+$/gu, "");

/** One clause or several that tell something, in a text that asks for something else. */
export function isStatement(text: string): boolean {
  const words = withoutOpening(text);
  if (FIRST.test(words) || LATER.test(words) || asks(text)) return false;
  return HANGUL.test(text)
    ? !KOREAN_ASKS.test(text) && KOREAN_TELLS.test(bare(text))
    : SUBJECT.test(words);
}

export function isRequest(text: string): boolean {
  const words = withoutOpening(text);
  if (FIRST.test(words) || LATER.test(words) || asks(text)) return true;
  if (HANGUL.test(text)) return KOREAN_ASKS.test(text) || !KOREAN_TELLS.test(bare(text));
  const count = words.split(" ").length;
  return (
    !SUBJECT.test(words) &&
    !SUBJECT.test(text) &&
    count >= HEADING_WORDS_MIN &&
    count <= HEADING_WORDS_MAX
  );
}
