/** Without an account of AWS: what names it is refused with the remedy, and everything else goes on as if there were none. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import books from "../../examples/harbor-books.example.yaml?raw";
import worker from "../../src/index.ts";
import { AWS_SCOPE } from "../support/aws.ts";
import { apiJson, BOOKS, control, putGolden, settled, vaultWrites } from "../support/world.ts";

interface Asked {
  readonly phase: string;
  readonly draft: { readonly parts: readonly { readonly scope: string }[] } | null;
  readonly errors: readonly { readonly detail: string }[];
}

const ask = (text: string, planOnly: boolean): Promise<Asked> =>
  apiJson("/api/v1/intents", "dev-operator", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ scope: BOOKS.scope, text, plan_only: planOnly }),
  });

beforeAll(async () => {
  await control("POST", "/reset", {});
  const ctx = createExecutionContext();
  const unset: object = { ...env, AWS_ACCOUNT_ID: "" };
  const event = { scheduledTime: Date.now(), cron: "*/5 * * * *", noRetry() {} };
  await worker.scheduled(event, unset as Env);
  await waitOnExecutionContext(ctx);
  expect((await putGolden(books)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

it.each([
  "Provision a PCI-DSS compliant service on AWS",
  "AWS에 PCI-DSS 규정을 준수하는 서비스를 구성해줘",
])("%s: is not carried out in part, and says what is missing", async (text) => {
  await control("DELETE", "/journal");
  const one = await ask(text, false);
  expect(one).toMatchObject({ phase: "asking", draft: null });
  expect(one.errors.map(({ detail }) => detail).join()).toContain(
    "needs an account of AWS: set `AWS_ACCOUNT_ID` and its credentials (docs/operations.md)",
  );
  expect(await vaultWrites()).toEqual([]);
});

it("the same without AWS keeps its logs in R2", async () => {
  const one = await ask("Provision a PCI-DSS compliant service", true);
  expect(one.phase).toBe("proposed");
  expect(one.draft?.parts.map(({ scope }) => scope)).not.toContain(AWS_SCOPE);
});

it("there is no scope of AWS", async () => {
  const { items } = await apiJson<{ items: { scope: string }[] }>("/api/v1/scopes");
  expect(items.map(({ scope }) => scope)).not.toContain(AWS_SCOPE);
});
