/**
 * What a series really did at this time of the day or week when it was last seen, with nothing smoothed away. Who starts work
 * at nine does so every day, a little earlier or later: what lies where it lay then is a season, however steep.
 */
export interface Envelope {
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
  /** The bin that is being passed: it replaces what was there when it is behind. */
  readonly open: Span | null;
  /** What was in the bin before that one, a period ago. */
  readonly past: Band | null;
}

interface Band {
  readonly low: number;
  readonly high: number;
}

interface Span extends Band {
  readonly bin: number;
}

export const newEnvelope = (bins: number): Envelope => ({
  lows: Array<null>(bins).fill(null),
  highs: Array<null>(bins).fill(null),
  open: null,
  past: null,
});

function bandAt({ lows, highs }: Envelope, bin: number): Band | null {
  const at = (bin + lows.length) % lows.length;
  const [low, high] = [lows[at] ?? null, highs[at] ?? null];
  return low === null || high === null ? null : { low, high };
}

/** Whether a value lies between what lay there a period ago, one bin earlier and later included. */
export function isAsBefore(envelope: Envelope, bin: number, value: number): boolean {
  const here = bandAt(envelope, bin);
  if (here === null) return false;
  const before = envelope.open?.bin === bin ? envelope.past : bandAt(envelope, bin - 1);
  const bands = [here, before, bandAt(envelope, bin + 1)].filter((band) => band !== null);
  const low = Math.min(...bands.map((band) => band.low));
  const high = Math.max(...bands.map((band) => band.high));
  return value >= low && value <= high;
}

export function withSeen(envelope: Envelope, bin: number, value: number): Envelope {
  const { open } = envelope;
  if (open?.bin === bin) {
    const [low, high] = [Math.min(open.low, value), Math.max(open.high, value)];
    return { ...envelope, open: { bin, low, high } };
  }
  const next = { bin, low: value, high: value };
  if (open === null) return { ...envelope, open: next };
  return {
    lows: envelope.lows.with(open.bin, open.low),
    highs: envelope.highs.with(open.bin, open.high),
    open: next,
    past: bandAt(envelope, open.bin),
  };
}
