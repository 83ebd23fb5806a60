/** A rule tried on recorded requests before anybody votes on it: how much it would match, and who would be hit. */
import { compileCondition } from "./evaluate.ts";
import { parseExpression } from "./parse.ts";
import type { ExpressionProblem } from "./problem.ts";
import { factsOf, type NamedLists, type RecordedRequest } from "./request.ts";
import { err, ok, type Result } from "../result.ts";
import { NotAssessable } from "./value.ts";

/** More are not looked at: the share of so many is exact enough, and a pass has to end (I12). */
export const REQUESTS_MAX = 100_000;
/** Of each kind of who would be hit. */
const HIT_MAX = 10;
/** Different values that are counted for each kind; the rest is in `matched` alone. */
const VALUES_MAX = 1_000;
/** Different reasons that are named. */
const REASONS_MAX = 20;

export interface Hit {
  readonly value: string;
  readonly requests: number;
}

export interface MatchRate {
  /** Requests that were looked at, and whether more were there. */
  readonly requests: number;
  readonly isTruncated: boolean;
  readonly matched: number;
  /** Requests for which nobody can say: counted neither as matched nor as spared. */
  readonly notAssessable: number;
  /** Why, with how often, most frequent first. */
  readonly reasons: readonly Hit[];
  /** `matched` among those that could be judged; null when there is none. */
  readonly share: number | null;
  /** The worst case: everything that could not be judged matches too. Null without any request. */
  readonly shareMax: number | null;
  readonly hit: {
    readonly hosts: readonly Hit[];
    readonly paths: readonly Hit[];
    readonly countries: readonly Hit[];
    readonly networks: readonly Hit[];
    readonly userAgents: readonly Hit[];
  };
}

/** Plays `expression` on `requests`. An expression that the edge would refuse is a problem, not a rate. */
export function matchRate(
  expression: string,
  requests: readonly RecordedRequest[],
  lists: NamedLists = {},
): Result<MatchRate, ExpressionProblem> {
  const parsed = parseExpression(expression);
  if (!parsed.ok) return err(parsed.error);
  const evaluate = compileCondition(parsed.value);
  const looked = requests.slice(0, REQUESTS_MAX);
  const hits: RecordedRequest[] = [];
  const open: string[] = [];
  for (const request of looked) {
    const truth = evaluate(factsOf(request, lists));
    if (truth instanceof NotAssessable) open.push(truth.because);
    else if (truth) hits.push(request);
  }
  const judged = looked.length - open.length;
  return ok({
    requests: looked.length,
    isTruncated: requests.length > looked.length,
    matched: hits.length,
    notAssessable: open.length,
    reasons: counted(open).slice(0, REASONS_MAX),
    share: judged === 0 ? null : hits.length / judged,
    shareMax: looked.length === 0 ? null : (hits.length + open.length) / looked.length,
    hit: whoIsHit(hits),
  });
}

function whoIsHit(hits: readonly RecordedRequest[]): MatchRate["hit"] {
  const by = (of: (request: RecordedRequest) => string | undefined): readonly Hit[] =>
    counted(hits.map(of).filter((value) => value !== undefined)).slice(0, HIT_MAX);
  return {
    hosts: by(({ host }) => host),
    paths: by(({ uri }) => uri.split("?", 1)[0]),
    countries: by(({ country }) => country),
    networks: by(({ asn }) => (asn === undefined ? undefined : `AS${asn}`)),
    userAgents: by(
      ({ headers }) => headers?.find(([name]) => name.toLowerCase() === "user-agent")?.[1],
    ),
  };
}

/** Most frequent first; equals in the order of their text, so that the same requests give the same answer. */
function counted(values: readonly string[]): readonly Hit[] {
  const counts = new Map<string, number>();
  for (const value of values) {
    const before = counts.get(value);
    if (before === undefined && counts.size >= VALUES_MAX) continue;
    counts.set(value, (before ?? 0) + 1);
  }
  return [...counts]
    .map(([value, requests]) => ({ value, requests }))
    .toSorted((a, b) => b.requests - a.requests || (a.value < b.value ? -1 : 1));
}
