import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import {
  amendmentFor,
  type Choice,
  type Ground,
  upgradesIn,
  usesIn,
} from "../../../src/core/golden-paths/amendment.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { editYaml } from "../../../src/edge/http/golden-edit.ts";
import { readGoldenText } from "../../../src/edge/http/golden-text.ts";
import {
  amended,
  applied,
  documentFor,
  GROUND,
  json,
  resourcesIn,
  SAMPLES,
  ZONE_SCOPE,
  stateOf,
} from "./ground.ts";

const sample = (path: string): Choice => ({ path, parameters: SAMPLES[path] ?? {} });
const names = [...GOLDEN_PATHS.keys()];

const withZone = (resources: JsonObject): Ground => ({
  ...GROUND,
  zone: GROUND.zone && { ...GROUND.zone, document: documentFor(ZONE_SCOPE, resources) },
});

const changesOf = (choices: readonly Choice[], ground: Ground) =>
  amended(choices, ground).parts.flatMap(({ changes }) => changes);

describe("an amendment", () => {
  it.each(names)(
    "with %s is a golden state that parses, and the same again changes nothing",
    (name) => {
      const after = applied(amended([sample(name)]), GROUND);
      expect(usesIn(after[GOLDEN_PATHS.get(name)?.needs ?? "zone"]?.document)).toHaveLength(1);
      expect(amended([sample(name)], after).parts).toEqual([]);
    },
  );

  it("keeps everything that others declared, in its place (I9)", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 }),
        (paths) => {
          const after = applied(amended(paths.map(sample)), GROUND);
          const before = resourcesIn(GROUND.zone?.document);
          const now = resourcesIn(after.zone?.document);
          for (const kind of ["dns_record", "waf_rule"])
            expect((now[kind] as unknown[]).slice(0, (before[kind] as unknown[]).length)).toEqual(
              before[kind],
            );
          expect(amended(paths.map(sample), after).parts).toEqual([]);
        },
      ),
    );
  });

  it("lets go of nothing that others had declared before, whatever it is changed to (I9)", () => {
    const mx = { name: "@", type: "MX", content: "mx.mail.example", priority: 10 };
    const reports = {
      name: "_smtp._tls",
      type: "TXT",
      content: "v=TLSRPTv1; rua=mailto:tls-reports@harbor.example",
    };
    const path = (mode: string): Choice => ({
      path: "email-authentication",
      parameters: { mta_sts: mode },
    });
    const contents = (ground: Ground) => JSON.stringify(resourcesIn(ground.zone?.document));
    const theirs = withZone({ dns_record: [mx, reports] });
    const on = applied(amended([path("enforce")], theirs), theirs);
    expect(usesIn(on.zone?.document)).toMatchObject([
      { found: [expect.stringMatching(/^dns_record TXT _smtp\._tls\.harbor\.example /)] },
    ]);
    expect(amended([path("enforce")], on).parts).toEqual([]);
    const off = applied(amended([path("off")], on), on);
    expect(contents(off)).not.toContain("v=STSv1");
    expect(resourcesIn(off.zone?.document)["dns_record"]).toContainEqual(reports);
    // What it brought itself goes with it.
    const ours = withZone({ dns_record: [mx] });
    const brought = applied(amended([path("enforce")], ours), ours);
    expect(contents(brought)).toContain("v=TLSRPTv1");
    expect(contents(applied(amended([path("off")], brought), brought))).not.toContain("TLSRPTv1");
  });

  it("puts what the account needs before what the zone needs", () => {
    const { parts } = amended([sample("static-site")]);
    expect(parts.map(({ level }) => level)).toEqual(["account", "zone"]);
  });

  it("begins a golden state where there is none", () => {
    const bare: Ground = {
      zone: GROUND.zone && { ...GROUND.zone, document: null },
      account: { ...GROUND.account, document: null },
      aws_account: GROUND.aws_account,
    };
    const after = applied(amended([sample("pci-dss-baseline")], bare), bare);
    expect(Object.keys(resourcesIn(after.zone?.document)).toSorted()).toEqual([
      "managed_ruleset",
      "rate_limit_rule",
      "zone_setting",
    ]);
    expect(Object.keys(resourcesIn(after.account.document)).toSorted()).toEqual([
      "access_application",
      "r2_bucket",
    ]);
  });

  it("shows what was and what will be", () => {
    const changes = changesOf([sample("scale-with-waf")], GROUND);
    expect(changes).toContainEqual({
      op: "add",
      kind: "zone_setting",
      identity: "http3",
      before: null,
      after: "on",
    });
  });

  it("refuses to touch what others declared under the same name", () => {
    const theirs = documentFor("", {});
    const ground: Ground = {
      ...GROUND,
      account: {
        ...GROUND.account,
        document: {
          ...theirs,
          metadata: { scope: `account:${GROUND.account.site.id}` },
          spec: {
            resources: {
              worker: [
                {
                  name: "orders-api",
                  main_module: "a.mjs",
                  content: "export default {};",
                  compatibility_date: "2026-01-01",
                  bindings: [],
                },
              ],
            },
          },
        },
      },
    };
    const refused = amendmentFor([sample("api-service")], ground);
    expect(refused).toMatchObject({ ok: false, error: [{ problem: /declared already/ }] });
  });

  const pciAtAws: Choice = {
    path: "pci-dss-baseline",
    parameters: { aws_region: "eu-central-1", route53_zone: "harbor.example" },
  };

  it("puts what is at AWS into the golden state of the account of AWS, and the rest where it was", () => {
    const { parts } = amended([pciAtAws]);
    expect(parts.map(({ level }) => level)).toEqual(["aws_account", "account", "zone"]);
    const after = applied(amended([pciAtAws]), GROUND);
    expect(Object.keys(resourcesIn(after.aws_account?.document)).toSorted()).toEqual([
      "route53_record",
      "s3_bucket",
    ]);
    expect(resourcesIn(after.account.document)["r2_bucket"]).toBeUndefined();
  });

  it("refuses what is at AWS where no account of AWS is managed, and says how one is", () => {
    const refused = amendmentFor([pciAtAws], { ...GROUND, aws_account: null });
    expect(refused.ok).toBe(false);
    expect(JSON.stringify(refused)).toContain(
      "declares `s3_bucket`, which needs an account of AWS: set `AWS_ACCOUNT_ID`",
    );
    const inR2 = amendmentFor([sample("pci-dss-baseline")], { ...GROUND, aws_account: null });
    expect(inR2.ok).toBe(true);
  });

  it("refuses a path that does not exist, and none at all", () => {
    expect(amendmentFor([{ path: "delete-everything", parameters: {} }], GROUND).ok).toBe(false);
    expect(amendmentFor([], GROUND).ok).toBe(false);
  });

  it("has one managed ruleset for two paths that want it, and lets neither take it from the other", () => {
    const both = applied(amended([sample("scale-with-waf"), sample("secure-api-edge")]), GROUND);
    expect(resourcesIn(both.zone?.document)["managed_ruleset"]).toHaveLength(1);
    const without = { ...SAMPLES["scale-with-waf"], waf: false };
    const one = amended([{ path: "scale-with-waf", parameters: without }], both);
    expect(one.parts.flatMap(({ changes }) => changes).map(({ kind }) => kind)).not.toContain(
      "managed_ruleset",
    );
  });

  it("leaves a managed ruleset alone that the team runs itself", () => {
    const theirs = {
      ref: "execute-cloudflare-managed",
      expression: "true",
      action: "execute",
      action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee" },
    };
    const changes = changesOf([sample("scale-with-waf")], withZone({ managed_ruleset: [theirs] }));
    expect(changes.map(({ kind }) => kind)).not.toContain("managed_ruleset");
  });
});

describe("settings", () => {
  it("never get weaker by a path that asks for less, in whatever order and however often", () => {
    const choices = [sample("pci-dss-baseline"), sample("secure-api-edge")];
    for (const order of [choices, choices.toReversed()]) {
      const once = applied(amended(order), GROUND);
      const settings = resourcesIn(once.zone?.document)["zone_setting"];
      expect(settings).toMatchObject({ ssl: "strict", min_tls_version: "1.2" });
      expect(changesOf([sample("secure-api-edge")], once)).toEqual([]);
    }
  });
});

describe("another amendment of the same use", () => {
  it("changes what the parameters change, and takes away what they leave out", () => {
    const first = applied(amended([sample("secure-api-edge")]), GROUND);
    const parameters = {
      ...SAMPLES["secure-api-edge"],
      cache_seconds: 0,
      requests_per_10_seconds: 50,
    };
    const changes = changesOf([{ path: "secure-api-edge", parameters }], first);
    expect(changes.map(({ op, kind }) => `${op} ${kind}`).toSorted()).toEqual([
      "change rate_limit_rule",
      "remove cache_rule",
    ]);
    const after = applied(amended([{ path: "secure-api-edge", parameters }], first), first);
    expect(usesIn(after.zone?.document)).toHaveLength(1);
  });

  it("is another use where the instance is another", () => {
    const first = applied(amended([sample("static-site")]), GROUND);
    const other = { path: "static-site", parameters: { hostname: "blog.harbor.example" } };
    const after = applied(amended([other], first), first);
    expect(usesIn(after.zone?.document)).toHaveLength(2);
    expect(resourcesIn(after.account.document)["worker"]).toHaveLength(2);
  });

  it("leaves a mail policy in testing mode behind when it is enforced", () => {
    const first = applied(amended([sample("email-authentication")]), GROUND);
    const parameters = { ...SAMPLES["email-authentication"], mta_sts: "enforce" };
    const after = applied(amended([{ path: "email-authentication", parameters }], first), first);
    const announced = (
      resourcesIn(after.zone?.document)["dns_record"] as { name: string }[]
    ).filter(({ name }) => name === "_mta-sts");
    expect(announced).toHaveLength(1);
    expect(amended([{ path: "email-authentication", parameters }], after).parts).toEqual([]);
  });
});

describe("the day-2 upgrade", () => {
  const v1 = {
    path: "email-authentication",
    version: 1,
    parameters: { senders: ["_spf.mail.example"] },
  };
  const before = withZone({
    dns_record: [
      { name: "@", type: "MX", content: "mx1.mail.example", priority: 10 },
      { name: "@", type: "TXT", content: "v=spf1 include:_spf.mail.example ~all" },
      {
        name: "_dmarc",
        type: "TXT",
        content: "v=DMARC1; p=quarantine; rua=mailto:dmarc@harbor.example; adkim=r; aspf=r",
      },
    ],
  });
  const document = before.zone?.document as JsonObject;
  const ground: Ground = {
    ...before,
    zone: before.zone && {
      ...before.zone,
      document: { ...document, spec: { ...(document["spec"] as JsonObject), golden_paths: [v1] } },
    },
  };

  it("finds uses of earlier versions and brings them to the version that there is", () => {
    const choices = upgradesIn(ground);
    expect(choices).toEqual([
      { path: "email-authentication", parameters: { ...v1.parameters, mta_sts: "testing" } },
    ]);
    const after = applied(amended(choices, ground), ground);
    expect(usesIn(after.zone?.document)).toMatchObject([{ version: 3 }]);
    expect(upgradesIn(after)).toEqual([]);
    const contents = JSON.stringify(resourcesIn(after.zone?.document));
    expect(contents).toContain("v=STSv1; id=testing");
    // What version 1 declared and version 2 still does has not been touched.
    const changed = changesOf(choices, ground).filter(({ op }) => op !== "add");
    expect(changed).toEqual([]);
  });

  it("takes away what an earlier version declared and this one does not", () => {
    const parameters = { hostname: "www.harbor.example", cache_seconds: 600 };
    const site = GOLDEN_PATHS.get("static-site");
    const use = { path: "static-site", version: 1, parameters };
    const declared = site?.openEarlier(use, stateOf(GROUND))?.declares ?? {};
    const uses = { golden_paths: [use] };
    const withUse = (resources: JsonObject, of: JsonObject | null | undefined): JsonObject => ({
      ...of,
      spec: { ...uses, resources },
    });
    const { cache_rule: rules = [], ...others } = declared;
    const old: Ground = {
      zone: GROUND.zone && {
        ...GROUND.zone,
        document: withUse({ cache_rule: rules }, GROUND.zone.document),
      },
      account: {
        ...GROUND.account,
        document: { ...GROUND.account.document, spec: { resources: others } },
      },
      aws_account: GROUND.aws_account,
    };
    const choices = upgradesIn(old);
    expect(choices).toEqual([{ path: "static-site", parameters }]);
    const changes = changesOf(choices, old).map(({ op, kind }) => `${op} ${kind}`);
    expect(changes.toSorted()).toEqual(["change worker", "remove cache_rule"]);
    const after = applied(amended(choices, old), old);
    expect(usesIn(after.zone?.document)).toMatchObject([{ version: 2, parameters }]);
    expect(JSON.stringify(resourcesIn(after.account.document))).toContain("CACHE_SECONDS");
    expect(upgradesIn(after)).toEqual([]);
  });

  it("of a version that nobody knows is left alone", () => {
    const odd = { ...v1, version: 99 };
    const spec = { ...(document["spec"] as JsonObject), golden_paths: [odd] };
    const strange = {
      ...ground,
      zone: ground.zone && { ...ground.zone, document: { ...document, spec } },
    };
    expect(upgradesIn(strange)).toEqual([]);
  });
});

describe("the edits", () => {
  it("keep comments and order of a document in YAML", () => {
    const text = [
      "apiVersion: driftless.dev/v1",
      "kind: GoldenState",
      "metadata: { scope: zone:harbor.example }",
      "spec:",
      "  resources:",
      "    # ours",
      "    zone_setting: { ssl: full }",
      "    waf_rule:",
      "      - ref: ours # do not touch",
      '        expression: http.host eq "x.example"',
      "        action: block",
      "",
    ].join("\n");
    const read = readGoldenText(text, false);
    if (!read.ok) throw new Error("does not read");
    const ground: Ground = {
      ...GROUND,
      zone: GROUND.zone && { ...GROUND.zone, document: json(read.value.value) as JsonObject },
    };
    const amendment = amended([sample("secure-api-edge")], ground);
    const edits = amendment.parts.flatMap((part) => part.edits);
    const after = editYaml(
      text,
      edits.map((edit) => ({ ...edit, path: ["spec", ...edit.path] })),
    );
    if (!after.ok) throw new Error(after.error);
    expect(after.value).toContain("# ours");
    expect(after.value).toContain("- ref: ours # do not touch");
    const again = readGoldenText(after.value, false);
    if (!again.ok) throw new Error(JSON.stringify(again.error));
    expect(again.value.value).toEqual(applied(amendment, ground).zone?.document);
  });
});
