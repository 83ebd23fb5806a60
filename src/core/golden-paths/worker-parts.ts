/** What the Workers of paths have in common. */
import type { JsonObject } from "../canonical.ts";

/** When the code of the paths was written against the platform; it moves with a version of a path. */
const COMPATIBILITY_DATE = "2026-10-01";

export const workerOf = (
  name: string,
  content: string,
  bindings: readonly JsonObject[],
): JsonObject => ({
  name,
  main_module: "index.mjs",
  content,
  compatibility_date: COMPATIBILITY_DATE,
  bindings,
  observability: { enabled: true },
});

export const text = (name: string, value: string): JsonObject => ({
  name,
  type: "plain_text",
  text: value,
});
