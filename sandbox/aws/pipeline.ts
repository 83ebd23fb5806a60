/**
 * The calls of AWS that are known here, in the same journal and with the same faults as the v4 API:
 * quota → faults → signature → permission → operation in a transaction → journal.
 */
import { Query, type ApiRequest } from "../api-request.ts";
import { CUT_HEADER, preventsCall, type Effect } from "../faults.ts";
import { hexId } from "../model/identifiers.ts";
import type { Kind } from "../store.ts";
import type { World } from "../world.ts";
import type { AwsAnswer, AwsCall, AwsOperation } from "./operation.ts";
import { arnOf, AWS_ACCOUNT_ID, mayDo, type Principal } from "./principals.ts";
import { AwsError, errorDocument } from "./refusal.ts";
import { ROUTE53_NAMESPACE, route53Operation } from "./route53.ts";
import { S3_NAMESPACE, s3Operation } from "./s3.ts";
import { isSigned, serviceOf, verifySignature } from "./signature.ts";
import { identity, STS_NAMESPACE } from "./sts.ts";
import { document, type XmlNode } from "./xml.ts";

const HOSTS = /\.amazonaws\.com(?::\d+)?$/;

/** Whoever signs as AWS wants it, or comes to one of its hosts, means AWS. */
export const isForAws = (request: Request): boolean =>
  isSigned(request.headers) || HOSTS.test(new URL(request.url).host);

const NAMESPACES: Readonly<Record<string, string | undefined>> = {
  route53: ROUTE53_NAMESPACE,
  s3: S3_NAMESPACE,
  sts: STS_NAMESPACE,
};

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Outcome {
  /** Undefined: the caller sees a broken connection. */
  readonly reply: Reply | undefined;
  readonly changes: number;
}

interface Passage {
  readonly request: Request;
  readonly url: URL;
  readonly body: Uint8Array;
  readonly service: string;
  /** As the journal and the rules for faults have it: `/aws/s3/bucket`. */
  readonly path: string;
  readonly requestId: string;
}

export class AwsPipeline {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async handle(request: Request): Promise<Response> {
    const passage = await passageOf(request);
    const caller = this.#caller(passage);
    const { ratelimit } = this.#world.options.get();
    const quota = `aws:${caller?.name ?? "(unknown)"}`;
    const allowance = this.#world.rateLimit.take(quota, ratelimit, this.#world.now());
    if (allowance.refusal !== undefined) {
      const reply = this.#told(passage, throttled(passage.service));
      this.#record(passage, { reply, changes: 0 }, { caller, outcome: "ratelimited" });
      return respond(passage, reply);
    }
    const fault = this.#world.faults.take(faultRequest(passage), caller);
    if (fault !== undefined) await scheduler.wait(fault.latencyMs);
    const outcome = this.#answer(passage, fault?.effect);
    const name = fault === undefined ? nameOf(outcome) : `fault:${fault.id}`;
    this.#record(passage, outcome, { caller, outcome: name });
    return outcome.reply === undefined ? cut(fault?.id ?? "") : respond(passage, outcome.reply);
  }

  /** Who signs, for the journal: a signature that is wrong is nobody's. */
  #caller(passage: Passage): Principal | undefined {
    try {
      return this.#verified(passage).principal;
    } catch {
      return undefined;
    }
  }

  #verified({ request, url, body }: Passage) {
    const { method, headers } = request;
    return verifySignature({ method, url, headers, body }, this.#world.now());
  }

  #answer(passage: Passage, effect: Effect | undefined): Outcome {
    if (effect === undefined) return this.#perform(passage);
    const first = preventsCall(effect) ? undefined : this.#perform(passage);
    const second = effect.type === "duplicate" ? this.#perform(passage) : undefined;
    return {
      reply: this.#distorted(passage, effect, second?.reply ?? first?.reply),
      changes: (first?.changes ?? 0) + (second?.changes ?? 0),
    };
  }

  #distorted(passage: Passage, effect: Effect, truth: Reply | undefined): Reply | undefined {
    if (effect.type === "drop_request" || effect.type === "drop_reply") return undefined;
    if (effect.type === "status" || effect.type === "status_after") {
      const { status, message = `sandbox fault: status ${status}` } = effect;
      const code = CODES[status] ?? "InternalError";
      return this.#told(passage, new AwsError(status, code, message));
    }
    return truth && { ...truth, body: distorted(truth.body, effect) };
  }

  #perform(passage: Passage): { readonly reply: Reply; readonly changes: number } {
    let changes = 0;
    try {
      const { principal, region, service } = this.#verified(passage);
      const { request, url, body, requestId } = passage;
      const call: AwsCall = {
        method: request.method,
        path: pathIn(url),
        query: url.searchParams,
        headers: request.headers,
        body,
        principal,
        region,
        nowMs: this.#world.now(),
        requestId,
        propagationMs: this.#world.options.get().route53_propagation_ms,
        shelf: <T extends { readonly id: string }>(kind: Kind<T>) =>
          this.#world.store.shelf(kind, AWS_ACCOUNT_ID),
        changed: () => (changes += 1),
      };
      const operation = operationOf(service, call);
      authorize(principal, operation);
      const answer = this.#world.store.transaction(() => operation.run(call));
      return { reply: this.#written(passage, answer), changes };
    } catch (error) {
      if (error instanceof AwsError) return { reply: this.#told(passage, error), changes: 0 };
      console.error("sandbox: unexpected error", error);
      const fault = new AwsError(500, "InternalError", "We encountered an internal error.");
      return { reply: this.#told(passage, fault), changes: 0 };
    }
  }

  #written({ service }: Passage, { status = 200, headers = {}, body }: AwsAnswer): Reply {
    const text = body === undefined ? "" : document(body, NAMESPACES[service]);
    return { status, headers, body: text };
  }

  #told({ service, requestId }: Passage, error: AwsError): Reply {
    const root: XmlNode = errorDocument(service, error, requestId);
    const body = document(root, service === "s3" ? undefined : NAMESPACES[service]);
    return { status: error.status, headers: {}, body };
  }

  #record(
    { request, url, path, body }: Passage,
    { reply, changes }: Outcome,
    { caller, outcome }: { readonly caller: Principal | undefined; readonly outcome: string },
  ): void {
    this.#world.journal.append({
      time: new Date(this.#world.now()).toISOString(),
      token_name: caller?.name ?? null,
      method: request.method,
      path,
      query: url.search.slice(1),
      body: body.length === 0 ? null : new TextDecoder().decode(body),
      status: reply?.status ?? null,
      outcome,
      applied: changes > 0,
      ops: changes,
    });
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: "InvalidRequest",
  403: "AccessDenied",
  404: "NoSuchKey",
  409: "OperationAborted",
  429: "Throttling",
  503: "SlowDown",
};

const throttled = (service: string): AwsError =>
  service === "s3"
    ? new AwsError(503, "SlowDown", "Please reduce your request rate.")
    : new AwsError(400, "Throttling", "Rate exceeded");

async function passageOf(request: Request): Promise<Passage> {
  const url = new URL(request.url);
  const service = serviceOf(request.headers);
  return {
    request,
    url,
    body: new Uint8Array(await request.arrayBuffer()),
    service,
    path: `/aws/${service}${pathIn(url)}`.replace(/\/$/, ""),
    requestId: hexId().slice(0, 16).toUpperCase(),
  };
}

const VIRTUAL_HOST = /^(.+)\.(?:s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com|s3\.localhost|localhost)$/;

/** Path style, whichever style it came in. */
function pathIn({ hostname, pathname }: URL): string {
  const bucket = VIRTUAL_HOST.exec(hostname)?.[1];
  return bucket === undefined ? pathname : `/${bucket}${pathname}`.replace(/\/$/, "");
}

function operationOf(service: string, call: AwsCall): AwsOperation {
  switch (service) {
    case "s3":
      return s3Operation(call);
    case "route53":
      return route53Operation(call);
    case "sts":
      return identity(
        call.method === "GET"
          ? call.query
          : new URLSearchParams(new TextDecoder().decode(call.body)),
      );
    default:
      throw new AwsError(400, "InvalidAction", `The service \`${service}\` is not known here.`);
  }
}

function authorize(principal: Principal, { action }: AwsOperation): void {
  if (action === "" || mayDo(principal, action)) return;
  throw new AwsError(
    403,
    "AccessDenied",
    `User: ${arnOf(principal)} is not authorized to perform: ${action}`,
  );
}

/** Rules for faults match by method, path, name and query. */
function faultRequest({ request, url, path, body }: Passage): ApiRequest {
  return {
    method: request.method,
    path,
    search: url.search.slice(1),
    query: new Query(url.searchParams),
    headers: request.headers,
    body: { type: "none" },
    bytes: new Uint8Array(body),
  };
}

function distorted(body: string, effect: Effect): string {
  switch (effect.type) {
    case "malformed":
      return body.slice(0, Math.ceil(body.length / 2));
    case "partial_page":
      return withoutRows(body, effect.keep);
    case "empty_page":
      return withoutRows(body, 0);
    case "empty_id":
      return body.replace(/<Name>[^<]*</, "<Name><");
    case "status":
    case "status_after":
    case "drop_request":
    case "drop_reply":
    case "duplicate":
    case "latency":
      return body;
  }
}

/** Keeps this share of the rows of a list. */
function withoutRows(body: string, keep: number): string {
  const row = /<(Bucket|ResourceRecordSet|HostedZone)>.*?<\/\1>/gs;
  const left = Math.floor((body.match(row)?.length ?? 0) * keep);
  let seen = 0;
  return body.replaceAll(row, (one) => ((seen += 1) <= left ? one : ""));
}

const nameOf = ({ reply }: Outcome): string =>
  reply !== undefined && reply.status < 400 ? "ok" : "error";

/** A HEAD has no body, and a 204 neither. */
function respond({ request, requestId }: Passage, { status, headers, body }: Reply): Response {
  const isBare = request.method === "HEAD" || status === 204 || body === "";
  return new Response(isBare ? null : body, {
    status,
    headers: {
      ...(isBare ? {} : { "content-type": "application/xml" }),
      "x-amz-request-id": requestId,
      "x-amzn-requestid": requestId,
      ...headers,
    },
  });
}

const cut = (faultId: string): Response =>
  new Response(null, { status: 502, headers: { [CUT_HEADER]: encodeURIComponent(faultId) } });
