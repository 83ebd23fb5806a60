/** A guardrail tried on recorded requests before anybody votes on it: how much of the trouble it catches, and whom else. Pure. */
import { matchRate } from "../expression/match-rate.ts";
import { compileCondition } from "../expression/evaluate.ts";
import { parseExpression } from "../expression/parse.ts";
import { factsOf } from "../expression/request.ts";
import { expressionOf, type RequestMatch } from "../guardrails/request-match.ts";
import { shares, weightOf } from "./sample.ts";
import { pathOf, type SeenRequest } from "./seen-request.ts";

export interface Trial {
  readonly expression: string;
  /** Share of the trouble that it matches. */
  readonly caught: number;
  /** Share of normal requests that it would hit, at worst; null: nothing normal was recorded. */
  readonly collateral: number | null;
  readonly troubled: number;
  readonly normal: number;
}

/** One normal request in a thousand. */
export const COLLATERAL_MAX = 0.001;
/** With fewer, a share of a thousandth cannot be told from none. */
export const NORMAL_MIN = 200;

export function matchedBy(
  expression: string,
  requests: readonly SeenRequest[],
): readonly SeenRequest[] {
  const parsed = parseExpression(expression);
  if (!parsed.ok) return [];
  const evaluate = compileCondition(parsed.value);
  return requests.filter(({ request }) => evaluate(factsOf(request)) === true);
}

export function tryOn(
  expression: string,
  {
    trouble,
    normal,
  }: { readonly trouble: readonly SeenRequest[]; readonly normal: readonly SeenRequest[] },
): Trial {
  const matched = matchedBy(expression, trouble);
  const rate = matchRate(
    expression,
    normal.map(({ request }) => request),
  );
  return {
    expression,
    caught: trouble.length === 0 ? 0 : weightOf(matched) / weightOf(trouble),
    collateral: rate.ok ? rate.value.shareMax : null,
    troubled: trouble.length,
    normal: normal.length,
  };
}

type Source = Partial<Pick<RequestMatch, "asns" | "ja4s" | "countries" | "user_agent">>;

const agentOf = ({ request }: SeenRequest): string | undefined => {
  const said = request.fields?.["http.user_agent"];
  if (typeof said === "string") return said;
  return request.headers?.find(([name]) => name === "user-agent")?.[1];
};
const ja4Of = ({ request }: SeenRequest): string | undefined =>
  typeof request.fields?.["cf.bot_management.ja4"] === "string"
    ? request.fields["cf.bot_management.ja4"]
    : undefined;

/** What stands out is in so much of the trouble, and so much more of it than of what is normal. */
const SHARE_MIN = 0.15;
const LIFT_MIN = 4;
const VALUES_MAX = 20;

function outstanding(
  of: { readonly trouble: readonly SeenRequest[]; readonly normal: readonly SeenRequest[] },
  valueOf: (request: SeenRequest) => string | number | undefined,
): string[] {
  const usual = new Map(shares(of.normal, valueOf).map(({ value, share }) => [value, share]));
  return shares(of.trouble, valueOf)
    .filter(({ value, share }) => share >= SHARE_MIN && share >= LIFT_MIN * (usual.get(value) ?? 0))
    .slice(0, VALUES_MAX)
    .map(({ value }) => value);
}

/** Sources that the trouble comes from and normal requests do not, the most precise first. */
export function sourcesOf(of: {
  readonly trouble: readonly SeenRequest[];
  readonly normal: readonly SeenRequest[];
}): readonly Source[] {
  const ja4s = outstanding(of, ja4Of);
  const asns = outstanding(of, ({ request }) => request.asn).map(Number);
  const countries = outstanding(of, ({ request }) => request.country);
  const [agent] = outstanding(of, agentOf).filter((text) =>
    /^[\w .,;:()/+@~!*-]{3,100}$/.test(text),
  );
  const singles: Source[] = [
    ...(ja4s.length > 0 ? [{ ja4s }] : []),
    ...(asns.length > 0 ? [{ asns }] : []),
    ...(agent === undefined ? [] : [{ user_agent: agent }]),
    ...(countries.length > 0 ? [{ countries }] : []),
  ];
  const pairs = singles.flatMap((one, index) =>
    singles.slice(index + 1).map((other): Source => ({ ...one, ...other })),
  );
  return [...singles, ...pairs];
}

export interface Candidate {
  readonly match: Partial<RequestMatch>;
  readonly trial: Trial;
}

const EXCEPT = { verified_bots: true } as const;

/** The candidate that catches most and hits nobody else; of equals the one with fewer conditions. Null: none is good enough. */
export function bestOf(
  matches: readonly Partial<RequestMatch>[],
  of: { readonly trouble: readonly SeenRequest[]; readonly normal: readonly SeenRequest[] },
): Candidate | null {
  const tried = matches.map((match): Candidate => {
    const whole = { ...match, except: EXCEPT };
    return { match: whole, trial: tryOn(expressionOf(whole), of) };
  });
  const [best] = tried
    .filter(({ trial }) => trial.caught >= CAUGHT_MIN && (trial.collateral ?? 0) <= COLLATERAL_MAX)
    .toSorted((a, b) => round(b.trial.caught) - round(a.trial.caught) || sizeOf(a) - sizeOf(b));
  return best ?? null;
}

/** A rule that leaves half of it is not an answer. */
const CAUGHT_MIN = 0.5;
const round = (share: number): number => Math.round(share * 50);
const sizeOf = ({ match }: Candidate): number => Object.keys(match).length;

/** The path that most of the trouble goes to, if there is one that a rule may name. */
export function pathMost(requests: readonly SeenRequest[], shareMin: number): string | null {
  const [most] = shares(requests, pathOf);
  return most && most.share >= shareMin && /^\/[\w.~!$&'()*+,;=:@%/-]{0,199}$/.test(most.value)
    ? most.value
    : null;
}
