import { describe, expect, it } from "vitest";
import { z } from "zod";
import { mapOf, nameFor, type PathState } from "../../../src/core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { GROUND, opened, refused, SAMPLES, stateOf } from "./ground.ts";

const account: PathState = { ...stateOf(GROUND), zone: null };

describe("every golden path", () => {
  it.each([...GOLDEN_PATHS.values()])("$name expands its sample, purely", (path) => {
    const sample = SAMPLES[path.name];
    const once = opened(path.name, sample);
    expect(Object.keys(once.declares).length).toBeGreaterThan(0);
    expect(opened(path.name, sample)).toEqual(once);
    // What the defaults fill in is said: the same request again is the same expansion.
    expect(opened(path.name, once.request.parameters)).toEqual(once);
  });

  it.each([...GOLDEN_PATHS.values()])("$name shows its parameters as JSON Schema", (path) => {
    const schema = z.toJSONSchema(path.parameters, { io: "input" });
    expect(schema.type).toBe("object");
    expect(schema.additionalProperties).toBe(false);
    expect(path.title.ko).not.toBe(path.title.en);
    expect(path.invariants.length).toBeGreaterThan(0);
  });

  it.each([...GOLDEN_PATHS.values()])("$name refuses parameters that it does not know", (path) => {
    const faults = refused(path.name, { ...SAMPLES[path.name], content: "export default {}" });
    expect(JSON.stringify(faults)).toContain("content");
  });

  it.each([...GOLDEN_PATHS.values()].filter(({ needs }) => needs === "zone"))(
    "$name needs a zone and says so",
    (path) => {
      const faults = path.open(SAMPLES[path.name], account);
      expect(faults).toMatchObject({ ok: false, error: [{ problem: /zone/ }] });
    },
  );

  it("lets no parameter into the code of a Worker", () => {
    for (const name of ["static-site", "api-service", "maintenance-page", "email-authentication"]) {
      const marked = opened(name, { ...SAMPLES[name] });
      for (const worker of marked.declares["worker"] as { content: string }[])
        expect(worker.content).not.toContain("harbor.example");
    }
  });
});

describe("parameters", () => {
  it.each([
    ["secure-api-edge", { hostname: 'x" or true or "' }],
    ["secure-api-edge", { path: '/a") or (true' }],
    ["scale-with-waf", { target_rps: 0 }],
    ["scale-with-waf", { target_rps: 1.5 }],
    ["geo-restriction", { mode: "block" }],
    ["geo-restriction", { mode: "allow_only", countries: ["Korea"] }],
    ["zero-trust-egress", { default: "deny" }],
    ["api-service", { secrets: ["lower"] }],
    ["pci-dss-baseline", { log_retention_days: 30 }],
  ])("%s refuses %j", (path, parameters) => {
    expect(refused(path, parameters).length).toBeGreaterThan(0);
  });
});

describe("stronger settings stay", () => {
  it("keeps TLS 1.3 and a strict origin where they are declared", () => {
    const strong = {
      ...stateOf(GROUND),
      declared: { zone_setting: { min_tls_version: "1.3", ssl: "strict" } },
    };
    const found = GOLDEN_PATHS.get("secure-api-edge")?.open({}, strong);
    if (!found?.ok) throw new Error("refused");
    expect(mapOf(found.value.declares["zone_setting"])).toMatchObject({
      min_tls_version: "1.3",
      ssl: "strict",
    });
  });

  it("keeps whoever sends mail so far, and a stricter DMARC policy", () => {
    const records = [
      { name: "@", type: "TXT", content: "v=spf1 include:_spf.mail.example -all" },
      { name: "_dmarc", type: "TXT", content: "v=DMARC1; p=reject" },
    ];
    const state = { ...stateOf(GROUND), declared: { dns_record: records } };
    const found = GOLDEN_PATHS.get("email-authentication")?.open(
      { senders: ["_spf.news.example"], dmarc_policy: "none" },
      state,
    );
    if (!found?.ok) throw new Error("refused");
    const contents = (found.value.declares["dns_record"] as { content: string }[]).map(
      ({ content }) => content,
    );
    expect(contents).toContain("v=spf1 include:_spf.mail.example include:_spf.news.example -all");
    expect(contents.join()).toContain("p=reject");
  });
});

describe("names", () => {
  it("are short, plain and tell long instances apart", () => {
    const long = (label: string) => `${label}.${"very-".repeat(20)}long.example`;
    expect(nameFor("site", "www.harbor.example", "")).toBe("site-www-harbor-example");
    expect(nameFor("pci", long("a"), "logs").length).toBeLessThanOrEqual(63);
    expect(nameFor("pci", `${"x".repeat(40)}.a`, "")).not.toBe(
      nameFor("pci", `${"x".repeat(40)}.b`, ""),
    );
  });
});
