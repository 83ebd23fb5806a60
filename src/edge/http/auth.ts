/** Who calls, and what they may do. Bearer tokens are known only by their SHA-256. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Instant } from "../../core/ids.ts";

export type Role = "viewer" | "operator" | "approver";
/** `confirm`: to vouch for somebody else's passkey, or to take one away. */
export type Right = "read" | "operate" | "approve" | "confirm";

export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** Since when Access lets them in; a token knows no session. */
  readonly since?: Instant;
}

/** The principal that `token` belongs to, or null. */
export type Authenticator = (token: string) => Promise<Principal | null>;

/**
 * Separation of duties: who may approve cannot ask for anything that needs approval, and the other
 * way round.
 */
const RIGHTS: Readonly<Record<Role, ReadonlySet<Right>>> = {
  viewer: new Set(["read"]),
  operator: new Set(["read", "operate", "confirm"]),
  approver: new Set(["read", "approve", "confirm"]),
};

export const may = ({ role }: Principal, right: Right): boolean => RIGHTS[role].has(right);

/** Each token is the name of its principal. They exist in the sandbox only. */
const DEV_PRINCIPALS: readonly Principal[] = [
  { name: "dev-viewer", role: "viewer" },
  { name: "dev-operator", role: "operator" },
  { name: "dev-approver-1", role: "approver" },
  { name: "dev-approver-2", role: "approver" },
];

/** No `:`, which every agent's name has: a person cannot be called like a voter. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;
const PRINCIPALS_MAX = 1000;
const TOKEN_LENGTH_MAX = 512;

const principals = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(NAME)
        // Access says addresses so: written otherwise, one person would be two.
        .refine(
          (name) => !name.includes("@") || name === name.toLowerCase(),
          "must be in lower case",
        ),
      role: z.enum(["viewer", "operator", "approver"]),
      token_sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits in lower case"),
    }),
  )
  .max(PRINCIPALS_MAX);

interface Known {
  readonly principal: Principal;
  readonly hash: Buffer;
}

const hashOf = (token: string): Buffer => createHash("sha256").update(token, "utf8").digest();

export interface Credentials {
  /** From `isSandboxOrigin`. Only then do the development tokens exist. */
  readonly sandbox: boolean;
  /** The variable API_PRINCIPALS: a JSON list of `{name, role, token_sha256}`. */
  readonly principals: string | undefined;
}

/**
 * Throws when the list of principals is malformed: starting with half of it would lock people out,
 * or worse.
 */
export function authenticator(credentials: Credentials): Authenticator {
  const dev = DEV_PRINCIPALS.map((principal) => ({ principal, hash: hashOf(principal.name) }));
  const listed = parsePrincipals(credentials.principals ?? "[]", dev);
  const known = credentials.sandbox ? [...dev, ...listed] : listed;
  return (token) => Promise.resolve(find(known, token));
}

/**
 * Compares with every principal, in constant time each, so that timing tells nothing about the
 * tokens.
 */
function find(known: readonly Known[], token: string): Principal | null {
  if (token.length > TOKEN_LENGTH_MAX) return null;
  const hash = hashOf(token);
  let found: Principal | null = null;
  for (const candidate of known) {
    if (timingSafeEqual(candidate.hash, hash)) found = candidate.principal;
  }
  return found;
}

function refuse(place: string, problem: string): never {
  throw new Error(`\`API_PRINCIPALS\`${place} ${problem}`);
}

function parsePrincipals(text: string, dev: readonly Known[]): readonly Known[] {
  let value: unknown;
  try {
    value = JSON.parse(text.trim() === "" ? "[]" : text);
  } catch {
    return refuse("", "is not JSON");
  }
  const parsed = principals.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.map((key) => `[${JSON.stringify(key)}]`).join("") ?? "";
    return refuse(place, `is malformed: ${(issue?.message ?? "").toLowerCase()}`);
  }
  const seen = new Set(dev.map(({ principal }) => principal.name));
  const hashes = new Set(dev.map(({ hash }) => hash.toString("hex")));
  return parsed.data.map(({ name, role, token_sha256: hex }, index) => {
    // Two principals of one name would count as one person with two roles.
    if (seen.has(name.toLowerCase())) return refuse(`[${index}]["name"]`, "is taken");
    if (hashes.has(hex))
      return refuse(`[${index}]["token_sha256"]`, "is of a token that is not unique");
    seen.add(name.toLowerCase());
    hashes.add(hex);
    return { principal: { name, role }, hash: Buffer.from(hex, "hex") };
  });
}

/**
 * What Cloudflare Access puts on the requests that it lets through; only its signature makes it more than a text. Whoever
 * brings a token, however malformed, is judged by that alone.
 */
export const assertionOf = ({ headers }: Request): string | null =>
  headers.has("authorization") ? null : headers.get("cf-access-jwt-assertion");

/** The token of an `Authorization: Bearer …` header, or null. */
export const bearerOf = (request: Request): string | null =>
  /^bearer +([\w~+/.-]+=*) *$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
