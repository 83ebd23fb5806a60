import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/canonical.ts";
import {
  confirm,
  countsOn,
  type Passkey,
  PASSKEYS_MAX_PER_PERSON,
  register,
} from "../../src/core/passkey-register.ts";
import { NOW } from "./harbor.ts";

const passkey = (id: string, more: Partial<Passkey> = {}): Passkey => ({
  id,
  person: "ana",
  publicKey: id,
  counter: 0,
  synced: true,
  registeredAt: NOW,
  confirmedBy: null,
  ...more,
});
const reason = (found: ReturnType<typeof register>) =>
  found.ok ? found.value.confirmedBy : found.error.reason;

describe("a passkey", () => {
  it("does not count when it is new, whatever it says of itself", () => {
    expect(reason(register([], passkey("a", { confirmedBy: "ana" })))).toBe(null);
  });

  it("is registered once, and nobody has more than they need", () => {
    expect(reason(register([passkey("a")], passkey("a", { person: "bo" })))).toBe("passkey_known");
    const many = Array.from({ length: PASSKEYS_MAX_PER_PERSON }, (_, index) => passkey(`${index}`));
    expect(reason(register(many, passkey("one more")))).toBe("too_many_passkeys");
    expect(reason(register(many, passkey("another's", { person: "bo" })))).toBe(null);
  });

  it.each<[string, readonly Passkey[], string, boolean, string]>([
    ["a second person, when it is the first of all", [passkey("a")], "bo", false, "bo"],
    [
      "a second person who signs",
      [passkey("a"), passkey("b", { confirmedBy: "cy" })],
      "bo",
      true,
      "bo",
    ],
    [
      "a second person who does not sign",
      [passkey("a"), passkey("b", { confirmedBy: "cy" })],
      "bo",
      false,
      "confirmation_not_signed",
    ],
    ["its own person", [passkey("a")], "ana", false, "confirms_itself"],
    [
      "its own person, signing",
      [passkey("a"), passkey("b", { confirmedBy: "cy" })],
      "ana",
      true,
      "confirms_itself",
    ],
    ["somebody for nothing", [], "bo", true, "no_such_passkey"],
  ])("is confirmed by %s: %j by %s", (...[, known, by, isSigned, expected]) => {
    expect(reason(confirm({ known, id: "a", by, isSigned, hasBegun: false }))).toBe(expected);
  });

  it("is not the first one again when all others were taken away", () => {
    const again = { known: [passkey("a")], id: "a", by: "bo", hasBegun: true };
    expect(reason(confirm({ ...again, isSigned: false }))).toBe("confirmation_not_signed");
    expect(reason(confirm({ ...again, isSigned: true }))).toBe("bo");
  });

  it("stays confirmed by whoever was first", () => {
    const known = [passkey("a", { confirmedBy: "cy" })];
    expect(reason(confirm({ known, id: "a", by: "bo", isSigned: true, hasBegun: true }))).toBe(
      "cy",
    );
  });

  it.each<[number, number, boolean]>([
    [0, 0, true],
    [0, 1, true],
    [4, 5, true],
    [5, 5, false],
    [5, 4, false],
    [5, 0, false],
  ])("that signed %i times before and says %i: counts is %s", (before, now, counts) => {
    const use = { statement: digestOf("statement"), counter: now };
    expect(countsOn(passkey("a", { counter: before }), use, null)).toBe(counts);
  });

  it("counts once for the same statement, however often that is looked at, and not with another counter", () => {
    const use = { statement: digestOf("statement"), counter: 5 };
    expect(countsOn(passkey("a", { counter: 5 }), use, use)).toBe(true);
    expect(countsOn(passkey("a", { counter: 5 }), { ...use, counter: 6 }, use)).toBe(false);
  });
});
