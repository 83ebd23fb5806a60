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
/** More models than anybody chooses from. */
const MODELS_MAX = 1_000;

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
  message: z.object({
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(z.unknown()).nullish(),
  }),
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
const listed = z.object({ data: z.array(z.object({ id: z.string().max(300) })).max(MODELS_MAX) });

/**
 * How a question is put, the strictest form first. Some servers know no schema, some no JSON mode, and newer models name the
 * bound on tokens otherwise; a server that refuses the form is asked in the next one. What comes back is checked all the same.
 */
const FORMS: readonly ((request: CompletionRequest) => Readonly<Record<string, unknown>>)[] = [
  ({ tokensMax, schema }) => ({
    temperature: 0,
    max_tokens: tokensMax,
    response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
  }),
  ({ tokensMax }) => ({
    temperature: 0,
    max_tokens: tokensMax,
    response_format: { type: "json_object" },
  }),
  ({ tokensMax }) => ({ max_completion_tokens: tokensMax }),
];
/** "I do not understand this request": anything else is no matter of form. */
const NOT_THIS_FORM: readonly number[] = [400, 415, 422, 501];

type Sent = Result<string, ProviderFailure>;

export function openAiCompatible(
  endpoint: Endpoint,
  send: typeof fetch = fetch,
): InferenceProvider {
  const { name, place, model, microsPerThousand, headers } = endpoint;
  /** The form that it took last. Lost with the object, and found again. */
  let form = 0;

  /** Within `limit`, whatever the other side does. */
  async function exchange(path: string, init: RequestInit, limit: AbortSignal): Promise<Sent> {
    try {
      const response = await send(`${endpoint.baseUrl}/${path}`, {
        ...init,
        signal: limit,
        // Elsewhere nobody has agreed to be sent this.
        redirect: "manual",
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return err(refusalOf(response));
      }
      const text = await bounded(response);
      return text === null ? err({ reason: "endless" }) : ok(text);
    } catch {
      return err({ reason: limit.aborted ? "slow" : "unreachable" });
    }
  }

  return {
    name,
    place,
    model,
    microsPerThousand,
    async complete(request) {
      const limit = AbortSignal.timeout(request.timeoutMs);
      const { messages } = request;
      let sent: Sent = err({ reason: "unreachable" });
      for (let next = form; next < FORMS.length; next += 1) {
        const asked = { model, messages, stream: false, ...FORMS[next]?.(request) };
        const init = {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(asked),
        };
        sent = await exchange("chat/completions", init, limit);
        if (!sent.ok && NOT_THIS_FORM.includes(sent.error.status ?? 0)) continue;
        if (sent.ok) form = next;
        break;
      }
      return sent.ok ? completionOf(sent.value) : sent;
    },
    async models(timeoutMs) {
      const sent = await exchange("models", { headers }, AbortSignal.timeout(timeoutMs));
      if (!sent.ok) return sent;
      const parsed = listed.safeParse(parsedJson(sent.value));
      return parsed.success
        ? ok(parsed.data.data.map(({ id }) => id))
        : err({ reason: "malformed" });
    },
  };
}

/** A day at most; the router has a bound of its own. */
const RETRY_AFTER_S_MAX = 86_400;

function refusalOf({ status, headers }: Response): ProviderFailure {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const isTold = Number.isFinite(seconds) && seconds > 0;
  return isTold
    ? { reason: "status", status, retryAfterMs: Math.min(seconds, RETRY_AFTER_S_MAX) * 1_000 }
    : { reason: "status", status };
}

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

/** Undefined: it is none. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function completionOf(text: string): Result<Completion, ProviderFailure> {
  // A 200 with an error in it has no choices.
  const parsed = body.safeParse(parsedJson(text));
  if (!parsed.success) return err({ reason: "malformed" });
  const { choices, usage } = parsed.data;
  const [first] = choices;
  if (first === undefined || isRefusal(first)) return err({ reason: "refused" });
  // It was offered no tools.
  if ((first.message.tool_calls ?? []).length > 0) return err({ reason: "malformed" });
  return ok({
    text: first.message.content ?? "",
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
    finish: first.finish_reason === "length" ? "length" : "stop",
  });
}

const isRefusal = ({ message, finish_reason: finish }: z.output<typeof choice>): boolean =>
  (message.refusal ?? "") !== "" || finish === "content_filter";
