/** What somebody's words were taken for: a path with parameters, a question back, or "cannot". Never a call, never a resource. */
import type { JsonObject } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import type { Level } from "../resource.ts";

/** More than a paragraph is not an intent but a document (I12). */
export const TEXT_CHARS_MAX = 2_000;

/** From here on an amendment may go its ordinary way without a question. Percent. */
export const CONFIDENT = 80;

export interface Chosen {
  readonly path: string;
  readonly parameters: JsonObject;
}

/** Why nothing is proposed, or not yet. The words for people are made where they are shown. */
export type Doubt =
  | { readonly about: "nothing_understood" }
  | { readonly about: "which_path"; readonly paths: readonly string[] }
  | { readonly about: "missing_parameter"; readonly path: string; readonly parameter: string }
  | { readonly about: "several_values"; readonly path: string; readonly parameter: string }
  /** Words that the reading did not use, and that may change what is meant. */
  | { readonly about: "unread"; readonly words: readonly string[] }
  | { readonly about: "place"; readonly name: string }
  /** Nothing is known by that name, and something by one that is nearly the same. */
  | { readonly about: "near_name"; readonly name: string; readonly near: string }
  | { readonly about: "wording"; readonly objection: string }
  /** It was read, by words that do not suffice or by a model, so a person has to say that it is meant. */
  | { readonly about: "confirmation" };

export type Interpretation =
  | {
      readonly type: "choice";
      readonly chosen: readonly Chosen[];
      /** 0 to 100. */
      readonly confidence: number;
      readonly reasons: readonly string[];
    }
  | {
      readonly type: "question";
      readonly doubt: Doubt;
      /** What it would probably be. */
      readonly chosen: readonly Chosen[];
      readonly reasons: readonly string[];
    }
  | { readonly type: "cannot"; readonly doubt: Doubt; readonly reasons: readonly string[] };

/** What a text may refer to without saying it. */
export interface Setting {
  readonly level: Level;
  /** The zone's name; of an account scope null. */
  readonly zone: string | null;
  readonly now: Instant;
  /** The uses of paths in force: an intent about one of them amends it. */
  readonly uses: readonly Chosen[];
  /** What is known to be there, by its full name. Left out: it is not known what is. */
  readonly names?: readonly string[];
}
