import { describe, expect, it } from "vitest";
import { FakeSwarm } from "./fake-swarm.ts";

const assess = (body: unknown) =>
  new FakeSwarm().ask("/api/v1/expressions/assessments", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("the assessment of an expression", () => {
  it("gives the canonical form, the plan that it needs, and what it matches", async () => {
    const answer = await assess({
      expression: '(http.request.uri.path ~ "^/wp-") && !ssl',
      requests: [
        { uri: "/wp-login.php", scheme: "http" },
        { uri: "/", scheme: "http" },
      ],
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      canonical: 'http.request.uri.path matches r"^/wp-" and not ssl',
      plan: { least: "business", because: "the operator `matches`" },
      match: { requests: 2, matched: 1, share: 0.5, hit: { paths: [{ value: "/wp-login.php" }] } },
    });
  });

  it("names place and remedy of what is wrong", async () => {
    const answer = await assess({ expression: "http.host eq 1" });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      errors: [
        {
          pointer: "#/expression",
          detail: '1:14: expected a string; write it in quotes, like "text"',
        },
      ],
    });
  });
});
