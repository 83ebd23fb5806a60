/** Workers AI, by the account's own binding: prompts stay in the account. Only production has the binding. */
import { z } from "zod";
import type { InferenceProvider } from "../../core/inference/provider.ts";
import { err, ok } from "../../core/result.ts";

/** As much of the binding as is used. */
export interface AiBinding {
  run(model: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
}

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
  async complete({ messages, schema, tokensMax, timeoutMs }) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), timeoutMs);
    });
    try {
      const asked = binding.run(model, {
        messages,
        max_tokens: tokensMax,
        temperature: 0,
        response_format: { type: "json_schema", json_schema: schema },
      });
      const given = await Promise.race([asked, late]);
      if (given === "late") return err({ reason: "slow" });
      const parsed = answer.safeParse(given);
      if (!parsed.success) return err({ reason: "malformed" });
      const text =
        "response" in parsed.data
          ? typeof parsed.data.response === "string"
            ? parsed.data.response
            : JSON.stringify(parsed.data.response)
          : (parsed.data.choices[0]?.message.content ?? "");
      const { prompt_tokens: input = 0, completion_tokens: output = 0 } = parsed.data.usage ?? {};
      return ok({ text, inputTokens: input, outputTokens: output, finish: "stop" });
    } catch {
      return err({ reason: "unreachable" });
    } finally {
      clearTimeout(timer);
    }
  },
});
