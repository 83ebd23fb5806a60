/**
 * Which providers are asked, in which order: one question to the policies in force for each. What they do not permit, or cannot
 * answer, is not asked (fails closed). That secrets go to nobody holds without them, too (I6). Pure.
 */
import type { Decide, PolicyAnswer, PolicyRequest } from "../policy/request.ts";
import { nearestFirst, type ProviderInfo, type Routed, type Standing } from "./provider.ts";
import type { DataClass } from "./redaction.ts";

/** Who puts questions to models. */
export type Asker = "architect" | "reviewer" | "sentinel";

type Provider = ProviderInfo & { readonly standing: Standing };

export interface RoutingInput {
  readonly asker: Asker;
  /** The name of the prompt's template, without its version. */
  readonly task: string;
  readonly class: DataClass;
  readonly providers: readonly Provider[];
  /** Millionths of a dollar that are left of the day. */
  readonly microsLeft: number;
  readonly tokensLeft: number;
  /** What one call may take at most. */
  readonly tokensMax: number;
  readonly timeoutMs: number;
  readonly nowMs: number;
}

const NOTHING_PERMITS = "default";
const NO_ANSWER = "invalid";

export function route(input: RoutingInput, decide: Decide): Routed {
  const judged = nearestFirst(input.providers).map((provider) => {
    const answer = input.class === "secret" ? null : decide(questionAbout(provider, input));
    return { name: provider.name, answer };
  });
  return {
    order: judged.flatMap(({ name, answer }) => (answer?.allow ? [name] : [])),
    notAsked: judged.flatMap(({ name, answer }) =>
      answer?.allow ? [] : [{ provider: name, why: whyNot(answer) }],
    ),
  };
}

function whyNot(answer: PolicyAnswer | null): readonly string[] {
  if (answer === null) return ["secret"];
  if (answer.errors.length > 0) return [NO_ANSWER];
  return answer.reasons.length > 0 ? answer.reasons : [NOTHING_PERMITS];
}

const whole = (value: number): number => Math.max(0, Math.ceil(value));

function questionAbout(
  { name, place, microsPerThousand, standing }: Provider,
  input: RoutingInput,
): PolicyRequest {
  const { asker, task, class: dataClass, tokensMax, timeoutMs, nowMs } = input;
  const principal = { type: "Asker", id: asker };
  const resource = { type: "Provider", id: name };
  return {
    principal,
    action: "infer",
    resource,
    context: {
      dataClass,
      task,
      circuitOpen: standing.openUntilMs > nowMs,
      latencyMs: whole(standing.latencyMs ?? 0),
      timeoutMs: whole(timeoutMs),
      tokensLeft: whole(input.tokensLeft),
      tokensNeeded: whole(tokensMax),
      microsLeft: whole(input.microsLeft),
      microsNeeded: whole((tokensMax * microsPerThousand) / 1_000),
    },
    entities: [
      { uid: principal, attrs: {}, parents: [] },
      { uid: resource, attrs: { place }, parents: [] },
    ],
  };
}
