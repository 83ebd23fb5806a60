/** Redirects, URL rewrites, configuration rules and response headers of a zone. */
import type { Facts } from "../../src/core/expression/value.ts";
import type { Phase } from "../rulesets/phases.ts";
import type { StoredRule } from "../rulesets/rule.ts";
import { conditionOf, textBy } from "./compiled.ts";
import type { Rulebook } from "./rulebook.ts";
import { pathOf, queryOf, type Visit } from "./visit.ts";

export interface Redirect {
  readonly status: number;
  readonly location: string;
}

type Members = Readonly<Record<string, unknown>>;
interface Computed {
  readonly value?: string;
  readonly expression?: string;
}

/** Rules of a phase that apply, in order. */
export function* applying(book: Rulebook, phase: Phase, facts: Facts): Generator<StoredRule> {
  for (const { rules } of book.entrypoints(phase))
    for (const rule of rules)
      if (rule.enabled && conditionOf(rule.expression)(facts) === true) yield rule;
}

const computed = ({ value, expression }: Computed, facts: Facts): string | undefined =>
  value ?? (expression === undefined ? undefined : textBy(expression, facts));

/** The first rule that applies and has a target. */
export function singleRedirect(book: Rulebook, visit: Visit, facts: Facts): Redirect | null {
  for (const rule of applying(book, "http_request_dynamic_redirect", facts)) {
    const from = rule.action_parameters?.["from_value"] as
      | { target_url: Computed; status_code?: number; preserve_query_string?: boolean }
      | undefined;
    const target = from && computed(from.target_url, facts);
    if (from === undefined || target === undefined) continue;
    const location = from.preserve_query_string === true ? withQuery(target, visit.uri) : target;
    return { status: from.status_code ?? 301, location };
  }
  return null;
}

function withQuery(target: string, uri: string): string {
  const query = queryOf(uri);
  return query === "" ? target : `${target.split("?", 1)[0]}?${query}`;
}

/** Redirects of a list, by the whole address or, where the item says so, by its beginning. */
export function bulkRedirect(book: Rulebook, visit: Visit, facts: Facts): Redirect | null {
  for (const rule of applying(book, "http_request_redirect", facts)) {
    const from = rule.action_parameters?.["from_list"] as { name?: string } | undefined;
    for (const { redirect } of book.listItems(from?.name ?? "") ?? []) {
      if (redirect === undefined || !isAt(redirect, visit)) continue;
      const { target_url: target, status_code: status = 301 } = redirect;
      const kept = redirect.preserve_query_string === true;
      return { status, location: kept ? withQuery(target, visit.uri) : target };
    }
  }
  return null;
}

interface ListedRedirect {
  readonly source_url: string;
  readonly include_subdomains?: boolean | undefined;
  readonly subpath_matching?: boolean | undefined;
}

function isAt(
  { source_url: source, include_subdomains: below, subpath_matching: deeper }: ListedRedirect,
  { host, uri, scheme }: Visit,
): boolean {
  const [, wanted = "", rest = ""] = /^(https?:\/\/)?(.*)$/.exec(source) ?? [];
  if (wanted !== "" && wanted !== `${scheme}://`) return false;
  const slash = rest.indexOf("/");
  const [at, path] = slash < 0 ? [rest, "/"] : [rest.slice(0, slash), rest.slice(slash)];
  if (host !== at && !(below === true && host.endsWith(`.${at}`))) return false;
  const here = pathOf(uri);
  return here === path || (deeper === true && here.startsWith(path.replace(/\/?$/, "/")));
}

/** The address as URL rewrites leave it. */
export function rewrittenUri(book: Rulebook, uri: string, facts: Facts): string {
  let now = uri;
  for (const rule of applying(book, "http_request_transform", facts)) {
    const change = rule.action_parameters?.["uri"] as
      | { path?: Computed; query?: Computed }
      | undefined;
    const path = (change?.path && computed(change.path, facts)) ?? pathOf(now);
    const query = (change?.query && computed(change.query, facts)) ?? queryOf(now);
    now = query === "" ? path : `${path}?${query}`;
  }
  return now;
}

/** What configuration rules say in place of a zone setting. */
export function configured(book: Rulebook, setting: string, facts: Facts): unknown {
  let value = book.setting(setting);
  for (const rule of applying(book, "http_config_settings", facts))
    value = rule.action_parameters?.[setting] ?? value;
  return value;
}

interface HeaderChange extends Computed {
  readonly operation: "set" | "add" | "remove";
}

/** Response headers after the rules of the zone. */
export function withResponseHeaders(book: Rulebook, facts: Facts, headers: Headers): void {
  for (const rule of applying(book, "http_response_headers_transform", facts)) {
    const changes = (rule.action_parameters?.["headers"] ?? {}) as Record<string, HeaderChange>;
    for (const [name, change] of Object.entries(changes)) {
      const text = computed(change, facts);
      if (change.operation === "remove") headers.delete(name);
      else if (text !== undefined && change.operation === "add") headers.append(name, text);
      else if (text !== undefined) headers.set(name, text);
    }
  }
  const hsts = strictTransport(book.setting("security_header"));
  if (hsts !== null) headers.set("strict-transport-security", hsts);
}

function strictTransport(setting: unknown): string | null {
  const given = (setting as Members | undefined)?.["strict_transport_security"] as
    | { enabled?: boolean; max_age?: number; include_subdomains?: boolean; preload?: boolean }
    | undefined;
  if (given?.enabled !== true) return null;
  const parts = [
    `max-age=${given.max_age ?? 0}`,
    ...(given.include_subdomains === true ? ["includeSubDomains"] : []),
    ...(given.preload === true ? ["preload"] : []),
  ];
  return parts.join("; ");
}
