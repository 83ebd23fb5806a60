/**
 * Workers AI, by the account's own binding: prompts stay in the account. Only production has the binding. What its models' answers
 * look like, and what its error codes mean, `workers-ai-provider` knows; bounds on time and size are here.
 */
import type { LanguageModelV4Message } from "@ai-sdk/provider";
import { z } from "zod";
import type {
  Completion,
  CompletionRequest,
  InferenceProvider,
  Message,
  ProviderFailure,
} from "../../core/inference/provider.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** As much of the binding as is used. */
export interface AiBinding {
  run(
    model: string,
    input: Readonly<Record<string, unknown>>,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<unknown>;
  models(query: { readonly task: string; readonly per_page: number }): Promise<unknown>;
}

export interface AccountModel {
  readonly model: string;
  readonly microsPerThousand: number;
  /** An AI Gateway of the account, for its limits and counts. Left out: none. */
  readonly gateway?: string | undefined;
}

/** Models of the account. Any other name the platform may pass on to somebody else. */
export const isAccountModel = (model: string): boolean =>
  /^@(?:cf|hf)\/[\w./-]{1,200}$/.test(model);

/** What can answer a question in words. */
const TEXT_GENERATION = "Text Generation";
const MODELS_MAX = 100;
/** An answer is small (I12). */
const ANSWER_CHARS_MAX = 256 * 1024;
const listed = z.array(z.object({ name: z.string().max(300) })).max(1_000);

export const workersAi = (binding: AiBinding, of: AccountModel): InferenceProvider => ({
  name: "workers-ai",
  place: "account",
  model: of.model,
  microsPerThousand: of.microsPerThousand,
  async models(timeoutMs) {
    const query = { task: TEXT_GENERATION, per_page: MODELS_MAX };
    const given = await within(timeoutMs, () => binding.models(query).then(ok));
    if (!given.ok) return given;
    const parsed = listed.safeParse(given.value);
    return parsed.success ? ok(parsed.data.map(({ name }) => name)) : err({ reason: "malformed" });
  },
  complete: (request) =>
    within(request.timeoutMs, (signal) => asked(binding, of, { request, signal })),
});

async function asked(
  binding: AiBinding,
  { model, gateway }: AccountModel,
  { request, signal }: { readonly request: CompletionRequest; readonly signal: AbortSignal },
): Promise<Result<Completion, ProviderFailure>> {
  const watched = new Watched(binding);
  // Not before it is needed: with `rules` alone nothing of it is loaded.
  const { createWorkersAI } = await import("workers-ai-provider");
  const provider = createWorkersAI({
    binding: watched as unknown as Ai,
    // The gateway counts and limits; what was asked is nobody's to keep (I6).
    ...(gateway ? { gateway: { id: gateway, collectLog: false, skipCache: true } } : {}),
  });
  try {
    const { content, finishReason, usage } = await provider(model).doGenerate({
      prompt: request.messages.map(asPrompt),
      maxOutputTokens: request.tokensMax,
      temperature: 0,
      responseFormat: { type: "json", schema: { ...request.schema } },
      abortSignal: signal,
    });
    // The provider has no word of its own for it.
    if (finishReason.raw === "content_filter") return err({ reason: "refused" });
    // It was offered no tools.
    if (content.some(({ type }) => type !== "text" && type !== "reasoning"))
      return err({ reason: "malformed" });
    return ok({
      text: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
      inputTokens: whole(usage.inputTokens.total),
      outputTokens: whole(usage.outputTokens.total),
      finish: finishReason.unified === "length" ? "length" : "stop",
    });
  } catch (fault) {
    return err(watched.unfit ?? failureOf(fault));
  }
}

/** The binding, and why what came out of it is not even looked at. */
class Watched {
  readonly #binding: AiBinding;
  unfit: ProviderFailure | null = null;

  constructor(binding: AiBinding) {
    this.#binding = binding;
  }

  async run(...of: Parameters<AiBinding["run"]>): Promise<unknown> {
    const output = await this.#binding.run(...of);
    this.unfit = await unfitness(output);
    if (this.unfit !== null) throw new Error(this.unfit.reason);
    return output;
  }
}

const refusal = z.object({
  choices: z.array(z.object({ message: z.object({ refusal: z.string().min(1) }) })).min(1),
});
const answer = z.union([
  z.object({ response: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
  z.object({ choices: z.array(z.object({ message: z.object({}) })).min(1) }),
]);

async function unfitness(output: unknown): Promise<ProviderFailure | null> {
  if (output instanceof ReadableStream) {
    // It was asked for none: one answer, and no end in sight.
    await output.cancel().catch(() => undefined);
    return { reason: "endless" };
  }
  if (refusal.safeParse(output).success) return { reason: "refused" };
  if (!answer.safeParse(output).success) return { reason: "malformed" };
  return JSON.stringify(output).length > ANSWER_CHARS_MAX ? { reason: "endless" } : null;
}

/** Codes of AI Gateway's guardrails, for what was asked and for what was answered. */
const BLOCKED = /\b(?:2016|2017)\b/;
/** The model could not keep to the schema: no fault of the transport. */
const NO_JSON = /JSON Mode couldn't be met/i;
const told = z.object({ message: z.string(), statusCode: z.number().int().optional() });

/** By what the provider makes of the platform's codes. Nothing that was said is passed on. */
function failureOf(fault: unknown): ProviderFailure {
  const { success, data } = told.safeParse(fault);
  if (!success) return { reason: "unreachable" };
  if (NO_JSON.test(data.message)) return { reason: "malformed" };
  if (BLOCKED.test(data.message)) return { reason: "refused" };
  const { statusCode: status } = data;
  return status === undefined ? { reason: "unreachable" } : { reason: "status", status };
}

function asPrompt({ role, content }: Message): LanguageModelV4Message {
  if (role === "system") return { role, content };
  const said = [{ type: "text" as const, text: content }];
  return role === "user" ? { role, content: said } : { role, content: said };
}

const whole = (count: number | undefined): number =>
  count !== undefined && Number.isFinite(count) && count > 0 ? Math.round(count) : 0;

/** It may take no notice of the signal: what comes later than this is not looked at. */
async function within<T>(
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<Result<T, ProviderFailure>>,
): Promise<Result<T, ProviderFailure>> {
  const end = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Result<T, ProviderFailure>>((resolve) => {
    timer = setTimeout(() => resolve(err({ reason: "slow" })), timeoutMs);
  });
  try {
    return await Promise.race([ask(end.signal), late]);
  } catch {
    return err({ reason: "unreachable" });
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}
