/** A text in the wishes that it has in it. */
import { candidatesIn, isWithin } from "./candidates.ts";
import { CONFIDENT } from "./interpretation.ts";
import { read, type Reading } from "./reading.ts";
import { clausesIn } from "./sentence.ts";

/** What a clause is about by itself; null where only others say it. */
function pathIn(clause: Reading): string | null {
  const [best] = candidatesIn(clause);
  return best !== undefined && best.confidence > CONFIDENT ? best.of.path : null;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly path: string | null;
}

/**
 * One reading for each path that the text is about, so that a place or a quantity belongs to the wish that it stands in. A clause
 * that is about no path by itself belongs to the one before it, or at the beginning to the one behind it.
 */
export function wishesIn(reading: Reading): readonly Reading[] {
  const { written, setting } = reading;
  const stretches = clausesIn(written).reduce<readonly Stretch[]>((so, { start, end }) => {
    const clause = read(written.slice(start, end), setting);
    const path = pathIn(clause);
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
