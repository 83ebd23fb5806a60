/**
 * What must hold whatever plan is carried out. An invariant compares the observed state with the one that a plan leads
 * to, and says what would be lost; it knows neither the plan nor why it was made. One file each, one line in `registry.ts`.
 */
import { sameJson } from "../canonical.ts";
import type { Fields, ObservedResource, Site } from "../resource.ts";

export interface States {
  readonly site: Site;
  /** Everything that differs between the two. */
  readonly turns: readonly Turn[];
  readonly before: readonly ObservedResource[];
  readonly after: readonly ObservedResource[];
  /** The kinds that were read. Of any other nothing is known, least of all that something is missing (I8). */
  readonly kinds: ReadonlySet<string>;
  /** Names that the golden state calls protected, beside those that always are. */
  readonly protectedNames: readonly string[];
  /** `kind identity` of what was set for a time: that it goes back takes no protection that somebody counts on. */
  readonly leased: ReadonlySet<string>;
}

/** `loosens`: somebody could do more than before. `locks_out`: somebody would be kept out who must not be. */
export type Effect = "loosens" | "locks_out" | "orphans";

export interface Violation {
  /**
   * `note`: told, and nobody is asked, because only an evaluation of both sides could say whether it is one. `doubt`: what
   * would say so was not read; that it is there is not assumed (I8), and costs a tier.
   */
  readonly severity: "person" | "doubt" | "note";
  readonly effect: Effect;
  readonly kind: string;
  /** Of the resource whose change does it. */
  readonly identity: string;
  /** For the reader: what would no longer be so. */
  readonly explanation: string;
}

export interface Invariant {
  readonly name: string;
  violations(states: States): readonly Violation[];
}

/** One resource before and after; null: it is not there. */
export interface Turn {
  readonly kind: string;
  readonly identity: string;
  readonly before: Fields | null;
  readonly after: Fields | null;
}

/** Something that protects less than before. */
export interface Weakening {
  readonly explanation: string;
  /** False: it may protect less. Whatever was not declared by people then counts as if it did. */
  readonly certain: boolean;
}

/**
 * What a kind protects, as one comparison. It is asked both ways: what a change back would weaken is what the change
 * strengthens.
 */
export interface Protection {
  readonly kind: string;
  /** `identity` is of the resource, for kinds where it says what is protected. */
  weakened(before: Fields | null, after: Fields | null, identity: string): readonly Weakening[];
}

export const certain = (explanation: string): Weakening => ({ explanation, certain: true });
export const perhaps = (explanation: string): Weakening => ({ explanation, certain: false });

const keyOf = ({ kind, id }: ObservedResource): string => `${kind} ${id}`;

/** The two states, compared once for all invariants. An object keeps its id, whatever becomes of it. */
export const compared = (states: Omit<States, "turns">): States => ({
  ...states,
  turns: turnsIn(states),
});

function turnsIn({ before, after }: Pick<States, "before" | "after">): readonly Turn[] {
  const then = new Map(after.map((resource) => [keyOf(resource), resource]));
  const there = new Set(before.map(keyOf));
  const kept = before.flatMap((resource): Turn[] => {
    const { kind, identity, fields } = resource;
    const next = then.get(keyOf(resource));
    if (next === undefined) return [{ kind, identity, before: fields, after: null }];
    return sameJson(next.fields, fields)
      ? []
      : [{ kind, identity: next.identity, before: fields, after: next.fields }];
  });
  const made = after
    .filter((resource) => !there.has(keyOf(resource)))
    .map(({ kind, identity, fields }) => ({ kind, identity, before: null, after: fields }));
  return [...kept, ...made];
}
