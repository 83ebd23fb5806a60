import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkOf, parseOrchestration, seatsOf } from "../../src/core/orchestration.ts";
import { readGoldenText } from "../../src/edge/http/golden-text.ts";
import { SCOPE } from "./harbor.ts";

const SHIPPED = readFileSync(path.resolve(import.meta.dirname, "../../swarm.yaml"), "utf8");

/** `line: problem` of each fault; or the configuration. */
function parsed(text: string) {
  const read = readGoldenText(text, false);
  if (!read.ok) return read.error.map(({ line, detail }) => `${line}: ${detail}`);
  const orchestration = parseOrchestration(read.value.value);
  return orchestration.ok
    ? orchestration.value
    : orchestration.error.map(
        (fault) =>
          `${read.value.locate(fault.path).line}: ${fault.path.join(".")} ${fault.problem}`,
      );
}

const changed = (from: string | RegExp, to: string): string => {
  const text = SHIPPED.replace(from, to);
  if (text === SHIPPED) throw new Error(`\`${String(from)}\` is not there`);
  return text;
};
const lineOf = (text: string): number => SHIPPED.slice(0, SHIPPED.indexOf(text)).split("\n").length;

describe("swarm.yaml", () => {
  it("as shipped: three auditors have a vote each, the reviewer a veto, and models are the built-in rules", () => {
    const orchestration = parsed(SHIPPED);
    expect(orchestration).toEqual({
      strategy: "consensus_voting",
      models: { sentinel: "rules", architect: "rules", reviewer: "rules" },
      hasReviewer: true,
      floor: 0,
    });
    if (Array.isArray(orchestration)) throw new Error("has faults");
    expect(seatsOf(orchestration, SCOPE).map(({ id, power }) => [checkOf(id), power])).toEqual([
      ["simulation", "vote"],
      ["policy", "vote"],
      ["conformance", "vote"],
      ["reviewer", "veto"],
    ]);
  });

  it("in the form that the field expects, with models of providers", () => {
    const text = changed(
      "role: architect, model: rules",
      "role: architect, model: workers-ai/@cf/openai/gpt-oss-120b",
    );
    expect(parsed(text)).toMatchObject({
      models: { architect: "workers-ai/@cf/openai/gpt-oss-120b" },
    });
    const other = changed(
      "role: reviewer, model: rules",
      "role: reviewer, model: openai-compatible/qwen3",
    );
    expect(parsed(other)).toMatchObject({ models: { reviewer: "openai-compatible/qwen3" } });
  });

  it("may be without a reviewer, unanimous, or have a person look at everything", () => {
    expect(parsed(changed(/.*role: reviewer.*\n/, ""))).toMatchObject({ hasReviewer: false });
    expect(parsed(changed("strategy: consensus_voting", "strategy: unanimous"))).toMatchObject({
      strategy: "unanimous",
    });
    expect(
      parsed(changed("trigger: high_risk_operation", "trigger: every_operation")),
    ).toMatchObject({
      floor: 2,
    });
  });

  it.each<[string, string, RegExp, string | RegExp]>([
    [
      "another strategy",
      changed("strategy: consensus_voting", "strategy: loudest"),
      /`consensus_voting`, `unanimous`/,
      "strategy: consensus",
    ],
    [
      "no strategy",
      changed("  strategy: consensus_voting\n", ""),
      /strategy must be one of/,
      "agent_orchestrator",
    ],
    [
      "an unknown role",
      changed("role: sentinel", "role: oracle"),
      /role must be one of `sentinel`/,
      "role: sentinel",
    ],
    [
      "a right that is not for the role",
      changed("[read_state, propose]", "[read_state, propose, vote]"),
      /`vote` is not for a architect|`vote` is not for an architect/,
      "role: architect",
    ],
    [
      "an auditor that may propose",
      changed(
        "check: policy, permissions: [read_state, vote]",
        "check: policy, permissions: [read_state, vote, propose]",
      ),
      /`propose` is not for/,
      "check: policy",
    ],
    [
      "a reviewer with a vote",
      changed("[read_state, veto]", "[read_state, vote]"),
      /`vote` is not for a reviewer/,
      "role: reviewer",
    ],
    [
      "a role without its duty",
      changed("[read_state, veto]", "[read_state]"),
      /must have `veto`/,
      "role: reviewer",
    ],
    [
      "an auditor that is missing",
      changed(/.*check: conformance.*\n/, ""),
      /the auditor conformance is missing.*add `\{ role: auditor, check: conformance/,
      "agents:",
    ],
    [
      "an executor that is missing",
      changed(/.*role: executor.*\n/, ""),
      /the executor is missing.*add/,
      "agents:",
    ],
    [
      "an unknown check",
      changed("check: simulation", "check: mood"),
      /an auditor needs a `check`, one of `simulation`/,
      "check: simulation",
    ],
    [
      "an auditor with a model",
      changed("check: policy,", "check: policy, model: rules,"),
      /an auditor decides without a model: take it out/,
      "check: policy",
    ],
    [
      "a check of somebody else",
      changed("role: reviewer,", "role: reviewer, check: policy,"),
      /only an auditor has a check/,
      "role: reviewer",
    ],
    [
      "a model that nobody provides",
      changed("role: reviewer, model: rules", "role: reviewer, model: gpt"),
      /must be `rules`, `workers-ai/,
      "role: reviewer",
    ],
    [
      "an agent twice",
      changed("check: simulation", "check: policy"),
      /there is a second auditor policy: take one out/,
      "check: policy",
    ],
    [
      "no rails",
      changed(/safety_rails:[^]*/, "safety_rails: []\n"),
      /must have a person in the loop: add/,
      "safety_rails",
    ],
    [
      "an unknown member",
      changed("  strategy:", "  quorum: 1\n  strategy:"),
      /has `quorum`, which means nothing here: take it out/,
      "agent_orchestrator:",
    ],
  ])("with %s is refused with line, place and remedy", (...[, text, problem, at]) => {
    const faults = parsed(text);
    if (!Array.isArray(faults)) throw new Error("was taken");
    const found = faults.find((fault) => problem.test(fault));
    expect(found, faults.join("\n")).toBeDefined();
    const line = Number(/^\d+/.exec(found ?? "")?.[0]);
    expect(Math.abs(line - lineOf(String(at)))).toBeLessThanOrEqual(1);
  });

  it("that is no YAML, or nothing at all, is refused where it stops to be some", () => {
    const broken = parsed("agent_orchestrator:\n  agents: [");
    expect(Array.isArray(broken) && broken[0]).toMatch(/^[23]: /);
    const empty = parsed("");
    expect(Array.isArray(empty) && empty[0]).toMatch(/^1: .*expected object/);
  });
});
