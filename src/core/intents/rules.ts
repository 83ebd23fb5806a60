/**
 * The built-in model `rules`: words to paths and parameters, the same every time, without a network. It decides only where the
 * words leave no doubt. Everything else is a question back, so that a wrong path is never applied unasked.
 */
import type { Json } from "../canonical.ts";
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
import { IN_THE_ZONE, withNearName } from "./near-name.ts";
import { PATH_READINGS } from "./path-reading.ts";
import { type Filled, hostsOf, type PathReading } from "./path-rules.ts";
import { clausesIn, isRequest } from "./sentence.ts";
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

export const interpret = (text: string, setting: Setting): Interpretation =>
  withNearName(readingOf(text, setting), setting);

function readingOf(text: string, setting: Setting): Interpretation {
  const given = text.slice(0, TEXT_CHARS_MAX);
  const reading = read(given, setting);
  const objection = objectionTo(given, reading.text);
  if (objection !== null) return objected(objection, reading);
  const wishes = wishesIn(reading);
  const found = wishes.map((wish) => interpretWish(wish, isRequest(reading.text)));
  const [only] = found;
  return only !== undefined && found.length === 1 ? only : together(wishes, found);
}

function interpretWish(reading: Reading, isAsked: boolean): Interpretation {
  const candidates = candidatesIn(reading);
  const [best] = candidates;
  if (best === undefined || best.confidence < WORTH_ASKING)
    return { type: "cannot", doubt: { about: "nothing_understood" }, reasons: [] };
  if (reading.has("aws") && !ON_AWS.has(best.of.path))
    return question({ about: "wording", objection: "elsewhere" }, [], best.because);
  const misplaced = misplacedIn(reading, best);
  if (misplaced !== null) return question({ about: "place", name: misplaced }, [], best.because);
  return decided(best, { candidates, reading, isAsked });
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

/** The path that the clauses from one to another are about, where they say so by themselves. */
function pathIn(reading: Reading): Candidate | null {
  const [best] = candidatesIn(reading);
  return best !== undefined && best.confidence > CONFIDENT ? best : null;
}

const isWithin = (path: string, whole: string, reading: Reading): boolean =>
  path === whole ||
  (path === "secure-api-edge" && BRINGS_A_WAF.has(whole)
    ? !reading.any("ddos", "bot", "cache")
    : (COVERS[whole]?.includes(path) ?? false));

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly path: string | null;
}

/**
 * One reading for each path that the text is about, so that a place or a quantity belongs to the wish that it stands in. A clause
 * that is about no path by itself belongs to the one before it, or at the beginning to the one behind it.
 */
function wishesIn(reading: Reading): readonly Reading[] {
  const { written, setting } = reading;
  const stretches = clausesIn(written).reduce<readonly Stretch[]>((so, { start, end }) => {
    const clause = read(written.slice(start, end), setting);
    const path = pathIn(clause)?.of.path ?? null;
    const last = so.at(-1);
    if (last === undefined) return [{ start, end, path }];
    const isMore = path === null || last.path === null || isWithin(path, last.path, clause);
    if (isMore) return [...so.slice(0, -1), { ...last, end, path: last.path ?? path }];
    return [...so, { start, end, path }];
  }, []);
  const paths = new Set(stretches.map(({ path }) => path));
  return paths.size < 2
    ? [reading]
    : stretches.map(({ start, end }) => read(written.slice(start, end), setting));
}

/** Several wishes are as sure as the least sure of them. The first doubt is told, beside all that was read. */
function together(wishes: readonly Reading[], found: readonly Interpretation[]): Interpretation {
  const chosen = found.flatMap((one) => (one.type === "cannot" ? [] : one.chosen));
  const reasons = found.flatMap((one) => one.reasons);
  const open = found.find((one) => one.type !== "choice");
  if (open) return question(open.doubt, chosen, reasons);
  const twice = chosen.find(({ path }, at) => chosen.findIndex((one) => one.path === path) !== at);
  if (twice) return question({ about: "which_path", paths: [twice.path] }, chosen, reasons);
  // A name at the end may be meant for all of them.
  const [first] = chosen;
  const isNamedLast =
    wishes.slice(1).some((wish) => hostsOf(wish).length > 0) &&
    wishes[0] !== undefined &&
    hostsOf(wishes[0]).length === 0;
  if (
    first &&
    isNamedLast &&
    IN_THE_ZONE.has(first.path) &&
    chosen.some(({ path }, at) => at > 0 && IN_THE_ZONE.has(path))
  )
    return question(
      { about: "missing_parameter", path: first.path, parameter: "hostname" },
      chosen,
      reasons,
    );
  const confidence = Math.min(...found.map((one) => (one.type === "choice" ? one.confidence : 0)));
  return { type: "choice", chosen, confidence, reasons };
}

interface Found {
  readonly candidates: readonly Candidate[];
  readonly reading: Reading;
  readonly isAsked: boolean;
}

function decided(best: Candidate, { candidates, reading, isAsked }: Found): Interpretation {
  const { path, fill } = best.of;
  const { parameters, doubt } = fill(reading);
  const use = amending({ path, parameters }, reading.setting);
  const chosen = [use];
  const reasons = best.because.map((one) => `${path}: ${one}`);
  const rivals = candidates.filter(
    ({ of, confidence }) =>
      of !== best.of && !isWithin(of.path, path, reading) && confidence > best.confidence - MARGIN,
  );
  if (rivals.length > 0) {
    const paths = [best, ...rivals].map(({ of }) => of.path);
    return question({ about: "which_path", paths }, [], reasons);
  }
  // Words that tell something, or ask about it, may still be a wish: then somebody says so.
  if (best.confidence < CONFIDENT || !isAsked)
    return question({ about: "confirmation" }, chosen, reasons);
  if (doubt && !isSettled({ parameters, doubt }, use)) return question(doubt, chosen, reasons);
  const wrong = GOLDEN_PATHS.get(path)?.parameters.safeParse(use.parameters).error?.issues[0];
  if (wrong) {
    const parameter = String(wrong.path[0] ?? "");
    return question({ about: "missing_parameter", path, parameter }, chosen, reasons);
  }
  const told = toldTwice(best.of, reading);
  if (told !== null)
    return question({ about: "several_values", path, parameter: told }, chosen, reasons);
  if (GOLDEN_PATHS.get(path)?.needs === "zone" && reading.setting.level === "account")
    return question({ about: "place", name: path }, chosen, reasons);
  // What a use in force brings along was not said.
  const unread = unreadIn(reading, { path, parameters });
  if (unread.length > 0) return question({ about: "unread", words: unread }, chosen, reasons);
  return { type: "choice", chosen, confidence: best.confidence, reasons };
}

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
