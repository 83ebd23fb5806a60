/** A question to a model: a fixed template, data apart from it, and a strict form of answer. */
import type { z } from "zod";
import { canonicalise, digestOf, digestOfText, type Json } from "../canonical.ts";
import type { Digest } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import { jsonIn } from "./answer.ts";
import type { Message, Place, ProviderFailure } from "./provider.ts";
import type { DataClass } from "./redaction.ts";

/** Answers are choices among names and small values; more is no answer (I12). */
export const ANSWER_CHARS_MAX = 16_384;
/** A model that does not get it right when told what is wrong will not get it right. */
export const REPAIRS_MAX = 1;
const PROBLEMS_TOLD = 5;

export interface PromptTemplate {
  readonly name: string;
  /** Instructions. No word of them comes from outside. */
  readonly text: string;
  /** Whoever wonders which words a model was given finds them by this. */
  readonly digest: Digest;
}

/** Made once, when the program starts: the digest of a long text costs more than the question. */
export const promptTemplate = (name: string, text: string): PromptTemplate => ({
  name,
  text,
  digest: digestOf([name, text]),
});

export interface Task<T> {
  readonly template: PromptTemplate;
  /** Handed over as data, quoted as JSON; it may have anything in it. */
  readonly input: Json;
  readonly schema: z.ZodType<T>;
  readonly tokensMax: number;
  readonly timeoutMs: number;
}

export const messagesFor = ({ text }: PromptTemplate, input: string): readonly Message[] => [
  { role: "system", content: text },
  { role: "user", content: input },
];

export const inputText = (input: Json): string => canonicalise(input);

/** What is asked again when an answer does not fit: its problems by place, and nothing that the answer said. */
export const repairMessages = (
  before: readonly Message[],
  problems: readonly string[],
): readonly Message[] => [
  ...before,
  {
    role: "user",
    content: `The last answer did not fit the schema (${problems.slice(0, PROBLEMS_TOLD).join("; ")}). Answer again with one JSON object and nothing else.`,
  },
];

/** The one JSON object of the answer, alone, in a fence or after a thought, as the schema wants it. */
export function answerOf<T>(schema: z.ZodType<T>, text: string): Result<T, readonly string[]> {
  if (text.length > ANSWER_CHARS_MAX) return err(["longer than any answer"]);
  const value = jsonIn(text);
  if (!value.ok) return err([value.error]);
  const parsed = schema.safeParse(value.value);
  if (parsed.success) return ok(parsed.data);
  return err(
    parsed.error.issues.map(
      ({ path, code }) => `${path.map(String).join(".").slice(0, 60) || "the answer"}: ${code}`,
    ),
  );
}

export const answerDigest = (text: string): Digest => digestOfText(text);

export type CallFailure = ProviderFailure["reason"] | "form";

/** One call, as it is recorded and traced: names, counts and digests, never text. */
export interface CallNote {
  readonly task: string;
  readonly templateDigest: Digest;
  readonly inputDigest: Digest;
  readonly class: DataClass;
  readonly provider: string;
  readonly place: Place;
  readonly model: string;
  readonly attempt: number;
  readonly ms: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly answerDigest: Digest | null;
  readonly failure: CallFailure | null;
}

/** OpenTelemetry GenAI attributes (semantic conventions in development); values are names and counts, never text. */
export const spanAttributes = (note: CallNote): Readonly<Record<string, string | number>> => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": note.provider,
  "gen_ai.request.model": note.model,
  "gen_ai.agent.name": note.task,
  "gen_ai.usage.input_tokens": note.inputTokens,
  "gen_ai.usage.output_tokens": note.outputTokens,
  "driftless.data_class": note.class,
  "driftless.duration_ms": note.ms,
  ...(note.failure === null ? {} : { "error.type": note.failure }),
});
