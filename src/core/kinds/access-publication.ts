/** An Access application as a resource of Terraform, with its policies in it. */
import { type Json, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import type { Live, ObservedResource } from "../resource.ts";
import { objectOf, objectsOf } from "./declaration.ts";
import { publishedPolicy } from "./access-policy.ts";

const isNothing = (value: Json): boolean =>
  value === null ||
  value === false ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** What is not modelled here and the provider knows by the same name. Credentials (`scim_config`) are not among it. */
const PASSED = [
  "allow_authenticate_via_warp",
  "allow_iframe",
  "cors_headers",
  "custom_deny_message",
  "custom_deny_url",
  "custom_non_identity_deny_url",
  "custom_pages",
  "destinations",
  "logo_url",
  "mfa_config",
  "options_preflight_bypass",
  "read_service_tokens_from_header",
  "service_auth_401_redirect",
  "skip_interstitial",
];
/** Members of the normal form, as the provider calls them. It has none for `eager_redirect_cookie_setting`. */
const MODELLED = [
  "name",
  "domain",
  "type",
  "session_duration",
  "allowed_idps",
  "tags",
  "same_site_cookie_attribute",
];
const FLAGS = [
  "auto_redirect_to_identity",
  "app_launcher_visible",
  "enable_binding_cookie",
  "http_only_cookie_attribute",
  "path_cookie_attribute",
];

const SELECTORS: Readonly<Record<string, string>> = {
  azureAD: "azure_ad",
  "github-organization": "github_organization",
};

const selected = (rules: Json | undefined): readonly JsonObject[] =>
  objectsOf(rules).map((rule) =>
    Object.fromEntries(
      Object.entries(rule).map(([selector, value]) => [SELECTORS[selector] ?? selector, value]),
    ),
  );

/** A shared policy by its id, any other one in full. Null: it says what the provider has no word for. */
function policyHcl(policy: JsonObject, precedence: number): JsonObject | null {
  const { id, more } = policy;
  if (id !== undefined) return { id, precedence };
  const {
    include,
    exclude,
    require: all,
    session_duration: session,
    ...rest
  } = publishedPolicy(policy);
  if (session !== undefined || Object.values(objectOf(more)).some((one) => !isNothing(one)))
    return null;
  const rules: readonly [string, readonly JsonObject[]][] = [
    ["include", selected(include)],
    ["exclude", selected(exclude)],
    ["require", selected(all)],
  ];
  return {
    ...rest,
    ...Object.fromEntries(rules.filter(([, some]) => some.length > 0)),
    precedence,
  };
}

export function applicationHcl(
  { identity, fields, id }: ObservedResource,
  { site }: Live,
): HclResource | Unprinted {
  const carried = objectOf(fields["carried"]);
  const policies = objectsOf(fields["policies"]).map((one, index) => policyHcl(one, index + 1));
  const whole = policies.flatMap((one) => (one === null ? [] : [one]));
  if (whole.length < policies.length)
    return { unprinted: "a policy in it says what the provider only knows of a shared one" };
  if (!isNothing(carried["scim_config"] ?? null))
    return { unprinted: "its `scim_config` has credentials, which are not told" };
  const said = (from: JsonObject, members: readonly string[]): JsonObject =>
    Object.fromEntries(
      members.flatMap((member) => {
        const value = from[member] ?? null;
        return isNothing(value) ? [] : [[member, value]];
      }),
    );
  return {
    type: "cloudflare_zero_trust_access_application",
    name: textOf(fields["domain"]) || identity,
    attributes: {
      account_id: site.id,
      ...said(fields, MODELLED),
      ...Object.fromEntries(FLAGS.map((name) => [name, fields[name] ?? false])),
      ...said(carried, PASSED),
      policies: whole,
    },
    importId: `accounts/${site.id}/${id}`,
  };
}
