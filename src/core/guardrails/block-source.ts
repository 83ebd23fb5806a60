import { z } from "zod";
import { firewallRule } from "./firewall-rule.ts";
import { expressionOf, pathMembers, sourceMembers } from "./request-match.ts";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** Requests from somewhere, of some client or to some path are kept out. */
export const blockSource = defineTemplate({
  name: "block_source",
  summary: "a block by network, client fingerprint, country or path pattern",
  level: "zone",
  parameters: z
    .strictObject({ path: pathMembers.path.optional(), match: pathMembers.match, ...sourceMembers })
    .refine(
      // A method or a host alone is everybody.
      ({ path, asns, countries, ja4s, user_agent: agent }) =>
        [path, asns, countries, ja4s, agent].some((member) => member !== undefined),
      "must name a path, networks, countries, fingerprints or a user agent",
    ),
  modes: ["log", "challenge", "block"],
  leaseMaxMs: 24 * HOUR_MS,
  effects: (parameters, { mode, ref }) => [
    firewallRule({ ref: ref(0), mode, expression: expressionOf(parameters) }),
  ],
  matches: expressionOf,
});
