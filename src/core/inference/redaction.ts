/**
 * What a text has in it that may not go everywhere, and the text without it. Placeholders are typed, so that a model can still
 * talk about what it does not see; the values stay here, and those of secrets are never put back (I6). Better one too many.
 */
import { encodedIn, plainIn } from "./encodings.ts";

/** From harmless to what never leaves. */
export const DATA_CLASSES = ["public", "internal", "sensitive", "secret"] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

export const worse = (a: DataClass, b: DataClass): DataClass =>
  DATA_CLASSES.indexOf(a) > DATA_CLASSES.indexOf(b) ? a : b;

interface Detector {
  readonly name: string;
  readonly class: "sensitive" | "secret";
  readonly pattern: RegExp;
  /** What the pattern alone cannot say. */
  readonly isReal?: (text: string) => boolean;
}

const digitsOf = (text: string): readonly number[] =>
  text.replaceAll(/\D/g, "").split("").map(Number);

/** The check digit of card numbers. */
function passesLuhn(text: string): boolean {
  const digits = digitsOf(text).toReversed();
  const sum = digits.reduce((so, digit, index) => {
    const doubled = index % 2 === 0 ? digit : digit * 2;
    return so + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digits.length >= 13 && sum % 10 === 0;
}

/** Letters and digits mixed so that nobody would say it: a key rather than a name. */
const looksRandom = (text: string): boolean =>
  /\d/.test(text) && /[a-z]/i.test(text) && new Set(text).size >= 10;

/** In this order: the first that takes a piece of the text has it. */
const DETECTORS: readonly Detector[] = [
  {
    name: "PRIVATE_KEY",
    class: "secret",
    pattern:
      /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]{0,20000}?(?:-----END [A-Z ]*-----|$)/g,
  },
  { name: "JWT", class: "secret", pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  {
    name: "TOKEN",
    class: "secret",
    pattern:
      /\b(?:cf(?:k|ut|at|oat)_[\w-]{20,}|sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|glpat-[\w-]{16,}|npm_\w{30,}|whsec_[\w+/=]{20,}|sandbox-[a-z]+(?:-[a-z]+)*|dev-(?:viewer|operator|approver-\d))/g,
  },
  {
    name: "CREDENTIALS",
    class: "secret",
    pattern: /(?<=\/\/)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)/g,
  },
  {
    name: "SECRET",
    class: "secret",
    pattern:
      /(?<=\b(?:bearer|basic)\s{1,3})[\w+/=.~-]{6,}|(?<=(?:password|passwd|passphrase|pwd|secret|token|api[_ -]?key|access[_ -]?key|private[_ -]?key|client[_ -]?secret|authorization|비밀번호|암호|토큰|시크릿)["']?\s{0,3}(?:is|=|:|은|는)\s{0,3}["']?)[^\s"',;}]{4,}/gi,
  },
  { name: "EMAIL", class: "sensitive", pattern: /[\w.%+-]{1,64}@[\w-]+(?:\.[\w-]+)+/g },
  {
    name: "CARD",
    class: "sensitive",
    pattern: /(?<!\d)(?:\d[ -]?){13,19}(?!\d)/g,
    isReal: passesLuhn,
  },
  { name: "RESIDENT_NUMBER", class: "sensitive", pattern: /(?<!\d)\d{6}-[1-8]\d{6}(?!\d)/g },
  { name: "SOCIAL_NUMBER", class: "sensitive", pattern: /(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/g },
  {
    name: "IBAN",
    class: "sensitive",
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  },
  {
    name: "PHONE",
    class: "sensitive",
    pattern:
      /(?<![\w.])(?:\+\d{1,3}[ -]?)?(?:\(?0\d{1,3}\)?[ -])\d{3,4}[ -]?\d{4}(?!\d)|\+\d{7,15}(?!\d)/g,
  },
  {
    name: "ADDRESS",
    class: "sensitive",
    pattern:
      /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?![\w.])|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\/\d{1,3})?(?!\w)/gi,
  },
  {
    name: "KEY",
    class: "secret",
    pattern: /(?<![\w+/=-])[\w+/=-]{20,}(?![\w+/=-])/g,
    isReal: looksRandom,
  },
];

/** `⟨EMAIL_1⟩`; nobody types these brackets. */
const placeholder = (name: string, count: number): string => `\u27e8${name}_${count}\u27e9`;

export interface Redacted {
  readonly text: string;
  /** Of the text as it was. */
  readonly class: DataClass;
  /** By placeholder; secrets are not among them. */
  readonly values: ReadonlyMap<string, string>;
}

/** `known`: values that are sensitive wherever they stand, whatever they look like. */
export function redact(given: string, known: readonly string[] = []): Redacted {
  const values = new Map<string, string>();
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  let found: DataClass = "internal";
  // Placeholders of somebody else's would be taken for ours.
  let text = plainIn(given).replaceAll(/[\u27e8\u27e9]/g, " ");
  const replace = (
    value: string,
    { name, class: of }: Pick<Detector, "name" | "class">,
  ): string => {
    found = worse(found, of);
    const before = names.get(value);
    if (before !== undefined) return before;
    const count = (counts.get(name) ?? 0) + 1;
    const mark = placeholder(name, count);
    counts.set(name, count);
    names.set(value, mark);
    if (of === "sensitive") values.set(mark, value);
    return mark;
  };
  for (const value of [...known]
    .filter((one) => one.length >= 4)
    .toSorted((a, b) => b.length - a.length))
    text = text.replaceAll(value, () => replace(value, { name: "VALUE", class: "sensitive" }));
  // What is encoded is as dear as what it says. The known values first: some look like an encoding of something.
  text = outside(text, (piece) =>
    encodedIn(piece, (run, said) => {
      const of = classOf(said, known);
      return of === null ? run : replace(run, { name: "ENCODED", class: of });
    }),
  );
  for (const detector of DETECTORS)
    text = outside(text, (piece) =>
      piece.replaceAll(detector.pattern, (value: string) =>
        (detector.isReal?.(value) ?? true) ? replace(value, detector) : value,
      ),
    );
  return { text, class: found, values };
}

/** Not inside what is a placeholder already. */
const outside = (text: string, change: (piece: string) => string): string =>
  text
    .split(/(\u27e8[A-Z_]+_\d+\u27e9)/)
    .map((piece) => (piece.startsWith("\u27e8") ? piece : change(piece)))
    .join("");

/** The worst that is in what an encoding says; null: nothing. */
function classOf(said: string, known: readonly string[]): Detector["class"] | null {
  const found = DETECTORS.filter(({ pattern, isReal }) =>
    [...said.matchAll(pattern)].some(([value]) => isReal?.(value) ?? true),
  ).map(({ class: of }) => of);
  if (found.includes("secret")) return "secret";
  const isKnown = known.some((value) => value.length >= 4 && said.includes(value));
  return found.length > 0 || isKnown ? "sensitive" : null;
}

/** An answer with the values in place of their placeholders. */
export function restored(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\u27e8[A-Z_]+_\d+\u27e9/g, (mark) => values.get(mark) ?? mark);
  if (Array.isArray(value)) return value.map((one) => restored(one, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, restored(one, values)]),
  );
}
