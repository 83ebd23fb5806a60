/** Providers of models, and which of them may be asked what. The policy is a table: nothing about it is learned or guessed. */
import type { DataClass } from "./redaction.ts";

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
  complete(
    request: CompletionRequest,
  ): Promise<
    | { readonly ok: true; readonly value: Completion }
    | { readonly ok: false; readonly error: ProviderFailure }
  >;
}

/** Secrets go nowhere; what is about people stays here or in the account. */
const MAY_SEE: Readonly<Record<DataClass, readonly Place[]>> = {
  public: ["local", "account", "external"],
  internal: ["local", "account", "external"],
  sensitive: ["local", "account"],
  secret: [],
};

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
  { failed, ms, nowMs }: { readonly failed: boolean; readonly ms: number; readonly nowMs: number },
): Standing {
  if (!failed)
    return {
      failures: 0,
      openUntilMs: 0,
      latencyMs: before.latencyMs === null ? ms : Math.round(before.latencyMs * 0.7 + ms * 0.3),
    };
  const failures = before.failures + 1;
  const over = failures - FAILURES_MAX;
  const openUntilMs =
    over < 0 ? 0 : nowMs + Math.min(OPEN_MS * 2 ** Math.min(over, 10), OPEN_MS_MAX);
  return { ...before, failures, openUntilMs };
}

export type NotAsked = "class" | "circuit_open" | "budget";

export interface Routed {
  readonly order: readonly string[];
  readonly notAsked: readonly { readonly provider: string; readonly why: NotAsked }[];
}

export interface RoutingInput {
  readonly class: DataClass;
  readonly providers: readonly (ProviderInfo & { readonly standing: Standing })[];
  /** Millionths of a dollar that are left of the day. */
  readonly microsLeft: number;
  readonly tokensLeft: number;
  /** What one call may take at most. */
  readonly tokensMax: number;
  readonly nowMs: number;
}

const PLACES: readonly Place[] = ["local", "account", "external"];

/** In which order they are asked: nearest first, then the quickest; and why the others are not. */
export function route(input: RoutingInput): Routed {
  const judged = input.providers.map((provider) => ({ provider, why: against(provider, input) }));
  const able = judged.flatMap(({ provider, why }) => (why === null ? [provider] : []));
  return {
    order: able
      .toSorted(
        (a, b) =>
          PLACES.indexOf(a.place) - PLACES.indexOf(b.place) ||
          (a.standing.latencyMs ?? 0) - (b.standing.latencyMs ?? 0),
      )
      .map(({ name }) => name),
    notAsked: judged.flatMap(({ provider: { name }, why }) =>
      why === null ? [] : [{ provider: name, why }],
    ),
  };
}

function against(
  { place, standing, microsPerThousand }: RoutingInput["providers"][number],
  input: RoutingInput,
): NotAsked | null {
  if (!MAY_SEE[input.class].includes(place)) return "class";
  if (standing.openUntilMs > input.nowMs) return "circuit_open";
  const micros = Math.ceil((input.tokensMax * microsPerThousand) / 1_000);
  return input.tokensLeft < input.tokensMax || input.microsLeft < micros ? "budget" : null;
}
