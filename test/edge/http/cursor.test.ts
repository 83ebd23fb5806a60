import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isIncidentId, isRunId } from "../../../src/core/ids.ts";
import { afterOf, cursorOf, scopeAfterOf } from "../../../src/edge/http/cursor.ts";
import { incidentId, instantAt, SCOPE } from "./fake-swarm.ts";

describe("cursors", () => {
  it("come back as the key they were made of", () => {
    fc.assert(
      fc.property(fc.nat(1e8), fc.string(), (seconds, name) => {
        const key = { at: instantAt(seconds), id: incidentId(name) };
        const cursor = cursorOf(key.at, key.id);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(afterOf(cursor, isIncidentId)).toEqual({ ok: true, value: key });
        expect(afterOf(cursor, isRunId).ok).toBe(false);
      }),
    );
    expect(scopeAfterOf(cursorOf(SCOPE))).toEqual({ ok: true, value: SCOPE });
  });

  it("are refused when they are not ours, and never throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(cursorOf)), (text) => {
        expect(afterOf(text, isRunId)).toMatchObject({ ok: false, error: { slug: "bad-cursor" } });
        expect(scopeAfterOf(text)).toMatchObject({ ok: false });
      }),
    );
  });

  it("may be left out", () => {
    expect(afterOf(undefined, isRunId)).toEqual({ ok: true, value: null });
    expect(scopeAfterOf(undefined)).toEqual({ ok: true, value: null });
  });
});
