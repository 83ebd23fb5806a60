import { expect, it } from "vitest";
import { type Hold, holdOf } from "../../../src/core/hold.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { NOW, SCOPE } from "../harbor.ts";
import { leftOutOf, sound, votes } from "./dossiers.ts";

/** The dossier is sound; what the auditors hear of holds, they hear from the one that keeps them. */
const hold = (selector: Hold["selector"], expiresAt = "2026-03-02T12:00:00Z"): Hold =>
  holdOf(SCOPE, { selector, reason: "moving", by: "kim", expiresAt: instantOf(expiresAt) }, NOW);

const refusals = (one: Hold): readonly string[] =>
  votes({ ...sound, holds: [one] })["policy"] ?? [];

it("a plan that includes a held subject is refused, one step for each", () => {
  expect(refusals(hold(null))).toHaveLength(sound.dossier.plan.steps.length);
  const old = hold({ kind: "dns_record", where: { name: "www" } });
  expect(refusals(old)).toEqual(["on_hold: A www.harbor.example 192.0.2.1"]);
  // What is there now is held as well as what would be there.
  const now = hold({ kind: "dns_record", where: { ttl: "60" } });
  expect(refusals(now)).toEqual(["on_hold: A www.harbor.example 192.0.2.1"]);
  const rogue = hold({ kind: "dns_record", where: { name: "rogue" } });
  expect(refusals(rogue)).toEqual(["on_hold: A rogue.harbor.example 198.51.100.1"]);
});

it("an expired hold refuses too: only a person ends it", () => {
  const over = hold({ kind: "zone_setting", where: {} }, "2026-02-01T12:00:00Z");
  expect(refusals(over)).toEqual(["on_hold: ssl"]);
});

it("a hold on something else is no reason", () => {
  expect(refusals(hold({ kind: "dns_record", where: { name: "api" } }))).toEqual([]);
});

it("what is held may not be smuggled in under the list of what was left out", () => {
  const held = [leftOutOf("dns_record A www.harbor.example 192.0.2.1")];
  const input = { ...sound, holds: [hold({ kind: "dns_record", where: { name: "www" } })] };
  const reasons = votes({ ...input, dossier: { ...sound.dossier, held } })["policy"];
  expect(reasons).toContain("on_hold: A www.harbor.example 192.0.2.1");
});
