/** Identity providers of Access. */
import {
  acceptProvider,
  IDENTITY_PROVIDER,
  ProviderInput,
  shownProvider,
  type StoredProvider,
} from "../access/identity-provider.ts";
import { unknownAccess } from "../access/refusal.ts";
import type { Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { uuid } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const PER_PAGE = { min: 1, max: 1000, initial: 25 };

const providers = (call: Call) => {
  ownAccount(call);
  return call.shelf(IDENTITY_PROVIDER, ACCOUNT.id);
};

function find(call: Call): StoredProvider {
  const provider = providers(call).get(call.param("provider_id"));
  if (provider === undefined) throw unknownAccess("identity_provider");
  return provider;
}

/** The request is told without what is secret in it, as the answer is. */
function changed(
  call: Call,
  action: "create" | "update" | "delete",
  provider: StoredProvider,
): unknown {
  const result = shownProvider(provider);
  const { id } = provider;
  call.changed({
    action,
    resource: { id, type: "access_identity_provider", product: "access", scope: "accounts" },
    request: action === "delete" ? null : provider,
    response: action === "delete" ? null : result,
  });
  return result;
}

function store(call: Call, before: StoredProvider | undefined): Answer {
  const shelf = providers(call);
  const provider = acceptProvider(before?.id ?? uuid(), call.json(ProviderInput));
  shelf.put(provider);
  return { result: changed(call, before === undefined ? "create" : "update", provider) };
}

const create = (call: Call): Answer => store(call, undefined);
const replace = (call: Call): Answer => store(call, find(call));
const one = (call: Call): Answer => ({ result: shownProvider(find(call)) });

function list(call: Call): Answer {
  const { result, info } = call.query.page(providers(call).list(), PER_PAGE);
  return { result: result.map(shownProvider), info };
}

function remove(call: Call): Answer {
  const provider = find(call);
  providers(call).delete(provider.id);
  changed(call, "delete", provider);
  return { result: { id: provider.id } };
}

const PROVIDERS = "/accounts/:account_id/access/identity_providers";
const PROVIDER = `${PROVIDERS}/:provider_id`;

export const ACCESS_IDENTITY_PROVIDERS: readonly Operation[] = [
  { method: "GET", path: PROVIDERS, needs: "access:read", handle: list },
  { method: "POST", path: PROVIDERS, needs: "access:write", handle: create },
  { method: "GET", path: PROVIDER, needs: "access:read", handle: one },
  { method: "PUT", path: PROVIDER, needs: "access:write", handle: replace },
  { method: "DELETE", path: PROVIDER, needs: "access:write", handle: remove },
];
