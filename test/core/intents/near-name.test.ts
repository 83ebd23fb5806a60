import { describe, expect, it } from "vitest";
import type { Setting } from "../../../src/core/intents/interpretation.ts";
import { namesDeclared, namesStranger } from "../../../src/core/intents/near-name.ts";
import { interpret } from "../../../src/core/intents/rules.ts";
import { documentFor, ZONE_SCOPE } from "../golden-paths/ground.ts";
import { NOW } from "../harbor.ts";

const NAMES = ["harbor.example", "api.harbor.example", "shop.harbor.example", "*.harbor.example"];
const SETTING: Setting = {
  level: "zone",
  zone: "harbor.example",
  now: NOW,
  uses: [],
  names: NAMES,
};

describe("a name that nothing answers to", () => {
  it.each([
    ["Secure edge cache for the API on apii.harbor.example with DDoS guardrails", "api"],
    ["Show a maintenance page on shpo.harbor.example", "shop"],
    ["Scale shops.harbor.example to 5k RPS with WAF", "shop"],
    ["shoop.harbor.example에 점검 페이지를 띄워줘", "shop"],
  ])("is asked about where one that is nearly the same is there: %s", (text, near) => {
    const found = interpret(text, SETTING);
    expect(found).toMatchObject({
      type: "question",
      doubt: { about: "near_name", near: `${near}.harbor.example` },
      chosen: [{ parameters: { hostname: `${near}.harbor.example` } }],
    });
  });

  it.each([
    "Show a maintenance page on shop.harbor.example",
    "Show a maintenance page on intranet.harbor.example",
    // Short labels differ easily.
    "Show a maintenance page on app1.harbor.example",
    // This path makes the name.
    "Deploy a static site at shops.harbor.example",
    "Show a maintenance page on harbor.example",
    "Show a maintenance page",
  ])("is not asked about where there is none, or the name is made: %s", (text) => {
    expect(interpret(text, SETTING).type).toBe("choice");
  });

  it("is taken as it is where it is not known what is there", () => {
    const { names: _, ...unknown } = SETTING;
    const text = "Show a maintenance page on shpo.harbor.example";
    expect(interpret(text, unknown).type).toBe("choice");
    expect(namesStranger(interpret(text, unknown), unknown)).toBe(false);
    expect(namesStranger(interpret(text, unknown), SETTING)).toBe(true);
  });

  it("is looked for among what a golden state declares", () => {
    const document = documentFor(ZONE_SCOPE, {
      dns_record: [
        { name: "@", type: "A", content: "192.0.2.1" },
        { name: "api", type: "A", content: "192.0.2.1" },
        { name: "shop.harbor.example", type: "A", content: "192.0.2.1" },
      ],
      worker_domain: [{ hostname: "docs.harbor.example", service: "docs", zone: "harbor.example" }],
    });
    expect(namesDeclared(document, "harbor.example")).toEqual([
      "harbor.example",
      "api.harbor.example",
      "shop.harbor.example",
      "docs.harbor.example",
    ]);
    expect(namesDeclared(null, "harbor.example")).toEqual([]);
  });
});
