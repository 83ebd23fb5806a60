/** Applications behind Access: who is not signed in is sent to sign in, who may not is refused. */
import { parseAddress, isWithin } from "../../src/core/expression/ip.ts";
import type { StoredApplication } from "../access/application.ts";
import type { StoredAccessPolicy } from "../access/policy.ts";
import { rangesIn } from "./facts.ts";
import type { Rulebook } from "./rulebook.ts";
import { pathOf, type Visit } from "./visit.ts";

/** The team that signs people in. */
export const TEAM_DOMAIN = "harbor-books.cloudflareaccess.com";

export type Admission = "free" | "admitted" | "sign_in" | "refused";

export function admission(
  book: Rulebook,
  visit: Visit,
): { readonly is: Admission; readonly application?: StoredApplication } {
  const application = book
    .applications()
    .filter(({ type }) => type === "self_hosted")
    .toSorted((a, b) => b.domain.length - a.domain.length)
    .find((one) => domainsOf(one).some((domain) => isAt(domain, visit)));
  if (application === undefined) return { is: "free" };
  const policies = application.links.flatMap(({ id }) => book.accessPolicy(id) ?? []);
  for (const policy of policies) {
    if (!holds(policy, visit)) continue;
    if (policy.decision === "bypass" || policy.decision === "allow")
      return { is: "admitted", application };
    if (policy.decision === "deny") return { is: "refused", application };
  }
  return { is: visit.client.email === "" ? "sign_in" : "refused", application };
}

function domainsOf({ domain, fields }: StoredApplication): readonly string[] {
  const given = fields["self_hosted_domains"];
  return Array.isArray(given) ? given.map(String) : [domain];
}

function isAt(domain: string, { host, uri }: Visit): boolean {
  const [name = "", ...rest] = domain.split("/");
  const isHost = name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name;
  const path = rest.length === 0 ? "" : `/${rest.join("/").replace(/\*$/, "")}`;
  return isHost && pathOf(uri).startsWith(path);
}

type Selector = StoredAccessPolicy["include"][number];

/** Any of those included, none of those excluded. How somebody signed in (`require`) is not imitated: who did, did it well. */
function holds(policy: StoredAccessPolicy, visit: Visit): boolean {
  return (
    policy.include.some((one) => selects(one, visit)) &&
    !policy.exclude.some((one) => selects(one, visit)) &&
    policy.require.every((one) => "auth_method" in one || selects(one, visit))
  );
}

function selects(selector: Selector, { client }: Visit): boolean {
  const [[name, given] = ["", {}]] = Object.entries(selector);
  switch (name) {
    case "everyone":
      return true;
    case "email":
      return client.email !== "" && given["email"] === client.email;
    case "email_domain":
      return client.email.endsWith(`@${String(given["domain"])}`);
    case "geo":
      return given["country_code"] === client.country;
    case "ip": {
      const address = parseAddress(client.ip);
      return (
        address !== null && rangesIn(String(given["ip"])).some((range) => isWithin(address, range))
      );
    }
    default:
      return false;
  }
}
