/** Live rules as they would be declared, and an entrypoint as a resource of Terraform. */
import { isObject, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import type { ObservedResource, Site } from "../resource.ts";
import { objectOf } from "./declaration.ts";

/** A rule without what is the default, and without the `logging` that the API computes; only `skip` decides it. */
export function publishedRule(rule: JsonObject): JsonObject {
  const {
    ref = null,
    description,
    enabled,
    logging,
    action_parameters: parameters,
    ...rest
  } = rule;
  return {
    ref,
    ...(textOf(description) === "" ? {} : { description: textOf(description) }),
    ...rest,
    ...(isObject(parameters) && Object.keys(parameters).length > 0
      ? { action_parameters: parameters }
      : {}),
    ...(isObject(logging) && rest["action"] === "skip" ? { logging } : {}),
    ...(enabled === false ? { enabled } : {}),
  };
}

/** What the provider's schema has of a rule, and of the parameters of the actions in our phases. */
const RULE = new Set(
  "ref description expression action action_parameters ratelimit exposed_credential_check logging enabled".split(
    " ",
  ),
);
const PARAMETERS = new Set(
  (
    "additional_cacheable_ports browser_ttl cache cache_key cache_reserve edge_ttl from_list from_value headers id " +
    "increment matched_data origin_cache_control origin_error_page_passthru overrides phases products read_timeout " +
    "respect_strong_etags response rules ruleset rulesets serve_stale strip_etags strip_last_modified " +
    "strip_set_cookie uri vary"
  ).split(" "),
);
/** What the API adds by itself: the categories of a rule, and that the newest version of a managed ruleset runs. */
const ADDED = "categories";
const NEWEST = "latest";

/** The rule in the provider's words, or the member that it has no word for. */
function ruleHcl(rule: JsonObject): JsonObject | string {
  const { enabled = true, [ADDED]: _, action_parameters: given, ...rest } = publishedRule(rule);
  const { version = NEWEST, ...known } = objectOf(given);
  const parameters = version === NEWEST ? known : { ...known, version };
  const unknown =
    Object.keys(rest).find((member) => !RULE.has(member)) ??
    Object.keys(parameters).find((member) => !PARAMETERS.has(member));
  if (unknown !== undefined) return unknown;
  const said = Object.keys(parameters).length === 0 ? {} : { action_parameters: parameters };
  return { ...rest, ...said, enabled };
}

/** Its rules are named by `ref`, which keeps their ids; an entrypoint that does not exist cannot be imported. */
export function entrypointHcl(
  { identity, fields, auditId }: ObservedResource,
  rules: readonly JsonObject[],
  site: Site,
): HclResource | Unprinted | null {
  if (auditId === undefined || rules.length === 0) return null;
  const printed = rules.map(ruleHcl);
  const unknown = printed.find((one) => typeof one === "string");
  if (unknown !== undefined)
    // Without it the rule would mean something else, and a phase is one resource.
    return { unprinted: `the provider does not know \`${unknown}\` of a rule in it` };
  const description = textOf(fields["description"]);
  return {
    type: "cloudflare_ruleset",
    name: identity,
    attributes: {
      zone_id: site.id,
      kind: "zone",
      name: textOf(fields["name"]) || "default",
      phase: identity,
      ...(description === "" ? {} : { description }),
      rules: printed,
    },
    importId: `zones/${site.id}/${auditId}`,
  };
}
