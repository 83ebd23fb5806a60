/**
 * Numbered drift cases about objects that no kind here reads: they are silent because nobody looks, and whoever declares
 * them is told so. (Case 45, what a write would have to send, waits for such a kind.)
 */
import { describe, expect, it } from "vitest";
import { parseGolden } from "../../../src/core/golden.ts";
import { isObjectId, isScopeId, mint } from "../../../src/core/ids.ts";
import { KINDS } from "../../../src/core/kinds/registry.ts";
import { objectIn } from "../../../src/core/resource.ts";
import { ZONE } from "./compare.ts";

const SCOPE = mint(isScopeId, `zone:${ZONE.name}`);
const ACCOUNT = { level: "account", id: mint(isObjectId, "a1"), name: "Harbor" } as const;

const UNREAD = [
  ["case 32: DNSSEC from pending to active, its key tag and digests", "dnssec", "dnssec"],
  ["case 33: bot management null or false", "bot_management", "bot_management"],
  ["case 34: line ends of a PEM", "custom_certificate", "custom_certificates"],
  ["case 34: a certificate pack null or empty", "certificate_pack", "ssl/certificate_packs"],
  ["case 45: managed transforms", "managed_transforms", "managed_headers"],
  ["case 46: page rule actions, their order and values", "page_rule", "pagerules"],
  [
    "case 55: redirect_url and scim_base_url of an identity provider",
    "identity_provider",
    "access/identity_providers",
  ],
  ["case 57: HTML in the notes of an access rule", "access_rule", "firewall/access_rules/rules"],
  ["case 60: lists of an MCP portal", "mcp_portal", "access/ai-controls/mcp/portals"],
  [
    "case 60: load shedding of a load balancer's pool",
    "load_balancer_pool",
    "load_balancers/pools",
  ],
] as const;

describe.each(UNREAD)("%s", (_, kind, collection) => {
  it("is read as part of no kind, so nothing in it can be drift", () => {
    for (const site of [ZONE, ACCOUNT]) {
      const path = `/${site.level}s/${site.id}/${collection}`;
      const readers = [...KINDS.values()].filter(
        (one) => one.level === site.level && objectIn(path, one.collection, site) !== null,
      );
      expect(readers.map(({ name }) => name)).toEqual([]);
    }
  });

  it("cannot be declared, and the refusal names it and what can be", () => {
    const golden = {
      apiVersion: "driftless.dev/v1",
      kind: "GoldenState",
      metadata: { scope: SCOPE },
      spec: { resources: { [kind]: {} } },
    };
    const parsed = parseGolden(golden, SCOPE, ZONE);
    if (parsed.ok) throw new Error("was accepted");
    const [{ path, problem } = { path: [], problem: "" }] = parsed.error;
    expect([...path, problem].join(" ")).toContain(kind);
    expect(problem).toContain("dns_record");
  });
});
