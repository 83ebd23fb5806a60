// The swarm's HTTP API, as the demo and the benches use it.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, JsonClient } from "./json-client.mjs";

const LOOK_EVERY_MS = 100;

export class SwarmClient {
  #reader;
  #operator;
  #signal;
  #url;

  /** @param {{ url: string, signal?: AbortSignal }} input */
  constructor({ url, signal }) {
    const of = { who: "the swarm", base: url, signal };
    this.#reader = new JsonClient({ ...of, token: "dev-viewer" });
    this.#operator = new JsonClient({ ...of, token: "dev-operator" });
    this.#signal = signal;
    this.#url = url;
  }

  drift(scope) {
    return this.#reader.call("GET", `/api/v1/scopes/${encodeURIComponent(scope)}/drift`);
  }

  reconcile(scope) {
    const path = `/api/v1/scopes/${encodeURIComponent(scope)}/reconcile`;
    return this.#operator.call("POST", path);
  }

  /** Newest first. */
  async runs(scope, limit) {
    const query = `scope=${encodeURIComponent(scope)}&limit=${limit}`;
    return (await this.#reader.call("GET", `/api/v1/runs?${query}`)).items;
  }

  /** One of the newest incidents of the scope, or undefined while it is not told yet. */
  async incident(scope, id) {
    const path = `/api/v1/incidents?scope=${encodeURIComponent(scope)}&limit=20`;
    const { items } = await this.#reader.call("GET", path);
    return items.find((incident) => incident.id === id);
  }

  /** A page of guardrails, newest first. */
  guardrails(limit) {
    return this.#reader.call("GET", `/api/v1/guardrails?limit=${limit}`);
  }

  guardrail(id) {
    return this.#reader.call("GET", `/api/v1/guardrails/${id}`);
  }

  /** Another end of the lease: later or sooner. */
  renew(id, expiresAt) {
    const body = { expires_at: expiresAt };
    return this.#operator.call("POST", `/api/v1/guardrails/${id}/renewal`, { body });
  }

  run(id) {
    return this.#reader.call("GET", `/api/v1/runs/${id}`);
  }

  /** Declares the first golden state of a scope. */
  declare(scope, yaml) {
    const headers = { "content-type": "application/yaml", "if-none-match": "*" };
    const path = `/api/v1/scopes/${encodeURIComponent(scope)}/golden`;
    return this.#operator.call("PUT", path, { text: yaml, headers });
  }

  /** The index of the newest entry of the record. */
  async recordEnd() {
    return Number((await this.#reader.call("GET", "/api/v1/events?after=latest")).next);
  }

  /**
   * Entries of the record about `scope` after the index `after`, as they are written. Ends when
   * `signal` aborts; a stream that breaks off is opened again where it was.
   */
  async *entries({ scope, after, signal }) {
    let last = after;
    while (!signal.aborted) {
      const query = `after=${last}&scope=${encodeURIComponent(scope)}`;
      const response = await fetch(`${this.#url}/api/v1/events?${query}`, {
        headers: { authorization: "Bearer dev-viewer", accept: "text/event-stream" },
        signal,
      });
      if (!response.ok) throw new Failure(`the swarm: the events answered ${response.status}`);
      for await (const entry of framesOf(response.body)) {
        last = entry.index;
        yield entry;
      }
    }
  }

  /** Looks at the scope until `test` holds for its drift report; throws with `why` after `ms`. */
  async until({ scope, test, ms, why }) {
    const deadline = performance.now() + ms;
    for (;;) {
      const report = await this.drift(scope);
      if (test(report)) return report;
      if (performance.now() > deadline) throw new Failure(why(report));
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#signal });
    }
  }

  /** Waits until nothing is under way on the scope and everything declared is as declared. */
  async atRest({ scope, ms }) {
    return await this.until({
      scope,
      ms,
      test: ({ status }) => status === "in_sync",
      why: ({ status, why }) => `the scope does not come to rest: ${status}, ${why}`,
    });
  }

  /** Reads the scope anew and waits until everything declared is as declared. */
  async inSync({ scope, ms }) {
    const asked = new Date().toISOString();
    await this.reconcile(scope);
    return await this.until({
      scope,
      ms,
      test: (report) => report.status === "in_sync" && report.observed_at >= asked,
      why: ({ status, why }) => `${scope} is not in sync after ${ms / 1000} s: ${status}, ${why}`,
    });
  }
}

/** The entries in a body of server-sent events (one JSON object a frame; comments are skipped). */
async function* framesOf(body) {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + chunk).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) yield JSON.parse(data.slice("data: ".length));
    }
  }
}
