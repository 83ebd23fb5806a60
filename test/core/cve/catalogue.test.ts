import { describe, expect, it } from "vitest";
import { exampleRequest } from "./example.ts";
import { ENTRIES } from "../../../src/core/cve/registry.ts";
import type { CveEntry } from "../../../src/core/cve/entry.ts";
import { conditionFault } from "../../../src/core/expression/check.ts";
import { compileCondition, type Evaluation } from "../../../src/core/expression/evaluate.ts";
import { parseExpression } from "../../../src/core/expression/parse.ts";
import { factsOf, type RecordedRequest } from "../../../src/core/expression/request.ts";
import { requirementOf } from "../../../src/core/expression/requirements.ts";
import { benignRequests } from "./benign.ts";
import { variantsOf } from "./variants.ts";

function compiled(expression: string): Evaluation {
  const parsed = parseExpression(expression);
  if (!parsed.ok) throw new Error(`${expression}: ${parsed.error.problem}`);
  return compileCondition(parsed.value);
}

const strongest = ({ mitigation }: CveEntry): string | null =>
  mitigation.kind === "edge" ? (mitigation.full ?? mitigation.basic) : null;

const RULES = ENTRIES.flatMap((entry) => {
  const text = strongest(entry);
  return text === null ? [] : [{ entry, text, matches: compiled(text) }];
});

const isHit = (matches: Evaluation, request: RecordedRequest): boolean =>
  matches(factsOf(request)) === true;

describe("the catalogue", () => {
  it("has at least 25 vulnerabilities, each once", () => {
    expect(ENTRIES.length).toBeGreaterThanOrEqual(25);
    const ids = ENTRIES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const wanted of ["CVE-2021-44228", "CVE-2022-22965", "CVE-2025-55182", "CVE-2025-29927"]) {
      expect(ids).toContain(wanted);
    }
  });

  it.each(RULES.map(({ entry }) => [entry.id, entry] as const))(
    "%s has expressions that Cloudflare takes, for the plans that they say",
    (_, { mitigation }) => {
      if (mitigation.kind !== "edge") return;
      expect(mitigation.basic ?? mitigation.full).not.toBeNull();
      for (const [text, plans] of [
        [mitigation.basic, ["free", "pro"]],
        [mitigation.full, ["enterprise"]],
      ] as const) {
        if (text === null) continue;
        expect(conditionFault(text)).toBeNull();
        expect(text.length).toBeLessThanOrEqual(4_096);
        const parsed = parseExpression(text);
        expect(plans).toContain(parsed.ok && requirementOf(parsed.value).plan);
      }
    },
  );

  it.each(RULES.map((rule) => [rule.entry.id, rule] as const))(
    "%s matches its examples of attacks, however they are encoded",
    (_, { entry, matches }) => {
      expect(entry.hits.length).toBeGreaterThanOrEqual(2);
      const missed = entry.hits.flatMap((hit) =>
        variantsOf(exampleRequest(hit)).filter((request) => !isHit(matches, request)),
      );
      expect(missed).toEqual([]);
    },
  );

  it.each(RULES.map((rule) => [rule.entry.id, rule] as const))(
    "%s spares what only looks like it",
    (_, { entry, matches }) => {
      expect(entry.misses.length).toBeGreaterThanOrEqual(2);
      expect(entry.misses.filter((text) => isHit(matches, exampleRequest(text)))).toEqual([]);
    },
  );

  it("gives a reason for each that the edge cannot mitigate", () => {
    const none = ENTRIES.filter(({ mitigation }) => mitigation.kind === "none");
    expect(none.length).toBeGreaterThan(3);
    for (const { mitigation, hits } of none) {
      expect(mitigation.kind === "none" && mitigation.reason.length).toBeGreaterThan(40);
      expect(hits).toEqual([]);
    }
  });

  it("as a whole hits at most one in a thousand ordinary requests", () => {
    const requests = benignRequests(6_000);
    const hits = requests.flatMap((request) => {
      const facts = factsOf(request);
      return RULES.filter(({ matches }) => matches(facts) === true).map(
        ({ entry }) => `${entry.id}: ${request.method} ${request.uri}`,
      );
    });
    expect(hits.length).toBeLessThanOrEqual(requests.length / 1_000);
    expect(hits).toEqual([]);
  }, 60_000);
});
