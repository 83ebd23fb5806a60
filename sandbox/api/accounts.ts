/** The account itself. */
import { noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import type { Call, Operation } from "../product.ts";

const SHOWN = {
  ...ACCOUNT,
  type: "standard",
  settings: { enforce_twofactor: false },
  created_on: "2024-02-05T08:11:27.000000Z",
};

const PER_PAGE = { min: 5, max: 50, initial: 20 };

/** Throws unless the route's `:account_id` is this account. */
export function ownAccount(call: Call): typeof ACCOUNT {
  if (call.param("account_id") === ACCOUNT.id) return ACCOUNT;
  throw noRoute(call.request.path);
}

function list(call: Call): Answer {
  const name = call.query.text("name");
  const accounts = name === undefined || SHOWN.name.includes(name) ? [SHOWN] : [];
  return call.query.page(accounts, PER_PAGE);
}

function one(call: Call): Answer {
  ownAccount(call);
  return { result: SHOWN };
}

export const ACCOUNTS: readonly Operation[] = [
  { method: "GET", path: "/accounts", needs: "account:read", handle: list },
  { method: "GET", path: "/accounts/:account_id", needs: "account:read", handle: one },
];
