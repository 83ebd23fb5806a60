/** The state that a plan leads to: its predictions laid over a copy of what was observed. */
import { createdId, type Step } from "./plan.ts";
import type { ObservedResource } from "./resource.ts";

export function predicted(
  observed: readonly ObservedResource[],
  steps: readonly Step[],
): readonly ObservedResource[] {
  const byId = new Map(steps.map((step) => [`${step.kind} ${step.before?.id}`, step]));
  const kept = observed.flatMap((resource): readonly ObservedResource[] => {
    const step = byId.get(`${resource.kind} ${resource.id}`);
    if (step === undefined) return [resource];
    const { group, identity, after } = step;
    return after === null ? [] : [{ ...resource, group, identity, fields: after.fields }];
  });
  const made = steps.flatMap(({ op, kind, group, identity, after }, index) =>
    op !== "create" || after === null
      ? []
      : [{ kind, group, identity, fields: after.fields, id: createdId(index), system: null }],
  );
  return [...kept, ...made];
}
