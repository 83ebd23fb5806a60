import { expect, it } from "vitest";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import { KINDS, kindOf } from "../../../src/core/kinds/registry.ts";

it("finds kinds by name and throws for others", () => {
  expect([...KINDS].map(([name, kind]) => [name, kind.name])).toEqual(
    [...KINDS.keys()].map((name) => [name, name]),
  );
  expect(kindOf("dns_record")).toBe(dnsRecord);
  expect(() => kindOf("page_rule")).toThrow("page_rule");
});
