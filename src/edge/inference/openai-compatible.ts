/** Any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, or AI Gateway's `compat`. */
import { z } from "zod";
import type {
  Completion,
  CompletionRequest,
  InferenceProvider,
  Place,
  ProviderFailure,
} from "../../core/inference/provider.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** An answer is small; whoever sends more is cut off (I12). */
const BODY_BYTES_MAX = 256 * 1024;

export interface Endpoint {
  readonly name: string;
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string;
  readonly place: Place;
  readonly model: string;
  readonly microsPerThousand: number;
  readonly headers: Readonly<Record<string, string>>;
}

const choice = z.object({
  message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
  finish_reason: z.string().nullish(),
});
const body = z.object({
  choices: z.array(choice).min(1),
  usage: z
    .object({
      prompt_tokens: z.number().int().min(0).optional(),
      completion_tokens: z.number().int().min(0).optional(),
    })
    .nullish(),
});

export function openAiCompatible(
  endpoint: Endpoint,
  send: typeof fetch = fetch,
): InferenceProvider {
  const { name, place, model, microsPerThousand } = endpoint;
  return {
    name,
    place,
    model,
    microsPerThousand,
    async complete(request) {
      const limit = AbortSignal.timeout(request.timeoutMs);
      try {
        const response = await send(`${endpoint.baseUrl}/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", ...endpoint.headers },
          body: JSON.stringify(requestBody(endpoint, request)),
          signal: limit,
          // Elsewhere nobody has agreed to be sent this.
          redirect: "manual",
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          return err({ reason: "status", status: response.status });
        }
        const text = await bounded(response);
        return text === null ? err({ reason: "endless" }) : completionOf(text);
      } catch {
        return err({ reason: limit.aborted ? "slow" : "unreachable" });
      }
    },
  };
}

const requestBody = ({ model }: Endpoint, { messages, schema, tokensMax }: CompletionRequest) => ({
  model,
  messages,
  temperature: 0,
  max_tokens: tokensMax,
  stream: false,
  response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
});

/** Null: it does not end. */
async function bounded(response: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function completionOf(text: string): Result<Completion, ProviderFailure> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ reason: "malformed" });
  }
  const parsed = body.safeParse(value);
  if (!parsed.success) return err({ reason: "malformed" });
  const { choices, usage } = parsed.data;
  const [first] = choices;
  if (first === undefined || isRefusal(first)) return err({ reason: "refused" });
  return ok({
    text: first.message.content ?? "",
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
    finish: first.finish_reason === "length" ? "length" : "stop",
  });
}

const isRefusal = ({ message, finish_reason: finish }: z.output<typeof choice>): boolean =>
  (message.refusal ?? "") !== "" || finish === "content_filter";
