/** Numbers with units, as people write them in English and Korean. What is not understood is not there. */

const SCALES: Readonly<Record<string, number>> = {
  k: 1e3, m: 1e6, mm: 1e6, mn: 1e6, mil: 1e6, thousand: 1e3, million: 1e6, hundred: 100,
}; // prettier-ignore

const WORDS: Readonly<Record<string, number>> = {
  a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12,
  fifteen: 15, twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90,
  일: 1, 이: 2, 삼: 3, 사: 4, 오: 5, 육: 6, 칠: 7, 팔: 8, 구: 9, 한: 1, 두: 2, 세: 3, 네: 4, 다섯: 5, 여섯: 6, 열: 10,
}; // prettier-ignore

const DIGITS = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;
const ENGLISH_WORDS = Object.keys(WORDS)
  .filter((word) => /^[a-z]+$/.test(word))
  .join("|");
/** `1만 5천`, `2만5백`, `천오백`, `십만`: a count may stand before every power, and a plain rest behind the last. */
const COUNTED = String.raw`(?:(?:${DIGITS}|[일이삼사오육칠팔구])\s?)?[십백천만억]`;
const KOREAN = String.raw`${COUNTED}(?:\s?${COUNTED})*(?:\s?(?:${DIGITS}))?`;
/** A number with what multiplies it: `10k`, `1.5 million`, `ten thousand`, `1만`, `1만 5천`, `십만`, `만`. */
export const NUMBER = [
  KOREAN,
  String.raw`(?:한|두|세|네|다섯|여섯|열)(?=\s?(?:시간|개월|달|주일))`,
  String.raw`(?:${DIGITS})\s?(?:k|mm|mn|mil|m|thousand|million|hundred)?(?![0-9])`,
  String.raw`(?:${ENGLISH_WORDS})[\s-](?:hundred\s(?:thousand|million)|thousand|million|hundred)`,
  String.raw`(?:${ENGLISH_WORDS})(?![a-z])`,
].join("|");

/** `10.000` is ten to some and ten thousand to others: no number. */
const plain = (digits: string): number =>
  /^\d{1,3}\.\d{3}$/.test(digits) ? Number.NaN : Number(digits.replaceAll(",", ""));

const SCALED = new RegExp(`^(${DIGITS})\\s?([a-z]+)?$`);
const WHOLLY_KOREAN = new RegExp(`^${KOREAN}$`);
const KOREAN_PARTS = new RegExp(
  `(${DIGITS}|[일이삼사오육칠팔구])?\\s?([십백천만억])|(${DIGITS})`,
  "g",
);

/** Null: it is not a number after all. */
export function numberOf(text: string): number | null {
  const given = text.trim();
  if (WHOLLY_KOREAN.test(given)) return inKorean(given);
  const scaled = SCALED.exec(given);
  if (scaled) {
    const [, head = "", unit] = scaled;
    const value = plain(head) * scaleOf(unit);
    return Number.isNaN(value) ? null : Math.round(value * 1e6) / 1e6;
  }
  return inWords(given);
}

/** Powers below 만 add up before it: `3천2백만` is 3,200 times 10,000. */
function inKorean(text: string): number {
  const { total, part } = [...text.matchAll(KOREAN_PARTS)].reduce(
    (so, [, count, power, rest]) => {
      if (power === undefined) return { ...so, part: so.part + plain(rest ?? "0") };
      const times = count === undefined ? null : (WORDS[count] ?? plain(count));
      const value = POWERS[power] ?? Number.NaN;
      return value < 10_000
        ? { ...so, part: so.part + (times ?? 1) * value }
        : { total: so.total + (so.part + (times ?? (so.part === 0 ? 1 : 0))) * value, part: 0 };
    },
    { total: 0, part: 0 },
  );
  return total + part;
}

const POWERS: Readonly<Record<string, number>> = { 십: 10, 백: 100, 천: 1e3, 만: 1e4, 억: 1e8 };

const scaleOf = (unit: string | undefined): number =>
  unit === undefined ? 1 : (SCALES[unit] ?? Number.NaN);

const inWords = (text: string): number | null =>
  text.split(/[\s-]+/).reduce<number | null>((so, word) => {
    const value = WORDS[word] ?? SCALES[word];
    if (so === null || value === undefined) return null;
    return value >= 100 ? Math.max(so, 1) * value : so + value;
  }, 0);

const SECONDS: readonly (readonly [RegExp, number])[] = [
  [/^(?:s|secs?|seconds?|초)$/, 1],
  [/^(?:m|mins?|minutes?|분)$/, 60],
  [/^(?:h|hrs?|hours?|시간)$/, 3_600],
  [/^(?:d|days?|하루|일)$/, 86_400],
  [/^(?:w|wks?|weeks?|주|주일)$/, 604_800],
  [/^(?:months?|개월|달)$/, 2_592_000],
  [/^(?:y|yrs?|years?|년)$/, 31_536_000],
];
const TIME_UNIT = String.raw`seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|주일|개월|하루|시간|초|분|일|주|달|년|s|m|h|d`;

const secondsOf = (unit: string): number =>
  SECONDS.find(([pattern]) => pattern.test(unit))?.[1] ?? Number.NaN;

const DURATION = `(?<![a-z0-9가-힣])(${NUMBER})[\\s-]?(${TIME_UNIT})(?![a-z0-9])(?!\\s?당)`;

/** An hour would be read there. */
const spelled = (text: string): string =>
  text.replaceAll(/\bhalf an hour\b|(?<![가-힣])반 ?시간/g, "30 minutes");

/** Lengths of time in seconds, in their order. `per minute` is a rate and none. */
export function durationsIn(text: string): readonly number[] {
  const pattern = new RegExp(DURATION, "g");
  const said = [...spelled(text).matchAll(pattern)].flatMap(([, number = "", unit = ""]) => {
    const value = numberOf(number);
    return value === null ? [] : [value * secondsOf(unit)];
  });
  return [
    ...said,
    ...(said.length > 0
      ? []
      : PERIODS.flatMap(([word, value]) => (word.test(text) ? [value] : []))),
  ];
}

const PERIODS: readonly (readonly [RegExp, number])[] = [
  [/\bdaily\b|(?<=\b(?:every|each|once a) )day\b|하루|매일/, 86_400],
  [/\bweekly\b|(?<=\b(?:every|each|once a) )week\b|일주일|매주/, 604_800],
  [/\bmonthly\b|(?<=\b(?:every|each|once a) )month\b|한 ?달|매달|매월/, 2_592_000],
  [/\bquarterly\b|(?<=\b(?:every|each|once a) )quarter\b|분기/, 7_776_000],
  [
    /\b(?:yearly|annually|annual)\b|(?<=\b(?:every|each|once a) )year\b|일 ?년|매년|연간/,
    31_536_000,
  ],
];

export interface Rate {
  /** Requests in `seconds`. */
  readonly requests: number;
  readonly seconds: number;
  /** One client's, not everybody's together. */
  readonly perClient: boolean;
  /** Attempts to sign in, and no requests. */
  readonly attempts: boolean;
}

const THINGS = String.raw`(?:http\s?)?(?:requests?|reqs?|calls?|queries|hits?|transactions?|(?:log-?in |sign-?in )?attempts?|log-?ins?|tries|건(?:의)?(?:\s?(?:요청|트래픽|호출))?|개(?:의)?(?:\s?(?:요청|호출))?|회|번|요청|호출|트랜잭션|시도)`;
const ATTEMPTS = /attempt|log-?in|tries|시도/;
const EVERY = String.raw`(?:\s?\/\s?|\s(?:per|a|an|each|every)\s)`;
const CLIENT =
  /\b(?:per|each|every|from (?:a|one|any)|by)\s(?:single\s)?(?:client|ip|ip address|address|user|visitor|caller|source)\b|\b(?:ip|client|user)[- ]?(?:당|별)|(?:ip|아이피|클라이언트|사용자|방문자|주소)\s?(?:당|별|마다|하나)/;

interface Found {
  readonly at: number;
  readonly end: number;
  readonly rate: Rate;
}

function ratesFound(text: string): readonly Found[] {
  const number = `(?<![a-z0-9.,가-힣])(${NUMBER})`;
  const unit = `(${TIME_UNIT})`;
  const perClient = CLIENT.test(text);
  const found: Found[] = [];
  const add = ({ index: at, 0: whole }: RegExpExecArray, value: string, period: string): void => {
    const [, count = "", word = ""] =
      new RegExp(`^(${NUMBER})?\\s?(${TIME_UNIT})$`).exec(period.trim()) ?? [];
    const requests = numberOf(value);
    const seconds = (count === "" ? 1 : (numberOf(count) ?? Number.NaN)) * secondsOf(word);
    if (requests !== null && Number.isFinite(seconds) && seconds > 0)
      found.push({
        at,
        end: at + whole.length,
        rate: { requests, seconds, perClient, attempts: ATTEMPTS.test(whole) },
      });
  };
  const patterns: readonly (readonly [string, (match: RegExpExecArray) => void])[] = [
    [
      `${number}\\s?-?(?:rps|qps|tps|req\\/s|reqs\\/s|r\\/s|rpm|알피에스)(?![a-z])`,
      (match) => add(match, match[1] ?? "", match[0].endsWith("rpm") ? "minute" : "second"),
    ],
    [
      `${number}\\s?(?:${THINGS})?${EVERY}(?:(${NUMBER})\\s)?${unit}(?![a-z])`,
      (match) => add(match, match[1] ?? "", `${match[2] ?? ""} ${match[3] ?? ""}`),
    ],
    [
      `(?<![가-힣])(?:매\\s?)?(초|분|시간|하루|일)\\s?(?:당|에)?\\s?(?:최대\\s|약\\s|평균\\s)?(${NUMBER})\\s?(?:${THINGS}|rps|qps|tps)`,
      (match) => add(match, match[2] ?? "", match[1] ?? ""),
    ],
    [
      `(?<![a-z])(?:rps|requests per second)(?: (?:target|capacity|rate|목표|수준|규모))?(?:을|를|은|는|이|가)?(?: (?:up )?to| of| at|:)? ?(${NUMBER})(?!\\s?(?:${TIME_UNIT}|%))(?![a-z])`,
      (match) => add(match, match[1] ?? "", "second"),
    ],
    [
      `(?<![0-9])(\\d+)(초|분|시간)\\s?(?:당|동안|에)\\s?(${NUMBER})\\s?(?:${THINGS})`,
      (match) => add(match, match[3] ?? "", `${match[1] ?? ""} ${match[2] ?? ""}`),
    ],
  ];
  for (const [pattern, take] of patterns) {
    const scanner = new RegExp(pattern, "g");
    for (let match = scanner.exec(text); match; match = scanner.exec(text)) take(match);
  }
  // What two forms read is the longer one's.
  const longest = found.toSorted((a, b) => b.end - b.at - (a.end - a.at));
  return longest
    .filter(
      (one, at) => !longest.slice(0, at).some((other) => one.at < other.end && other.at < one.end),
    )
    .toSorted((a, b) => a.at - b.at);
}

/** Rates of requests, in their order. */
export function ratesIn(text: string): readonly Rate[] {
  const ordered = ratesFound(text).map(({ rate }) => rate);
  return ordered.filter(
    (rate, index) =>
      ordered.findIndex(
        (other) => other.requests * rate.seconds === rate.requests * other.seconds,
      ) === index,
  );
}

/** Stands where a rate or a length of time was taken out. */
export const QUANTITY = "\u25c6";

/** Without the rates and whose they are: `per 10 seconds` is no length of time that anything is kept. */
export function withoutRates(text: string): string {
  const found = ratesFound(text);
  if (found.length === 0) return text;
  const bare = found.reduce(
    (so, { at, end }) => so.slice(0, at) + QUANTITY.repeat(end - at) + so.slice(end),
    text,
  );
  return bare.replace(CLIENT, ` ${QUANTITY} `);
}

/** Words of a rhythm stay: only some paths take one. */
export const withoutDurations = (text: string): string =>
  spelled(text).replaceAll(
    new RegExp(`(?:${DURATION}|하루|일주일|한 ?달|일 ?년)(?:\\s?동안|간)?`, "g"),
    ` ${QUANTITY} `,
  );
