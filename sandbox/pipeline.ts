/**
 * What happens to every API call, whichever product it is for:
 * quota → faults → authentication → operation in a transaction → audit → journal.
 */
import { readRequest, type ApiRequest } from "./api-request.ts";
import { OPERATIONS } from "./api/registry.ts";
import type { Change } from "./audit-trail.ts";
import {
  ApiError,
  DEFAULT_FORBIDDEN,
  failure,
  success,
  type Answer,
  type Reply,
} from "./envelope.ts";
import { CUT_HEADER, preventsCall, told, type Effect, type Fault } from "./faults.ts";
import {
  ACCOUNT_ID,
  ACCOUNT_NAME,
  grants,
  unauthenticated,
  type Identity,
  type Target,
} from "./identities.ts";
import { hexId } from "./model/identifiers.ts";
import { Call, type Operation } from "./product.ts";
import { Routes, type Route } from "./routes.ts";
import { collide, isRehearsal } from "./rulesets/rehearsal.ts";
import type { Store } from "./store.ts";
import { identify } from "./tokens/identify.ts";
import type { World } from "./world.ts";

/** What came of a call. Without a reply the caller sees a broken connection. */
interface Outcome {
  readonly reply: Reply | undefined;
  readonly changes: number;
}

const NOTHING: Outcome = { reply: undefined, changes: 0 };

/** Callers without a known token share one quota. */
const UNKNOWN_TOKEN = "(unknown)";

/** One call on its way; `ray` identifies it in the answer and in the audit log. */
interface Passage {
  readonly request: ApiRequest;
  readonly identity: Identity | undefined;
  readonly ray: string;
}

export class Pipeline {
  readonly #world: World;
  readonly #routes = new Routes(OPERATIONS);

  constructor(world: World) {
    this.#world = world;
  }

  async handle(incoming: Request): Promise<Response> {
    const request = await readRequest(incoming);
    const identity = identify(request.headers, this.#world);
    const passage = { request, identity, ray: hexId().slice(0, 16) };
    const { ratelimit } = this.#world.options.get();
    const token = identity?.quota ?? identity?.name ?? UNKNOWN_TOKEN;
    const allowance = this.#world.rateLimit.take(token, ratelimit, this.#world.now());
    const headers = { ...allowance.headers, "cf-ray": `${passage.ray}-SBX` };
    if (allowance.refusal !== undefined) {
      this.#record(passage, "ratelimited", { reply: allowance.refusal, changes: 0 });
      return respond(allowance.refusal, headers);
    }
    const fault = this.#world.faults.take(request, passage.identity);
    if (fault !== undefined) await scheduler.wait(fault.latencyMs);
    const outcome = this.#answer(passage, fault?.effect);
    this.#record(passage, outcomeName(fault, outcome), outcome);
    return outcome.reply === undefined ? cut(fault?.id ?? "") : respond(outcome.reply, headers);
  }

  #answer(passage: Passage, effect: Effect | undefined): Outcome {
    if (effect === undefined) return this.#perform(passage);
    const first = preventsCall(effect) ? NOTHING : this.#perform(passage);
    const second = effect.type === "duplicate" ? this.#perform(passage) : undefined;
    return {
      reply: told(second?.reply ?? first.reply, effect),
      changes: first.changes + (second?.changes ?? 0),
    };
  }

  #perform(passage: Passage): { reply: Reply; changes: number } {
    try {
      const call = this.#admit(passage);
      const answer = call.run();
      return { reply: success(answer), changes: call.changes };
    } catch (error) {
      if (error instanceof ApiError) return { reply: failure(error), changes: 0 };
      console.error("sandbox: unexpected error", error);
      const fault = new ApiError(500, { code: 1000, message: "Internal error in the sandbox" });
      return { reply: failure(fault), changes: 0 };
    }
  }

  /** Authenticates and authorizes; what comes back can be run once. */
  #admit(passage: Passage) {
    const { request, identity } = passage;
    const route = this.#routes.find(request);
    const isPublic = !(route instanceof ApiError) && route.operation.needs === "public";
    if (identity === undefined && !isPublic) throw unauthenticated(request.headers);
    if (route instanceof ApiError) throw route;
    authorize(route, passage);
    const { store, audit } = this.#world;
    const context = { request, identity, store, audit, params: route.params };
    const call = new Call({
      ...context,
      now: this.#world.now(),
      options: this.#world.options.get(),
    });
    const { operation } = route;
    if (operation.isRulesetWrite === true) {
      if (isRehearsal(request.query)) return { run: rehearsed(operation, call, store), changes: 0 };
      collide(this.#world.options);
    }
    const write = () =>
      store.transaction(() => {
        const answer = operation.handle(call);
        for (const change of call.changes) this.#audit(passage, call, change);
        return answer;
      });
    return {
      run: operation.method === "GET" ? () => operation.handle(call) : write,
      get changes() {
        return call.changes.length;
      },
    };
  }

  #audit(passage: Passage, call: Call, change: Change): void {
    const { identity, request, ray } = passage;
    if (identity === undefined) throw new Error("a public operation changed something");
    const { method, path, search } = request;
    const uri = `/client/v4${path}${search === "" ? "" : `?${search}`}`;
    const isAutomation = identity.actor.context === "api_token";
    this.#world.audit.append(
      {
        id: hexId(),
        account: { id: ACCOUNT_ID, name: ACCOUNT_NAME },
        action: {
          description: `${change.action} ${change.resource.type.replaceAll("_", " ")}`,
          result: "success",
          time: call.timestamp,
          type: change.action,
        },
        actor: {
          ...identity.actor,
          token_id: identity.tokenId,
          ...(isAutomation ? { token_name: identity.name } : {}),
        },
        raw: {
          cf_ray_id: ray,
          method,
          status_code: 200,
          uri,
          user_agent: request.headers.get("user-agent") ?? "",
        },
        resource: { ...change.resource, request: change.request, response: change.response },
        ...(change.zone === undefined ? {} : { zone: change.zone }),
      },
      call.options.audit_delay_ms,
    );
  }

  #record(passage: Passage, outcome: string, result: Outcome): void {
    const { request, identity } = passage;
    this.#world.journal.append({
      time: new Date(this.#world.now()).toISOString(),
      token_name: identity?.name ?? null,
      method: request.method,
      path: request.path,
      query: request.search,
      body: journalled(request),
      status: result.reply?.status ?? null,
      outcome,
      applied: result.changes > 0,
      ops: result.changes,
    });
  }
}

function authorize({ operation, params }: Route, { request, identity }: Passage): void {
  if (operation.needs === "public") return;
  if (identity?.refusal !== undefined && operation.admitsSpent !== true) throw identity.refusal;
  if (operation.needs === "token") return;
  const target = targetOf(params, request.path);
  if (identity !== undefined && grants(identity, operation.needs, target)) return;
  throw new ApiError(403, DEFAULT_FORBIDDEN);
}

function targetOf(params: Route["params"], path: string): Target | undefined {
  const zoneId = params.get("zone_id");
  if (zoneId !== undefined) return { type: "zone", id: zoneId };
  if (params.has("account_id")) return { type: "account" };
  return path.startsWith("/user") ? { type: "user" } : undefined;
}

/** The same checks with the same answer, but nothing of it happens. */
const rehearsed = (operation: Operation, call: Call, store: Store) => (): Answer => {
  const { status } = store.rehearse(() => operation.handle(call));
  return status === 204 ? { status } : { result: null };
};

function outcomeName(fault: Fault | undefined, outcome: Outcome): string {
  if (fault !== undefined) return `fault:${fault.id}`;
  return outcome.reply !== undefined && outcome.reply.status < 400 ? "ok" : "error";
}

function journalled({ body }: ApiRequest): unknown {
  switch (body.type) {
    case "none":
      return null;
    case "json":
      return body.value;
    case "form":
      return body.fields;
    case "unreadable":
      return body.text;
  }
}

function respond(reply: Reply, extra: Readonly<Record<string, string>>): Response {
  const type = { "content-type": "application/json" };
  const isRaw = typeof reply.body === "string" || reply.body instanceof Uint8Array;
  const body = isRaw ? reply.body : JSON.stringify(reply.body);
  return new Response(reply.status === 204 ? null : body, {
    status: reply.status,
    headers: { ...type, ...reply.headers, ...extra },
  });
}

const cut = (faultId: string): Response =>
  new Response(null, { status: 502, headers: { [CUT_HEADER]: encodeURIComponent(faultId) } });
