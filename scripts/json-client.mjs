// One JSON call to a local service, within a time limit; whatever goes wrong is one line for a
// person.

const CALL_MS_MAX = 15_000;
const DETAIL_LENGTH_MAX = 300;

/** A reason that its reader can act on: printed as it stands, without a stack. */
export class Failure extends Error {
  constructor(message) {
    super(message);
    this.name = "Failure";
  }
}

export class JsonClient {
  #who;
  #base;
  #token;
  #signal;

  /** @param {{ who: string, base: string, token?: string, signal?: AbortSignal }} input */
  constructor({ who, base, token, signal }) {
    this.#who = who;
    this.#base = base.replace(/\/$/, "");
    this.#token = token;
    this.#signal = signal;
  }

  /** @param {{ body?: unknown, text?: string, headers?: Record<string, string> }} [of] */
  async call(method, path, of = {}) {
    const response = await this.#fetch(method, path, of);
    const text = await response.text();
    const value = parsed(text);
    if (response.ok && value !== undefined) return value;
    const why = reasonOf(value) ?? text.slice(0, DETAIL_LENGTH_MAX);
    throw new Failure(`${this.#who}: ${method} ${path} was answered ${response.status}: ${why}`);
  }

  async #fetch(method, path, of) {
    const limit = AbortSignal.timeout(CALL_MS_MAX);
    const signal = this.#signal ? AbortSignal.any([this.#signal, limit]) : limit;
    try {
      return await fetch(`${this.#base}${path}`, { ...this.#request(method, of), signal });
    } catch (error) {
      if (this.#signal?.aborted) throw this.#signal.reason;
      const late = `no answer within ${CALL_MS_MAX / 1000} s`;
      const why = limit.aborted ? late : (error.cause?.code ?? error.message);
      throw new Failure(`${this.#who} at ${this.#base}: ${why}`);
    }
  }

  #request(method, { body, text, headers }) {
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const accept = { accept: "application/json" };
    const who = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    if (content === undefined) return { method, headers: { ...accept, ...who, ...headers } };
    const type = { "content-type": "application/json" };
    return { method, headers: { ...accept, ...who, ...type, ...headers }, body: content };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Problem details (the swarm), a v4 envelope, or the sandbox's control plane. */
function reasonOf(value) {
  if (typeof value !== "object" || value === null) return undefined;
  const flaws = [...(value.errors ?? []), ...(value.issues ?? [])].slice(0, 3);
  const texts = flaws.map((flaw) => flaw.detail ?? flaw.message ?? JSON.stringify(flaw));
  const title = value.title ?? (typeof value.error === "string" ? value.error : undefined);
  const parts = [title, value.detail, ...texts].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(": ").slice(0, DETAIL_LENGTH_MAX);
}
