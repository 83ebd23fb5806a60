import { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import type { VaultEnv } from "./audit-log.ts";
import type { TokenSafe } from "./token-safe.ts";

/** The one safe of the vault Worker. */
export const safeOf = (env: VaultEnv): TokenSafe =>
  env.TOKEN_SAFE.getByName("safe") as unknown as TokenSafe;

/** The API as somebody who has a lease: its name stands where the token will. Null: reads only. */
export const lentApi = (env: VaultEnv, lease: string | null): CloudflareApi =>
  new CloudflareApi({
    base: env.CF_API_BASE,
    token: `lease:${lease ?? "none"}`,
    fetch: (request) => safeOf(env).fetch(request),
  });
