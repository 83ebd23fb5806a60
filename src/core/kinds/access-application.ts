import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Change, Fields, Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { applicationHcl } from "./access-publication.ts";
import {
  declaredPolicy,
  mergedPolicies,
  observedPolicies,
  policyBodies,
  policySchema,
  publishedPolicy,
  samePolicies,
  sessionOf,
} from "./access-policy.ts";
import {
  asSet,
  carriedOver,
  declareEach,
  objectOf,
  objectsOf,
  said,
  sameOrDefault,
  textsOf,
} from "./declaration.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";

const NAME = "access_application";
const COLLECTION = "access/apps";
const TYPE = "self_hosted";

/** Switches with the value that stands when nobody has said anything: two cookie flags are on (case 53). */
const FLAGS = {
  auto_redirect_to_identity: false,
  app_launcher_visible: true,
  enable_binding_cookie: false,
  eager_redirect_cookie_setting: true,
  http_only_cookie_attribute: true,
  path_cookie_attribute: false,
} as const;
type Flag = keyof typeof FLAGS;
const FLAG_NAMES: readonly Flag[] = [
  "auto_redirect_to_identity",
  "app_launcher_visible",
  "enable_binding_cookie",
  "eager_redirect_cookie_setting",
  "http_only_cookie_attribute",
  "path_cookie_attribute",
];

const flag = z.boolean().nullish();
const texts = z.array(z.string().min(1)).max(100).nullish();
const application = z.strictObject({
  name: z.string().min(1).max(255),
  domain: z.string().min(1).max(1000),
  type: z.literal(TYPE).default(TYPE),
  session_duration: z.string().nullish(),
  allowed_idps: texts,
  tags: texts,
  same_site_cookie_attribute: z.enum(["", "none", "lax", "strict"]).nullish(),
  auto_redirect_to_identity: flag,
  app_launcher_visible: flag,
  enable_binding_cookie: flag,
  eager_redirect_cookie_setting: flag,
  http_only_cookie_attribute: flag,
  path_cookie_attribute: flag,
  policies: z.array(policySchema).max(100),
});
const schema = z.array(application).max(1000);

/** The host in lower case; the path as it is. */
function normalDomain(domain: string): string {
  const [host = "", ...path] = domain.split("/");
  return [host.toLowerCase(), ...path].join("/");
}

function resourceOf(fields: Fields): Resource {
  const identity = textOf(fields["domain"]);
  return { kind: NAME, group: identity, identity, fields };
}

/** What is not declared is not managed (I9); null is declared, and says "nothing" or the platform's default. */
function declareApplication(declared: z.infer<typeof application>): Resource {
  const { allowed_idps: idps, tags, same_site_cookie_attribute: sameSite } = declared;
  const { session_duration: session } = declared;
  const flags = FLAG_NAMES.map((name) => {
    const value = declared[name];
    return [name, value === null ? FLAGS[name] : value];
  });
  return resourceOf(
    said({
      name: declared.name,
      domain: normalDomain(declared.domain),
      type: declared.type,
      session_duration: session === undefined ? undefined : sessionOf(session),
      allowed_idps: idps === undefined ? undefined : asSet(idps ?? []),
      tags: tags === undefined ? undefined : asSet(tags ?? []),
      same_site_cookie_attribute: sameSite === undefined ? undefined : (sameSite ?? ""),
      ...Object.fromEntries(flags),
      policies: declared.policies.map(declaredPolicy),
    }),
  );
}

const KNOWN = new Set<string>([
  "id",
  "uid",
  "aud",
  "created_at",
  "updated_at",
  "name",
  "domain",
  "type",
  "session_duration",
  "allowed_idps",
  "tags",
  "policies",
  "same_site_cookie_attribute",
  ...FLAG_NAMES,
]);

/** Where an application stands that has one hostname. */
const placesOf = (domain: string): JsonObject => ({
  destinations: [{ type: "public", uri: domain }],
  self_hosted_domains: [domain],
});

/** Everything else that is there. Where it only repeats the domain it is left out: it follows it. */
function carriedFrom(raw: JsonObject): JsonObject {
  const { destinations, self_hosted_domains: domains, ...rest } = carriedOver(raw, KNOWN);
  const repeats =
    sameJson(domains ?? [raw["domain"]], [raw["domain"]]) &&
    sameJson(destinations ?? [], destinations ? [{ type: "public", uri: raw["domain"] }] : []);
  if (repeats) return rest;
  return said({ ...rest, destinations, self_hosted_domains: domains });
}

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("an access application is not an object");
  const { id, name, domain, type } = raw;
  if (typeof id !== "string" || !isObjectId(id))
    return err("an access application has no usable `id`");
  if (typeof type !== "string") return err(`access application \`${id}\` has no \`type\``);
  // Some types have no domain (SaaS, the launcher): they are known by their id, and are nobody's here.
  const identity = typeof domain === "string" && domain !== "" ? normalDomain(domain) : id;
  const flags = FLAG_NAMES.map((member) => {
    const value = raw[member];
    return [member, typeof value === "boolean" ? value : FLAGS[member]];
  });
  const fields = {
    name: textOf(name),
    domain: identity,
    type,
    session_duration: sessionOf(raw["session_duration"]),
    allowed_idps: asSet(textsOf(raw["allowed_idps"])),
    tags: asSet(textsOf(raw["tags"])),
    same_site_cookie_attribute: textOf(raw["same_site_cookie_attribute"]),
    ...Object.fromEntries(flags),
    policies: observedPolicies(raw["policies"]),
    carried: carriedFrom(raw),
  };
  const system = type === TYPE ? null : `an application of type ${type} is not modelled`;
  return ok({ ...resourceOf(fields), id, system });
}

/** What a new application has that says nothing else. */
const DEFAULTS: JsonObject = {
  ...FLAGS,
  session_duration: sessionOf(null),
  allowed_idps: [],
  tags: [],
  same_site_cookie_attribute: "",
  carried: {},
};

const sameMember = sameOrDefault(DEFAULTS);

const same = (field: string, desired: Json, observed: Json): boolean =>
  field === "policies" ? samePolicies(desired, observed) : sameMember(field, desired, observed);

function predict(change: Change): Fields | null {
  const fields = mergedFields(change);
  if (fields === null || change.op !== "update") return fields;
  const there = change.observed.fields["policies"] ?? [];
  const merged = { ...fields, policies: mergedPolicies(fields["policies"] ?? [], there) };
  if (change.fields.includes("domain") && !("carried" in change.desired.fields)) {
    // They say where it was moved to, and follow it back.
    const { destinations: _, self_hosted_domains: __, ...carried } = objectOf(fields["carried"]);
    return { ...merged, carried };
  }
  return merged;
}

function published({ fields }: ObservedResource): JsonObject {
  const { carried: _, type: __, policies, ...rest } = fields;
  const members = Object.entries(rest).filter(
    ([member, value]) => !sameJson(DEFAULTS[member], value),
  );
  return { ...Object.fromEntries(members), policies: objectsOf(policies).map(publishedPolicy) };
}

/** Access applications of type self_hosted, each with its policies. The hostname (with path) says which one it is. */
export const accessApplication: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, (declared) => ok(declareApplication(declared))),
  observe,
  same,
  matchable: ["name", "domain", "type"],
  removable: true,
  renames: true,
  foreign: () => new Map(),
  calls: objectCalls({
    collection: COLLECTION,
    bodyOf(change) {
      const {
        carried,
        policies,
        same_site_cookie_attribute: sameSite,
        ...fields
      } = predict(change) ?? {};
      const domain = textOf(fields["domain"]);
      const isMoved = change.op === "update" && change.fields.includes("domain");
      return {
        ...(isMoved ? placesOf(domain) : {}),
        ...objectOf(carried),
        ...fields,
        ...(textOf(sameSite) === "" ? {} : { same_site_cookie_attribute: textOf(sameSite) }),
        policies: policyBodies(policies ?? []),
      };
    },
  }),
  predict,
  publish: (observed) => observed.map(published),
  hcl: applicationHcl,
  describe: (resource) => `access application ${resource.identity}`,
};
