/** Rules that make the API misbehave in a chosen way, a chosen number of times. */
import { z } from "zod";
import type { ApiRequest } from "./api-request.ts";
import { API_ROOT } from "./api-request.ts";
import { ApiError, failure, type Envelope, type Reply } from "./envelope.ts";
import type { Identity } from "./identities.ts";
import type { Cell, Store } from "./store.ts";

/** Set on an answer that the entry Worker must turn into a broken connection. */
export const CUT_HEADER = "sandbox-connection-cut";

const status = {
  status: z.number().int().min(200).max(599),
  code: z.number().int().min(1000).optional(),
  message: z.string().max(1000).optional(),
  retry_after: z.number().int().min(0).max(86_400).optional(),
};

const Effect = z.discriminatedUnion("type", [
  /** Refused with this status; nothing is applied. */
  z.strictObject({ type: z.literal("status"), ...status }),
  /** Applied, but the caller is told this status. */
  z.strictObject({ type: z.literal("status_after"), ...status }),
  /** Answered late, otherwise normally; goes together with the effect of another rule. */
  z.strictObject({ type: z.literal("latency"), ms: z.number().int().min(0).max(120_000) }),
  /** Not applied, connection error. */
  z.strictObject({ type: z.literal("drop_request") }),
  /** Applied, connection error. */
  z.strictObject({ type: z.literal("drop_reply") }),
  /** Applied twice; the second answer is returned. */
  z.strictObject({ type: z.literal("duplicate") }),
  /** Keeps this share of the rows. `total_count` stays true unless `lie`. */
  z.strictObject({
    type: z.literal("partial_page"),
    keep: z.number().min(0).max(1),
    lie: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal("empty_page"), lie: z.boolean().default(false) }),
  /** The object, or the first row of a list, has `id: ""`. */
  z.strictObject({ type: z.literal("empty_id") }),
  /** JSON cut in the middle. */
  z.strictObject({ type: z.literal("malformed") }),
]);
export type Effect = z.infer<typeof Effect>;

export const FaultRule = z.strictObject({
  id: z.string().min(1).max(100),
  match: z
    .strictObject({
      method: z.string().toUpperCase().optional(),
      /** Glob over the path, with or without `/client/v4`; `*` also matches slashes. */
      path: z.string().max(500).optional(),
      /** The token's name or the token itself. */
      token: z.string().max(100).optional(),
      /** Globs over query parameters; each must match one of the values. */
      query: z.record(z.string(), z.string().max(500)).optional(),
    })
    .default({}),
  /** How many matching calls pass before the first fault. */
  after: z.number().int().min(0).default(0),
  /** How many calls are hit; null = for ever. */
  times: z.number().int().min(1).nullable().default(1),
  effect: Effect,
});
export type FaultRule = z.infer<typeof FaultRule>;

export const FaultRules = z
  .strictObject({ rules: z.array(FaultRule).max(1000) })
  .refine(({ rules }) => new Set(rules.map((rule) => rule.id)).size === rules.length, {
    message: "rule ids must differ",
    path: ["rules"],
  });

export type RuleState = FaultRule & { readonly matched: number; readonly fired: number };

export interface Fault {
  readonly latencyMs: number;
  readonly id: string;
  readonly effect?: Effect;
}

type Caller = Pick<Identity, "name" | "secret"> | undefined;

export class Faults {
  readonly #rules: Cell<readonly RuleState[]>;

  constructor(store: Store) {
    this.#rules = store.cell<readonly RuleState[]>("faults", []);
  }

  rules(): readonly RuleState[] {
    return this.#rules.get();
  }

  replace(rules: readonly FaultRule[]): void {
    this.#rules.set(rules.map((rule) => ({ ...rule, matched: 0, fired: 0 })));
  }

  clear(): void {
    this.#rules.set([]);
  }

  /** The fault of this call: every latency that matches, and the first other effect. */
  take(request: ApiRequest, caller: Caller): Fault | undefined {
    const ids: string[] = [];
    let latencyMs = 0;
    let effect: Effect | undefined;
    const rules = this.#rules.get().map((rule) => {
      const isLatency = rule.effect.type === "latency";
      if (!matches(rule.match, request, caller)) return rule;
      // A second effect cannot hit the same call: it keeps its turn for the next one.
      if (!isLatency && effect !== undefined) return rule;
      const matched = rule.matched + 1;
      const isSpent = rule.times !== null && rule.fired >= rule.times;
      if (isSpent || matched <= rule.after) return { ...rule, matched };
      ids.push(rule.id);
      if (rule.effect.type === "latency") latencyMs += rule.effect.ms;
      else effect = rule.effect;
      return { ...rule, matched, fired: rule.fired + 1 };
    });
    if (rules.some((rule, index) => rule !== this.#rules.get()[index])) this.#rules.set(rules);
    if (ids.length === 0) return undefined;
    return { id: ids.join("+"), latencyMs, ...(effect === undefined ? {} : { effect }) };
  }
}

function matches(match: FaultRule["match"], request: ApiRequest, caller: Caller): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.token !== undefined && match.token !== caller?.name && match.token !== caller?.secret) {
    return false;
  }
  if (match.path !== undefined && !isGlob(withoutRoot(match.path), request.path)) return false;
  return Object.entries(match.query ?? {}).every(([name, pattern]) =>
    request.query.all(name).some((value) => isGlob(pattern, value)),
  );
}

const withoutRoot = (path: string): string =>
  path.startsWith(API_ROOT) ? path.slice(API_ROOT.length) : path;

function isGlob(pattern: string, text: string): boolean {
  const source = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "s").test(text);
}

/** A refusal as the real API's front would give it. */
function statusReply(effect: Extract<Effect, { status: number }>): Reply {
  const { code = 1000 + effect.status, message = `sandbox fault: status ${effect.status}` } =
    effect;
  const headers =
    effect.retry_after === undefined ? {} : { "retry-after": String(effect.retry_after) };
  return failure(new ApiError(effect.status, { code, message }), headers);
}

/** Whether the call never reaches the account. */
export const preventsCall = (effect: Effect): boolean =>
  effect.type === "status" || effect.type === "drop_request";

/** What the caller sees instead of the true answer; undefined is a broken connection. */
export function told(truth: Reply | undefined, effect: Effect): Reply | undefined {
  switch (effect.type) {
    case "status":
    case "status_after":
      return statusReply(effect);
    case "drop_request":
    case "drop_reply":
      return undefined;
    case "duplicate":
    case "latency":
      return truth;
    case "partial_page":
    case "empty_page":
    case "empty_id":
    case "malformed":
      return truth === undefined ? undefined : distort(truth, effect);
  }
}

type Distortion = Extract<
  Effect,
  { type: "partial_page" | "empty_page" | "empty_id" | "malformed" }
>;

function distort(reply: Reply, effect: Distortion): Reply {
  if (typeof reply.body === "string" || reply.body instanceof Uint8Array) return reply;
  switch (effect.type) {
    case "partial_page":
      return { ...reply, body: keepRows(reply.body, effect.keep, effect.lie) };
    case "empty_page":
      return { ...reply, body: keepRows(reply.body, 0, effect.lie) };
    case "empty_id":
      return { ...reply, body: { ...reply.body, result: withoutId(reply.body.result) } };
    case "malformed":
      return { ...reply, body: cut(JSON.stringify(reply.body)) };
  }
}

function keepRows(body: Envelope, keep: number, lie: boolean): Envelope {
  if (!Array.isArray(body.result)) return body;
  const result: unknown[] = body.result.slice(0, Math.floor(body.result.length * keep));
  const info = body.result_info;
  if (info === undefined) return { ...body, result };
  const count = typeof info["count"] === "string" ? String(result.length) : result.length;
  if (!lie || typeof info["total_count"] !== "number") {
    return { ...body, result, result_info: { ...info, count } };
  }
  const total = info["total_count"] - (body.result.length - result.length);
  const totalPages = Math.ceil(total / Number(info["per_page"] ?? 1));
  const lied = { ...info, count, total_count: total, total_pages: totalPages };
  return { ...body, result, result_info: lied };
}

function withoutId(result: unknown): unknown {
  if (Array.isArray(result)) {
    return result.map((row: unknown, index) => (index === 0 ? withoutId(row) : row));
  }
  return typeof result === "object" && result !== null ? { ...result, id: "" } : result;
}

const cut = (text: string): string => text.slice(0, Math.floor(text.length / 2));
