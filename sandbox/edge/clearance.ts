/** How somebody shows that there is a browser: the challenge page's sum, and the cookie that comes of it. */
import type { Visit } from "./visit.ts";
import { queryOf } from "./visit.ts";

export const CLEARANCE_PATH = "/cdn-cgi/challenge-platform/clearance";
export const CLEARANCE_COOKIE = "cf_clearance";

export function sumOf(ray: string): number {
  let sum = 0;
  for (const character of ray) sum = (sum * 31 + character.charCodeAt(0)) % 1_000_003;
  return sum;
}

/** Where the visitor wanted to go; null: the sum is wrong. */
export function solved({ uri }: Visit): { readonly ray: string; readonly to: string } | null {
  const query = new URLSearchParams(queryOf(uri));
  const ray = query.get("ray") ?? "";
  const to = query.get("to") ?? "/";
  if (ray === "" || query.get("sum") !== String(sumOf(ray))) return null;
  // Back to the same site, never to another one.
  return { ray, to: /^\/(?![/\\])/.test(to) ? to : "/" };
}
