/**
 * All that was learned, as it is handed to whoever decides. It puts what may be chosen anyway into an order, within what the
 * evidence allows, and it asks for more care. It makes nothing eligible and takes no care away, whatever stands in it (I13). Pure.
 */
import type { Remedy } from "../diagnosis/facts.ts";
import { TEMPLATES } from "../guardrails/registry.ts";
import { LADDER, type Mode } from "../guardrails/template.ts";
import type { Digest } from "../ids.ts";
import type { Interpretation } from "../intents/interpretation.ts";
import { NORMAL_MIN } from "../traffic/trial.ts";
import { type About, meanPpm, NOTHING, sum, type Weighed } from "./statistic.ts";

export interface Learned extends Weighed {
  readonly cause: string;
  readonly about: About;
}

export interface Experience {
  readonly statistics: readonly Learned[];
  /** Shapes of plans that a person looks at, until a person says otherwise. */
  readonly cautions: readonly Digest[];
}

export const NO_EXPERIENCE: Experience = { statistics: [], cautions: [] };

/** Of everything that `is` about, together. */
const meanOf = ({ statistics }: Experience, is: (one: Learned) => boolean): number => {
  const all = statistics.filter(is);
  return meanPpm({
    own: all.map(({ own }) => own).reduce(sum, NOTHING),
    imported: all.map(({ imported }) => imported).reduce(sum, NOTHING),
  });
};

/** The same paths, what went well before first. Of equals the order stays. */
export function rankedPaths(paths: readonly string[], experience: Experience): readonly string[] {
  const mean = new Map(
    paths.map((path) => [
      path,
      meanOf(experience, ({ about }) => about.of === "path" && about.path === path),
    ]),
  );
  return paths.toSorted((a, b) => (mean.get(b) ?? 0) - (mean.get(a) ?? 0));
}

/** A question about several paths shows them in the order of what is known of them. It stays a question about the same ones. */
export function rankedReading(found: Interpretation, experience: Experience): Interpretation {
  if (found.type === "choice" || found.doubt.about !== "which_path") return found;
  const paths = rankedPaths(found.doubt.paths, experience);
  return { ...found, doubt: { about: "which_path", paths } };
}

type Guard = Extract<Remedy, { type: "guard" }>;

/**
 * The rungs that a guardrail may begin on, mildest first: what the diagnosis asks for, and one harder where the trial on
 * enough normal requests has hit none of them. Never below what was asked for.
 */
export function rungsAllowed({
  template,
  mode,
  trial,
}: Pick<Guard, "template" | "mode" | "trial">): readonly Mode[] {
  const modes: readonly Mode[] = TEMPLATES.get(template)?.modes ?? [];
  const rungs = LADDER.filter((rung) => modes.includes(rung));
  const at = rungs.findIndex((rung) => rung === mode);
  const hitsNobody = trial !== null && trial.collateral === 0 && trial.normal >= NORMAL_MIN;
  const harder = at > 0 && hitsNobody ? rungs[at + 1] : undefined;
  return harder === undefined ? [mode] : [mode, harder];
}

/** Of the rungs that are allowed the one that has gone well against this cause. Without experience the mildest. */
export function firstRung(
  { cause, remedy }: { readonly cause: string; readonly remedy: Guard },
  experience: Experience,
): Mode {
  const mean = (mode: Mode): number =>
    meanOf(
      experience,
      (one) =>
        one.cause === cause &&
        one.about.of === "rung" &&
        one.about.template === remedy.template &&
        one.about.mode === mode,
    );
  return rungsAllowed(remedy).reduce(
    (best, mode) => (mean(mode) > mean(best) ? mode : best),
    remedy.mode,
  );
}
