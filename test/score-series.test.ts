/** `npm run score`: whatever form a public series comes in, the same points are told. */
import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { noise } from "./core/detection/series.ts";

const SCRIPT = resolve(import.meta.dirname, "../scripts/score-series.mjs");
const START_MS = 1_767_225_600_000;
const ODD = 500;

const random = noise(4);
const points = Array.from({ length: 600 }, (_, index): [atMs: number, value: number] => [
  START_MS + index * 300_000,
  50 + random.normal() + (index === ODD ? 90 : 0),
]);
const lines = (of: readonly unknown[]): string => of.map((one) => JSON.stringify(one)).join("\n");

interface Line {
  readonly timestamp: string;
  readonly alert: boolean;
}
const alerts = (input: string): readonly number[] =>
  execFileSync(process.execPath, [SCRIPT], { input, encoding: "utf8", timeout: 60_000 })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .flatMap(({ alert }, index) => (alert ? [index] : []));

describe("a series", () => {
  it.each([
    ["CSV with a header", `timestamp,value\n${points.map((one) => one.join(",")).join("\n")}`],
    ["CSV without one", points.map((one) => one.join(",")).join("\n")],
    [
      "CSV with instants as texts, and columns in another order",
      `value,label,time\n${points.map(([at, value]) => `${value},0,${new Date(at).toISOString()}`).join("\n")}`,
    ],
    ["JSON pairs", JSON.stringify(points)],
    ["JSON values", JSON.stringify(points.map(([, value]) => value))],
    [
      "JSON objects in a member",
      JSON.stringify({ data: points.map(([timestamp, value]) => ({ timestamp, value })) }, null, 1),
    ],
    [
      "JSON lines with seconds, and numbers as texts",
      lines(points.map(([at, value]) => ({ time: at / 1_000, count: String(value) }))),
    ],
  ])("is read as %s", (_, text) => {
    expect(alerts(text)).toEqual([ODD]);
  });

  it("that has no numbers is refused, with how to write one", () => {
    for (const input of ['{"x":"y"}', "a,b\nc,d\n", "[]"]) {
      const { status, stderr, stdout } = spawnSync(process.execPath, [SCRIPT], {
        input,
        encoding: "utf8",
        timeout: 60_000,
      });
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^no value is a number\n\nUsage/);
    }
  });
});
