import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../../src/core/kinds/registry.ts";
import { isKnownKind } from "../../../src/core/policy/question.ts";
import { runTable } from "../../../src/core/policy/table.ts";
import { invalidIn, lintOf } from "../../../src/edge/cedar/examine.ts";
import { mutate } from "../../../src/edge/cedar/mutation.ts";
import { engine, shipped, tables, wholeTable } from "../../support/policies.ts";

const { equivalent } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../../../policies/mutants.json"), "utf8"),
) as { equivalent: { mutant: string; because: string }[] };

describe("the shipped policies", () => {
  it("fit the schema without a warning, and are of bounded size", () => {
    expect(invalidIn(engine, shipped)).toEqual([]);
    expect(shipped.policies.flatMap((policy) => lintOf(engine, policy, "shipped"))).toEqual([]);
  });

  it.each(Object.entries(tables))("answer every row of the table of %s", (_, table) => {
    const broken = runTable(table, engine.decide).filter(({ holds }) => !holds);
    expect(broken).toEqual([]);
  });

  it("are each the reason of a refusal or a permission in some row", () => {
    const decided = new Set(wholeTable.rows.flatMap(({ why }) => why));
    expect(shipped.policies.filter(({ id }) => !decided.has(id))).toEqual([]);
  });

  it("have rows with ids of their own", () => {
    const ids = wholeTable.rows.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) < index)).toEqual([]);
  });

  it("know a type for every kind that is ever written", () => {
    const unknown = [...KINDS.keys()].filter((kind) => !isKnownKind(kind));
    // Tokens are watched and never written.
    expect(unknown).toEqual(["api_token"]);
  });
});

it("the tables kill every mutant of the shipped policies, but for those that mean the same", () => {
  const mutated = mutate(engine, shipped, { policies: shipped.policies, table: wholeTable });
  const survivors = mutated.filter(({ fate }) => fate === "survived");
  expect(mutated.length).toBeGreaterThan(800);
  expect(mutated.filter(({ fate }) => fate === "unfit")).toEqual([]);
  expect(survivors.map(({ mutant }) => mutant.id)).toEqual(equivalent.map(({ mutant }) => mutant));
  expect(equivalent.every(({ because }) => because.length > 20)).toBe(true);
}, 180_000);
