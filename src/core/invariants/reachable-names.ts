/** The names that people type, and those that a team calls protected, still lead somewhere. */
import { textOf } from "../canonical.ts";
import type { ObservedResource } from "../resource.ts";
import { type Invariant } from "./invariant.ts";

const KIND = "dns_record";
const ADDRESSES = new Set(["A", "AAAA", "CNAME"]);

const leadsTo = (name: string) => {
  const wildcard = `*.${name.split(".").slice(1).join(".")}`;
  return ({ kind, fields }: ObservedResource): boolean =>
    kind === KIND &&
    ADDRESSES.has(textOf(fields["type"])) &&
    (fields["name"] === name || fields["name"] === wildcard);
};

export const reachableNames: Invariant = {
  name: "name_unreachable",
  violations(states) {
    const { site, before, after, protectedNames } = states;
    if (site.level !== "zone") return [];
    const names = [...new Set([site.name, `www.${site.name}`, ...protectedNames])];
    const lost = names.filter((name) => before.some(leadsTo(name)) && !after.some(leadsTo(name)));
    if (lost.length === 0) return [];
    const changed = states.turns.filter(({ kind }) => kind === KIND);
    return lost.flatMap((name) =>
      changed
        .filter(({ before: was }) => was?.["name"] === name)
        .map(({ kind, identity }) => ({
          severity: "person",
          effect: "locks_out",
          kind,
          identity,
          explanation: `\`${name}\` leads nowhere any more`,
        })),
    );
  },
};
