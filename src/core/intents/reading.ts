/** A text with everything found in it that a path may want: concepts, numbers, places. Bounded work on bounded text (I12). */
import { withoutDates } from "./calendar.ts";
import { type Countries, countriesIn } from "./countries.ts";
import type { Setting } from "./interpretation.ts";
import { type Concept, conceptsIn, isLeftOut } from "./lexicon.ts";
import { type Places, placesIn } from "./places.ts";
import { withoutOccasions } from "./sentence.ts";
import { durationsIn, type Rate, ratesIn, withoutRates } from "./quantities.ts";

export interface Reading {
  readonly setting: Setting;
  /** With one kind of quote and single blanks. */
  readonly written: string;
  /** In lower case. */
  readonly text: string;
  /** Without names of places: `COUNTRY` stands for a country. */
  readonly rest: string;
  readonly concepts: ReadonlyMap<Concept, number>;
  readonly places: Places;
  readonly countries: Countries;
  readonly rates: readonly Rate[];
  /** Seconds. */
  readonly durations: readonly number[];
  /** All of the concepts are there. */
  readonly has: (...concepts: readonly Concept[]) => boolean;
  readonly any: (...concepts: readonly Concept[]) => boolean;
  /** Named, and not wanted. */
  readonly leftOut: (concept: Concept) => boolean;
}

/** `- …`, `2. …` at the beginning of a line, or of a sentence. */
const LIST_ITEM = /(?:(?:^|\n)\s*(?:[-*•]|\d{1,2}[.)])|(?<=[.;] )\d{1,2}[.)])\s+(?=[\p{L}])/gu;

const normal = (raw: string): string =>
  withoutOccasions(
    raw
      .normalize("NFKC")
      .replaceAll(/[\u2018\u2019\u02bc]/g, "'")
      .replaceAll(/[\u201c\u201d\u300c\u300d]/g, '"')
      // What nobody sees must not part or join words.
      .replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]/g, "")
      .replaceAll(/[\u2010-\u2015]/g, "-")
      .replaceAll(LIST_ITEM, "; ")
      .replaceAll(/\s+/g, " ")
      .replace(/^[; ]+/, "")
      .trim(),
  );

/** Its name says that an API answers there. */
const API_HOST = /^(?:[\w-]+-)?api(?:-[\w-]+)?\d*\./;

export function read(raw: string, setting: Setting): Reading {
  const written = normal(raw);
  const text = written.toLowerCase();
  const places = placesIn(text, written);
  const countries = countriesIn(places.rest, written);
  const { rest } = countries;
  const concepts = new Map(conceptsIn(rest));
  if (places.hostnames.some((host) => API_HOST.test(host))) concepts.set("api", text.length);
  const has = (concept: Concept): boolean => concepts.has(concept) && !isLeftOut(concept, rest);
  return {
    setting,
    written,
    text,
    rest,
    concepts,
    places,
    countries,
    rates: ratesIn(places.rest),
    durations: durationsIn(withoutDates(withoutRates(places.rest))),
    has: (...wanted) => wanted.every(has),
    any: (...wanted) => wanted.some(has),
    leftOut: (concept) => concepts.has(concept) && isLeftOut(concept, rest),
  };
}
