/** What all readings of paths are made of: rules over concepts, and parameters that a text fills. */
import type { Json, JsonObject } from "../canonical.ts";
import { isIn } from "../golden-paths/parameters.ts";
import type { Doubt } from "./interpretation.ts";
import type { Concept } from "./lexicon.ts";
import type { Reading } from "./reading.ts";

/** How sure a reading is that the path is meant, in percent, and because of which concepts. */
interface Evidence {
  readonly confidence: number;
  readonly because: readonly string[];
}

export type Filled =
  | { readonly parameters: JsonObject; readonly doubt: null }
  /** The path is clear and a parameter is not. */
  | { readonly parameters: JsonObject; readonly doubt: Doubt };

export interface PathReading {
  readonly path: string;
  readonly recognise: (reading: Reading) => Evidence | null;
  readonly fill: (reading: Reading) => Filled;
}

/** What has to be in the text. The first rule of a path that fits says how sure it is. */
interface Rule {
  readonly all: readonly Concept[];
  /** Of each list at least one. */
  readonly one?: readonly (readonly Concept[])[];
  readonly none?: readonly Concept[];
  readonly when?: (reading: Reading) => boolean;
  readonly is: number;
  readonly because: string;
}

const fits = ({ all, one = [], none = [], when }: Rule, reading: Reading): boolean =>
  reading.has(...all) &&
  one.every((list) => reading.any(...list)) &&
  !reading.any(...none) &&
  (when === undefined || when(reading));

export const byRules =
  (rules: readonly Rule[]) =>
  (reading: Reading): Evidence | null => {
    const rule = rules.find((each) => fits(each, reading));
    return rule === undefined ? null : { confidence: rule.is, because: [rule.because] };
  };

export const filled = (members: Readonly<Record<string, Json | undefined>>): Filled => ({
  parameters: membersOf(members),
  doubt: null,
});

export const missing = (
  path: string,
  parameter: string,
  members: Readonly<Record<string, Json | undefined>>,
): Filled => ({
  parameters: membersOf(members),
  doubt: { about: "missing_parameter", path, parameter },
});

export const membersOf = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );

/** Names of the zone in the text; the zone itself says nothing that the scope does not. */
export const hostsOf = ({ places, setting: { zone } }: Reading): readonly string[] =>
  places.hostnames.filter((host) => zone !== null && isIn(host, zone));
export const hostOf = (reading: Reading): string | undefined => {
  const [host] = hostsOf(reading);
  return host === reading.setting.zone ? undefined : host;
};

/** Named without being wanted: off. Otherwise the path's own default. */
export const offIf = (reading: Reading, concept: Concept): false | undefined =>
  reading.leftOut(concept) ? false : undefined;

export const secondsOf = ({ durations: [first] }: Reading): number | undefined =>
  first === undefined ? undefined : Math.round(first);

/** One client's limit, in requests for ten seconds. */
export function perTenSeconds(reading: Reading): number | undefined {
  const [rate] = reading.rates;
  if (rate === undefined || rate.attempts || !(rate.perClient || reading.has("rateLimit")))
    return undefined;
  return Math.max(1, Math.round((rate.requests * 10) / rate.seconds));
}
