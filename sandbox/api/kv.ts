/** KV namespaces. */
import { z } from "zod";
import { ApiError, type Answer } from "../envelope.ts";
import { hexId } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { KV_VALUE, type StoredNamespace } from "../storage/kv.ts";
import { KV_VALUES, namespaceOf, namespaces } from "./kv-values.ts";

/** Reported by others. */
const TITLE_EXISTS = 10014;

const PER_PAGE = { min: 1, max: 1000, initial: 20 };

const shown = (namespace: StoredNamespace) => ({ ...namespace, supports_url_encoding: true });

function list(call: Call): Answer {
  const { query } = call;
  const key = query.oneOf("order", ["id", "title"]) ?? "id";
  const sign = query.oneOf("direction", ["asc", "desc"]) === "desc" ? -1 : 1;
  const sorted = namespaces(call)
    .list()
    .toSorted((a, b) => sign * (a[key] < b[key] ? -1 : 1));
  const { result, info } = query.page(sorted, PER_PAGE);
  return { result: result.map(shown), info };
}

const one = (call: Call): Answer => ({ result: shown(namespaceOf(call)) });

const Title = z.object({ title: z.string().min(1).max(512) });
const Create = Title.extend({ jurisdiction: z.enum(["eu", "fedramp", "us"]).optional() });

function refuseTwin(call: Call, title: string, id?: string): void {
  if (
    namespaces(call)
      .withKey(title)
      .every((other) => other.id === id)
  )
    return;
  const message = "a namespace with this account ID and title already exists";
  throw new ApiError(400, { code: TITLE_EXISTS, message });
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  { namespace, request }: { namespace: StoredNamespace; request: unknown },
): void {
  call.changed({
    action,
    resource: { id: namespace.id, type: "namespace", product: "kv", scope: "accounts" },
    request,
    response: action === "delete" ? null : shown(namespace),
  });
}

function create(call: Call): Answer {
  const { title, jurisdiction } = call.json(Create);
  refuseTwin(call, title);
  const namespace = {
    id: hexId(),
    title,
    ...(jurisdiction === undefined ? {} : { jurisdiction }),
  };
  namespaces(call).put(namespace);
  changed(call, "create", { namespace, request: { title, jurisdiction } });
  return { result: shown(namespace) };
}

function rename(call: Call): Answer {
  const before = namespaceOf(call);
  const { title } = call.json(Title);
  refuseTwin(call, title, before.id);
  const namespace = { ...before, title };
  namespaces(call).put(namespace);
  changed(call, "update", { namespace, request: { title } });
  return { result: shown(namespace) };
}

function remove(call: Call): Answer {
  const namespace = namespaceOf(call);
  const values = call.shelf(KV_VALUE, namespace.id);
  for (const { id } of values.list()) values.delete(id);
  namespaces(call).delete(namespace.id);
  changed(call, "delete", { namespace, request: null });
  return { result: null };
}

const ROOT = "/accounts/:account_id/storage/kv/namespaces";
const ONE = `${ROOT}/:namespace_id`;

export const KV: readonly Operation[] = [
  { method: "GET", path: ROOT, needs: "kv:read", handle: list },
  { method: "POST", path: ROOT, needs: "kv:write", handle: create },
  { method: "GET", path: ONE, needs: "kv:read", handle: one },
  { method: "PUT", path: ONE, needs: "kv:write", handle: rename },
  { method: "DELETE", path: ONE, needs: "kv:write", handle: remove },
  ...KV_VALUES,
];
