/** API tokens of one account: made, looked at, proven, taken back (cloudflare.md, section 10). */
import { z } from "zod";
import type { Json, JsonObject } from "../../core/canonical.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Answer } from "../../core/provider-api.ts";
import type { CloudflareApi } from "./client.ts";

/** What a failed call says; never a body, which may hold a secret. */
export interface TokenFault {
  readonly detail: string;
  /** Whether it may or may not have been carried out. */
  readonly unclear: boolean;
}

export interface NewToken {
  readonly name: string;
  readonly policies: readonly Json[];
  readonly notBefore?: string;
  readonly expiresOn?: string;
  readonly condition?: JsonObject;
}

const PER_PAGE = 50;
/** The 500 tokens that an account may have (I12). */
const PAGES_MAX = 10;

const made = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/), value: z.string().min(20) });
const described = z.object({
  id: z.string(),
  name: z.string(),
  policies: z.array(
    z.object({
      effect: z.string(),
      resources: z.json(),
      permission_groups: z.array(z.object({ id: z.string(), name: z.string().default("") })),
    }),
  ),
  condition: z.record(z.string(), z.json()).nullish(),
  expires_on: z.string().nullish(),
});
export type DescribedToken = z.infer<typeof described>;
const listed = z.array(z.object({ id: z.string(), name: z.string() }));
const verified = z.object({ id: z.string(), status: z.string() });

export class AccountTokens {
  readonly #api: CloudflareApi;
  readonly #path: string;

  constructor(api: CloudflareApi, accountId: string) {
    this.#api = api;
    this.#path = `/accounts/${accountId}/tokens`;
  }

  /** The only answer that has the value. */
  async create(token: NewToken): Promise<Result<z.infer<typeof made>, TokenFault>> {
    const { name, policies, notBefore, expiresOn, condition } = token;
    const body = {
      name,
      policies: [...policies],
      ...(notBefore === undefined ? {} : { not_before: notBefore }),
      ...(expiresOn === undefined ? {} : { expires_on: expiresOn }),
      ...(condition === undefined ? {} : { condition }),
    };
    return parsed(await this.#api.send({ method: "POST", path: this.#path, body }), made);
  }

  /** Gone, whether by this call or before. */
  async remove(id: string): Promise<Result<null, TokenFault>> {
    const answer = await this.#api.send({
      method: "DELETE",
      path: `${this.#path}/${id}`,
      body: null,
    });
    if (answer.type === "ok" || (answer.type === "refused" && answer.status === 404))
      return ok(null);
    return err(faultOf(answer));
  }

  async describe(id: string): Promise<Result<DescribedToken, TokenFault>> {
    return parsed(await this.#api.get(`${this.#path}/${id}`), described);
  }

  /** Tokens of exactly this name. */
  async named(name: string): Promise<Result<readonly string[], TokenFault>> {
    const ids: string[] = [];
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const query = { page: String(page), per_page: String(PER_PAGE), include_expired: "true" };
      const rows = parsed(await this.#api.get(this.#path, query), listed);
      if (!rows.ok) return rows;
      ids.push(...rows.value.filter((row) => row.name === name).map(({ id }) => id));
      if (rows.value.length < PER_PAGE) return ok(ids);
    }
    return ok(ids);
  }

  /** Names of permission groups with their ids. */
  async groups(): Promise<Result<ReadonlyMap<string, string>, TokenFault>> {
    const rows = parsed(await this.#api.get(`${this.#path}/permission_groups`), listed);
    return rows.ok ? ok(new Map(rows.value.map(({ id, name }) => [name, id]))) : rows;
  }
}

/** Which token `api` calls with, if it is active. Account tokens are refused by the user's route and the other way round. */
export async function verifiedToken(
  api: CloudflareApi,
  accountId: string,
): Promise<{ readonly id: string; readonly owner: "account" | "user" } | null> {
  const routes = [
    ["account", `/accounts/${accountId}/tokens/verify`],
    ["user", "/user/tokens/verify"],
  ] as const;
  for (const [owner, path] of routes) {
    const found = parsed(await api.get(path), verified);
    if (found.ok && found.value.status === "active") return { id: found.value.id, owner };
  }
  return null;
}

function parsed<T>(answer: Answer, schema: z.ZodType<T>): Result<T, TokenFault> {
  if (answer.type !== "ok") return err(faultOf(answer));
  const value = schema.safeParse(answer.result);
  return value.success ? ok(value.data) : err({ detail: "not as expected", unclear: true });
}

const faultOf = (answer: Exclude<Answer, { type: "ok" }>): TokenFault =>
  answer.type === "refused"
    ? {
        detail: `status ${answer.status}, codes ${answer.codes.join(", ") || "none"}`,
        unclear: false,
      }
    : { detail: answer.detail, unclear: true };
