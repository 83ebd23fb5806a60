import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authenticator, bearerOf, may } from "../../../src/edge/http/auth.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const ops = { name: "ops", role: "operator", token_sha256: sha256("s3cret") } as const;
const list = (...principals: readonly unknown[]): string => JSON.stringify(principals);

describe("authenticator", () => {
  it("knows the development tokens in the sandbox", async () => {
    const authenticate = authenticator({ sandbox: true, principals: undefined });
    expect(await authenticate("dev-operator")).toEqual({ name: "dev-operator", role: "operator" });
    expect(await authenticate("dev-approver-2")).toMatchObject({ role: "approver" });
    expect(await authenticate("dev-admin")).toBeNull();
  });

  it("refuses the development tokens as soon as the origin is real", async () => {
    const authenticate = authenticator({ sandbox: false, principals: list(ops) });
    for (const token of ["dev-viewer", "dev-operator", "dev-approver-1", "dev-approver-2"]) {
      expect(await authenticate(token)).toBeNull();
    }
    expect(await authenticate("s3cret")).toEqual({ name: "ops", role: "operator" });
  });

  it("lets nobody in without principals", async () => {
    for (const principals of [undefined, "", "[]"]) {
      expect(await authenticator({ sandbox: false, principals })("dev-viewer")).toBeNull();
    }
  });

  it.each([
    ["{", "`API_PRINCIPALS` is not JSON"],
    ["{}", "`API_PRINCIPALS` is malformed"],
    [list({ ...ops, role: "admin" }), '`API_PRINCIPALS`[0]["role"] is malformed'],
    [list({ ...ops, token_sha256: "s3cret" }), '[0]["token_sha256"] is malformed'],
    [list({ ...ops, token: "s3cret" }), "`API_PRINCIPALS`[0] is malformed"],
    [list(ops, { ...ops, token_sha256: sha256("x") }), '[1]["name"] is taken'],
    [list({ ...ops, name: "OPS" }, { ...ops, token_sha256: sha256("x") }), '[1]["name"] is taken'],
    [list(ops, { ...ops, name: "b" }), '[1]["token_sha256"] is of a token that is not unique'],
    [list({ ...ops, token_sha256: sha256("dev-operator") }), "that is not unique"],
    [list({ ...ops, name: "dev-viewer" }), "is taken"],
    // Access says addresses in lower case: one person would have two names, and could approve what they asked for.
    [list({ ...ops, name: "Olga@harbor.example" }), '[0]["name"] is malformed: must be in lower'],
    [list({ ...ops, name: "policy@zone:example.com" }), '[0]["name"] is malformed'],
  ])("refuses to start with %s", (principals, message) => {
    expect(() => authenticator({ sandbox: false, principals })).toThrow(message);
    expect(() => authenticator({ sandbox: true, principals })).toThrow(message);
  });

  it("knows no token but the right one", async () => {
    const authenticate = authenticator({ sandbox: false, principals: list(ops) });
    await fc.assert(
      fc.asyncProperty(fc.string(), async (token) => {
        fc.pre(token !== "s3cret");
        expect(await authenticate(token)).toBeNull();
      }),
    );
  });
});

const rights = (role: "viewer" | "operator" | "approver") =>
  (["read", "operate", "approve"] as const).filter((right) => may({ name: "x", role }, right));

describe("rights", () => {
  it("keep the one who asks and the one who approves apart", () => {
    expect(rights("viewer")).toEqual(["read"]);
    expect(rights("operator")).toEqual(["read", "operate"]);
    expect(rights("approver")).toEqual(["read", "approve"]);
  });
});

describe("bearerOf", () => {
  it.each([
    ["Bearer abc", "abc"],
    ["bearer abc==", "abc=="],
    ["Basic abc", null],
    ["Bearer", null],
    ["Bearer a b", null],
    ["Bearer a,b", null],
  ])("reads %j as %j", (authorization, token) => {
    expect(bearerOf(new Request("http://x/", { headers: { authorization } }))).toBe(token);
  });
});
