/** What an API product is: a list of operations. Transport concerns are the pipeline's. */
import type { z } from "zod";
import { jsonBody, type ApiRequest, type Body, type Query } from "./api-request.ts";
import type { AuditTrail, Change } from "./audit-trail.ts";
import { ApiError, type Answer } from "./envelope.ts";
import type { Identity, Right } from "./identities.ts";
import type { Options } from "./options.ts";
import type { Kind, Shelf, Store } from "./store.ts";

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/client/v4`, parameters as `:name`. */
  readonly path: string;
  /** `public` needs no token, `token` needs any. */
  readonly needs: Right | "public" | "token";
  /** Also for tokens that are expired or disabled: they may still ask what they are. */
  readonly admitsSpent?: boolean;
  /** Takes `dry_run`, and may meet the limit on concurrent updates. */
  readonly isRulesetWrite?: boolean;
  readonly handle: (call: Call) => Answer;
}

/** One call of one operation. Writes run in a transaction: throwing undoes all of them. */
export class Call {
  readonly request: ApiRequest;
  readonly identity: Identity | undefined;
  readonly now: number;
  readonly options: Options;
  readonly audit: AuditTrail;
  readonly changes: Change[] = [];
  readonly #store: Store;
  readonly #params: ReadonlyMap<string, string>;

  constructor(context: {
    request: ApiRequest;
    params: ReadonlyMap<string, string>;
    identity: Identity | undefined;
    now: number;
    options: Options;
    audit: AuditTrail;
    store: Store;
  }) {
    this.request = context.request;
    this.identity = context.identity;
    this.now = context.now;
    this.options = context.options;
    this.audit = context.audit;
    this.#store = context.store;
    this.#params = context.params;
  }

  get query(): Query {
    return this.request.query;
  }

  get body(): Body {
    return this.request.body;
  }

  /** The instant of this call as the API writes it. */
  get timestamp(): string {
    return new Date(this.now).toISOString();
  }

  param(name: string): string {
    const value = this.#params.get(name);
    if (value === undefined) throw new Error(`the route has no parameter \`${name}\``);
    return value;
  }

  shelf<T extends { readonly id: string }>(kind: Kind<T>, scope: string): Shelf<T> {
    return this.#store.shelf(kind, scope);
  }

  /** The JSON body, as the raw value and checked. */
  json<T>(schema: z.ZodType<T>): T {
    return parseBody(jsonBody(this.body), schema);
  }

  /** Every changed object is one audit entry. */
  changed(change: Change): void {
    this.changes.push(change);
  }
}

export function parseBody<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const chain = parsed.error.issues.map((issue) => ({
    code: 9207,
    message: `${issue.path.join(".") || "body"}: ${issue.message}`,
  }));
  const message = "Request body is invalid";
  throw new ApiError(400, { code: 1004, message, error_chain: chain });
}
