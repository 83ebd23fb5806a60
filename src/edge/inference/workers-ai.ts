/** Workers AI, by the account's own binding: prompts stay in the account. Only production has the binding. */
import { z } from "zod";
import type { InferenceProvider, ProviderFailure } from "../../core/inference/provider.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** As much of the binding as is used. */
export interface AiBinding {
  run(model: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  models(query: { readonly task: string; readonly per_page: number }): Promise<unknown>;
}

/** What can answer a question in words. */
const TEXT_GENERATION = "Text Generation";
const MODELS_MAX = 100;
const listed = z.array(z.object({ name: z.string().max(300) })).max(1_000);

const usage = z.object({
  prompt_tokens: z.number().optional(),
  completion_tokens: z.number().optional(),
});
const answer = z.union([
  z.object({
    response: z.union([z.string(), z.record(z.string(), z.unknown())]),
    usage: usage.optional(),
  }),
  z.object({
    choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
    usage: usage.optional(),
  }),
]);

export const workersAi = (
  binding: AiBinding,
  { model, microsPerThousand }: { readonly model: string; readonly microsPerThousand: number },
): InferenceProvider => ({
  name: "workers-ai",
  place: "account",
  model,
  microsPerThousand,
  async models(timeoutMs) {
    const given = await within(timeoutMs, () =>
      binding.models({ task: TEXT_GENERATION, per_page: MODELS_MAX }),
    );
    if (!given.ok) return given;
    const parsed = listed.safeParse(given.value);
    return parsed.success ? ok(parsed.data.map(({ name }) => name)) : err({ reason: "malformed" });
  },
  async complete({ messages, schema, tokensMax, timeoutMs }) {
    const given = await within(timeoutMs, () =>
      binding.run(model, {
        messages,
        max_tokens: tokensMax,
        temperature: 0,
        response_format: { type: "json_schema", json_schema: schema },
      }),
    );
    if (!given.ok) return given;
    const parsed = answer.safeParse(given.value);
    if (!parsed.success) return err({ reason: "malformed" });
    const text =
      "response" in parsed.data
        ? typeof parsed.data.response === "string"
          ? parsed.data.response
          : JSON.stringify(parsed.data.response)
        : (parsed.data.choices[0]?.message.content ?? "");
    const { prompt_tokens: input = 0, completion_tokens: output = 0 } = parsed.data.usage ?? {};
    return ok({ text, inputTokens: input, outputTokens: output, finish: "stop" });
  },
});

/** The binding takes no signal: what comes later than this is not looked at. */
async function within(
  timeoutMs: number,
  ask: () => Promise<unknown>,
): Promise<Result<unknown, ProviderFailure>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timeoutMs);
  });
  try {
    const given = await Promise.race([ask(), late]);
    return given === "late" ? err({ reason: "slow" }) : ok(given);
  } catch {
    return err({ reason: "unreachable" });
  } finally {
    clearTimeout(timer);
  }
}
