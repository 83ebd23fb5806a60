/**
 * The built-in model `rules`: words to paths and parameters, the same every time, without a network. It decides only where the
 * words leave no doubt. Everything else is a question back, so that a wrong path is never applied unasked.
 */
import { GOLDEN_PATHS } from "../golden-paths/registry.ts";
import { isIn } from "../golden-paths/parameters.ts";
import { objectionTo } from "./guards.ts";
import {
  type Chosen,
  CONFIDENT,
  type Doubt,
  type Interpretation,
  type Setting,
  TEXT_CHARS_MAX,
} from "./interpretation.ts";
import { PATH_READINGS } from "./path-reading.ts";
import type { Filled, PathReading } from "./path-rules.ts";
import { isRequest } from "./request-form.ts";
import { read, type Reading } from "./reading.ts";
import { unreadIn } from "./unread.ts";

interface Candidate {
  readonly of: PathReading;
  readonly confidence: number;
  readonly because: readonly string[];
}

/** A second path this close to the first makes it a question. */
const MARGIN = 8;
/** Below this nobody is asked whether it was meant. */
const WORTH_ASKING = 50;

export function interpret(text: string, setting: Setting): Interpretation {
  const given = text.slice(0, TEXT_CHARS_MAX);
  const reading = read(given, setting);
  const objection = objectionTo(given, reading.text);
  if (objection !== null) return objected(objection, reading);
  const candidates = candidatesIn(reading);
  const [best] = candidates;
  if (best === undefined || best.confidence < WORTH_ASKING)
    return { type: "cannot", doubt: { about: "nothing_understood" }, reasons: [] };
  if (reading.has("aws") && !ON_AWS.has(best.of.path))
    return question({ about: "wording", objection: "elsewhere" }, [], best.because);
  const misplaced = misplacedIn(reading, best);
  if (misplaced !== null) return question({ about: "place", name: misplaced }, [], best.because);
  return decided(composed(candidates, reading), candidates, reading);
}

/** Not even likely meanings are shown for instructions to us, and for words that take protection away. */
function objected(objection: string, reading: Reading): Interpretation {
  const doubt: Doubt = { about: "wording", objection };
  if (
    objection === "instructions" ||
    objection === "is_a_question" ||
    objection === "elsewhere" ||
    objection === "is_pasted" ||
    objection === "another_deed" ||
    objection === "takes_away"
  )
    return { type: "cannot", doubt, reasons: [] };
  const [best] = candidatesIn(reading);
  if (best === undefined)
    return { type: "cannot", doubt: { about: "nothing_understood" }, reasons: [] };
  return question(doubt, [], best.because);
}

const question = (
  doubt: Doubt,
  chosen: readonly Chosen[],
  reasons: readonly string[],
): Interpretation => ({
  type: "question",
  doubt,
  chosen,
  reasons,
});

const candidatesIn = (reading: Reading): readonly Candidate[] =>
  PATH_READINGS.flatMap((of) => {
    const evidence = of.recognise(reading);
    return evidence === null ? [] : [{ of, ...evidence }];
  }).toSorted((a, b) => b.confidence - a.confidence);

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

/** What a path covers by itself is no second path: scaling brings the WAF, PCI DSS brings TLS and sign-in. */
const COVERS: Readonly<Record<string, readonly string[]>> = {
  "pci-dss-baseline": ["secure-api-edge", "api-service"],
  "scale-with-waf": ["api-service"],
  "secure-api-edge": ["api-service"],
  "maintenance-page": ["api-service", "secure-api-edge", "static-site"],
  "email-authentication": ["secure-api-edge", "zero-trust-egress", "geo-restriction"],
  "static-site": ["api-service"],
  "api-service": ["static-site"],
  "geo-restriction": ["secure-api-edge", "zero-trust-egress"],
  "zero-trust-egress": ["secure-api-edge", "geo-restriction"],
  "credential-rotation": ["api-service", "secure-api-edge"],
};

/** Beside these an API is protected already, unless floods, bots or a cache are named too. */
const BRINGS_A_WAF: ReadonlySet<string> = new Set(["scale-with-waf", "pci-dss-baseline"]);

const JOINS =
  /\band (?:also|then|additionally)\b|\balso\b|\bplus\b|\bas well as\b|\badditionally\b|\band\b|,|;|그리고|또한|더불어|함께|하고|동시에|및|으며|며 /;

/**
 * Several paths, where each is certain by itself and the words join them; two certain ones that nothing joins stay for a
 * question.
 */
function composed(candidates: readonly Candidate[], reading: Reading): readonly Candidate[] {
  const [best, ...others] = candidates;
  if (best === undefined) return [];
  const more = others.filter(({ of: { path }, confidence }) => {
    if (confidence < CONFIDENT) return false;
    if (path === "secure-api-edge" && BRINGS_A_WAF.has(best.of.path))
      return reading.any("ddos", "bot", "cache");
    return !COVERS[best.of.path]?.includes(path);
  });
  const kept = more.filter(
    ({ of: { path } }) => !more.some((other) => COVERS[other.of.path]?.includes(path)),
  );
  return JOINS.test(reading.text) ? [best, ...kept] : [best];
}

function decided(
  meant: readonly Candidate[],
  candidates: readonly Candidate[],
  reading: Reading,
): Interpretation {
  const readings = meant.map((candidate) => ({ candidate, filled: candidate.of.fill(reading) }));
  const chosen = readings.map(({ candidate, filled }): Chosen =>
    amending({ path: candidate.of.path, parameters: filled.parameters }, reading.setting),
  );
  const reasons = meant.flatMap(({ of, because }) => because.map((one) => `${of.path}: ${one}`));
  const open = readings.find(
    ({ filled }, index) => filled.doubt !== null && !isSettled(filled, chosen[index]),
  );
  const confidence = Math.min(...meant.map((one) => one.confidence));
  const rivals = candidates.filter(
    ({ of, confidence: other }) =>
      !meant.some((one) => one.of === of || COVERS[one.of.path]?.includes(of.path)) &&
      other > confidence - MARGIN,
  );
  if (rivals.length > 0 && meant.length === 1) {
    const paths = [...meant, ...rivals].map(({ of }) => of.path);
    return question({ about: "which_path", paths }, [], reasons);
  }
  // Words that tell something, or ask about it, may still be a wish: then somebody says so.
  if (confidence < CONFIDENT || !isRequest(reading.text))
    return question({ about: "confirmation" }, chosen, reasons);
  if (open?.filled.doubt) return question(open.filled.doubt, chosen, reasons);
  const misfit = chosen.find(
    ({ path }) => GOLDEN_PATHS.get(path)?.needs === "zone" && reading.setting.level === "account",
  );
  if (misfit) return question({ about: "place", name: misfit.path }, chosen, reasons);
  // What a use in force brings along was not said.
  const said = readings.map(({ candidate: { of }, filled: { parameters } }) => ({
    path: of.path,
    parameters,
  }));
  const unread = unreadIn(reading, said);
  if (unread.length > 0) return question({ about: "unread", words: unread }, chosen, reasons);
  return { type: "choice", chosen, confidence, reasons };
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
