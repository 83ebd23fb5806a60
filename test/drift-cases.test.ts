/** Every numbered case of the drift reference is the name of a test, the negative ones beside the silent ones. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const NUMBERED = Array.from({ length: 60 }, (_, index) => String(index + 1));
const NEGATIVE = ["6 ≠", "16 ≠", "56 ≠", "7b"];

it("names a test for each case from 1 to 60", () => {
  const texts = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.endsWith("drift-cases.test.ts"))
    .map((name) => readFileSync(path.join(import.meta.dirname, name), "utf8"));
  const isNamed = (number: string): boolean =>
    texts.some((text) =>
      new RegExp(`[cC]ases? (?:[\\d, and]*\\b)?${number}(?![\\da-z])`).test(text),
    );
  expect([...NUMBERED, ...NEGATIVE].filter((number) => !isNamed(number))).toEqual([]);
});
