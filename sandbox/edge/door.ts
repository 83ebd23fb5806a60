/**
 * The door for visitors from outside: an HTTP request with the host of one of the account's zones goes through the same
 * pipeline as generated traffic. What Cloudflare would know of a visitor the visitor says in headers of the sandbox's own.
 */
import { CLIENT_IP_HEADER } from "../identities.ts";
import { hexId } from "../model/identifiers.ts";
import type { StoredZone } from "../model/zone.ts";
import type { World } from "../world.ts";
import { responseOf } from "./answers.ts";
import { CLEARANCE_COOKIE, CLEARANCE_PATH, solved } from "./clearance.ts";
import { Rulebook, zoneOfHost } from "./rulebook.ts";
import { guessedClient } from "./strangers.ts";
import { pathOf, visitorKey, type Client, type Visit } from "./visit.ts";

/** A visit that is told about in headers: `sandbox-client-country: de`. None of them reaches a rule. */
const OWN_HEADER = /^sandbox-/;
/** Cloudflare takes 100 MB on small plans; nothing here needs a tenth of it. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;

export class Door {
  readonly #world: World;
  /** Browsers that have solved a challenge: cookie → whose it is. */
  readonly #cookies = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The zone that a request is for; undefined: it is for the account. */
  zoneOf(request: Request): StoredZone | undefined {
    return zoneOfHost(this.#world.store, hostOf(request));
  }

  async enter(request: Request, zone: StoredZone): Promise<Response> {
    const atMs = this.#world.now();
    const body = await bodyOf(request);
    if (body === null) return new Response("error code: 413", { status: 413 });
    const visit = visitOf(request, { atMs, body });
    const book = new Rulebook(this.#world.store, zone, atMs);
    if (pathOf(visit.uri).startsWith("/cdn-cgi/")) return this.#own(visit, book);
    this.#readCookie(request, visit, book);
    const { origin_capacity: capacity } = this.#world.options.get();
    const passage = this.#world.edge.pass(visit, book, capacity);
    this.#world.traffic.saw(passage, zone);
    return responseOf(passage, book);
  }

  /** Addresses that are Cloudflare's on every site. */
  #own(visit: Visit, book: Rulebook): Response {
    const path = pathOf(visit.uri);
    if (path === "/cdn-cgi/trace") return new Response(traceOf(visit));
    const answer = path === CLEARANCE_PATH ? solved(visit) : null;
    if (answer === null) return new Response("error code: 404", { status: 404 });
    const cookie = hexId() + hexId();
    this.#cookies.set(cookie, visitorKey(visit));
    this.#world.edge.cleared(visit, book);
    return new Response(null, {
      status: 302,
      headers: {
        location: answer.to,
        "set-cookie": `${CLEARANCE_COOKIE}=${cookie}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned`,
      },
    });
  }

  /** A clearance is the browser's that earned it; elsewhere the cookie is worth nothing. */
  #readCookie(request: Request, visit: Visit, book: Rulebook): void {
    const given = new RegExp(`${CLEARANCE_COOKIE}=([0-9a-f]{64})`).exec(
      request.headers.get("cookie") ?? "",
    )?.[1];
    const isOwn = given !== undefined && this.#cookies.get(given) === visitorKey(visit);
    if (!isOwn) this.#world.edge.forget(visit, book);
  }
}

const hostOf = (request: Request): string => new URL(request.url).hostname.toLowerCase();

/** As it was sent: the URL class would walk the dots, and attacks are about such things. */
function uriOf(request: Request): string {
  const rest = request.url.slice(request.url.indexOf("//") + 2);
  const start = rest.search(/[/?#]/);
  const uri = start < 0 ? "/" : (rest.slice(start).split("#", 1)[0] ?? "/");
  return uri.startsWith("/") ? uri : `/${uri}`;
}

async function bodyOf(request: Request): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array();
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > BODY_BYTES_MAX) return null;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body as ReadableStream<Uint8Array>) {
    size += part.byteLength;
    if (size > BODY_BYTES_MAX) return null;
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function visitOf(
  request: Request,
  { atMs, body }: { readonly atMs: number; readonly body: Uint8Array },
): Visit {
  const own = (name: string): string | null => request.headers.get(`sandbox-${name}`);
  return {
    atMs,
    ray: hexId().slice(0, 16),
    // The connection to the sandbox is plain; the visit counts as one over TLS unless it says otherwise.
    scheme: own("scheme") === "http" ? "http" : "https",
    method: request.method,
    host: hostOf(request),
    uri: uriOf(request),
    version: "HTTP/1.1",
    headers: [...request.headers].filter(([name]) => !OWN_HEADER.test(name)),
    body,
    client: clientOf(request),
  };
}

function clientOf(request: Request): Client {
  const guessed = guessedClient({
    ip: request.headers.get(CLIENT_IP_HEADER),
    agent: request.headers.get("user-agent") ?? "",
    isBrowserLike: request.headers.has("accept-language"),
  });
  const own = (name: string): string | null => request.headers.get(`sandbox-client-${name}`);
  return {
    ip: guessed.ip,
    asn: numberOr(own("asn"), guessed.asn),
    country: (own("country") ?? guessed.country).toUpperCase(),
    ja4: own("ja4") ?? guessed.ja4,
    botScore: numberOr(own("bot-score"), guessed.botScore),
    threatScore: numberOr(own("threat-score"), 0),
    verifiedBot: own("verified-bot") ?? "",
    email: own("email") ?? "",
  };
}

const numberOr = (text: string | null, otherwise: number): number =>
  text !== null && /^\d{1,10}$/.test(text) ? Number(text) : otherwise;

const traceOf = ({ host, client, atMs, ray, headers }: Visit): string =>
  [
    `fl=0f0`,
    `h=${host}`,
    `ip=${client.ip}`,
    `ts=${(atMs / 1_000).toFixed(3)}`,
    `visit_scheme=https`,
    `uag=${headers.find(([name]) => name === "user-agent")?.[1] ?? ""}`,
    `colo=SBX`,
    `ray=${ray}`,
    `loc=${client.country}`,
    "",
  ].join("\n");
