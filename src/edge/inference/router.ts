/**
 * Asks one provider after the other until one gives an answer of the right form, within a budget, or says why none did. Nothing
 * that leaves is unredacted; nothing that comes back is believed beyond its form. Every call is told to `note`, by digests.
 */
import { z } from "zod";
import { digestOfText } from "../../core/canonical.ts";
import {
  type InferenceProvider,
  NEW_STANDING,
  type NotAsked,
  type Routed,
  type Standing,
  standingAfter,
} from "../../core/inference/provider.ts";
import { type Asker, route } from "../../core/inference/routing.ts";
import { type Redacted, redact, restored } from "../../core/inference/redaction.ts";
import {
  answerDigest,
  answerOf,
  type CallFailure,
  type CallNote,
  inputText,
  messagesFor,
  repairMessages,
  REPAIRS_MAX,
  type Task,
} from "../../core/inference/task.ts";
import type { Decide } from "../../core/policy/request.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** What is left of a scope's day. */
export interface Allowance {
  readonly tokens: number;
  readonly micros: number;
}

/** What the router remembers between calls, kept by its owner. */
export interface Memory {
  standing(provider: string): Standing | null;
  keep(provider: string, standing: Standing): void;
  left(nowMs: number): Allowance;
  spend(nowMs: number, spent: Allowance): void;
}

export interface Refusal {
  readonly reason: "nobody_may_be_asked" | "nobody_answered";
  readonly notAsked: readonly NotAsked[];
  readonly failures: readonly { readonly provider: string; readonly why: CallFailure }[];
}

export interface Answered<T> {
  readonly value: T;
  readonly provider: string;
  readonly model: string;
}

interface Parts {
  readonly asker: Asker;
  /** The policies in force. When they cannot be had, nobody is asked. */
  readonly policies: () => Promise<Decide>;
  readonly providers: readonly InferenceProvider[];
  readonly memory: Memory;
  readonly note: (note: CallNote) => Promise<void>;
  readonly nowMs: () => number;
}

/** A token has about four characters; counted before anything is known of a tokenizer. */
const CHARS_PER_TOKEN = 4;

export class InferenceRouter {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `known`: values that are sensitive whatever they look like. */
  async ask<T>(
    task: Task<T>,
    known: readonly string[] = [],
  ): Promise<Result<Answered<T>, Refusal>> {
    const { providers } = this.#parts;
    const redacted = redact(inputText(task.input), known);
    const routed = await this.#routed(task, redacted);
    const { notAsked } = routed;
    const failures: { provider: string; why: CallFailure }[] = [];
    for (const name of routed.order) {
      const provider = providers.find((one) => one.name === name);
      if (!provider) continue;
      const answer = await this.#asked(provider, task, redacted);
      if (answer.ok)
        return ok({ value: answer.value, provider: provider.name, model: provider.model });
      failures.push({ provider: name, why: answer.error });
    }
    const reason = routed.order.length === 0 ? "nobody_may_be_asked" : "nobody_answered";
    return err({ reason, notAsked, failures });
  }

  async #routed<T>(task: Task<T>, redacted: Redacted): Promise<Routed> {
    const { asker, policies, providers, memory, nowMs } = this.#parts;
    const decide = await policies().catch(() => null);
    if (decide === null) {
      const notAsked = providers.map(({ name }) => ({ provider: name, why: ["no_policies"] }));
      return { order: [], notAsked };
    }
    const size = Math.ceil((task.template.text.length + redacted.text.length) / CHARS_PER_TOKEN);
    const left = memory.left(nowMs());
    const input = {
      asker,
      task: task.template.name.split("/")[0] ?? "",
      class: redacted.class,
      providers: providers.map((one) => ({
        ...infoOf(one),
        standing: memory.standing(one.name) ?? NEW_STANDING,
      })),
      microsLeft: left.micros,
      tokensLeft: left.tokens,
      tokensMax: task.tokensMax + size,
      timeoutMs: task.timeoutMs,
      nowMs: nowMs(),
    };
    return route(input, decide);
  }

  async #asked<T>(
    provider: InferenceProvider,
    task: Task<T>,
    redacted: Redacted,
  ): Promise<Result<T, CallFailure>> {
    let messages = messagesFor(task.template, redacted.text);
    for (let attempt = 0; attempt <= REPAIRS_MAX; attempt += 1) {
      const turn = await this.#turn(provider, { task, redacted, messages, attempt });
      if (turn.ok) return turn;
      if (turn.error.why !== "form" || attempt === REPAIRS_MAX) return err(turn.error.why);
      messages = repairMessages(messages, turn.error.problems);
    }
    return err("form");
  }

  async #turn<T>(
    provider: InferenceProvider,
    { task, redacted, messages, attempt }: Turn<T>,
  ): Promise<Result<T, { readonly why: CallFailure; readonly problems: readonly string[] }>> {
    const { memory, note, nowMs } = this.#parts;
    const startedMs = nowMs();
    const given = await provider.complete({
      messages,
      schema: { ...z.toJSONSchema(task.schema, { io: "output", unrepresentable: "any" }) },
      tokensMax: task.tokensMax,
      timeoutMs: task.timeoutMs,
    });
    const ms = nowMs() - startedMs;
    const read = given.ok ? answerOf(task.schema, given.value.text) : null;
    const failure = failureOf(given, read);
    const standing = memory.standing(provider.name) ?? NEW_STANDING;
    const retryAfterMs = given.ok ? undefined : given.error.retryAfterMs;
    const after = { failed: failure !== null, ms, nowMs: nowMs(), retryAfterMs };
    memory.keep(provider.name, standingAfter(standing, after));
    const used = usedBy(messages, given);
    const tokens = used.inputTokens + used.outputTokens;
    const micros = Math.ceil((tokens * provider.microsPerThousand) / 1_000);
    memory.spend(nowMs(), { tokens, micros });
    await note({
      task: task.template.name,
      templateDigest: task.template.digest,
      inputDigest: digestOfText(redacted.text),
      class: redacted.class,
      provider: provider.name,
      place: provider.place,
      model: provider.model,
      attempt,
      ms,
      ...used,
      answerDigest: given.ok ? answerDigest(given.value.text) : null,
      failure,
    });
    if (read?.ok) return ok(restored(read.value, redacted.values) as T);
    return err({ why: failure ?? "form", problems: read?.error ?? [] });
  }
}

type Given = Awaited<ReturnType<InferenceProvider["complete"]>>;

function failureOf(given: Given, read: Result<unknown, unknown> | null): CallFailure | null {
  if (!given.ok) return given.error.reason;
  if (read?.ok) return null;
  // Cut off at as much as it may say: told again it would be cut off again.
  return given.value.finish === "length" ? "endless" : "form";
}

/** Whoever does not say what it used is charged by length. */
function usedBy(messages: Turn<unknown>["messages"], given: Given) {
  const asked = lengthOf(messages.map(({ content }) => content));
  if (!given.ok) return { inputTokens: asked, outputTokens: 0 };
  const { inputTokens, outputTokens, text } = given.value;
  return {
    inputTokens: Math.max(inputTokens, 0) || asked,
    outputTokens: outputTokens || lengthOf([text]),
  };
}

interface Turn<T> {
  readonly task: Task<T>;
  readonly redacted: Redacted;
  readonly messages: ReturnType<typeof messagesFor>;
  readonly attempt: number;
}

const lengthOf = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / CHARS_PER_TOKEN);

const infoOf = ({ name, place, model, microsPerThousand }: InferenceProvider) => ({
  name,
  place,
  model,
  microsPerThousand,
});
