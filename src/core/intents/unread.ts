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
import { strangeHeadsIn, withoutFrames, withoutOpening } from "./sentence.ts";
import type { Reading } from "./reading.ts";
import { turnsIn } from "./turns.ts";
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
    ...turnsIn(lasting),
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
