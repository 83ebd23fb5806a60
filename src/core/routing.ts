/**
 * Drift by actors that the golden state names: held and proposed for adoption instead of reverted. Text of the audit log
 * is only ever compared with what is declared (I5), and what nobody is known to have done is reverted as ever. Pure.
 */
import type { AuditEntry, Trail } from "./diagnosis/out-of-band-change.ts";
import { globMatches, type GoldenState, matches, type RoutingRule } from "./golden.ts";
import { type Keeper, sidesOf } from "./hold.ts";
import type { Change, Site } from "./resource.ts";

/**
 * Why `change` is not simply reverted, or null. Everybody who touched the object since it was last in place has to fit the
 * rule: who edits something after a stranger did does not vouch for the stranger.
 */
export function keptByRouting(
  change: Change,
  {
    golden,
    trail: { author, touched },
    site,
  }: {
    readonly golden: GoldenState;
    readonly trail: ReturnType<Trail>;
    readonly site: Site;
  },
): Keeper | null {
  if (author === null) return null;
  const rule = golden.routing.find((one) => fits(one, author) && about(one, change, site));
  if (!rule || rule.action === "revert" || !touched.every((entry) => fits(rule, entry)))
    return null;
  const who = nameOf(author);
  return {
    by: { type: "routing", action: rule.action, who },
    reason: `changed by ${who}: ${rule.action === "adopt" ? "adopt or revert?" : rule.reason}`,
    asks: rule.action === "adopt",
  };
}

function fits({ actor }: RoutingRule, { actor: by }: AuditEntry): boolean {
  const members = {
    token_name: by.tokenName,
    email: by.email,
    channel: by.context,
    type: by.type,
  };
  return Object.entries(actor).every(([member, glob]) => {
    const value = Object.entries(members).find(([name]) => name === member)?.[1];
    return glob === undefined || (typeof value === "string" && globMatches(glob, value));
  });
}

const about = ({ match }: RoutingRule, change: Change, site: Site): boolean =>
  match === null || sidesOf(change).some((resource) => matches(match, resource, site));

/** For people: text from outside, so only what names are made of, and not much of it. */
const nameOf = ({ actor: { tokenName, email, type } }: AuditEntry): string =>
  (tokenName ?? email ?? type).replace(/[^\w.@+ -]/g, "?").slice(0, 100);
