/** What must hold after any test: whatever was changed can be read in the audit log. */
import { expect } from "vitest";
import { control, type Fields } from "./client.ts";

/** The journal counts the audited changes of a call; a write that succeeded has at least one. */
export async function expectWritesAudited(): Promise<void> {
  const { entries } = await control<{ entries: Fields[] }>("GET /journal?writes=true&limit=5000");
  const silent = entries.filter(({ outcome, applied }) => outcome === "ok" && applied === false);
  expect(silent.map(({ method, path }) => `${String(method)} ${String(path)}`)).toEqual([]);
}
