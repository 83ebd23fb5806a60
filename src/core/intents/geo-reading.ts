/** Countries and networks to be kept out or let in: a wrong list harms real people, so whatever is vague asks. */
import { COUNTRY } from "./countries.ts";
import { byRules, filled, hostOf, missing, type PathReading } from "./path-rules.ts";
import { spansOf } from "./lexicon.ts";
import { PLACE } from "./places.ts";
import type { Reading } from "./reading.ts";
import { clausesIn, withoutFrames, withoutOpening } from "./sentence.ts";

const GEO = "geo-restriction";
const isListed = ({ countries, places }: Reading): boolean =>
  countries.codes.length + places.asns.length > 0;

const EXCEPTION = /\b(?:except|but|other than|outside)\b|제외|빼고|말고|이외|외에|외의|외는/;
const EXCEPTED = new RegExp(
  `^[^${COUNTRY}]*\\b(?:except|but|other than|outside)\\b(?: \\S+){0,6}? ${COUNTRY}|${COUNTRY}.{0,20}(?:제외|빼고|말고|이외|외에|외의|외는)(?!.*${COUNTRY})`,
);

const DEED = /\b(?:block|deny|ban|refuse|reject|challenge|allow|permit|drop|stop)s?\b/g;
/** Such a verb asks at the head of its clause, or behind what it goes on from: `rules to block`, `on shop block`. */
const GOES_ON = new RegExp(
  `(?:^|\\bgeo-|\\b(?:to|and|or|geo|not|don't|only|a|an|the|managed|that|which|requests)|^(?:on|at|for|in|under) ${PLACE}) *$`,
);
/** Behind a noun it tells what that does: `let prod block`, `get Iran to stop`, `Russia blocks`. */
const tellsWhatIsDone = (rest: string): boolean =>
  !/[가-힣]/.test(rest) &&
  clausesIn(rest).some(({ start, end }) => {
    const clause = withoutOpening(withoutFrames(rest.slice(start, end)).trim());
    return [...clause.matchAll(DEED)].some(({ index }) => {
      const before = clause.slice(0, index);
      return before.includes(COUNTRY) || !GOES_ON.test(before);
    });
  });

const blocks = (clause: string): boolean =>
  spansOf("block", clause).length > 0 || spansOf("challenge", clause).length > 0;
/** Said of a country, these let it in: beside others that are kept out, each has its own part of the wish. */
const LETS_IN =
  /^(?:keep(?!.*\bout\b)|serve|support|protect|host|send|secure|shield|guard|defend|help|handle|prepare|open|cover|cache|scale|include|ship|launch|grow|supply|leave|let(?! (?:only|nobody|no one|in only)))\b/;
const isLetIn = (rest: string): boolean =>
  clausesIn(rest)
    .map(({ start, end }) => withoutOpening(withoutFrames(rest.slice(start, end)).trim()))
    .filter((clause) => clause.includes(COUNTRY))
    .some(
      (clause) =>
        LETS_IN.test(clause) ||
        (KOREAN_LINK.test(clause) && !EXCEPTION.test(clause) && !blocks(clause)),
    );
/** A clause goes on; `일본하고` is a list. */
const KOREAN_LINK = new RegExp(`(?<!${COUNTRY} ?)(?<!하)[고며]$|[가-힣]+하[고며]$`);

/** A country that blocks, of which nothing else is to be blocked, or that is to keep us out; networks from one number to another. */
const REVERSED = new RegExp(
  `\\bonly (?:block|deny|ban|refuse|challenge)|\\b(?:block|deny|ban|refuse|reject) (?:us|me|ourselves)\\b|${COUNTRY} ?[이가] (?!.{0,20}(?:접속|접근|들어|못))|${PLACE} ?(?:to|through|until|-|~) ?${PLACE}|${PLACE} ?부터`,
);

const ONLY_THEM = new RegExp(`\\bonly (?:\\S+ ){0,3}?${COUNTRY}`);

/** Some may be named to be kept out, and others to be let in. */
function isEitherWay(reading: Reading): boolean {
  const { rest, places, countries } = reading;
  // A country that is named twice has two things said of it.
  const named = rest.split(COUNTRY).length - 1;
  if (named > countries.codes.length && !countries.vague) return true;
  if (REVERSED.test(rest) || tellsWhatIsDone(rest)) return true;
  if (isLetIn(rest)) return true;
  if (!EXCEPTION.test(rest)) return false;
  if (!EXCEPTED.test(rest) || places.paths.length > 0) return true;
  // `북한만 빼고 다 허용`: the rest is let in, and those are not. `nobody except` says the opposite.
  return reading.has("allow") && !/\b(?:nobody|no one|none|only)\b/.test(rest);
}

/** Null where the words may be taken either way. */
function modeOf(reading: Reading): "block" | "allow_only" | null {
  const { rest, concepts } = reading;
  if (isEitherWay(reading)) return null;
  if (reading.has("only")) return "allow_only";
  // Less than them is not what the path can keep out.
  if (/\bonly\b/.test(rest) && !ONLY_THEM.test(rest)) return null;
  // Who is an exception from what is kept out is not kept out.
  if (EXCEPTION.test(rest)) return null;
  return reading.any("block", "challenge") && !concepts.has("allow") ? "block" : null;
}

const isToldTwice = ({ concepts, rest }: Reading): boolean =>
  concepts.has("block") && /\b(?:rest|others?|else|everyone|everybody)\b|나머지|그 ?외/.test(rest);

export const geoRestriction: PathReading = {
  path: GEO,
  recognise: byRules([
    {
      all: [],
      one: [["block", "only", "challenge"]],
      when: isListed,
      is: 94,
      because: "named places, to be kept out or let in",
    },
    {
      all: ["geo"],
      one: [["block", "only", "challenge"]],
      is: 80,
      because: "countries or networks",
    },
    { all: [], when: isListed, is: 55, because: "named places" },
  ]),
  fill(reading) {
    const { countries, places } = reading;
    const mode = modeOf(reading);
    const members = {
      mode: mode ?? undefined,
      countries: countries.codes.length > 0 ? [...countries.codes] : undefined,
      asns: places.asns.length > 0 ? [...places.asns] : undefined,
      hostname: hostOf(reading),
      path: places.paths[0],
      // Said in words, so that two clauses that say it in two ways are seen.
      action: reading.has("challenge")
        ? "managed_challenge"
        : reading.has("block")
          ? "block"
          : undefined,
    };
    if (countries.vague || !isListed(reading)) return missing(GEO, "countries", members);
    // Some to be kept out and some to be challenged: which ones are which?
    if (reading.has("challenge") && isToldTwice(reading)) return missing(GEO, "action", members);
    return mode === null ? missing(GEO, "mode", members) : filled(members);
  },
};
