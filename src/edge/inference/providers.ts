/** Which providers there are: the variable INFERENCE, the binding AI, and the model that `swarm.yaml` gives to a role. */
import { z } from "zod";
import type { InferenceProvider, Place } from "../../core/inference/provider.ts";
import { type AiBinding, isAccountModel, workersAi } from "./workers-ai.ts";
import { openAiCompatible } from "./openai-compatible.ts";

const PROVIDERS_MAX = 10;

const endpoint = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  base_url: z.url({ protocol: /^https?$/ }),
  /** `account`: behind a tunnel of the account's own. Loopback is local whatever stands here. */
  place: z.enum(["account", "external"]).default("external"),
  micros_per_thousand_tokens: z.int().min(0).default(0),
});
const endpoints = z.array(endpoint).max(PROVIDERS_MAX);
const keys = z.record(z.string(), z.record(z.string().regex(/^[A-Za-z-]{1,64}$/), z.string()));

export interface InferenceEnv {
  /** JSON list of endpoints: name, base_url, place, micros_per_thousand_tokens. */
  readonly INFERENCE?: string | undefined;
  /** Secret. JSON: by name of the endpoint, headers such as `authorization` or `cf-aig-authorization`. */
  readonly INFERENCE_KEYS?: string | undefined;
  readonly AI?: AiBinding | undefined;
  /** The name of an AI Gateway that requests of `AI` go through; empty: none. */
  readonly AI_GATEWAY?: string | undefined;
}

/** Millionths of a dollar for a thousand tokens of Workers AI, as dear as its larger models: the day's money is counted with it. */
const WORKERS_AI_MICROS = 300;
const GATEWAY_ORIGIN = "https://gateway.ai.cloudflare.com";
/** A gateway keeps what was asked unless it is told not to (I6). */
const UNLOGGED = { "cf-aig-collect-log": "false" };

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** Throws when the variables are malformed: half of a configuration would send prompts where nobody wanted them. */
export function providersFor(model: string, env: InferenceEnv): readonly InferenceProvider[] {
  const [kind = "", ...rest] = model.split("/");
  const name = rest.join("/");
  if (model === "rules") return [];
  if (kind === "workers-ai") return ofAccount(name, env);
  const given = endpoints.safeParse(jsonOf(env.INFERENCE || "[]"));
  const secret = keys.safeParse(jsonOf(env.INFERENCE_KEYS || "{}"));
  if (!given.success || !secret.success)
    throw new Error("`INFERENCE` or `INFERENCE_KEYS` is malformed");
  return given.data.map((one) => {
    const url = new URL(one.base_url);
    if (url.username !== "" || url.search !== "" || url.hash !== "")
      throw new Error(`\`INFERENCE\`: the address of \`${one.name}\` has more than a place in it`);
    if (url.protocol !== "https:" && !isLoopback(url))
      throw new Error(`\`INFERENCE\`: \`${one.name}\` is not on this machine and needs https`);
    const place: Place = isLoopback(url) ? "local" : one.place;
    return openAiCompatible({
      name: one.name,
      baseUrl: one.base_url.replace(/\/$/, ""),
      place,
      model: name,
      microsPerThousand: one.micros_per_thousand_tokens,
      headers: {
        ...(url.origin === GATEWAY_ORIGIN ? UNLOGGED : {}),
        ...secret.data[one.name],
      },
    });
  });
}

function ofAccount(
  model: string,
  { AI: binding, AI_GATEWAY: gateway }: InferenceEnv,
): readonly InferenceProvider[] {
  if (!isAccountModel(model))
    throw new Error("`workers-ai/…` is for models of the account's own, such as `@cf/…`");
  if (gateway && !/^[a-z0-9-]{1,64}$/.test(gateway))
    throw new Error("`AI_GATEWAY` is not the name of a gateway");
  return binding
    ? [workersAi(binding, { model, microsPerThousand: WORKERS_AI_MICROS, gateway })]
    : [];
}

/** Undefined: it is none. What a parser says of it would have a piece of it in it, and it may be a secret (I6). */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
