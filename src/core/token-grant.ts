/**
 * What a token of the vault is for: the writes of one plan, or of its inverses, and nothing else. Cloudflare's tokens know
 * permission groups and zones or accounts, so a token is always wider than the plan; what is lent of it is not.
 */
import type { Plan } from "./plan.ts";
import { type ApiRequest, basePath, type Site } from "./resource.ts";

export type GrantPurpose = "release" | "revert";

export interface Grant {
  readonly site: Site;
  /** In any order, each once. `created.<step>` in a path stands for any one id. */
  readonly writes: readonly Pick<ApiRequest, "method" | "path">[];
}

export function grantOf({ site, calls, steps }: Plan, purpose: GrantPurpose): Grant {
  const requests =
    purpose === "release"
      ? calls.map(({ request }) => request)
      : steps.map(({ inverse }) => inverse);
  const unique = new Map(
    requests.map(({ method, path }) => [`${method} ${path}`, { method, path }] as const),
  );
  return { site, writes: [...unique.values()] };
}

/** Whether a write is one of those that the grant is for. A rehearsal is the write itself with one word more. */
export function allows({ writes }: Grant, method: string, target: string): boolean {
  const path = target.endsWith("?dry_run=true") ? target.slice(0, -"?dry_run=true".length) : target;
  return writes.some((one) => one.method === method && fits(one.path, path));
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => {
      const there = given[index] ?? "";
      return segment === there || (/^created\.\d{1,9}$/.test(segment) && /^[\w-]+$/.test(there));
    })
  );
}

/** Cloudflare's names for what lets somebody write in a collection, longest path first. */
const GROUPS: Readonly<Record<Site["level"], readonly (readonly [path: string, group: string])[]>> =
  {
    zone: [
      ["dns_records", "DNS Write"],
      ["settings", "Zone Settings Write"],
      ["workers/routes", "Workers Routes Write"],
      ["rulesets/phases/http_request_cache_settings", "Cache Settings Write"],
      ["rulesets/phases/http_request_dynamic_redirect", "Dynamic URL Redirects Write"],
      ["rulesets/phases/http_request_late_transform", "Zone Transform Rules Write"],
      ["rulesets/phases/http_response_headers_transform", "Zone Transform Rules Write"],
      ["rulesets/phases", "Zone WAF Write"],
    ],
    account: [
      ["access/apps", "Access: Apps and Policies Write"],
      ["workers", "Workers Scripts Write"],
      ["alerting/v3", "Notifications Write"],
      ["rules/lists", "Account Filter Lists Write"],
      ["gateway", "Zero Trust Write"],
      ["storage/kv", "Workers KV Storage Write"],
      ["d1", "D1 Write"],
      ["r2", "Workers R2 Storage Write"],
    ],
    // Nothing is minted there: the standing credential signs, and a lease says for what.
    aws_account: [],
  };

/** The permission groups that the grant needs, by name; null: one of its writes belongs to none that is known. */
export function permissionsFor({ site, writes }: Grant): readonly string[] | null {
  const root = `${basePath(site)}/`;
  const names = writes.map(({ path }) => {
    const below = path.startsWith(root) ? path.slice(root.length) : "";
    return GROUPS[site.level].find(
      ([prefix]) => below === prefix || below.startsWith(`${prefix}/`),
    )?.[1];
  });
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? [...new Set(known)].toSorted() : null;
}

/** The resource that a token for the site is limited to, in the words of the API. */
export const resourceOf = ({ level, id }: Site): string =>
  level === "zone" ? `com.cloudflare.api.account.zone.${id}` : `com.cloudflare.api.account.${id}`;

/** The shortest that Cloudflare's clocks and a slow answer allow, and a second for each write; never more than an hour. */
export const lifetimeMs = ({ writes }: Grant): number =>
  Math.min(60 * 60_000, 10 * 60_000 + writes.length * 1_000);
