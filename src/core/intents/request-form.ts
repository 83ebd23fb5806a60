/**
 * Whether words ask for something. Guards name forms that do not; this names forms that do, so that a sentence of a kind that
 * nobody has thought of is asked about instead of acted on. What it misses costs one question.
 */

export const IMPERATIVES =
  "accept|activate|add|admit|adopt|allow|answer|apply|arm|attach|ban|beef|begin|block|boost|bootstrap|bring|build|bump|cache|challenge|check off|configure|confine|create|cut|cycle|declare|defend|deliver|deny|deploy|display|drop|enable|enforce|ensure|expand|expire|expose|filter|force|front|geo-?block|get|give|guard|handle|harden|have|host|implement|increase|introduce|install|keep|launch|lay|let|limit|lock|make|mitigate|move|need|only|onboard|open|permit|place|prepare|prevent|protect|provide|provision|publish|put|raise|ramp|rate-?limit|refresh|refuse|reissue|reject|renew|require|restrict|roll|rotate|run|scaffold|scale|secure|send traffic|serve|set|setup|shield|ship|show|size|spin|stand|start|stop|switch|take|throttle|tighten|turn|upgrade|use|want|withstand|wrap";
const OPENING =
  /^(?:(?:hi|hey|hello|dear|good (?:morning|afternoon|evening)|ok|okay|so|now|team|all|folks|everyone|thanks|thank you|quick one|fyi)\b[\s,!.:)-]*)*(?:(?:please|pls|plz|kindly|just|also|next|first|finally)[\s,]+)*/;
const COMMANDS = new RegExp(`^(?:${IMPERATIVES}) `);
const LATER_COMMANDS = new RegExp(
  `(?:[.:;!,)-]|\\band|\\bthen|\\bso)\\s+(?:please |also |then )*(?:${IMPERATIVES})\\b`,
);
const ASKS =
  /\b(?:please|pls|plz|could you|would you|can you|will you|can we|could we|(?:could|can|would) (?:somebody|someone|anybody|anyone)|could i|can i|let's|lets|(?:we|i)(?: really| also| still| now)? (?:need|want|require|must|expect|have to)|(?:we|i)(?:'d| would) (?:like|love|appreciate|want)|we are expecting|we're expecting|looking (?:for|to)|should|must|needs? to|(?:our|the|this|my) \w+(?: \w+)? needs?|has to|have to|shall|may (?:only )?(?:reach|access|visit|use))\b/;

/** A heading is a wish; a sentence with somebody in it who does something is not. */
const SUBJECT =
  /^(?:the|our|my|his|her|its|their|your|this|that|these|those|some|someone|nobody|everyone|everybody|anyone|many|most|people|customers|there)\b|\b(?:i|me|we|us|you|he|him|she|they|them|it|it's|who|is|are|am|was|were|be|been|being|has|had|have|does|do|did|will|would|can|could|may|might|wants?|needs|says?|thinks?|asks?|asked|mentions?|mentioned|means?|because|wonder|whether)\b/;
/** One word is a name, not yet a wish. */
const HEADING_WORDS_MIN = 2;
const HEADING_WORDS_MAX = 20;

const HANGUL = /[가-힣]/;
const KOREAN_ASKS =
  /(?:줘|줘요|주세요|주십시오|주시|주실|줄래|주라|부탁|바랍니다|바라|싶|필요|하자|합시다|하세요|하십시오|해라|하라|원해|원합|좋겠|도록|되게|하게|않게|못하게|해야|돼야|되어야)/;
/** How a sentence ends that tells, wonders or asks. */
const KOREAN_TELLS =
  /(?:다|까|네|죠|냐|니|군|나|지|는데|거든|잖아|대|래|었어|았어|했어|있어|없어|됐어|중)$/;

const bare = (text: string): string => text.replaceAll(/[\s\p{P}\p{S}]+$/gu, "");

/** A greeting and `please` are no part of what is asked. */
export const withoutOpening = (text: string): string => text.replace(OPENING, "");

export function isRequest(text: string): boolean {
  const words = withoutOpening(text);
  if (COMMANDS.test(words) || LATER_COMMANDS.test(words) || ASKS.test(text)) return true;
  if (HANGUL.test(text)) return KOREAN_ASKS.test(text) || !KOREAN_TELLS.test(bare(text));
  const count = words.split(" ").length;
  return (
    !SUBJECT.test(words) &&
    !SUBJECT.test(text) &&
    count >= HEADING_WORDS_MIN &&
    count <= HEADING_WORDS_MAX
  );
}
