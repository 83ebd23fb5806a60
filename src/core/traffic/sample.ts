/** A bounded, deterministic sample of a stream: every k-th, with k doubled whenever it is full. Pure but for its own state. */
import type { SeenRequest } from "./seen-request.ts";

export class Sample {
  readonly #max: number;
  #kept: SeenRequest[] = [];
  #stride = 1;
  #seen = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(request: SeenRequest): void {
    if (this.#seen % this.#stride === 0) this.#kept.push(request);
    this.#seen += 1;
    if (this.#kept.length <= this.#max) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /** Each stands for as many as were passed over for it. */
  kept(): readonly SeenRequest[] {
    return this.#kept.map((one) => ({ ...one, weight: one.weight * this.#stride }));
  }
}

export const weightOf = (requests: readonly SeenRequest[]): number =>
  requests.reduce((sum, { weight }) => sum + weight, 0);

/** How much of `requests` has which value, the largest first. */
export function shares(
  requests: readonly SeenRequest[],
  valueOf: (request: SeenRequest) => string | number | undefined,
): readonly { readonly value: string; readonly share: number }[] {
  const total = weightOf(requests);
  if (total === 0) return [];
  const counts = new Map<string, number>();
  for (const one of requests) {
    const value = valueOf(one);
    if (value !== undefined) counts.set(`${value}`, (counts.get(`${value}`) ?? 0) + one.weight);
  }
  return [...counts]
    .map(([value, count]) => ({ value, share: count / total }))
    .toSorted((a, b) => b.share - a.share || (a.value < b.value ? -1 : 1));
}
