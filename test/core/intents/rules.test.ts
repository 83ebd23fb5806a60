import { describe, expect, it } from "vitest";
import { sameJson } from "../../../src/core/canonical.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import {
  CONFIDENT,
  type Interpretation,
  type Setting,
} from "../../../src/core/intents/interpretation.ts";
import { interpret } from "../../../src/core/intents/rules.ts";
import { GROUND, stateOf } from "../golden-paths/ground.ts";
import { NOW } from "../harbor.ts";
import * as ROUND_1 from "./round-1.ts";
import * as ROUND_2 from "./round-2.ts";
import * as ROUND_3 from "./round-3.ts";
import * as ROUND_4 from "./round-4.ts";
import * as ROUND_5 from "./round-5.ts";
import * as ROUND_6 from "./round-6.ts";
import * as ROUND_7 from "./round-7.ts";
import * as ROUND_8 from "./round-8.ts";
import { ASKED, UNSEEN } from "./unseen.ts";
import { LIMITED, WHOLE } from "./first-sight.ts";
import type { Labelled } from "./labels.ts";
import { NOT_TO_APPLY, OTHERS, PARAPHRASES, PROMISED } from "./labelled.ts";

const SETTING: Setting = { level: "zone", zone: "harbor.example", now: NOW, uses: [] };

export const read = (text: string): Interpretation => interpret(text, SETTING);

/** Whether paths and all labelled parameters are as meant. */
function isRight({ text, paths }: Labelled): boolean {
  const found = read(text);
  if (found.type !== "choice" || found.chosen.length !== paths.length) return false;
  return paths.every(([path, parameters]) => {
    const one = found.chosen.find((chosen) => chosen.path === path);
    if (!one) return false;
    const opened = GOLDEN_PATHS.get(path)?.open(one.parameters, stateOf(GROUND));
    const full = opened?.ok ? opened.value.request.parameters : {};
    return Object.entries(parameters).every(([name, value]) => sameJson(full[name], value));
  });
}

describe("the promised intents", () => {
  it.each(PROMISED)("understands: $text", (labelled) => {
    expect(isRight(labelled), JSON.stringify(read(labelled.text))).toBe(true);
  });
});

describe("the labelled set", () => {
  it("is understood, paths and parameters, at 95 in a hundred or more", () => {
    const all = [...PROMISED, ...PARAPHRASES];
    const wrong = all.filter((one) => !isRight(one));
    const told = wrong.map(({ text }) => `${text} -> ${JSON.stringify(read(text))}`);
    expect(all.length).toBeGreaterThanOrEqual(65);
    expect(1 - wrong.length / all.length, told.join("\n")).toBeGreaterThanOrEqual(0.95);
  });

  it("reaches to other words: 85 in a hundred or more, and none of them wrong with confidence", () => {
    const wrong = OTHERS.filter((one) => !isRight(one));
    const told = wrong.map(({ text }) => `${text} -> ${JSON.stringify(read(text))}`);
    expect(1 - wrong.length / OTHERS.length, told.join("\n")).toBeGreaterThanOrEqual(0.85);
    expect(wrong.filter(({ text }) => read(text).type === "choice")).toEqual([]);
  });

  it("reaches to texts that were written without a look at the rules, none of them wrong with confidence", () => {
    const wrong = UNSEEN.filter((one) => !isRight(one));
    const told = wrong.map(({ text }) => `${text} -> ${JSON.stringify(read(text))}`);
    expect(UNSEEN.length + ASKED.length).toBeGreaterThanOrEqual(150);
    expect(1 - wrong.length / UNSEEN.length, told.join("\n")).toBeGreaterThanOrEqual(0.9);
    expect(wrong.filter(({ text }) => read(text).type === "choice")).toEqual([]);
    expect(ASKED.filter((text) => read(text).type === "choice")).toEqual([]);
  });

  it("takes a wish at its word only where every word is accounted for", () => {
    const wrong = WHOLE.filter((one) => !isRight(one));
    const told = wrong.map(({ text }) => `${text} -> ${JSON.stringify(read(text))}`);
    expect(1 - wrong.length / WHOLE.length, told.join("\n")).toBeGreaterThanOrEqual(0.95);
    expect(wrong.filter(({ text }) => read(text).type === "choice")).toEqual([]);
    expect(LIMITED.filter((text) => read(text).type === "choice")).toEqual([]);
  });

  it.each([
    ["first", ROUND_1],
    ["second", ROUND_2],
    ["third", ROUND_3],
    ["fourth", ROUND_4],
    ["fifth", ROUND_5],
    ["sixth", ROUND_6],
    ["seventh", ROUND_7],
    ["eighth", ROUND_8],
  ])("reads the %s round of texts, and acts on no doubtful one", (_, { WISHES, TRICKY }) => {
    const wrong = WISHES.filter((one) => !isRight(one));
    const told = wrong.map(({ text }) => `${text} -> ${JSON.stringify(read(text))}`);
    expect(1 - wrong.length / WISHES.length, told.join("\n")).toBeGreaterThanOrEqual(0.95);
    expect(wrong.filter(({ text }) => read(text).type === "choice")).toEqual([]);
    expect(TRICKY.filter((text) => read(text).type === "choice")).toEqual([]);
  });

  it.each([
    ["for the qux team", "qux"],
    ["on every second host", "second"],
    ["except the checkout", "except"],
    ["per region", "per"],
    ["not staging", "not"],
    ["50%", "50%"],
    ["москва", "москва"],
  ])("asks what is meant by `%s` behind any wish", (words, unread) => {
    const plain = [...PROMISED, ...WHOLE].filter(({ text }) => read(text).type === "choice");
    const asked = plain.map(({ text }) => read(`${text} ${words}`));
    expect(plain.length).toBeGreaterThan(60);
    expect(asked.filter(({ type }) => type === "choice")).toEqual([]);
    const named = asked.filter(
      (one) =>
        one.type === "question" && one.doubt.about === "unread" && one.doubt.words.includes(unread),
    );
    expect(named.length).toBeGreaterThan(plain.length / 2);
  });

  it("does not take a length of time for said because the use in force has one", () => {
    const uses = [{ path: "scale-with-waf", parameters: { target_rps: 5_000, cache_seconds: 60 } }];
    const found = (text: string): string => interpret(text, { ...SETTING, uses }).type;
    expect(found("Scale prod to 10k RPS with WAF")).toBe("choice");
    expect(found("Scale prod to 10k RPS with WAF for two weeks")).toBe("question");
  });

  it("comes to an end on a long word of stems that overlap", () => {
    expect(read(`prod를 10k RPS로 확장하고 WAF를 적용해줘 ${"하고".repeat(900)}뷁`).type).toBe(
      "question",
    );
  });

  it("reads no document clause by clause (I12)", () => {
    expect(read(`Block Russia${", a".repeat(600)}`)).toMatchObject({
      type: "cannot",
      doubt: { about: "wording", objection: "is_pasted" },
    });
  });

  it("gives each wish its own places and lengths of time", () => {
    const text = "Cache the API for 5 minutes with DDoS guardrails and rotate tokens every 30 days";
    expect(read(text)).toMatchObject({
      type: "choice",
      chosen: [
        { path: "secure-api-edge", parameters: { cache_seconds: 300 } },
        { path: "credential-rotation", parameters: { expires_on: "2026-03-31T00:00:00Z" } },
      ],
    });
  });

  it.each([
    "Block Russia and challenge Japan",
    "Set up a maintenance page and block Russia on shop.harbor.example",
    "We have a maintenance page on shop.harbor.example, scale prod to 10k RPS with WAF",
  ])("asks which wish a part belongs to: %s", (text) => {
    expect(read(text).type).toBe("question");
  });

  it("is never misunderstood with confidence", () => {
    for (const { text, paths } of [...PROMISED, ...PARAPHRASES]) {
      const found = read(text);
      if (found.type !== "choice") continue;
      expect(found.chosen.map(({ path }) => path).toSorted(), text).toEqual(
        paths.map(([path]) => path).toSorted(),
      );
      expect(found.confidence).toBeGreaterThanOrEqual(CONFIDENT);
    }
  });

  it.each(NOT_TO_APPLY)("asks or says no: %s", (text) => {
    expect(read(text).type, JSON.stringify(read(text))).not.toBe("choice");
  });
});
