/** Access applications and the policies in them. */
import {
  ACCESS_APPLICATION,
  acceptDomain,
  acceptFields,
  ApplicationInput,
  type PolicyLink,
  type PolicyReference,
  type StoredApplication,
} from "../access/application.ts";
import { IDENTITY_PROVIDER } from "../access/identity-provider.ts";
import { acceptPolicy, PolicyInput, type StoredAccessPolicy } from "../access/policy.ts";
import { accessConflict, invalidAccess, unknownAccess } from "../access/refusal.ts";
import { jsonBody, type Query } from "../api-request.ts";
import type { Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId, uuid } from "../model/identifiers.ts";
import { ZONE } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { accessPolicies, policyChanged } from "./access-policies.ts";
import { ownAccount } from "./accounts.ts";

const PER_PAGE = { min: 1, max: 1000, initial: 25 };

const applications = (call: Call) => {
  ownAccount(call);
  return call.shelf(ACCESS_APPLICATION, ACCOUNT.id);
};

function find(call: Call): StoredApplication {
  const application = applications(call).get(call.param("app_id"));
  if (application === undefined) throw unknownAccess("application");
  return application;
}

/** A policy as an application shows it: whole, with its place among the others (case 53). */
function expanded(call: Call, { id, precedence }: PolicyLink): Record<string, unknown>[] {
  const policy = accessPolicies(call).get(id);
  if (policy === undefined) return [];
  const { app_id: owner, ...members } = policy;
  return [{ ...members, precedence, reusable: owner === undefined }];
}

function shown(call: Call, application: StoredApplication): Record<string, unknown> {
  const { links, fields, ...members } = application;
  return {
    ...members,
    uid: application.id,
    ...fields,
    policies: links.flatMap((entry) => expanded(call, entry)),
  };
}

function put(call: Call, action: "create" | "update", application: StoredApplication): Answer {
  applications(call).put(application);
  return { result: changed(call, action, application) };
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  application: StoredApplication,
): unknown {
  const result = shown(call, application);
  const { id } = application;
  call.changed({
    action,
    resource: { id, type: "access_application", product: "access", scope: "accounts" },
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : result,
  });
  return result;
}

function refuseForeignDomain(call: Call, domain: string): void {
  const [host = ""] = domain.split("/");
  const zones = call.shelf(ZONE, ACCOUNT.id).list();
  if (zones.some(({ name }) => host === name || host.endsWith(`.${name}`))) return;
  throw invalidAccess(`domain: \`${host}\` does not belong to a zone of this account`);
}

function refuseTwin(call: Call, { id, domain }: Pick<StoredApplication, "id" | "domain">): void {
  const twin = applications(call)
    .withKey(domain)
    .find((other) => other.id !== id);
  if (twin !== undefined) throw accessConflict("application_already_exists");
}

/** Links in order of precedence; new policies become the application's own. */
function link(call: Call, appId: string, references: readonly PolicyReference[]): PolicyLink[] {
  const links = references.map((reference, index): PolicyLink => {
    const given = typeof reference === "string" ? { id: reference } : reference;
    const precedence = ("precedence" in given ? given.precedence : undefined) ?? index + 1;
    return {
      id: "id" in given ? known(call, appId, given.id) : own(call, appId, given),
      precedence,
    };
  });
  if (new Set(links.map(({ precedence }) => precedence)).size < links.length) {
    throw invalidAccess("policies: precedence must be unique");
  }
  return links.toSorted((a, b) => a.precedence - b.precedence);
}

function known(call: Call, appId: string, id: string): string {
  const policy = accessPolicies(call).get(id);
  const isUsable = policy !== undefined && (policy.app_id ?? appId) === appId;
  if (isUsable) return id;
  throw invalidAccess(`policies: \`${id}\` is not a reusable policy`);
}

function own(call: Call, appId: string, input: PolicyInput): string {
  const blank = { id: uuid(), app_id: appId, created_at: call.timestamp };
  const policy = acceptPolicy(input, blank, call.timestamp);
  accessPolicies(call).put(policy);
  return policy.id;
}

function dropUnlinked(call: Call, { id, links }: StoredApplication): void {
  const kept = new Set(links.map((entry) => entry.id));
  for (const policy of accessPolicies(call).withKey(id)) {
    if (!kept.has(policy.id)) accessPolicies(call).delete(policy.id);
  }
}

function refuseUnknownProviders(call: Call, { allowed_idps: ids }: ApplicationInput): void {
  const providers = call.shelf(IDENTITY_PROVIDER, ACCOUNT.id);
  const missing = (ids ?? []).find((id) => providers.get(id) === undefined);
  if (missing === undefined) return;
  throw invalidAccess(`allowed_idps: there is no identity provider \`${missing}\``);
}

function accepted(call: Call, id: string): Omit<StoredApplication, "aud" | "created_at" | "links"> {
  const input = call.json(ApplicationInput);
  const domain = acceptDomain(input);
  refuseForeignDomain(call, domain);
  refuseTwin(call, { id, domain });
  refuseUnknownProviders(call, input);
  const { type } = input;
  const fields = acceptFields(input, domain);
  return { id, name: input.name ?? domain, type, domain, fields, updated_at: call.timestamp };
}

function create(call: Call): Answer {
  const id = uuid();
  const application = accepted(call, id);
  const { policies } = call.json(ApplicationInput);
  return put(call, "create", {
    ...application,
    aud: `${hexId()}${hexId()}`,
    links: link(call, id, policies ?? []),
    created_at: call.timestamp,
  });
}

/** Without `policies` those that the application has stay. */
function replace(call: Call): Answer {
  const before = find(call);
  const { policies } = call.json(ApplicationInput);
  const links = policies === undefined ? before.links : link(call, before.id, policies ?? []);
  const { aud, created_at } = before;
  const application = { ...accepted(call, before.id), aud, created_at, links };
  dropUnlinked(call, application);
  return put(call, "update", application);
}

function remove(call: Call): Answer {
  const application = find(call);
  dropUnlinked(call, { ...application, links: [] });
  applications(call).delete(application.id);
  changed(call, "delete", application);
  return { result: { id: application.id } };
}

const one = (call: Call): Answer => ({ result: shown(call, find(call)) });

function filter(query: Query): (application: StoredApplication) => boolean {
  const isExact = query.flag("exact") === true;
  const includes = (value: string, wanted: string | undefined): boolean =>
    wanted === undefined || (isExact ? value === wanted : value.includes(wanted.toLowerCase()));
  return ({ name, domain, aud }) =>
    includes(isExact ? name : name.toLowerCase(), query.text("name")) &&
    includes(domain, query.text("domain")) &&
    (query.text("aud") ?? aud) === aud &&
    `${name}\n${domain}`.toLowerCase().includes(query.text("search")?.toLowerCase() ?? "");
}

function list(call: Call): Answer {
  const found = applications(call).list().filter(filter(call.query));
  const { result, info } = call.query.page(found, PER_PAGE);
  return { result: result.map((application) => shown(call, application)), info };
}

function listPolicies(call: Call): Answer {
  const policies = find(call).links.flatMap((entry) => expanded(call, entry));
  return call.query.page(policies, PER_PAGE);
}

function linked(call: Call): { application: StoredApplication; entry: PolicyLink } {
  const application = find(call);
  const id = call.param("policy_id");
  const entry = application.links.find((candidate) => candidate.id === id);
  if (entry === undefined) throw unknownAccess("policy");
  return { application, entry };
}

function onePolicy(call: Call): Answer {
  return { result: expanded(call, linked(call).entry)[0] };
}

function createPolicy(call: Call): Answer {
  const application = find(call);
  const input = call.json(PolicyInput);
  const last = application.links.at(-1)?.precedence ?? 0;
  const id = own(call, application.id, input);
  return place(call, application, { id, precedence: input.precedence ?? last + 1 });
}

/** Puts a policy at its place; one that stands there already moves everything behind it back. */
function place(call: Call, application: StoredApplication, entry: PolicyLink): Answer {
  const others = application.links.filter(({ id }) => id !== entry.id);
  const isNew = others.length === application.links.length;
  const isTaken = others.some(({ precedence }) => precedence === entry.precedence);
  const links = others
    .map((other) =>
      isTaken && other.precedence >= entry.precedence
        ? { ...other, precedence: other.precedence + 1 }
        : other,
    )
    .concat(entry)
    .toSorted((a, b) => a.precedence - b.precedence);
  applications(call).put({ ...application, links, updated_at: call.timestamp });
  const [result = {}] = expanded(call, entry);
  policyChanged(call, isNew ? "create" : "update", { ...result, id: entry.id });
  return { result };
}

function ownPolicy(call: Call, { id }: PolicyLink): StoredAccessPolicy {
  const policy = accessPolicies(call).get(id);
  if (policy?.app_id !== undefined) return policy;
  throw invalidAccess("a reusable policy is changed at /access/policies, not in an application");
}

function replacePolicy(call: Call): Answer {
  const { application, entry } = linked(call);
  const input = call.json(PolicyInput);
  const policy = acceptPolicy(input, ownPolicy(call, entry), call.timestamp);
  accessPolicies(call).put(policy);
  return place(call, application, { ...entry, precedence: input.precedence ?? entry.precedence });
}

function removePolicy(call: Call): Answer {
  const { application, entry } = linked(call);
  const policy = accessPolicies(call).get(entry.id);
  if (policy?.app_id !== undefined) accessPolicies(call).delete(entry.id);
  const links = application.links.filter(({ id }) => id !== entry.id);
  applications(call).put({ ...application, links, updated_at: call.timestamp });
  policyChanged(call, "delete", entry);
  return { result: { id: entry.id } };
}

function makeReusable(call: Call): Answer {
  const { entry } = linked(call);
  const { app_id: _owner, ...policy } = ownPolicy(call, entry);
  accessPolicies(call).put({ ...policy, updated_at: call.timestamp });
  const [result = {}] = expanded(call, entry);
  policyChanged(call, "update", { ...result, id: entry.id });
  return { result };
}

const APPS = "/accounts/:account_id/access/apps";
const APP = `${APPS}/:app_id`;
const POLICY = `${APP}/policies/:policy_id`;

export const ACCESS_APPS: readonly Operation[] = [
  { method: "GET", path: APPS, needs: "access:read", handle: list },
  { method: "POST", path: APPS, needs: "access:write", handle: create },
  { method: "GET", path: APP, needs: "access:read", handle: one },
  { method: "PUT", path: APP, needs: "access:write", handle: replace },
  { method: "DELETE", path: APP, needs: "access:write", handle: remove },
  { method: "GET", path: `${APP}/policies`, needs: "access:read", handle: listPolicies },
  { method: "POST", path: `${APP}/policies`, needs: "access:write", handle: createPolicy },
  { method: "GET", path: POLICY, needs: "access:read", handle: onePolicy },
  { method: "PUT", path: POLICY, needs: "access:write", handle: replacePolicy },
  { method: "DELETE", path: POLICY, needs: "access:write", handle: removePolicy },
  {
    method: "PUT",
    path: `${POLICY}/make_reusable`,
    needs: "access:write",
    handle: makeReusable,
  },
];
