import type { Change } from "../resource.ts";

/**
 * The `handsOff` of a kind with fields that are given when the object is made and never change: only making it again
 * would help, and that is not for us to do.
 */
export const creationOnly =
  (...fixed: readonly string[]) =>
  (change: Change): string | null => {
    const differing =
      change.op === "update" ? change.fields.filter((one) => fixed.includes(one)) : [];
    return differing.length === 0 ? null : `${differing.join(" and ")} cannot be changed`;
  };
