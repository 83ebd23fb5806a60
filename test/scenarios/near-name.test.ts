import { describe, expect, it } from "vitest";
import books from "../../examples/harbor-books.example.yaml?raw";
import { api, BOOKS, putGolden, settled, tick } from "../support/world.ts";

describe("an intent about a name that nothing answers to", () => {
  it("asks whether the one that is nearly the same is meant, and shows what would be", async () => {
    await tick();
    expect((await putGolden(books)).status).toBe(200);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const response = await api("/api/v1/intents", "dev-operator", {
      method: "POST",
      body: JSON.stringify({
        scope: BOOKS.scope,
        text: "Show a maintenance page on chekout.harbor-books.example",
      }),
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      phase: "asking",
      question: {
        about: "near_name",
        en: expect.stringContaining("checkout.harbor-books.example"),
      },
      draft: {
        paths: [
          { path: "maintenance-page", parameters: { hostname: "checkout.harbor-books.example" } },
        ],
      },
    });
  });
});
