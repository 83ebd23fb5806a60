import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalTxt, storedTxt } from "../../../src/core/kinds/txt-content.ts";

const text = fc.string({ unit: "binary", maxLength: 600 });
const octets = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 });
const escapedOctets = (codes: readonly number[]): string =>
  `"${codes.map((code) => `\\${String(code).padStart(3, "0")}`).join("")}"`;

describe("canonicalTxt", () => {
  it("is idempotent", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(canonicalTxt(canonicalTxt(value))).toBe(canonicalTxt(value));
      }),
    );
  });

  it("reads a value and its stored form as the same", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(canonicalTxt(storedTxt(value))).toBe(canonicalTxt(value));
      }),
    );
  });

  it("keeps different octets apart and the same octets together", () => {
    fc.assert(
      fc.property(octets, octets, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(canonicalTxt(escapedOctets(a)) === canonicalTxt(escapedOctets(b))).toBe(same);
      }),
    );
  });

  it("keeps literal quotes and backslash-semicolons when it is applied again", () => {
    for (const stored of [String.raw`"\"x\""`, String.raw`"a\\;b"`, String.raw`"\"\""`, '""']) {
      const canonical = canonicalTxt(stored);
      expect(canonicalTxt(canonical)).toBe(canonical);
      expect(storedTxt(canonical)).toBe(stored);
    }
  });

  it("reads octets by number as UTF-8 where they are, and keeps them where they are not", () => {
    expect(canonicalTxt(String.raw`"m\195\188nchen"`)).toBe("münchen");
    expect(canonicalTxt(String.raw`"\255"`)).toBe(String.raw`"\255"`);
    expect(canonicalTxt("münchen")).toBe("münchen");
    expect(canonicalTxt('"한국어"')).toBe("한국어");
  });

  it("takes what is not well-formed presentation format as bare", () => {
    expect(canonicalTxt('"open')).toBe('"open');
    expect(canonicalTxt('"a" b')).toBe('"a" b');
    expect(canonicalTxt(String.raw`"\999"`)).toBe(String.raw`"\999"`);
    expect(canonicalTxt(String.raw`C:\dir`)).toBe(String.raw`C:\dir`);
  });

  it("writes the empty value as two quotes", () => {
    expect([canonicalTxt('""'), canonicalTxt('"" ""'), storedTxt('""')]).toEqual([
      '""',
      '""',
      '""',
    ]);
  });

  it("survives a lone surrogate", () => {
    expect(canonicalTxt("a\ud800b")).toBe("a\ufffdb");
  });
});

describe("storedTxt", () => {
  it("never makes a character string longer than 255 octets, nor splits a character", () => {
    fc.assert(
      fc.property(text, (value) => {
        const strings = [...storedTxt(value).matchAll(/"((?:[^"\\]|\\[^])*)"/g)].map(
          ([, inner = ""]) => inner,
        );
        for (const inner of strings) {
          const plain = inner.replace(/\\(\d{3})/g, "x").replace(/\\([^])/g, "$1");
          expect(Buffer.byteLength(plain)).toBeLessThanOrEqual(255);
        }
      }),
    );
    expect(storedTxt("ü".repeat(128))).toBe(`"${"ü".repeat(127)}" "ü"`);
  });

  it("reads a long run of quotes in linear time", () => {
    const long = `${'"a"'.repeat(20_000)}x`;
    expect(canonicalTxt(long)).toBe(long);
  });
});
