import type { ProviderApi } from "../src/core/provider-api.ts";
import { providerOf } from "../src/core/provider.ts";
import type { Level } from "../src/core/resource.ts";
import { AwsApi } from "../src/edge/aws/client.ts";
import { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import type { VaultEnv } from "./audit-log.ts";
import type { TokenSafe } from "./token-safe.ts";

/** The one safe of the vault Worker. */
export const safeOf = (env: VaultEnv): TokenSafe =>
  env.TOKEN_SAFE.getByName("safe") as unknown as TokenSafe;

/** The API as somebody who has a lease: its name stands where the token will. Null: reads only. */
export function lentApi(env: VaultEnv, level: Level, lease: string | null): ProviderApi {
  const fetch = (request: Request): Promise<Response> => safeOf(env).fetch(request);
  return providerOf(level) === "aws"
    ? new AwsApi({ lease: lease ?? "none", fetch })
    : new CloudflareApi({ base: env.CF_API_BASE, token: `lease:${lease ?? "none"}`, fetch });
}
