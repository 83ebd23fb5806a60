/**
 * What of a text the reading did not use. A word that is none of the chosen paths' own, no parameter and no filler may limit the
 * wish (`only`, `except`, `per region`, `for the staging team`) or belong to another one, so somebody is asked about it by name.
 * Fillers are listed and limits are not: a limit that nobody has thought of is asked about (T5).
 */
import type { Json } from "../canonical.ts";
import { COUNTRY } from "./countries.ts";
import { FILLERS, isDeed, isThing } from "./fillers.ts";
import type { Chosen } from "./interpretation.ts";
import { isMadeOf } from "./korean.ts";
import { type Concept, leavingOut, spansOf } from "./lexicon.ts";
import { nameIn } from "./path-reading.ts";
import { PLACE } from "./places.ts";
import { QUANTITY, withoutDurations, withoutRates } from "./quantities.ts";
import { COMES, PEOPLE, strangeHeadsIn, withoutFrames, withoutOpening } from "./sentence.ts";
import type { Reading } from "./reading.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** Enough to say what is meant (I12). */
const TOLD_MAX = 8;
/** A concept that reaches over more words than these accounts for none of those between. */
const PHRASE_WORDS_MAX = 3;

/** What the chosen path accounts for. */
interface Used {
  readonly path: ReturnType<typeof vocabularyOf>;
  readonly values: ReadonlySet<string>;
  /** Of the parameters that the text filled. */
  readonly names: ReadonlySet<string>;
}

/** `said`: the path with the parameters that the text itself filled. */
export function unreadIn(reading: Reading, { path, parameters }: Chosen): readonly string[] {
  const used: Used = {
    path: vocabularyOf(path),
    values: new Set(stringsOf(parameters)),
    names: new Set(Object.keys(parameters)),
  };
  const told = [
    ...placesUnread(reading, used),
    ...quantitiesUnread(reading, used),
    ...wordsUnread(reading, used),
  ];
  return [...new Set(told)].slice(0, TOLD_MAX);
}

const stringsOf = (value: Json): readonly string[] => {
  if (typeof value === "string" || typeof value === "number") return [String(value).toLowerCase()];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsOf);
};

/** Places that became no parameter. The zone's own name says what the scope says. */
function placesUnread(
  { places, countries, setting: { zone } }: Reading,
  { values, names }: Used,
): readonly string[] {
  const { hostnames, emails, paths, asns, addresses, constants } = places;
  const unused = [...hostnames, ...paths, ...asns.map(String), ...addresses, ...constants].filter(
    (place) => place !== zone && !values.has(place.toLowerCase()),
  );
  const letters = emails.filter(
    (email) => !values.has(email) && !values.has(email.split("@")[1] ?? email),
  );
  return [...unused, ...letters, ...(names.has("countries") ? [] : countries.codes)];
}

const RATES = ["target_rps", "requests_per_10_seconds", "login_attempts_per_minute"] as const;
const LENGTHS = [
  "cache_seconds",
  "retry_after_seconds",
  "log_retention_days",
  "expires_on",
] as const;

/** More rates, or more lengths of time, than there are parameters that they could have become. */
function quantitiesUnread({ rates, durations }: Reading, { names }: Used): readonly string[] {
  const taken = (list: readonly string[]): number => list.filter((name) => names.has(name)).length;
  return [
    ...(rates.length > taken(RATES)
      ? rates.map(({ requests, seconds }) => `${requests}/${seconds}s`)
      : []),
    ...(durations.length > taken(LENGTHS) ? durations.map((seconds) => `${seconds}s`) : []),
  ];
}

function wordsUnread(reading: Reading, { path, values, names }: Used): readonly string[] {
  const text = withoutFrames(
    withoutNames(withoutOpening(reading.rest), values).replaceAll(AT_A_PLACE, " "),
  );
  const amounts = withoutDurations(withoutRates(path.without(text))).replaceAll(HARMLESS, " ");
  const given = path.optional
    .filter((concept) => reading.leftOut(concept))
    .reduce((so, concept) => so.replaceAll(optionOut(concept), " "), amounts);
  // What is left out and named again is a contradiction.
  const rest = path.concepts
    .filter((concept) => !reading.leftOut(concept))
    .reduce((so, concept) => blanked(so, spansOf(concept, given)), given);
  // When a parameter ends is not when something begins.
  const lasting = names.has("expires_on") ? amounts.replaceAll(RUNS_OUT, " ") : amounts;
  const topics = topicsOf(amounts, path);
  const isKnown = knownBy([
    ...path.words,
    ...(names.has("allowed_addresses") && reading.places.paths.length === 0 ? EXCEPTED : []),
  ]);
  const words = (ends(names, rest) ? rest.replaceAll(EXPIRY, " ") : rest).matchAll(WORD);
  return [
    ...strangeHeadsIn(text, { isDeed, isThing }),
    ...(rest.match(STEP) ?? []),
    ...MARKS.flatMap((mark) => lasting.match(mark) ?? []),
    ...(names.has("expires_on") ? [] : (amounts.match(RHYTHM) ?? [])),
    ...(names.has("asns") ? [] : (amounts.match(NETWORKS) ?? [])),
    ...[...words].flatMap(({ index, 0: word }) =>
      isKnown(word, isGluedAt(rest, index)) || topics.has(word) ? [] : [word],
    ),
  ];
}

/** A length of time says when a parameter ends. */
const ends = (names: Used["names"], text: string): boolean =>
  names.has("expires_on") || (names.has("retry_after_seconds") && RETRY.test(text));

/** What something new is about, said right before its name: `a recipe site`, `채용 정적 페이지`. It limits nothing that stands. */
const topicsOf = (text: string, { begins }: Used["path"]): ReadonlySet<string> =>
  new Set(
    [...(begins === null ? [] : text.matchAll(begins))].flatMap(([, ...topics]) =>
      topics.filter((topic) => topic !== undefined),
    ),
  );

/** Behind something that is known: a blank may stand between a place and its particle. */
const isGluedAt = (text: string, at: number): boolean =>
  GLUE.test(text.slice(Math.max(0, at - 2), at));

function knownBy(own: readonly string[]): (word: string, isGlued: boolean) => boolean {
  const words = new Set(own);
  const isListed = (word: string): boolean => FILLERS.has(word) || words.has(word);
  return (word, isGlued) =>
    isHangul(word) ? isMadeOf(words, word, isGlued) : formsOf(word).some(isListed);
}

/** A word as it is, and what it may be a form of: `copes`, `satisfies`, `hardened`, `wrapping`, `comfortably`. */
const formsOf = (word: string): readonly string[] => [
  word,
  ...ENDINGS.flatMap(([ending, base]) => (ending.test(word) ? [word.replace(ending, base)] : [])),
];

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/'s$/, ""],
  // Several of these are more than the scope.
  [/(?<=\w{3})(?<!^(?:zone|domain|environment|account|brand))s$/, ""],
  [/(?<=\w{3})es$/, ""],
  [/ie(?:s|d)$/, "y"],
  [/(?<=\w{3})ed$/, ""],
  [/(?<=\w{3}e)d$/, ""],
  [/(?<=\w{3})ing$/, ""],
  [/(?<=\w{3})ing$/, "e"],
  [/(\w)\1(?:ed|ing)$/, "$1"],
  [/(?<=\w{3})ly$/, ""],
  [/bly$/, "ble"],
];

const isHangul = (word: string): boolean => /^[가-힣]/.test(word);
/** Whatever is no letter of ours, no mark of a sentence and no sign of a place is a word too: `Москва`, `50%`, `> 5`. */
const WORD =
  /[a-z][a-z']*|[가-힣]+|[0-9][0-9a-z.,%]*|[^\s\p{P}\p{S}a-z가-힣0-9]+|[%$€£₩<>≤≥~*#|=^[\]{}]/gu;
/** By how much, or from where: neither is the rate that is wanted. */
const STEP = new RegExp(`\\b(?:by|from)(?= +${QUANTITY})`, "g");
/** When it is to begin is no length of time. */
const LATER = new RegExp(
  `\\bin(?= +${QUANTITY})|(?<=${QUANTITY} *)(?:뒤|후|있다가|전)|(?<=${QUANTITY} +)(?:later|hence|ahead|from now|ago)\\b`,
  "g",
);
/** `new` begins a service, and limits who is meant. */
const NEWCOMERS =
  /\bnew (?:users?|visitors?|customers?|clients?|accounts?|sessions?|connections?|requests?|traffic|people)\b|신규 ?(?:회원|고객|사용자|방문자|이용자|접속자|트래픽|요청)/g;
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
  `\\b(?:let|allow|permit|accept|admit|enable|help|launch|start|run|generate|open|perform|do|serve|support) (?:(?:a|an|the|any|all|some|more|our|bad|good) )?(?:${THREAT})\\b(?![- ]?(?:attacks? )?(?:and [a-z]+ )?(?:protect|guard|mitigat|defen|prevent|block|manage|filter|shield|limit|control|detect|rules?|safeguard|resist|proof|fight|countermeasure|shielding|challenge))`,
  "g",
);
/** Words that turn the deed about: `bring the page down`, `maintenance mode over`. */
const TURNED =
  /\b(?:bring|take|pull|tear|put|turn|wind|dial|tone|scale)(?:ing|s)? (?:[^\s,;.]+ ){0,4}(?:down|off|away|back)\b|\b(?:mode|page|maintenance) (?:is )?(?:over|off|down|away|out)\b/g;
/** It is there: that tells, and asks for nothing. */
const EXISTS =
  /(?<!필요|행사|이벤트|세일|문제|우려|공격|위험|예정|계획|요청)(?:이|가) (?:이미 )?있(?!는 |게|도록|었으면)/g;
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
const MARKS = [
  LATER,
  NEWCOMERS,
  CONTRARY,
  AGENTS,
  HELPERS,
  MOMENT,
  VAGUE,
  ONLY_SOME,
  WELCOME,
  TURNED,
  EXISTS,
] as const;
/** A rhythm, where the path has none. */
const RHYTHM = new RegExp(`\\b(?:every|each)(?= +${QUANTITY})|(?<=${QUANTITY} *)마다`, "g");
/** Networks without numbers. */
const NETWORKS = /\b(?:asns?|autonomous systems?)\b/g;
/** Words that limit elsewhere: `caching off`, `like the old one`. */
const HARMLESS =
  /\bas (?:soon|fast|quickly|early) as possible\b|\b(?:fend|ward|shrug|stave|hold|kick|show)(?:s|ed|ing)? off\b|(?<=(?:\bwould|'d) )like\b/g;
const RETRY = /\b(?:retry|try again|come back)\b/;
const RUNS_OUT = new RegExp(
  `(?<=\\b(?:expir\\w*|valid|last|lapse|run out)(?: [a-z]+){0,3} )(?:after|within|in|for)(?= +${QUANTITY})`,
  "g",
);
/** `expire after 90 days`: what follows is the parameter. */
const EXPIRY = new RegExp(`\\b(?:after|within|in)(?= +${QUANTITY})`, "g");
const AT_A_PLACE = new RegExp(`\\b(?:under|below|beneath)(?= +${PLACE})`, "g");
/** Who is let through a maintenance page is a parameter. */
const EXCEPTED = ["everyone", "everybody", "anyone", "but", "except", "let", "through"];

const optionOut = (concept: Concept): RegExp =>
  new RegExp(`(?:\\bbut )?(?:${leavingOut(concept).source})`, "g");

/** Stands where a concept was. */
const KNOWN = "\u25aa";
const GLUE = new RegExp(`[a-z0-9${KNOWN}")]$|[${PLACE}${QUANTITY}${COUNTRY}] ?$`);

/** Marks of the same length, so that the places of the other concepts still hold. */
const blanked = (text: string, spans: ReturnType<typeof spansOf>): string =>
  spans
    .filter(([, words]) => words.trim().split(" ").length <= PHRASE_WORDS_MAX)
    .reduce(
      (so, [start, words]) =>
        so.slice(0, start) + KNOWN.repeat(words.length) + so.slice(start + words.length),
      text,
    );

/** Messages and names of tokens stand in quotes; the name of a service stands behind `called`. */
const withoutNames = (text: string, values: ReadonlySet<string>): string =>
  text
    .replaceAll(/"([^"]*)"/g, (whole, quoted: string) => (values.has(quoted) ? '""' : whole))
    .replace(nameIn, (whole, english?: string, korean?: string) =>
      values.has(english ?? korean ?? "") ? " " : whole,
    );
