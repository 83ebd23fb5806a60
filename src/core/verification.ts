/** Comparing what a plan says with what is there: before each write (the fence) and after the last one. */
import { type Json, sameJson } from "./canonical.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Step } from "./plan.ts";
import type { Fields, ObservedResource } from "./resource.ts";

export interface Mismatch {
  readonly step: number;
  readonly identity: string;
  readonly expected: "absent" | "present" | "as_planned";
  readonly fields: readonly string[];
}

type Indexed = readonly [number, Step];

/** Steps whose pre-image is no longer what the plan was computed from (I2). Empty: go on. Both sides were read, so they are equal or not. */
export function basisMoved(
  steps: readonly Indexed[],
  observed: readonly ObservedResource[],
): readonly Mismatch[] {
  return compare(steps, observed, { image: ({ before }) => before, same: () => false });
}

/** Steps whose outcome is not as predicted (I4). Empty: verified. */
export function unpredicted(
  steps: readonly Indexed[],
  observed: readonly ObservedResource[],
): readonly Mismatch[] {
  return compare(steps, observed, {
    image: ({ after }) => after,
    same: ({ kind }, field, sides) => kindOf(kind).same(field, ...sides),
  });
}

interface Comparison {
  readonly image: (step: Step) => Step["before"];
  /** What else than equality passes for the same. */
  readonly same: (
    step: Step,
    field: string,
    sides: readonly [expected: Json, there: Json],
  ) => boolean;
}

function compare(
  steps: readonly Indexed[],
  observed: readonly ObservedResource[],
  { image, same }: Comparison,
): Mismatch[] {
  const byId = new Map(observed.map((resource) => [`${resource.kind} ${resource.id}`, resource]));
  const byIdentity = new Map(
    observed.map((resource) => [`${resource.kind} ${resource.identity}`, resource]),
  );
  return steps.flatMap(([index, step]) => {
    const expected = image(step);
    const id = step.before?.id ?? step.after?.id;
    const live = id
      ? byId.get(`${step.kind} ${id}`)
      : byIdentity.get(`${step.kind} ${step.identity}`);
    const mismatch = (kind: Mismatch["expected"], fields: readonly string[] = []): Mismatch[] => [
      { step: index, identity: step.identity, expected: kind, fields },
    ];
    const isEmpty = (fields: Fields): boolean => kindOf(step.kind).isEmpty?.(fields) ?? false;
    if (expected === null) return live && !isEmpty(live.fields) ? mismatch("absent") : [];
    if (!live) return isEmpty(expected.fields) ? [] : mismatch("present");
    const fields = Object.entries(expected.fields)
      .filter(([field, value]) => {
        const there = live.fields[field] ?? null;
        return !sameJson(value, there) && !same(step, field, [value, there]);
      })
      .map(([field]) => field);
    return fields.length > 0 ? mismatch("as_planned", fields) : [];
  });
}
