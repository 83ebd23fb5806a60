import * as fc from "fast-check";
import { domainToASCII } from "node:url";
import { describe, expect, it } from "vitest";
import { asciiName, hostOf, nameInZone } from "../../../src/core/kinds/dns-name.ts";
import { canonicalIpv6, isIpv4 } from "../../../src/core/kinds/ip-address.ts";
import { decodePunycode, encodePunycode } from "../../../src/core/kinds/punycode.ts";

const inZone = (text: string) => nameInZone(text, "harbor.example");

describe("punycode", () => {
  it.each([
    // RFC 3492 section 7.1
    ["ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"],
    ["他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"],
    ["なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"],
    [
      "세계의모든사람들이한국어를이해한다면얼마나좋을까",
      "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c",
    ],
    ["3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"],
    ["münchen", "mnchen-3ya"],
  ])("writes %s as the RFC does", (label, encoded) => {
    expect(encodePunycode(label)).toBe(encoded);
    expect(decodePunycode(encoded)).toBe(label);
  });

  it("decodes what it encoded", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (label) => {
        expect(decodePunycode(encodePunycode(label))).toBe(label);
      }),
    );
  });

  it("refuses what is cut off, and overflows nowhere", () => {
    expect(decodePunycode("999999999")).toBeNull();
    expect(decodePunycode("ü")).toBeNull();
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => void decodePunycode(text)));
  });
});

describe("asciiName", () => {
  it("agrees with the platform's own UTS 46 on lower-case letters", () => {
    const letters = fc.constantFrom(
      "ü",
      "é",
      "ñ",
      "ø",
      "å",
      "ж",
      "я",
      "λ",
      "中",
      "文",
      "한",
      "국",
      "a",
      "z",
      "0",
    );
    const label = fc.array(letters, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(label, (text) => {
        expect(asciiName(`${text}.example`)).toBe(domainToASCII(`${text}.example`));
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
        expect(asciiName(asciiName(text)).replace(/\.$/, "")).toBe(
          asciiName(text).replace(/\.$/, ""),
        );
      }),
    );
  });
});

describe("nameInZone", () => {
  it.each([
    ["@", "harbor.example"],
    ["harbor.example", "harbor.example"],
    ["Harbor.Example.", "harbor.example"],
    ["_sip._tcp", "_sip._tcp.harbor.example"],
    ["*.eu", "*.eu.harbor.example"],
    ["notharbor.example", "notharbor.example.harbor.example"],
    ["sub.app", "sub.app.harbor.example"],
  ])("completes `%s`", (text, full) => {
    expect(inZone(text)).toEqual({ ok: true, value: full });
  });

  it.each([
    ["www.other.example.", "outside zone `harbor.example`"],
    ["notharbor.example.", "outside zone"],
    ["", "write `@`"],
    ["a..b", "empty label"],
    [".www", "empty label"],
    ["www..", "outside zone"],
    ["a.*.b", "wildcard"],
    ["w w", "not allowed"],
    ["w@w", "not allowed"],
    ["xn--999999999", "punycode"],
    ["a".repeat(64), "64 octets"],
    [Array.from({ length: 60 }, () => "abcd").join("."), "at most 253"],
  ])("refuses `%s`", (text, problem) => {
    expect(inZone(text)).toEqual({ ok: false, error: expect.stringContaining(problem) });
  });

  it("takes a zone by its U-label as well", () => {
    expect(nameInZone("www", "münchen.example")).toEqual({
      ok: true,
      value: "www.xn--mnchen-3ya.example",
    });
  });
});

describe("hostOf", () => {
  it("takes host names and no addresses, URLs or spaces", () => {
    expect(hostOf("Target.Example.ORG.")).toBe("target.example.org");
    expect(hostOf("_acme.münchen.example")).toBe("_acme.xn--mnchen-3ya.example");
    expect(["203.0.113.1", "2001:db8::1", "https://a.example", "a b", "", "."].map(hostOf)).toEqual(
      Array(6).fill(null),
    );
  });
});

describe("addresses", () => {
  it.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["100:0000::", "100::"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::FFFF:c000:0201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("writes %s in RFC 5952 form", (text, canonical) => {
    expect(canonicalIpv6(text)).toBe(canonical);
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "::12345",
    "::g",
    "fe80::1%eth0",
    "::1.2.3",
    "::1.2.3.256",
    "1:2:3:4:5:6:7:8::",
    "1.2.3.4",
    "::1.2.3.4:1",
  ])("refuses `%s`", (text) => {
    expect(canonicalIpv6(text)).toBeNull();
  });

  it("agrees with the platform's URL parser, mapped addresses aside", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = canonicalIpv6(address);
        expect(canonical).not.toBeNull();
        const expected = new URL(`http://[${address}]`).hostname.slice(1, -1);
        if (!expected.startsWith("::ffff:")) expect(canonical).toBe(expected);
        expect(canonicalIpv6(canonical ?? "")).toBe(canonical);
      }),
    );
  });

  it("takes strict dotted quads only", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isIpv4(address)).toBe(true);
      }),
    );
    expect(
      ["01.2.3.4", "1.2.3", "1.2.3.256", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.4.5", ""].map(isIpv4),
    ).toEqual(Array(7).fill(false));
  });
});
