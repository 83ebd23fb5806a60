import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Json } from "../../../src/core/canonical.ts";
import { answering } from "./hostile-model.ts";
import { model, routerFor, task } from "./rig.ts";

describe("what leaves", () => {
  const alnum = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const random = (length: number) =>
    fc
      .array(fc.constantFrom(...alnum.split("")), { minLength: length, maxLength: length })
      .map((all) => all.join(""));
  const secret = fc.oneof(
    random(40).map((text) => `cfut_${text}`),
    random(32).map((text) => `sk-${text}`),
    random(36).map((text) => `ghp_${text}`),
    fc.tuple(random(20), random(40), random(30)).map(([a, b, c]) => `eyJ${a}.${b}.${c}`),
    random(12).map((text) => `password: Zq9${text}`),
    random(20).map((text) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`),
    fc
      .tuple(random(8), random(12))
      .map(([user, pass]) => `https://${user}:${pass}@db.harbor.example/x`),
  );
  const sensitive = fc.oneof(
    fc.tuple(random(8), random(6)).map(([name, host]) => `${name}@${host}.example`.toLowerCase()),
    fc.ipV4(),
    fc.constantFrom(
      "4111 1111 1111 1111",
      "5500-0000-0000-0004",
      "010-1234-5678",
      "900101-1234567",
    ),
    fc.ipV6().filter((text) => text.split(":").length > 5 && !text.includes(".")),
  );
  const words = fc.constantFrom(
    "secure the API",
    "prod를 확장하고",
    "show a page for",
    "block",
    "tell",
    "use",
  );
  const state = fc.record({
    parts: fc.array(fc.tuple(words, fc.oneof(secret, sensitive)), { minLength: 1, maxLength: 6 }),
    nested: fc.array(sensitive, { maxLength: 3 }),
  });
  /** What may not be seen of a value: of a labelled secret the part behind the label. */
  const coreOf = (value: string): string =>
    value.replace(/^password: /, "").replaceAll("\n", "\\n");

  it("has no byte of a sensitive or secret value, over 1,000 generated states (I6)", async () => {
    const { server, provider } = await model(answering({ colour: "red" }), "external");
    const account = await model(answering({ colour: "red" }), "account", { name: "two" });
    await fc.assert(
      fc.asyncProperty(state, async ({ parts, nested }) => {
        const input: Json = { text: parts.map((pair) => pair.join(" ")).join(", "), state: nested };
        const from = [server.seen.length, account.server.seen.length];
        const { router } = routerFor([provider, account.provider]);
        await router.ask({ ...task, input });
        const sent = [...server.seen.slice(from[0]), ...account.server.seen.slice(from[1])].join(
          "\n",
        );
        for (const value of [...parts.map(([, one]) => one), ...nested]) {
          const core = coreOf(value);
          expect(sent).not.toContain(core);
          expect(sent).not.toContain(Buffer.from(core).toString("base64").slice(0, -4));
          expect(sent).not.toContain(Buffer.from(core).toString("hex"));
        }
      }),
      { numRuns: 1_000 },
    );
    // None of these texts was fit for a stranger, redacted or not.
    expect(server.seen).toEqual([]);
  }, 60_000);

  it("has none of it in an encoding either, over 1,000 generated states (I6)", async () => {
    const { server, provider } = await model(answering({ colour: "red" }), "external");
    const letters = (value: string): readonly string[] => value.split("");
    const encodings: readonly ((value: string) => string)[] = [
      (value) => Buffer.from(value).toString("base64"),
      (value) => Buffer.from(value).toString("base64url"),
      (value) => Buffer.from(value).toString("hex"),
      (value) =>
        letters(value)
          .map((one) => `%${one.charCodeAt(0).toString(16)}`)
          .join(""),
      (value) => encodeURIComponent(value).replaceAll(".", "%2E"),
      (value) =>
        letters(value)
          .map((one) => `&#${one.charCodeAt(0)};`)
          .join(""),
      (value) =>
        letters(value)
          .map((one) => `&#x${one.charCodeAt(0).toString(16)};`)
          .join(""),
      (value) =>
        letters(value)
          .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
          .join(""),
      // Full width, and letters that nobody sees in between.
      (value) =>
        letters(value)
          .map((one) => (/[!-~]/.test(one) ? String.fromCharCode(one.charCodeAt(0) + 0xfee0) : one))
          .join(""),
      (value) => letters(value).join("\u200b"),
      (value) => Buffer.from(Buffer.from(value).toString("base64")).toString("base64"),
    ];
    const value = fc.oneof(
      secret,
      fc.tuple(random(8), random(6)).map(([name, host]) => `${name}@${host}.example`.toLowerCase()),
      fc.constantFrom("4111 1111 1111 1111", "010-1234-5678", "900101-1234567", "078-05-1120"),
    );
    await fc.assert(
      fc.asyncProperty(words, value, fc.constantFrom(...encodings), async (of, dear, encode) => {
        const before = server.seen.length;
        const { router } = routerFor([provider]);
        const input: Json = {
          text: `${of} ${encode(dear)} please`,
          nested: [{ deep: encode(dear) }],
        };
        await router.ask({ ...task, input });
        expect(server.seen.slice(before).join("\n"), encode(dear)).toBe("");
      }),
      { numRuns: 1_000 },
    );
  }, 60_000);

  it("goes to strangers where nothing is encoded: words, numbers and names of hosts", async () => {
    const { server, provider } = await model(answering({ colour: "red" }), "external");
    for (const text of [
      "secure the API at api.harbor.example with 10k rps and a cache of 300 seconds",
      "block AS64500 and North Korea under /checkout/payments",
      "prod를 10k RPS로 확장하고 WAF를 적용해줘",
      "scale-with-waf target_rps 10000, 100% of it, A&B",
    ])
      await routerFor([provider]).router.ask({ ...task, input: { text } });
    expect(server.seen).toHaveLength(4);
  });

  it("goes to the account with placeholders for what is sensitive, which come back as values", async () => {
    const echo = z.strictObject({ to: z.string() });
    const { server, provider } = await model(answering({ to: "⟨EMAIL_1⟩" }), "account");
    const asked = await routerFor([provider]).router.ask({
      ...task,
      schema: echo,
      input: { text: "tell ops@harbor.example" },
    });
    expect(asked).toMatchObject({ ok: true, value: { value: { to: "ops@harbor.example" } } });
    expect(server.seen[0]).not.toContain("ops@harbor.example");
    expect(server.seen[0]).toContain("EMAIL_1");
  });

  it("never goes anywhere with a secret in it", async () => {
    const local = await model(answering({ colour: "red" }), "local");
    const input = { text: "use the token cfut_abcdefghijklmnopqrstuvwxyz0123456789ABCD" };
    expect(await routerFor([local.provider]).router.ask({ ...task, input })).toMatchObject({
      error: { notAsked: [{ why: ["secret"] }] },
    });
    expect(local.server.seen).toEqual([]);
  });

  it("prefers what is near", async () => {
    const far = await model(answering({ colour: "red" }), "external", { name: "far" });
    const near = await model(answering({ colour: "red" }), "local", { name: "near" });
    const { router } = routerFor([far.provider, near.provider]);
    expect(await router.ask(task)).toMatchObject({ value: { provider: "near" } });
  });
});
