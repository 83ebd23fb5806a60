/**
 * The order of Gateway rules. Precedences come back as other numbers than were sent (case 47), so only the order that
 * declared rules have among each other is compared, and as few of them as possible are given a new place.
 */
import type { ObservedResource, Resource } from "../resource.ts";

/** What the API makes of a number: 1400 comes back as 1400392. */
const NOISE = 1_000;
const PRECEDENCE_MAX = 2 ** 31 - 1;

export const samePrecedence = (desired: number, observed: number): boolean =>
  desired === observed || Math.floor(observed / NOISE) === desired;

/** A declared rule with the place that it has, if it exists. */
interface Placed {
  readonly rule: Resource;
  readonly declared: number;
  readonly live: number | null;
}

const numberOf = ({ fields }: Resource): number => Number(fields["precedence"] ?? 0);

/** Most of all a rule counts, and a little more where it has its declared number: what was moved is another one. */
const weightOf = ({ declared, live }: Placed, rules: number): number =>
  live === null ? 0 : rules + 1 + (samePrecedence(declared, live) ? 1 : 0);

const START = { weight: 0, before: -1 };

/** Positions of the heaviest part of the rules that is in order already; what does not exist stands nowhere. */
function inOrderAlready(rules: readonly Placed[]): ReadonlySet<number> {
  const chains: { readonly weight: number; readonly before: number }[] = [];
  let last = -1;
  for (const [index, rule] of rules.entries()) {
    const { live } = rule;
    const fitting = chains.flatMap(({ weight }, before) =>
      live !== null && (rules[before]?.live ?? Infinity) < live ? [{ weight, before }] : [],
    );
    const longest = fitting.reduce((a, b) => (b.weight > a.weight ? b : a), START);
    const weight = longest.weight + weightOf(rule, rules.length);
    chains.push({ weight, before: longest.before });
    if (weight > (chains[last]?.weight ?? 0)) last = index;
  }
  const kept = new Set<number>();
  for (let at = last; at >= 0; at = chains[at]?.before ?? -1) kept.add(at);
  return kept;
}

interface Gap {
  readonly lower: number;
  readonly upper: number;
  /** How many rules are to stand in it, this one included. */
  readonly waiting: number;
}

/** A number in the gap: the declared one, else one that keeps its noise, else any. */
function pick({ declared, live }: Placed, gap: Gap, taken: ReadonlySet<number>): number | null {
  const { lower, upper, waiting } = gap;
  const middle =
    upper === PRECEDENCE_MAX ? lower + NOISE : lower + Math.floor((upper - lower) / (waiting + 1));
  const noise = (live ?? declared) % NOISE;
  const rounded = middle - (middle % NOISE) + noise;
  const candidates = [declared, rounded, rounded - NOISE, rounded + NOISE, middle, lower + 1];
  const fits = (number: number): boolean =>
    number > lower &&
    number <= upper - waiting &&
    !taken.has(number) &&
    (live === null || !samePrecedence(number, live));
  return candidates.find(fits) ?? null;
}

/** The new numbers by position, or null when there is no room between the rules that stay. */
function numbersFor(
  rules: readonly Placed[],
  kept: ReadonlySet<number>,
  taken: ReadonlySet<number>,
): readonly number[] | null {
  const numbers: number[] = [];
  for (const [index, rule] of rules.entries()) {
    const next = rules.findIndex((_, later) => later > index && kept.has(later));
    const upper = rules[next]?.live ?? PRECEDENCE_MAX;
    const waiting = (next < 0 ? rules.length : next) - index;
    const gap = { lower: numbers.at(-1) ?? -1, upper, waiting };
    const number = kept.has(index) ? rule.live : pick(rule, gap, taken);
    if (number === null) return null;
    numbers.push(number);
  }
  return numbers;
}

/** Everybody anew, at the declared numbers or just behind: never at one that the API could have made of the old one. */
function renumbered(rules: readonly Placed[]): readonly number[] {
  const numbers: number[] = [];
  for (const { declared, live } of rules) {
    const number = Math.max(declared, (numbers.at(-1) ?? -1) + 1);
    const isMistakable = live !== null && number !== live && samePrecedence(number, live);
    numbers.push(isMistakable ? number + 1 : number);
  }
  return numbers;
}

/** The declared rules with the precedences that they should have, given where they stand: their own, if the order is right. */
export function alignedRules(
  desired: readonly Resource[],
  observed: readonly ObservedResource[],
): readonly Resource[] {
  const live = new Map(
    observed.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map((rule) => [rule.identity, rule]),
  );
  const rules = desired
    .map((rule): Placed => {
      const there = live.get(rule.identity);
      return { rule, declared: numberOf(rule), live: there ? numberOf(there) : null };
    })
    .toSorted((a, b) => a.declared - b.declared);
  const kept = inOrderAlready(rules);
  const taken = new Set(observed.map(numberOf));
  const numbers = numbersFor(rules, kept, taken) ?? renumbered(rules);
  return rules.map(({ rule, declared }, index) => ({
    ...rule,
    fields: { ...rule.fields, precedence: numbers[index] ?? declared },
  }));
}

/**
 * The numbers that live rules are declared with, by their ids: those that somebody sent, where the API has changed any
 * and they still tell all rules apart, else the live ones.
 */
export function declaredPrecedences(
  observed: readonly ObservedResource[],
): ReadonlyMap<string, number | null> {
  const live = observed.map(({ fields: { precedence } }) =>
    typeof precedence === "number" ? precedence : null,
  );
  const sent = live.map((one) => Math.floor((one ?? 0) / NOISE));
  const isNoisy = live.some((one) => (one ?? 0) % NOISE !== 0);
  const isClear = sent.every((one) => one > 0) && new Set(sent).size === sent.length;
  const numbers = isNoisy && isClear ? sent : live;
  return new Map(observed.map(({ id }, index) => [id, numbers[index] ?? null]));
}
