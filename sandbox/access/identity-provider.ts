/** Where people prove who they are, before Access lets them in. */
import { z } from "zod";
import type { Kind } from "../store.ts";

const TYPES = [
  "onetimepin",
  "azureAD",
  "saml",
  "centrify",
  "facebook",
  "github",
  "google-apps",
  "google",
  "linkedin",
  "oidc",
  "okta",
  "onelogin",
  "pingone",
  "yandex",
] as const;

const object = z.record(z.string(), z.unknown()).nullish();

export const ProviderInput = z.object({
  name: z.string().max(255),
  type: z.enum(TYPES),
  config: object,
  scim_config: object,
});
export type ProviderInput = z.infer<typeof ProviderInput>;

export interface StoredProvider {
  readonly id: string;
  readonly name: string;
  readonly type: ProviderInput["type"];
  readonly config: Readonly<Record<string, unknown>>;
  readonly scim_config: Readonly<Record<string, unknown>>;
}

export const IDENTITY_PROVIDER: Kind<StoredProvider> = { name: "identity_provider" };

/** The team's own address, which the provider sends people back to. */
const TEAM = "https://harbor-books.cloudflareaccess.com";

/** Never told (case 54), or told by the server alone (case 55). */
const NOT_KEPT = new Set(["client_secret", "secret", "redirect_url", "scim_base_url"]);

const kept = (given: ProviderInput["config"]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !NOT_KEPT.has(name)));

export const acceptProvider = (id: string, input: ProviderInput): StoredProvider => ({
  id,
  name: input.name,
  type: input.type,
  config: kept(input.config),
  scim_config: kept(input.scim_config),
});

export function shownProvider({ config, scim_config, ...provider }: StoredProvider): unknown {
  const redirect_url = `${TEAM}/cdn-cgi/access/callback`;
  const isScim = scim_config["enabled"] === true;
  const scim_base_url = `${TEAM}/populations/${provider.id}/scim/v2`;
  return {
    ...provider,
    config: { ...config, redirect_url },
    ...(isScim ? { scim_config: { ...scim_config, scim_base_url } } : {}),
  };
}
