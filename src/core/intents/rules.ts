/**
 * The built-in model `rules`: words to paths and parameters, the same every time, without a network. It decides only where the
 * words leave no doubt. Everything else is a question back, so that a wrong path is never applied unasked.
 */
import { candidatesIn } from "./candidates.ts";
import { type Objection, objectionTo } from "./guards.ts";
import {
  type Chosen,
  type Doubt,
  type Interpretation,
  type Setting,
  TEXT_CHARS_MAX,
} from "./interpretation.ts";
import { IN_THE_ZONE, withNearName } from "./near-name.ts";
import { hostsOf } from "./path-rules.ts";
import { read, type Reading } from "./reading.ts";
import { clausesIn, isRequest, isStatement } from "./sentence.ts";
import { interpretWish, question } from "./wish.ts";
import { wishesIn } from "./wishes.ts";

/** As many as a list may have members. */
const CLAUSES_MAX = 100;

export const interpret = (text: string, setting: Setting): Interpretation =>
  withNearName(interpretText(text.slice(0, TEXT_CHARS_MAX), setting), setting);

function interpretText(text: string, setting: Setting): Interpretation {
  const reading = read(text, setting);
  // A wish has few clauses, a list of countries more; each is read by itself (I12).
  const isSentence = clausesIn(reading.written).length <= CLAUSES_MAX;
  const objection = isSentence ? objectionTo(text, reading.text) : "is_pasted";
  if (objection !== null) return objected(objection, reading);
  const wishes = wishesIn(reading);
  const isAsked = isRequest(reading.text);
  const found = wishes.map((wish) =>
    interpretWish(wish, isAsked && (wishes.length === 1 || !isStatement(wish.text))),
  );
  const [only] = found;
  return only !== undefined && found.length === 1 ? only : together(wishes, found);
}

/** Not even likely meanings are shown for these. */
const REFUSED: ReadonlySet<string> = new Set([
  "instructions",
  "is_a_question",
  "elsewhere",
  "is_pasted",
  "another_deed",
  "takes_away",
]);

function objected(objection: Objection, reading: Reading): Interpretation {
  const doubt: Doubt = { about: "wording", objection };
  if (REFUSED.has(objection)) return { type: "cannot", doubt, reasons: [] };
  const [best] = candidatesIn(reading);
  return best === undefined
    ? { type: "cannot", doubt: { about: "nothing_understood" }, reasons: [] }
    : question(doubt, [], best.because);
}

/** Several wishes are as sure as the least sure of them. The first doubt is told, beside all that was read. */
function together(wishes: readonly Reading[], found: readonly Interpretation[]): Interpretation {
  const chosen = found.flatMap((one) => (one.type === "cannot" ? [] : one.chosen));
  const reasons = found.flatMap((one) => one.reasons);
  const doubt =
    found.flatMap((one) => (one.type === "choice" ? [] : [one.doubt]))[0] ??
    doubtBetween(wishes, chosen);
  if (doubt !== null) return question(doubt, chosen, reasons);
  const confidence = Math.min(
    ...found.flatMap((one) => (one.type === "choice" ? [one.confidence] : [])),
  );
  return { type: "choice", chosen, confidence, reasons };
}

function doubtBetween(
  [first, ...others]: readonly Reading[],
  chosen: readonly Chosen[],
): Doubt | null {
  const paths = chosen.map(({ path }) => path);
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) return { about: "which_path", paths: [twice] };
  // A name at the end may be meant for all of them. In Korean it stands in its own clause.
  const [path = ""] = paths;
  const isNamedLast =
    first !== undefined &&
    !/[가-힣]/.test(first.text) &&
    hostsOf(first).length === 0 &&
    others.some((wish) => hostsOf(wish).length > 0) &&
    paths.slice(1).some((other) => IN_THE_ZONE.has(other));
  return isNamedLast && IN_THE_ZONE.has(path)
    ? { about: "missing_parameter", path, parameter: "hostname" }
    : null;
}
