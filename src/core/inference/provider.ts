/** Providers of models, and how they stand. Which of them may be asked what is for the policies to say: see `routing.ts`. */
import type { Result } from "../result.ts";

/** Where the bytes of a prompt go: this machine or network, the account's own Workers AI, or somebody else. */
export type Place = "local" | "account" | "external";

export interface ProviderInfo {
  readonly name: string;
  readonly place: Place;
  readonly model: string;
  /** Millionths of a dollar for a thousand tokens, both ways; 0: it costs nothing. */
  readonly microsPerThousand: number;
}

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Completion {
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly finish: "stop" | "length" | "refusal" | "other";
}

export type ProviderFailure = {
  readonly reason: "unreachable" | "slow" | "endless" | "refused" | "status" | "malformed";
  readonly status?: number;
  /** As long as it says that it wants to be left alone. */
  readonly retryAfterMs?: number;
};

export interface CompletionRequest {
  readonly messages: readonly Message[];
  /** JSON Schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly tokensMax: number;
  readonly timeoutMs: number;
}

/** One model at one place. It never throws: whatever goes wrong has a name. */
export interface InferenceProvider extends ProviderInfo {
  /** The names of the models that are there now. */
  models(timeoutMs: number): Promise<Result<readonly string[], ProviderFailure>>;
  complete(request: CompletionRequest): Promise<Result<Completion, ProviderFailure>>;
}

/** What one provider says of its models. */
export interface ProviderModels {
  readonly name: string;
  readonly place: Place;
  /** The first ones; null: it does not say. */
  readonly models: readonly string[] | null;
  /** Whether the role's model is among all of them; null: not known. */
  readonly has: boolean | null;
  readonly why: ProviderFailure["reason"] | null;
}

export interface RoleModels {
  readonly role: "architect" | "reviewer" | "sentinel";
  readonly model: string;
  /** Empty of `rules`, which is built in, and where nothing here runs such a model. */
  readonly providers: readonly ProviderModels[];
  /** What is wrong with the configuration, so that nobody is asked; null: nothing. It names variables, never their values. */
  readonly problem: string | null;
}

/** A provider as the router knows it now. */
export interface Standing {
  readonly failures: number;
  /** Not asked before this instant (ms). */
  readonly openUntilMs: number;
  /** Of the last answers, in ms; null: there was none. */
  readonly latencyMs: number | null;
}

export const NEW_STANDING: Standing = { failures: 0, openUntilMs: 0, latencyMs: null };

/** So many failures in a row open the circuit, for longer each time (I12). */
const FAILURES_MAX = 3;
const OPEN_MS = 30_000;
const OPEN_MS_MAX = 15 * 60_000;

export function standingAfter(
  before: Standing,
  {
    failed,
    ms,
    nowMs,
    retryAfterMs = 0,
  }: {
    readonly failed: boolean;
    readonly ms: number;
    readonly nowMs: number;
    readonly retryAfterMs?: number | undefined;
  },
): Standing {
  if (!failed)
    return {
      failures: 0,
      openUntilMs: 0,
      latencyMs: before.latencyMs === null ? ms : Math.round(before.latencyMs * 0.7 + ms * 0.3),
    };
  const failures = before.failures + 1;
  const over = failures - FAILURES_MAX;
  const closedMs = over < 0 ? 0 : OPEN_MS * 2 ** Math.min(over, 10);
  // Whoever says when is believed, up to the same bound: nobody is left alone for ever.
  const waitMs = Math.min(Math.max(closedMs, retryAfterMs), OPEN_MS_MAX);
  return { ...before, failures, openUntilMs: waitMs === 0 ? 0 : nowMs + waitMs };
}

/** Why a provider is not asked: ids of the policies that say so, or that nothing permits it. */
export interface NotAsked {
  readonly provider: string;
  readonly why: readonly string[];
}

export interface Routed {
  readonly order: readonly string[];
  readonly notAsked: readonly NotAsked[];
}

const PLACES: readonly Place[] = ["local", "account", "external"];

/** In which order those that may be asked are: nearest first, then the quickest. */
export const nearestFirst = <P extends ProviderInfo & { readonly standing: Standing }>(
  providers: readonly P[],
): readonly P[] =>
  providers.toSorted(
    (a, b) =>
      PLACES.indexOf(a.place) - PLACES.indexOf(b.place) ||
      (a.standing.latencyMs ?? 0) - (b.standing.latencyMs ?? 0),
  );
