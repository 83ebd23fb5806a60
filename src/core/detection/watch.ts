/**
 * What is out of the ordinary in the traffic of one scope: how much comes, how much of it fails, how often each rule
 * matches, and how much comes from networks that were never seen. Each of these is a series with a detector of its own.
 */
import { type Detector, type Judgement, newDetector, observe, type Settings } from "./detector.ts";

/** What was counted in one interval. Null: nobody counted it, which is not none (I8). */
export interface TrafficCounts {
  readonly atMs: number;
  readonly requests: number;
  /** Answers of 500 and above. */
  readonly errors: number | null;
  /** Matches by the rule's ref. */
  readonly matches: Readonly<Record<string, number>> | null;
  /** Requests by autonomous system. */
  readonly asns: Readonly<Record<string, number>> | null;
}

export interface Oddity {
  /** `rate`, `errors`, `new_networks` or `rule:<ref>`. */
  readonly feature: string;
  readonly value: number;
  readonly judgement: Judgement;
}

interface Followed {
  readonly detector: Detector;
  readonly usedAtMs: number;
}

/** Plain JSON, of bounded size. */
export interface Watch {
  readonly features: Readonly<Record<string, Followed>>;
  /** When each network was last seen. */
  readonly networks: Readonly<Record<string, number>>;
  readonly beganAtMs: number | null;
}

/** Of one scope, together: shared out among what is followed. */
export const RATE_OF_A_SCOPE: Settings = { falseAlarmRate: 3e-4 };

/** A followed series is some 25 kB of state, and a row of the sentinel has two megabytes. */
const RULES_MAX = 20;
const NETWORKS_MAX = 3_000;
/** A share of fewer requests says little. */
const REQUESTS_MIN = 20;
const DAY_MS = 86_400_000;
/** A network that was not seen for so long is new again. */
const FORGOTTEN_MS = 14 * DAY_MS;
const RULE = "rule:";

export const newWatch = (): Watch => ({ features: {}, networks: {}, beganAtMs: null });

export function observeTraffic(
  watch: Watch,
  counts: TrafficCounts,
  { falseAlarmRate }: Settings = RATE_OF_A_SCOPE,
): { readonly watch: Watch; readonly oddities: readonly Oddity[] } {
  const began = watch.beganAtMs ?? counts.atMs;
  const values = valuesOf(watch, counts, began);
  const rate = falseAlarmRate / Math.max(1, values.length);
  const features = new Map(Object.entries(watch.features));
  const oddities: Oddity[] = [];
  for (const { feature, value, unit } of values) {
    const before = features.get(feature)?.detector ?? newDetector();
    const { detector, judgement } = observe(
      before,
      { atMs: counts.atMs, value: value / unit },
      { falseAlarmRate: rate },
    );
    const usedAtMs = value > 0 ? counts.atMs : (features.get(feature)?.usedAtMs ?? counts.atMs);
    features.set(feature, { detector, usedAtMs });
    if (judgement?.isAlert) oddities.push({ feature, value, judgement: inUnits(judgement, unit) });
  }
  return {
    watch: {
      features: Object.fromEntries(kept(features)),
      networks: networksAfter(watch.networks, counts),
      beganAtMs: began,
    },
    oddities,
  };
}

interface Value {
  readonly feature: string;
  readonly value: number;
  /** What counts as one: of a value that was always zero, nothing else says what is little. */
  readonly unit: number;
}

const PER_CENT = 0.01;

const inUnits = (judgement: Judgement, unit: number): Judgement => ({
  ...judgement,
  expected: judgement.expected * unit,
  low: judgement.low * unit,
  high: judgement.high * unit,
});

function valuesOf(watch: Watch, counts: TrafficCounts, began: number): readonly Value[] {
  const { atMs, requests, errors, asns } = counts;
  const isEnough = requests >= REQUESTS_MIN;
  const values: Value[] = [{ feature: "rate", value: requests, unit: 1 }];
  if (errors !== null && isEnough)
    values.push({ feature: "errors", value: errors / requests, unit: PER_CENT });
  // On the first day every network is new.
  if (asns !== null && isEnough && atMs - began >= DAY_MS) {
    const value = shareOfNew(watch.networks, asns, atMs);
    values.push({ feature: "new_networks", value, unit: PER_CENT });
  }
  return [...values, ...ruleValues(watch, counts)];
}

/** A rule that is followed and did not match has matched zero times, where matches were counted. */
function ruleValues({ features }: Watch, { matches }: TrafficCounts): readonly Value[] {
  if (matches === null) return [];
  const followed = Object.keys(features).filter((feature) => feature.startsWith(RULE));
  const named = Object.keys(matches).map((ref) => RULE + ref);
  return [...new Set([...followed, ...named])].map((feature) => ({
    feature,
    value: matches[feature.slice(RULE.length)] ?? 0,
    unit: 1,
  }));
}

function shareOfNew(
  known: Watch["networks"],
  asns: Readonly<Record<string, number>>,
  atMs: number,
): number {
  let [all, unseen] = [0, 0];
  for (const [asn, requests] of Object.entries(asns)) {
    all += requests;
    const last = known[asn];
    if (last === undefined || atMs - last > FORGOTTEN_MS) unseen += requests;
  }
  return all === 0 ? 0 : unseen / all;
}

/** Those that were seen last, up to the limit. */
function networksAfter(known: Watch["networks"], { asns, atMs }: TrafficCounts): Watch["networks"] {
  if (asns === null) return known;
  const all = { ...known, ...Object.fromEntries(Object.keys(asns).map((asn) => [asn, atMs])) };
  const entries = Object.entries(all);
  if (entries.length <= NETWORKS_MAX) return all;
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => b - a).slice(0, NETWORKS_MAX));
}

/** Rules that matched last, up to the limit; everything else is kept. */
function kept(features: ReadonlyMap<string, Followed>): readonly (readonly [string, Followed])[] {
  const all = [...features];
  const rules = all.filter(([feature]) => feature.startsWith(RULE));
  if (rules.length <= RULES_MAX) return all;
  const stays = new Set(
    rules
      .toSorted(([, a], [, b]) => b.usedAtMs - a.usedAtMs)
      .slice(0, RULES_MAX)
      .map(([feature]) => feature),
  );
  return all.filter(([feature]) => !feature.startsWith(RULE) || stays.has(feature));
}
