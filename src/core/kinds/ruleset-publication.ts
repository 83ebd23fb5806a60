/** Live rules as they would be declared, and an entrypoint as a resource of Terraform. */
import { isObject, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import type { ObservedResource, Site } from "../resource.ts";

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

/** Its rules are named by `ref`, which keeps their ids; an entrypoint that does not exist cannot be imported. */
export function entrypointHcl(
  { identity, fields, auditId }: ObservedResource,
  rules: readonly JsonObject[],
  site: Site,
): HclResource | null {
  if (auditId === undefined || rules.length === 0) return null;
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
      rules: rules.map((rule) => {
        const { enabled = true, ...rest } = publishedRule(rule);
        return { ...rest, enabled };
      }),
    },
    importId: `zones/${site.id}/${auditId}`,
  };
}
