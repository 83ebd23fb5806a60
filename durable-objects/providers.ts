/** Where the providers meet: what is done with a site depends on whose it is, and is looked up here and nowhere else. */
import type { Answer, ProviderApi } from "../src/core/provider-api.ts";
import { providerOf } from "../src/core/provider.ts";
import type { Reader } from "../src/core/reader.ts";
import type { ApiRequest, Level } from "../src/core/resource.ts";
import { inSync } from "../src/edge/aws/change-info.ts";
import { type AwsBinding, type AwsWorld, credentialProblem } from "../src/edge/aws/connect.ts";
import { READERS as AWS } from "../src/edge/aws/readers/registry.ts";
import { finished } from "../src/edge/cloudflare/bulk-operation.ts";
import { type ApiBinding, originProblem, REAL_ORIGIN } from "../src/edge/cloudflare/connect.ts";
import { READERS as CLOUDFLARE } from "../src/edge/cloudflare/readers/registry.ts";

/**
 * How every kind is read. A reader is given the API of its kind's provider: `ReadContext.api` belongs to the site, and a
 * site has the kinds of its level only.
 */
export const READERS: readonly Reader[] = [...CLOUDFLARE, ...AWS];

export type ProviderBinding = ApiBinding & AwsBinding;

/**
 * One variable says which world it is. With a sandbox of Cloudflare's API all of AWS is that sandbox, too: a setup that
 * mixes both cannot be written down.
 */
export function awsWorldOf(env: ProviderBinding): AwsWorld {
  const { origin } = new URL(env.CF_API_BASE);
  if (origin === REAL_ORIGIN) return { env, sandbox: null };
  const { CF_API: sandbox } = env;
  return {
    env,
    sandbox: { origin, fetch: (request) => sandbox?.fetch(request) ?? fetch(request) },
  };
}

/** Why nothing may be written to sites of this level, or null. */
export const worldProblem = (level: Level, env: ProviderBinding): string | null =>
  providerOf(level) === "aws"
    ? (originProblem(env) ?? credentialProblem(awsWorldOf(env)))
    : originProblem(env);

/** The answer to a write once it has been carried out: some are taken on first. */
export const carriedOut = (
  level: Level,
  api: ProviderApi,
  of: { readonly request: ApiRequest; readonly answer: Answer },
): Promise<Answer> => (providerOf(level) === "cloudflare" ? finished(api, of) : inSync(api, of));
