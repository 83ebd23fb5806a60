/** Two golden states to put paths into, and one way to use each path. */
import { expect } from "vitest";
import { editValue } from "../../../src/edge/http/golden-edit.ts";
import type { Edit } from "../../../src/core/adoption.ts";
import { isObject, type Json, type JsonObject } from "../../../src/core/canonical.ts";
import {
  type Amendment,
  amendmentFor,
  type Choice,
  type Ground,
} from "../../../src/core/golden-paths/amendment.ts";
import type { Expanded, PathState } from "../../../src/core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { parseGolden } from "../../../src/core/golden.ts";
import { isObjectId, isScopeId, mint } from "../../../src/core/ids.ts";
import { type Fault, type Level, scopeOf, type Site } from "../../../src/core/resource.ts";
import { must, ZONE } from "../harbor.ts";

export const ACCOUNT: Site = {
  level: "account",
  id: mint(isObjectId, "8d6e3f0a5c1b4927a0f4c2d9b7e61835"),
  name: "Harbor",
};
export const AWS: Site = {
  level: "aws_account",
  id: mint(isObjectId, "210987654321"),
  name: "Harbor on AWS",
};
export const ZONE_SCOPE = mint(isScopeId, "zone:harbor.example");
export const ACCOUNT_SCOPE = mint(isScopeId, `account:${ACCOUNT.id}`);

export const documentFor = (scope: string, resources: JsonObject): JsonObject => ({
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
  metadata: { scope },
  spec: { resources },
});

const TOKEN = {
  name: "deploy",
  policies: [
    {
      effect: "allow",
      resources: { "com.cloudflare.api.account.*": "*" },
      permission_groups: ["Workers Scripts Write"],
    },
  ],
};

export const GROUND: Ground = {
  zone: {
    site: ZONE,
    document: documentFor(ZONE_SCOPE, {
      zone_setting: { ssl: "full" },
      dns_record: [
        { name: "@", type: "A", content: "192.0.2.1", proxied: true },
        { name: "@", type: "MX", content: "mx1.mail.example", priority: 10 },
      ],
      waf_rule: [{ ref: "ours", expression: 'http.host eq "x.example"', action: "block" }],
    }),
  },
  account: { site: ACCOUNT, document: documentFor(ACCOUNT_SCOPE, { api_token: [TOKEN] }) },
  aws_account: { site: AWS, document: null },
};

export const SAMPLES: Readonly<Record<string, JsonObject>> = {
  "secure-api-edge": { hostname: "api.harbor.example", path: "/v1" },
  "scale-with-waf": { target_rps: 10_000 },
  "pci-dss-baseline": { admin_paths: ["/admin", "/back-office"] },
  "zero-trust-egress": { default: "deny", allowed_domains: ["github.com"], ssh_blocked: true },
  "static-site": { hostname: "www.harbor.example" },
  "api-service": { name: "orders-api", secrets: ["PAYMENTS_KEY"] },
  "email-authentication": { senders: ["_spf.mail.example"] },
  "maintenance-page": { message: "back at noon", allowed_addresses: ["192.0.2.7"] },
  "geo-restriction": { mode: "block", countries: ["KP"], asns: [64_496] },
  "credential-rotation": { expires_on: "2026-12-31T00:00:00Z", notify: ["ops@harbor.example"] },
};

export const resourcesIn = (document: JsonObject | null | undefined): JsonObject => {
  const spec = document?.["spec"];
  const resources = isObject(spec) ? spec["resources"] : undefined;
  return isObject(resources) ? resources : {};
};

export const stateOf = ({ zone, account, aws_account: aws, now }: Ground): PathState => ({
  now: now ?? null,
  zone: zone?.site ?? null,
  account: account.site,
  plan: zone?.plan ?? null,
  aws_account: aws?.site ?? null,
  declared: {
    ...resourcesIn(aws?.document),
    ...resourcesIn(zone?.document),
    ...resourcesIn(account.document),
  },
});

export function opened(name: string, parameters: JsonObject | undefined): Expanded {
  const found = GOLDEN_PATHS.get(name)?.open(parameters ?? {}, stateOf(GROUND));
  expect(found, JSON.stringify(found)).toMatchObject({ ok: true });
  if (!found?.ok) throw new Error("refused");
  return found.value;
}

export function refused(name: string, parameters: JsonObject): readonly Fault[] {
  const found = GOLDEN_PATHS.get(name)?.open(parameters, stateOf(GROUND));
  expect(found).toMatchObject({ ok: false });
  return found && !found.ok ? found.error : [];
}

export const amended = (choices: readonly Choice[], ground: Ground = GROUND): Amendment =>
  must(amendmentFor(choices, ground));

/** The golden states after an amendment; each is one that the swarm would take. */
export function applied(amendment: Amendment, ground: Ground): Ground {
  const edited = (level: Level, document: JsonObject | null, site: Site) => {
    const part = amendment.parts.find((one) => one.level === level);
    const scope = scopeOf(site);
    if (!part) return document;
    const edits = part.edits.map((edit): Edit => ({ ...edit, path: ["spec", ...edit.path] }));
    const after = editValue(document ?? documentFor(scope, {}), edits);
    must(parseGolden(after, scope, site));
    return after as JsonObject;
  };
  return {
    zone: ground.zone && {
      ...ground.zone,
      document: edited("zone", ground.zone.document, ground.zone.site),
    },
    account: {
      ...ground.account,
      document: edited("account", ground.account.document, ground.account.site),
    },
    aws_account: ground.aws_account && {
      ...ground.aws_account,
      document: edited("aws_account", ground.aws_account.document, ground.aws_account.site),
    },
  };
}

export const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
