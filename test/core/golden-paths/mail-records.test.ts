import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { listOf, type PathState, said } from "../../../src/core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { kindOf } from "../../../src/core/kinds/registry.ts";
import { storedTxt } from "../../../src/core/kinds/txt-content.ts";
import { must, ZONE } from "../harbor.ts";
import { GROUND, refused, stateOf } from "./ground.ts";

const MX = { name: "@", type: "MX", content: "mx1.mail.example", priority: 10 };
const state = (...records: JsonObject[]): PathState => ({
  ...stateOf(GROUND),
  declared: { dns_record: [MX, ...records] },
});
const path = GOLDEN_PATHS.get("email-authentication");
const mail = (parameters: JsonObject, of: PathState = state()) => {
  if (!path) throw new Error("no such path");
  return must(path.open(parameters, of));
};
const at = (expanded: { declares: JsonObject }, name: string): string =>
  said(
    listOf(expanded.declares["dns_record"]).find(
      (one) => one["name"] === name && one["type"] === "TXT",
    )?.["content"],
  );
const txt = (name: string, content: string): JsonObject => ({ name, type: "TXT", content });

/** The key of RFC 8463, section 2 of its appendix. */
const ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const RSA = `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A${"MIIBCgKC".repeat(45)}`;

describe("DKIM", () => {
  it("publishes keys of both algorithms, each under its selector (RFC 6376, 8463)", () => {
    const expanded = mail({
      dkim: [
        { selector: "brisbane", algorithm: "ed25519", public_key: ED25519 },
        { selector: "test", public_key: RSA },
        { selector: "gone", public_key: "" },
      ],
    });
    expect(at(expanded, "brisbane._domainkey")).toBe(`v=DKIM1; k=ed25519; p=${ED25519}`);
    expect(at(expanded, "test._domainkey")).toBe(`v=DKIM1; k=rsa; p=${RSA}`);
    expect(at(expanded, "gone._domainkey")).toBe("v=DKIM1; k=rsa; p=");
  });

  it("a long key is sent in strings of 255 octets at most, and is the same record", () => {
    const content = `v=DKIM1; k=rsa; p=${RSA}`;
    const stored = storedTxt(content);
    const strings = [...stored.matchAll(/"([^"]*)"/g)].map(([, inner = ""]) => inner);
    expect(strings.length).toBeGreaterThan(1);
    expect(Math.max(...strings.map(({ length }) => length))).toBeLessThanOrEqual(255);
    expect(strings.join("")).toBe(content);
    const declared = (text: string) =>
      must(kindOf("dns_record").declare([txt("test._domainkey", text)], ZONE))[0]?.fields;
    expect(declared(stored)).toEqual(declared(content));
  });

  it.each([
    [{ selector: "a", algorithm: "ed25519", public_key: RSA }, "44 characters"],
    [{ selector: "a", algorithm: "ed25519", public_key: "abc=" }, "44 characters"],
    [{ selector: "a", public_key: ED25519 }, "algorithm: ed25519"],
    [{ selector: "a", algorithm: "dsa", public_key: RSA }, "ed25519"],
    [{ selector: "a b", public_key: RSA }, "selector"],
    [{ selector: "a", public_key: "-----BEGIN PUBLIC KEY-----" }, "armour"],
  ])("refuses %j", (key, why) => {
    const faults = refused("email-authentication", { dkim: [key] });
    expect(JSON.stringify(faults)).toContain(why);
  });
});

describe("SPF", () => {
  it("keeps a redirect where it has an effect: behind an `all` it has none", () => {
    const before = txt("@", '"v=spf1 redirect=_spf.mail.example"');
    expect(at(mail({}, state(before)), "@")).toBe("v=spf1 redirect=_spf.mail.example");
    expect(at(mail({ senders: ["_spf.news.example"] }, state(before)), "@")).toBe(
      "v=spf1 include:_spf.news.example redirect=_spf.mail.example",
    );
    const dead = txt("@", "v=spf1 a redirect=_spf.mail.example ~all");
    expect(at(mail({}, state(dead)), "@")).toBe("v=spf1 a ~all");
  });

  it("finds what stands in quotes, so that there are never two", () => {
    const before = txt("@", '"v=spf1 include:_spf.mail.example" " -all"');
    const expanded = mail({ senders: ["_spf.news.example"] }, state(before));
    expect(at(expanded, "@")).toBe(
      "v=spf1 include:_spf.mail.example include:_spf.news.example -all",
    );
    expect(expanded.retires["dns_record"]).toContainEqual(before);
  });

  it("says when receivers would stop looking (RFC 7208, 4.6.4)", () => {
    const many = txt(
      "@",
      `v=spf1 ${["a", "mx", "include:x.example", "exists:y.example"].join(" ")} ~all`,
    );
    const senders = "abcdefgh".split("").map((letter) => `_spf.${letter}.example`);
    expect(mail({ senders }, state(many)).notes.join()).toContain("look up 12 names");
    expect(mail({ senders }).notes.join()).not.toContain("look up");
  });
});

describe("DMARC", () => {
  const declared = (content: string, parameters: JsonObject = {}) =>
    at(mail(parameters, state(txt("_dmarc", content))), "_dmarc");

  it("keeps stricter alignment, the policy for subdomains and who gets reports, and counts for all mail", () => {
    expect(
      declared(
        "v=DMARC1; p=quarantine; sp=reject; pct=10; adkim=s; aspf=s; rua=mailto:a@x.example,mailto:b@y.example; fo=1",
        {
          dmarc_policy: "reject",
          report_to: "ops@harbor.example",
        },
      ),
    ).toBe(
      "v=DMARC1; p=reject; sp=reject; rua=mailto:a@x.example,mailto:b@y.example,mailto:ops@harbor.example; fo=1; adkim=s; aspf=s",
    );
    expect(declared("v=DMARC1; p=reject; adkim=s; aspf=s", { dmarc_policy: "none" })).toBe(
      "v=DMARC1; p=reject; rua=mailto:dmarc@harbor.example; adkim=s; aspf=s",
    );
  });

  it("is the same again when it is asked for again", () => {
    const first = at(mail({}), "_dmarc");
    expect(first).toBe("v=DMARC1; p=quarantine; rua=mailto:dmarc@harbor.example; adkim=r; aspf=r");
    expect(declared(first)).toBe(first);
  });

  it("says what the other side has to publish where reports go to another domain (RFC 7489, 7.1)", () => {
    expect(mail({ report_to: "dmarc@reports.example" }).notes.join()).toContain(
      "TXT `harbor.example._report._dmarc.reports.example` with `v=DMARC1`",
    );
  });
});

describe("MTA-STS", () => {
  it("has an id of letters and digits that changes with the policy, and a policy with every mail server (RFC 8461)", () => {
    const id = (expanded: { declares: JsonObject }) =>
      /^v=STSv1; id=([A-Za-z0-9]{1,32})$/.exec(at(expanded, "_mta-sts"))?.[1];
    const testing = mail({});
    expect(id(testing)).toBeDefined();
    expect(id(mail({ mta_sts: "enforce" }))).not.toBe(id(testing));
    const more = { name: "@", type: "MX", content: "mx2.mail.example", priority: 20 };
    expect(id(mail({}, state(more)))).not.toBe(id(testing));
    const [worker] = listOf(mail({}, state(more)).declares["worker"]);
    expect(JSON.stringify(worker?.["bindings"])).toContain("mx1.mail.example mx2.mail.example");
  });

  it("says that servers keep to a policy that is gone", () => {
    const announced = txt("_mta-sts", "v=STSv1; id=enforce0123456789abcdef");
    expect(mail({ mta_sts: "off" }, state(announced)).notes.join()).toContain("for a week");
  });
});
