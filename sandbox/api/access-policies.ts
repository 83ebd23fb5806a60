/** Access policies that several applications share. */
import { jsonBody } from "../api-request.ts";
import { ACCESS_APPLICATION, type StoredApplication } from "../access/application.ts";
import {
  ACCESS_POLICY,
  acceptPolicy,
  PolicyInput,
  type StoredAccessPolicy,
} from "../access/policy.ts";
import { accessConflict, unknownAccess } from "../access/refusal.ts";
import type { Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { uuid } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const PER_PAGE = { min: 1, max: 1000, initial: 25 };

export const accessPolicies = (call: Call) => call.shelf(ACCESS_POLICY, ACCOUNT.id);

const users = (call: Call, id: string): StoredApplication[] =>
  call
    .shelf(ACCESS_APPLICATION, ACCOUNT.id)
    .list()
    .filter(({ links }) => links.some((link) => link.id === id));

function shown(call: Call, policy: StoredAccessPolicy): Record<string, unknown> {
  return { ...policy, reusable: true, app_count: users(call, policy.id).length };
}

function find(call: Call): StoredAccessPolicy {
  ownAccount(call);
  const policy = accessPolicies(call).get(call.param("policy_id"));
  if (policy === undefined || policy.app_id !== undefined) throw unknownAccess("policy");
  return policy;
}

export function policyChanged(
  call: Call,
  action: "create" | "update" | "delete",
  policy: { readonly id: string },
): void {
  call.changed({
    action,
    resource: { id: policy.id, type: "access_policy", product: "access", scope: "accounts" },
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : policy,
  });
}

function store(call: Call, before: StoredAccessPolicy | undefined): Answer {
  ownAccount(call);
  const blank = { id: uuid(), created_at: call.timestamp };
  const policy = acceptPolicy(call.json(PolicyInput), before ?? blank, call.timestamp);
  accessPolicies(call).put(policy);
  policyChanged(call, before === undefined ? "create" : "update", policy);
  return { result: shown(call, policy) };
}

const create = (call: Call): Answer => store(call, undefined);
const replace = (call: Call): Answer => store(call, find(call));
const one = (call: Call): Answer => ({ result: shown(call, find(call)) });

function list(call: Call): Answer {
  ownAccount(call);
  const { result, info } = call.query.page(accessPolicies(call).withKey(""), PER_PAGE);
  return { result: result.map((policy) => shown(call, policy)), info };
}

function remove(call: Call): Answer {
  const policy = find(call);
  const [user] = users(call, policy.id);
  if (user !== undefined) throw accessConflict(`policy_in_use: application ${user.name}`);
  accessPolicies(call).delete(policy.id);
  policyChanged(call, "delete", policy);
  return { result: { id: policy.id } };
}

const POLICIES = "/accounts/:account_id/access/policies";
const POLICY = `${POLICIES}/:policy_id`;

export const ACCESS_POLICIES: readonly Operation[] = [
  { method: "GET", path: POLICIES, needs: "access:read", handle: list },
  { method: "POST", path: POLICIES, needs: "access:write", handle: create },
  { method: "GET", path: POLICY, needs: "access:read", handle: one },
  { method: "PUT", path: POLICY, needs: "access:write", handle: replace },
  { method: "DELETE", path: POLICY, needs: "access:write", handle: remove },
];
