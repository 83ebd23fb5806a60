/** Rulesets of zones and of the account; both have the same operations. */
import { jsonBody } from "../api-request.ts";
import type { Change } from "../audit-trail.ts";
import { invalidParameter, type Answer } from "../envelope.ts";
import { zoneOf } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { summary, type StoredRuleset } from "../rulesets/ruleset.ts";
import { Rulesets, type Scope } from "../rulesets/rulesets.ts";
import { ownAccount } from "./accounts.ts";

interface Here {
  readonly rulesets: Rulesets;
  readonly scope: Scope;
  readonly zone?: { readonly id: string; readonly name: string };
}

type Where = Scope["type"];

function here(call: Call, where: Where): Here {
  if (where === "accounts") {
    const scope = { type: where, id: ownAccount(call).id, plan: "enterprise" } as const;
    return { rulesets: new Rulesets(call, scope, call), scope };
  }
  const { id, name, plan } = zoneOf(call);
  const scope = { type: where, id, plan };
  return { rulesets: new Rulesets(call, scope, call), scope, zone: { id, name } };
}

const PER_PAGE = { initial: 50, max: 50 };

/** Cursor pages: the cursor is the id after which the next page begins. */
function list(call: Call, { rulesets }: Here): Answer {
  const all = rulesets.list().map(summary);
  const size = call.query.integer("per_page", PER_PAGE.initial);
  const perPage = Math.min(PER_PAGE.max, Math.max(1, size));
  const cursor = call.query.text("cursor") ?? "";
  const from = cursor === "" ? 0 : all.findIndex(({ id }) => id === atob(cursor)) + 1;
  if (cursor !== "" && from === 0) throw invalidParameter("Invalid value for `cursor`");
  const result = all.slice(from, from + perPage);
  const last = result.at(-1);
  const next = last === undefined || from + perPage >= all.length ? {} : { cursor: btoa(last.id) };
  return { result, info: { count: result.length, per_page: perPage, ...next } };
}

/** One entry for the whole ruleset, whichever part of it was written. */
function changed(
  call: Call,
  { scope, zone }: Here,
  change: Pick<Change, "action" | "response"> & { readonly id: string },
): void {
  call.changed({
    action: change.action,
    resource: { id: change.id, type: "ruleset", product: "rulesets", scope: scope.type },
    ...(zone === undefined ? {} : { zone }),
    request: call.body.type === "none" ? null : jsonBody(call.body),
    response: change.response,
  });
}

type Write = (rulesets: Rulesets, call: Call) => StoredRuleset;

const written =
  (action: "create" | "update", write: Write) =>
  (call: Call, at: Here): Answer => {
    const result = write(at.rulesets, call);
    changed(call, at, { action, id: result.id, response: result });
    return { result };
  };

/** 204: no body at all. */
const removed =
  (action: "delete" | "update", write: Write) =>
  (call: Call, at: Here): Answer => {
    const { id } = write(at.rulesets, call);
    changed(call, at, { action, id, response: null });
    return { status: 204 };
  };

const body = (call: Call): unknown => jsonBody(call.body);
const rulesetId = (call: Call): string => call.param("ruleset_id");
const ruleId = (call: Call): string => call.param("rule_id");
const phase = (call: Call): string => call.param("ruleset_phase");
const versionOf = (call: Call): string => call.param("ruleset_version");

type Handle = (call: Call, at: Here) => Answer;

const READS: Readonly<Record<string, Handle>> = {
  "": list,
  "/:ruleset_id": (call, { rulesets }) => ({ result: rulesets.find(rulesetId(call)) }),
  "/:ruleset_id/versions": (call, { rulesets }) => ({
    result: rulesets.versions(rulesetId(call)).map(summary),
  }),
  "/:ruleset_id/versions/:ruleset_version": (call, { rulesets }) => ({
    result: rulesets.version(rulesetId(call), versionOf(call)),
  }),
  "/phases/:ruleset_phase/entrypoint": (call, { rulesets }) => ({
    result: rulesets.entrypoint(phase(call)),
  }),
  "/phases/:ruleset_phase/entrypoint/versions": (call, { rulesets }) => ({
    result: rulesets.versions(rulesets.entrypoint(phase(call)).id).map(summary),
  }),
  "/phases/:ruleset_phase/entrypoint/versions/:ruleset_version": (call, { rulesets }) => ({
    result: rulesets.version(rulesets.entrypoint(phase(call)).id, versionOf(call)),
  }),
};

const WRITES: Readonly<Record<string, Handle>> = {
  "POST ": written("create", (rulesets, call) => rulesets.create(body(call))),
  "PUT /:ruleset_id": written("update", (rulesets, call) =>
    rulesets.replace(rulesetId(call), body(call)),
  ),
  "DELETE /:ruleset_id": removed("delete", (rulesets, call) => rulesets.delete(rulesetId(call))),
  "PUT /phases/:ruleset_phase/entrypoint": (call, at) => {
    // The same request creates the entrypoint or replaces it; the log tells which.
    const result = at.rulesets.replaceEntrypoint(phase(call), body(call));
    const action = result.version === "1" ? "create" : "update";
    changed(call, at, { action, id: result.id, response: result });
    return { result };
  },
  "POST /:ruleset_id/rules": written("update", (rulesets, call) =>
    rulesets.addRule(rulesetId(call), body(call)),
  ),
  "PATCH /:ruleset_id/rules/:rule_id": written("update", (rulesets, call) =>
    rulesets.editRule(rulesetId(call), ruleId(call), body(call)),
  ),
  "DELETE /:ruleset_id/rules/:rule_id": written("update", (rulesets, call) =>
    rulesets.deleteRule(rulesetId(call), ruleId(call)),
  ),
  "DELETE /:ruleset_id/versions/:ruleset_version": removed("update", (rulesets, call) => {
    rulesets.deleteVersion(rulesetId(call), versionOf(call));
    return rulesets.find(rulesetId(call));
  }),
};

function operations(where: Where): Operation[] {
  const root = where === "zones" ? "/zones/:zone_id/rulesets" : "/accounts/:account_id/rulesets";
  const reads = Object.entries(READS).map(([path, handle]): Operation => ({
    method: "GET",
    path: root + path,
    needs: "rulesets:read",
    handle: (call) => handle(call, here(call, where)),
  }));
  const writes = Object.entries(WRITES).map(([name, handle]): Operation => {
    const [method = "", path = ""] = name.split(" ");
    return {
      method: method as Operation["method"],
      path: root + path,
      needs: "rulesets:write",
      isRulesetWrite: true,
      handle: (call) => handle(call, here(call, where)),
    };
  });
  return [...reads, ...writes];
}

export const RULESETS: readonly Operation[] = [...operations("zones"), ...operations("accounts")];
