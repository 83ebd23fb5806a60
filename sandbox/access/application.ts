/** An Access application: from what a client sent to what is stored. */
import { z } from "zod";
import type { Kind } from "../store.ts";
import { acceptSession, PolicyInput } from "./policy.ts";
import { invalidAccess } from "./refusal.ts";

/** Types that protect a hostname; the sandbox knows no others. */
const TYPES = ["self_hosted", "ssh", "vnc", "bookmark"] as const;

const flag = z.boolean().nullish();
const text = z.string().nullish();

/** A reusable policy by its id, or a new one that only this application has. */
const PolicyReference = z.union([
  z.string(),
  z.object({ id: z.string(), precedence: z.number().int().min(1).nullish() }),
  PolicyInput,
]);
export type PolicyReference = z.infer<typeof PolicyReference>;

const Destination = z.looseObject({
  type: z.string().default("public"),
  uri: z.string().nullish(),
});

export const ApplicationInput = z.object({
  name: z.string().min(1).max(255).nullish(),
  type: z.enum(TYPES),
  domain: text,
  self_hosted_domains: z.array(z.string()).max(100).nullish(),
  destinations: z.array(Destination).max(100).nullish(),
  session_duration: text,
  policies: z.array(PolicyReference).max(100).nullish(),
  allowed_idps: z.array(z.string()).nullish(),
  tags: z.array(z.string()).max(25).nullish(),
  auto_redirect_to_identity: flag,
  app_launcher_visible: flag,
  enable_binding_cookie: flag,
  http_only_cookie_attribute: flag,
  path_cookie_attribute: flag,
  same_site_cookie_attribute: z.enum(["", "none", "lax", "strict"]).nullish(),
  options_preflight_bypass: flag,
  skip_interstitial: flag,
  service_auth_401_redirect: flag,
  allow_authenticate_via_warp: flag,
  allow_iframe: flag,
  eager_redirect_cookie_setting: flag,
  use_clientless_isolation_app_launcher_url: flag,
  cors_headers: z.record(z.string(), z.unknown()).nullish(),
  custom_deny_message: text,
  custom_deny_url: text,
  custom_non_identity_deny_url: text,
  custom_pages: z.array(z.string()).nullish(),
  logo_url: text,
  mfa_config: z.record(z.string(), z.unknown()).nullish(),
  read_service_tokens_from_header: text,
});
export type ApplicationInput = z.infer<typeof ApplicationInput>;

export interface PolicyLink {
  readonly id: string;
  readonly precedence: number;
}

export interface StoredApplication {
  readonly id: string;
  readonly aud: string;
  readonly name: string;
  readonly type: ApplicationInput["type"];
  readonly domain: string;
  /** In order of precedence. */
  readonly links: readonly PolicyLink[];
  /** Everything else, with its defaults. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
}

export const ACCESS_APPLICATION: Kind<StoredApplication> = {
  name: "access_application",
  key: (application) => application.domain,
};

/** `Admin.Example/Path` without scheme: the host in lower case. */
export function acceptDomain(input: ApplicationInput): string {
  const [uri] = (input.destinations ?? []).flatMap((place) => place.uri ?? []);
  const given = input.domain ?? input.self_hosted_domains?.[0] ?? uri ?? "";
  const [host = "", ...path] = given.split("/");
  if (!/^(\*\.)?([a-z0-9*_-]+\.)+[a-z0-9-]+$/i.test(host)) {
    throw invalidAccess(`domain: \`${given}\` is not a hostname with an optional path`);
  }
  return [host.toLowerCase(), ...path].join("/");
}

/** The members of an answer that follow from the input alone. */
export function acceptFields(input: ApplicationInput, domain: string): Record<string, unknown> {
  const { name: _name, type: _type, domain: _domain, policies: _policies, ...given } = input;
  const said = Object.entries(given).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const domains = input.self_hosted_domains ?? [domain];
  return {
    auto_redirect_to_identity: false,
    app_launcher_visible: true,
    enable_binding_cookie: false,
    // On unless switched off (case 53).
    eager_redirect_cookie_setting: true,
    http_only_cookie_attribute: true,
    options_preflight_bypass: false,
    path_cookie_attribute: false,
    destinations: domains.map((uri) => ({ type: "public", uri })),
    self_hosted_domains: domains,
    ...Object.fromEntries(said),
    session_duration: acceptSession(input.session_duration),
    allowed_idps: input.allowed_idps ?? [],
    tags: (input.tags ?? []).toSorted(),
  };
}
