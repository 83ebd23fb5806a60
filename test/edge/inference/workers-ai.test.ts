/** Workers AI by a binding that misbehaves, through `workers-ai-provider` as it is deployed, the router and the shipped policies. */
import { describe, expect, it, vi } from "vitest";
import { reviewTask } from "../../../src/core/review-task.ts";
import { providersFor } from "../../../src/edge/inference/providers.ts";
import { type AiBinding, workersAi } from "../../../src/edge/inference/workers-ai.ts";
import { answering } from "./hostile-model.ts";
import { model, nothing, Remembering, routerFor, task } from "./rig.ts";

const MODEL = "@cf/openai/gpt-oss-120b";
type Run = AiBinding["run"];

const by = (run: Run, gateway?: string) =>
  workersAi({ run, models: nothing }, { model: MODEL, microsPerThousand: 300, gateway });
const giving = (answer: unknown) => by(() => Promise.resolve(answer));
const throwing = (message: string) => by(() => Promise.reject(new Error(message)));

const GOOD = '{"colour":"red"}';
const choice = (message: unknown, more: object = {}) => ({ choices: [{ message, ...more }] });

describe("Workers AI", () => {
  it.each([
    ["text", { response: GOOD }],
    ["an object", { response: { colour: "red" } }],
    ["a choice", choice({ content: GOOD })],
    ["a choice with its thoughts apart", choice({ content: GOOD, reasoning_content: "hm" })],
    ["what is more than was asked", { response: GOOD, tool_calls: [], p: 1 }],
  ])("is understood where it answers with %s", async (_, answer) => {
    const asked = await routerFor([giving(answer)]).router.ask(task);
    expect(asked).toMatchObject({ ok: true, value: { value: { colour: "red" }, model: MODEL } });
  });

  it("is asked once, in its own words: messages, schema, bounds, and nothing to keep", async () => {
    const run = vi.fn<Run>(() => Promise.resolve({ response: GOOD }));
    const { router, notes } = routerFor([by(run, "platform")]);
    await router.ask({ ...task, input: { text: "tell ops@harbor.example that it is red" } });
    expect(run).toHaveBeenCalledOnce();
    const [name, input, options] = run.mock.calls[0] ?? [];
    expect(name).toBe(MODEL);
    expect(input).toMatchObject({
      messages: [
        { role: "system", content: task.template.text },
        { role: "user", content: expect.stringContaining("EMAIL_1") },
      ],
      max_tokens: task.tokensMax,
      temperature: 0,
      response_format: {
        type: "json_schema",
        json_schema: { properties: { colour: { enum: ["red", "green"] } } },
      },
    });
    expect(input).not.toHaveProperty("stream");
    expect(JSON.stringify(input)).not.toContain("ops@harbor.example");
    expect(options).toMatchObject({ gateway: { id: "platform", collectLog: false } });
    expect(notes).toMatchObject([{ provider: "workers-ai", place: "account", failure: null }]);
  });

  it.each([
    ["throws", throwing("no such host"), "unreachable"],
    ["throws what is no error", by(() => Promise.reject(null)), "unreachable"],
    ["is out of capacity", throwing("3040: Capacity temporarily exceeded"), "status"],
    ["has used up its free allocation", throwing("3036: you have used up your daily"), "status"],
    ["knows no such model", throwing("5007: No such model"), "status"],
    ["cannot keep to a schema", throwing("5024: JSON Mode couldn't be met"), "malformed"],
    ["is stopped by a gateway's guardrail", throwing("2016: Prompt blocked"), "refused"],
    ["refuses", giving(choice({ content: null, refusal: "I cannot" })), "refused"],
    [
      "is filtered",
      giving(choice({ content: "" }, { finish_reason: "content_filter" })),
      "refused",
    ],
    ["answers with nothing", giving(null), "malformed"],
    ["answers with an error in a 200", giving({ errors: [{ code: 7 }] }), "malformed"],
    ["answers with a list", giving([1]), "malformed"],
    ["has no choice", giving({ choices: [] }), "malformed"],
    ["says something else than JSON", giving({ response: "red, I think" }), "form"],
    ["lies about a field", giving({ response: '{"colour":"blue"}' }), "form"],
    ["adds a field", giving({ response: '{"colour":"red","approve":true}' }), "form"],
    ["answers with a number", giving({ response: 7 }), "malformed"],
    ["answers without end", giving({ response: `"${"x".repeat(300_000)}"` }), "endless"],
    ["is cut off", giving(choice({ content: '{"co' }, { finish_reason: "length" })), "endless"],
    [
      "calls a tool that it was not offered",
      giving(
        choice({
          content: "",
          tool_calls: [{ id: "1", function: { name: "run", arguments: "{}" } }],
        }),
      ),
      "malformed",
    ],
  ])("that %s is a failure with a name", async (_, provider, why) => {
    const { router, notes, memory } = routerFor([provider]);
    expect(await router.ask(task)).toMatchObject({
      ok: false,
      error: { reason: "nobody_answered", failures: [{ provider: "workers-ai", why }] },
    });
    // A wrong form is told once what was wrong; whatever else fails is not asked again.
    expect(notes.map(({ failure }) => failure)).toEqual(why === "form" ? [why, why] : [why]);
    expect(memory.standing("workers-ai")?.failures).toBe(notes.length);
  });

  it("that hangs is left behind in time, and told so", async () => {
    let told: unknown;
    const hanging = by((_, __, options) => {
      told = options?.["signal"];
      return new Promise(() => {});
    });
    const { router } = routerFor([hanging]);
    const asked = await router.ask({ ...task, timeoutMs: 60 });
    expect(asked).toMatchObject({ error: { failures: [{ why: "slow" }] } });
    expect((told as AbortSignal).aborted).toBe(true);
  });

  it("that streams although it was asked not to is cut off", async () => {
    const cancelled = vi.fn();
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
      cancel: cancelled,
    });
    const asked = await routerFor([giving(stream)]).router.ask(task);
    expect(asked).toMatchObject({ error: { failures: [{ why: "endless" }] } });
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("gives way to the next provider, and is left alone after three failures", async () => {
    const spare = await model(answering({ colour: "green" }), "account", { name: "spare" });
    const run = vi.fn<Run>(() => Promise.reject(new Error("3040")));
    const memory = new Remembering();
    for (let time = 0; time < 5; time += 1)
      expect(await routerFor([by(run), spare.provider], memory).router.ask(task)).toMatchObject({
        value: { provider: "spare" },
      });
    expect(run.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it("is charged for what it says that it used, and by length where it does not say or lies", async () => {
    const usage = { prompt_tokens: 900, completion_tokens: 100 };
    const memory = new Remembering();
    await routerFor([giving({ response: GOOD, usage })], memory).router.ask(task);
    expect(memory.tokens).toBe(1_000_000 - 1_000);
    expect(memory.micros).toBe(1_000_000 - 300);
    const lying = { prompt_tokens: -5, completion_tokens: Number.NaN };
    await routerFor([giving({ response: GOOD, usage: lying })], memory).router.ask(task);
    expect(memory.tokens).toBeLessThan(1_000_000 - 1_000);
  });

  it("hears nothing with a secret in it", async () => {
    const run = vi.fn<Run>(() => Promise.resolve({ response: GOOD }));
    const input = { text: "use cfut_abcdefghijklmnopqrstuvwxyz0123456789ABCD" };
    expect(await routerFor([by(run)]).router.ask({ ...task, input })).toMatchObject({ ok: false });
    expect(run).not.toHaveBeenCalled();
  });

  it("reviews by codes as any other model does", async () => {
    const provider = giving({ response: { objection: true, tier: 3, concerns: ["delegation"] } });
    const { router } = routerFor([provider], new Remembering(), "reviewer");
    const brief = {
      scope: "zone:harbor.example",
      tier: 1,
      findings: [],
      counts: { create: 0, update: 1, delete: 0 },
      kinds: ["dns_record"],
      steps: [],
    } as const;
    expect(await router.ask(reviewTask(brief, 1_500))).toMatchObject({
      value: { value: { tier: 3 } },
    });
  });
});

describe("where Workers AI is configured", () => {
  const AI: AiBinding = { run: nothing, models: nothing };

  it("its models are listed as they are there now", async () => {
    const query = vi.fn(() =>
      Promise.resolve([{ name: MODEL, task: { name: "Text Generation" } }]),
    );
    const provider = workersAi(
      { run: nothing, models: query },
      { model: MODEL, microsPerThousand: 1 },
    );
    expect(await provider.models(100)).toEqual({ ok: true, value: [MODEL] });
    expect(query).toHaveBeenCalledWith({ task: "Text Generation", per_page: 100 });
    for (const [models, reason] of [
      [() => Promise.reject(new Error("10000: Authentication error")), "unreachable"],
      [() => Promise.resolve({ success: false }), "malformed"],
      [() => new Promise(() => {}), "slow"],
    ] as const)
      expect(
        await workersAi({ run: nothing, models }, { model: MODEL, microsPerThousand: 1 }).models(
          30,
        ),
      ).toMatchObject({ ok: false, error: { reason } });
  });

  it("only the account's own models are asked by it: other names would be passed on", () => {
    expect(providersFor(`workers-ai/${MODEL}`, { AI })).toMatchObject([
      { name: "workers-ai", place: "account", model: MODEL },
    ]);
    for (const other of ["openai/gpt-5", "dynamic/route", "google/nano-banana", "@cf/", "m"])
      expect(() => providersFor(`workers-ai/${other}`, { AI })).toThrow("account's own");
    expect(() => providersFor(`workers-ai/${MODEL}`, { AI, AI_GATEWAY: "a/b" })).toThrow(
      "AI_GATEWAY",
    );
  });
});
