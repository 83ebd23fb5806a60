import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  accessIdentity,
  type AccessSettings,
  type Identify,
} from "../../../src/edge/access/identity.ts";

const TEAM = "https://harbor.cloudflareaccess.com";
const AUDIENCE = "a".repeat(64);
const PROGRAM = `${"b".repeat(32)}.access`;
const SETTINGS: AccessSettings = {
  team: TEAM,
  audiences: `${AUDIENCE}, ${"c".repeat(64)}`,
  roles: JSON.stringify([
    { email: "Ana@Example.com", role: "approver" },
    { group: "sre", role: "operator" },
    { common_name: PROGRAM, role: "operator" },
    { group: "everybody", role: "viewer" },
  ]),
};
type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let first: Keys;
let second: Keys;
/** What the team's address answers, and how often it was asked. */
let published: { kid: string; keys: Keys }[];
let answer: () => Response | Promise<Response>;
let asked: number;
let identify: Identify;

const jwks = async (): Promise<Response> =>
  Response.json({
    keys: await Promise.all(
      published.map(async ({ kid, keys }) => ({
        ...(await exportJWK(keys.publicKey)),
        kid,
        alg: "RS256",
        use: "sig",
      })),
    ),
  });

async function made(): Promise<Identify> {
  const found = accessIdentity(SETTINGS, async (url) => {
    expect(url).toBe(`${TEAM}/cdn-cgi/access/certs`);
    asked += 1;
    return answer();
  });
  if (!found) throw new Error("Access is not configured");
  return found;
}

beforeAll(async () => {
  first = await generateKeyPair("RS256");
  second = await generateKeyPair("RS256");
});
beforeEach(async () => {
  published = [{ kid: "one", keys: first }];
  answer = jwks;
  asked = 0;
  identify = await made();
});
afterEach(() => {
  vi.useRealTimers();
});

const now = (): number => Math.floor(Date.now() / 1000);
const person = (): JWTPayload => ({
  iss: TEAM,
  aud: [AUDIENCE],
  email: "ana@example.com",
  type: "app",
  sub: "one",
  iat: now() - 10,
  nbf: now() - 10,
  exp: now() + 3600,
});
const without =
  (claim: string) =>
  (good: JWTPayload): JWTPayload =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));
const program = (): JWTPayload => {
  return { ...without("email")(person()), common_name: PROGRAM, sub: "" };
};
const token = (
  payload: JWTPayload,
  { keys = first, kid = "one", alg = "RS256" } = {},
): Promise<string> => new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(keys.privateKey);

describe("an assertion of Access", () => {
  it("names a person by email, whose role is the configuration's", async () => {
    const good = person();
    expect(await identify(await token(good))).toEqual({
      name: "ana@example.com",
      role: "approver",
      since: new Date(Number(good.iat) * 1_000).toISOString(),
    });
    const other = { ...person(), email: "Bo@Example.com" };
    expect(
      await identify(await token({ ...other, custom: { groups: ["sre", "everybody"] } })),
    ).toMatchObject({
      name: "bo@example.com",
      role: "operator",
    });
    expect(await identify(await token({ ...other, groups: ["everybody"] }))).toMatchObject({
      role: "viewer",
    });
    expect(await identify(await token(other))).toBeNull();
  });

  it("names a program by its common name, which has no groups", async () => {
    expect(await identify(await token(program()))).toMatchObject({
      name: PROGRAM,
      role: "operator",
    });
    const other = { ...program(), common_name: `${"d".repeat(32)}.access`, groups: ["sre"] };
    expect(await identify(await token(other))).toBeNull();
  });

  it("says nothing of roles itself", async () => {
    const other = { ...person(), email: "bo@example.com", role: "approver", roles: ["approver"] };
    expect(await identify(await token(other))).toBeNull();
  });

  it.each<[string, (good: JWTPayload) => JWTPayload]>([
    ["for another application", (good) => ({ ...good, aud: ["e".repeat(64)] })],
    ["for no application", without("aud")],
    ["of another team", (good) => ({ ...good, iss: "https://evil.cloudflareaccess.com" })],
    ["of a team whose name begins like ours", (good) => ({ ...good, iss: `${TEAM}.evil.example` })],
    ["of nobody", without("iss")],
    ["that has run out", (good) => ({ ...good, exp: now() - 60 })],
    ["that never runs out", without("exp")],
    ["that is not valid yet", (good) => ({ ...good, nbf: now() + 120 })],
    ["of no age", without("iat")],
    ["from the future", (good) => ({ ...good, iat: now() + 120 })],
    ["older than a session can be", (good) => ({ ...good, iat: now() - 40 * 86_400 })],
    ["of a person and a program at once", (good) => ({ ...good, common_name: PROGRAM })],
    ["of neither", without("email")],
    ["of a voter", (good) => ({ ...good, email: "policy@zone:harbor-books.example" })],
    ["of no text", (good) => ({ ...good, email: 7 })],
  ])("is nobody's %s", async (_, change) => {
    expect(await identify(await token(change(person())))).toBeNull();
  });

  it("may be a little early or late", async () => {
    expect(await identify(await token({ ...person(), exp: now() - 10 }))).not.toBeNull();
    expect(await identify(await token({ ...person(), nbf: now() + 10 }))).not.toBeNull();
  });

  it("is nobody's without the team's signature", async () => {
    const good = await token(person());
    const [head = "", body = "", signature = ""] = good.split(".");
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(first.publicKey)));
    const symmetric = await new SignJWT(person())
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .sign(secret);
    const other = Buffer.from(JSON.stringify({ ...person(), email: "eve@example.com" })).toString(
      "base64url",
    );
    const forged = [
      new UnsecuredJWT(person()).encode(),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`,
      symmetric,
      await token(person(), { keys: second }),
      `${head}.${other}.${signature}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      good.slice(0, -8),
      "",
      "a.b.c",
      "x".repeat(20_000),
    ];
    for (const one of forged) expect(await identify(one), one.slice(0, 40)).toBeNull();
  });

  it("under a rotated key is taken once the team shows that key", async () => {
    expect(await identify(await token(person()))).not.toBeNull();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    published = [
      { kid: "one", keys: first },
      { kid: "two", keys: second },
    ];
    expect(await identify(await token(person(), { keys: second, kid: "two" }))).not.toBeNull();
    expect(await identify(await token(person()))).not.toBeNull();
    vi.setSystemTime(Date.now() + 11 * 60_000);
    published = [{ kid: "two", keys: second }];
    expect(await identify(await token(person()))).toBeNull();
  });

  it("by unknown keys does not make us ask the team again and again", async () => {
    expect(await identify(await token(person()))).not.toBeNull();
    for (let index = 0; index < 200; index += 1)
      expect(await identify(await token(person(), { kid: `unknown-${index}` }))).toBeNull();
    expect(asked).toBe(1);
  });

  it("can be judged by nobody while the team's keys cannot be had, which is told, and tried again later", async () => {
    const good = await token(person());
    const bad: (() => Response | Promise<Response>)[] = [
      () => new Response("", { status: 503 }),
      () => Promise.reject(new Error("gone")),
      () => Response.redirect("https://evil.example"),
      () => new Response("x".repeat(100_000)),
    ];
    for (const one of bad) {
      answer = one;
      const other = await made();
      await expect(other(good)).rejects.toMatchObject({ retryable: true });
      asked = 0;
      await expect(other(good)).rejects.toMatchObject({ retryable: true });
      expect(asked).toBe(0);
      answer = jwks;
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6_000 });
      expect(await other(good)).not.toBeNull();
      vi.useRealTimers();
    }
  });
});

describe("the configuration of Access", () => {
  it("may be left out", () => {
    expect(accessIdentity({ team: "", audiences: "", roles: "" })).toBeNull();
  });

  it.each<[string, Partial<AccessSettings>, RegExp]>([
    ["another site", { team: "https://evil.example" }, /ACCESS_TEAM/],
    ["a team without encryption", { team: "http://harbor.cloudflareaccess.com" }, /ACCESS_TEAM/],
    ["a team with a path", { team: `${TEAM}/x` }, /ACCESS_TEAM/],
    ["no audience", { audiences: "" }, /ACCESS_AUDIENCES/],
    ["a short audience", { audiences: "abc" }, /ACCESS_AUDIENCES/],
    ["roles that are no list", { roles: "{}" }, /ACCESS_ROLES/],
    ["roles that are no JSON", { roles: "[" }, /ACCESS_ROLES/],
    ["an unknown role", { roles: '[{"group":"sre","role":"admin"}]' }, /ACCESS_ROLES.*\[0\]/],
    [
      "a program that approves",
      { roles: `[{"common_name":"${PROGRAM}","role":"approver"}]` },
      /no program an approver/,
    ],
  ])("with %s is refused", (_, more, problem) => {
    expect(() => accessIdentity({ ...SETTINGS, ...more })).toThrow(problem);
  });
});
