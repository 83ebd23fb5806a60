/** One wish: a path and its parameters, or the first thing that stands against acting on it unasked. */
import type { Json } from "../canonical.ts";
import { GOLDEN_PATHS } from "../golden-paths/registry.ts";
import { isIn } from "../golden-paths/parameters.ts";
import { type Candidate, candidatesIn, isWithin } from "./candidates.ts";
import {
  type Chosen,
  CONFIDENT,
  type Doubt,
  type Interpretation,
  type Setting,
} from "./interpretation.ts";
import type { Filled, PathReading } from "./path-rules.ts";
import { read, type Reading } from "./reading.ts";
import { clausesIn } from "./sentence.ts";
import { unreadIn } from "./unread.ts";

/** A second path this close to the first makes it a question. */
const MARGIN = 8;
/** Below this nobody is asked whether it was meant. */
const WORTH_ASKING = 50;

export const question = (
  doubt: Doubt,
  chosen: readonly Chosen[],
  reasons: readonly string[],
): Interpretation => ({ type: "question", doubt, chosen, reasons });

/** `isAsked`: the text that it stands in asks for something. */
export function interpretWish(reading: Reading, isAsked: boolean): Interpretation {
  const candidates = candidatesIn(reading);
  const [best] = candidates;
  if (best === undefined || best.confidence < WORTH_ASKING)
    return { type: "cannot", doubt: { about: "nothing_understood" }, reasons: [] };
  const apart = doubtOfPath(best, candidates, reading);
  if (apart !== null) return question(apart, [], best.because);
  const { path, fill } = best.of;
  const filled = fill(reading);
  const use = amending({ path, parameters: filled.parameters }, reading.setting);
  const reasons = best.because.map((one) => `${path}: ${one}`);
  // Words that tell something, or ask about it, may still be a wish: then somebody says so.
  const isMeant = best.confidence >= CONFIDENT && isAsked;
  const doubt: Doubt | null = isMeant
    ? (doubtOfParameters(filled, use) ?? doubtOfWords(best.of, filled, reading))
    : { about: "confirmation" };
  return doubt === null
    ? { type: "choice", chosen: [use], confidence: best.confidence, reasons }
    : question(doubt, [use], reasons);
}

/** Against the path, whatever the parameters. */
function doubtOfPath(
  best: Candidate,
  candidates: readonly Candidate[],
  reading: Reading,
): Doubt | null {
  const { path } = best.of;
  if (reading.has("aws") && !ON_AWS.has(path)) return { about: "wording", objection: "elsewhere" };
  const misplaced = misplacedIn(reading, best);
  if (misplaced !== null) return { about: "place", name: misplaced };
  const rivals = candidates.filter(
    ({ of, confidence }) =>
      of !== best.of && !isWithin(of.path, path, reading) && confidence > best.confidence - MARGIN,
  );
  if (rivals.length === 0) return null;
  return { about: "which_path", paths: [best, ...rivals].map(({ of }) => of.path) };
}

function doubtOfParameters({ parameters, doubt }: Filled, use: Chosen): Doubt | null {
  if (doubt !== null && !isSettled({ parameters, doubt }, use)) return doubt;
  const wrong = GOLDEN_PATHS.get(use.path)?.parameters.safeParse(use.parameters).error?.issues[0];
  return wrong
    ? { about: "missing_parameter", path: use.path, parameter: String(wrong.path[0] ?? "") }
    : null;
}

function doubtOfWords(of: PathReading, { parameters }: Filled, reading: Reading): Doubt | null {
  const { path } = of;
  const twice = toldTwice(of, reading);
  if (twice !== null) return { about: "several_values", path, parameter: twice };
  if (GOLDEN_PATHS.get(path)?.needs === "zone" && reading.setting.level === "account")
    return { about: "place", name: path };
  // What a use in force brings along was not said.
  const unread = unreadIn(reading, { path, parameters });
  return unread.length > 0 ? { about: "unread", words: unread } : null;
}

/** A hostname of another zone, where the path takes only our own. Names of others are what two of the paths are about. */
function misplacedIn(
  { places, setting: { zone } }: Reading,
  { of: { path } }: Candidate,
): string | null {
  if (path === "zero-trust-egress" || path === "email-authentication") return null;
  return places.hostnames.find((host) => zone !== null && !isIn(host, zone)) ?? null;
}

/** Paths that have a place at AWS, or where a service of AWS is named for another reason. */
const ON_AWS = new Set(["pci-dss-baseline", "email-authentication"]);

/** A parameter that two clauses fill each by itself, in two ways: `block Russia and challenge Japan`. */
function toldTwice(of: PathReading, { written, setting }: Reading): string | null {
  const clauses = clausesIn(written).map(({ start, end }) =>
    read(written.slice(start, end), setting),
  );
  const said = new Map<string, Json>();
  for (const clause of clauses) {
    if (of.recognise(clause) === null) continue;
    for (const [name, value] of Object.entries(of.fill(clause).parameters)) {
      if (typeof value !== "string") continue;
      if ((said.get(name) ?? value) !== value) return name;
      said.set(name, value);
    }
  }
  return null;
}

/** What is missing in the words may stand in the use that they amend. */
const isSettled = ({ doubt, parameters }: Filled, chosen: Chosen | undefined): boolean =>
  doubt?.about === "missing_parameter" &&
  parameters[doubt.parameter] === undefined &&
  chosen?.parameters[doubt.parameter] !== undefined;

/** An intent about a use that is in force changes what it names, and keeps the rest. */
function amending(chosen: Chosen, { uses }: Setting): Chosen {
  const { hostname, name } = chosen.parameters;
  const same = uses.filter(
    (use) =>
      use.path === chosen.path &&
      (hostname === undefined || use.parameters["hostname"] === hostname) &&
      (name === undefined || use.parameters["name"] === name),
  );
  const [use] = same;
  return use && same.length === 1
    ? { ...chosen, parameters: { ...use.parameters, ...chosen.parameters } }
    : chosen;
}
