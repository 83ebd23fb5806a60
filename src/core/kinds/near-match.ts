import { editsBetween } from "../expression/nearest-name.ts";

/** Edits after which a name counts as another one misspelt. */
const EDITS_MAX = 3;
const MATCHES_MAX = 3;

/** The known names that `name` may be meant for, nearest first. */
export function nearMatches(name: string, known: Iterable<string>): readonly string[] {
  const distances = [...known].map((one) => {
    const part = name.length > EDITS_MAX && (one.includes(name) || name.includes(one));
    return { one, edits: part ? 1 : editsBetween(name, one) };
  });
  const near = distances.filter(({ edits }) => edits <= EDITS_MAX);
  const sorted = near.toSorted((a, b) => a.edits - b.edits || (a.one < b.one ? -1 : 1));
  return sorted.slice(0, MATCHES_MAX).map(({ one }) => one);
}
