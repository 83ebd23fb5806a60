// A sample in a few numbers.

/** The value below which `share` of the sample lies (nearest rank). */
function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

function distribution(sample) {
  const sorted = sample.toSorted((a, b) => a - b);
  const [median, p90, max] = [quantile(sorted, 0.5), quantile(sorted, 0.9), sorted.at(-1)];
  return { median: rounded(median), p90: rounded(p90), max: rounded(max), n: sorted.length };
}

/** A line of the report about times: the median is its value. */
export function timed({ metric, sample, bar, unit = "ms" }) {
  const { median, p90, max, n } = distribution(sample);
  return { metric, value: median, unit, ...(bar !== undefined && { bar }), p90, max, n };
}

/** A line about what is counted and does not vary by chance: the worst one is its value. */
export function counted({ metric, sample, bar, unit }) {
  const { median, max, n } = distribution(sample);
  return { metric, value: max, unit, ...(bar !== undefined && { bar }), median, n };
}

/** A line for each stage of heals `{ stages }`. */
export function stageLines(heals) {
  return Object.keys(heals[0].stages).map((stage) =>
    timed({ metric: `stage ${stage}`, sample: heals.map(({ stages }) => stages[stage]) }),
  );
}

const rounded = (value) => Math.round(value * 100) / 100;
