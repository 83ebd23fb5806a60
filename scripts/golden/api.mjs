// The part of the swarm's HTTP API that golden states need.
import { Failure } from "../json-client.mjs";

/** A whole look at a large account takes a while. */
const CALL_MS_MAX = 120_000;
const FLAWS_MAX = 50;

export class GoldenApi {
  #base;
  #token;
  #scope;

  /** @param {{ base: string, token: string, scope: string }} input */
  constructor({ base, token, scope }) {
    this.#base = base.replace(/\/$/, "");
    this.#token = token;
    this.#scope = `/api/v1/scopes/${encodeURIComponent(scope)}`;
  }

  /** `what` is import or export. */
  async text(what, kinds) {
    const query = kinds === undefined ? "" : `?kinds=${encodeURIComponent(kinds)}`;
    return await (await this.#get(`${this.#scope}/${what}${query}`)).text();
  }

  async schema() {
    return await (await this.#get("/api/v1/schemas/golden-state.json")).json();
  }

  async drift() {
    return await (await this.#get(`${this.#scope}/drift`)).json();
  }

  /** What is in force; null: nothing is. */
  async document() {
    const response = await this.#golden();
    return response === null ? null : await response.json();
  }

  async generation() {
    const response = await this.#golden();
    return response === null ? 0 : Number(response.headers.get("etag").replaceAll('"', ""));
  }

  /** `placeOf` says of a flaw where it stands. */
  async put({ text, type, generation, placeOf }) {
    const seen = generation === 0 ? { "if-none-match": "*" } : { "if-match": `"${generation}"` };
    const headers = { "content-type": type, ...seen };
    const response = await this.#fetch("PUT", `${this.#scope}/golden`, { headers, body: text });
    if (response.ok) return await response.json();
    throw new Failure((await refusalOf(response, placeOf)).why);
  }

  async #golden() {
    const headers = { accept: "application/json" };
    const response = await this.#fetch("GET", `${this.#scope}/golden`, { headers });
    if (response.ok) return response;
    const { slug, why } = await refusalOf(response);
    if (slug === "no-golden-state") return null;
    throw new Failure(why);
  }

  async #get(path) {
    const response = await this.#fetch("GET", path, {});
    if (response.ok) return response;
    throw new Failure((await refusalOf(response)).why);
  }

  async #fetch(method, path, init) {
    const headers = { authorization: `Bearer ${this.#token}`, ...init.headers };
    const signal = AbortSignal.timeout(CALL_MS_MAX);
    try {
      return await fetch(this.#base + path, {
        method,
        ...init,
        headers,
        signal,
        redirect: "error",
      });
    } catch (error) {
      const why = error.cause?.code ?? error.message;
      const hint =
        why === "ECONNREFUSED" ? "; is it running (`npm start`)? Another address: --api" : "";
      throw new Failure(`${this.#base} does not answer: ${why}${hint}`);
    }
  }
}

async function refusalOf(response, placeOf = () => undefined) {
  const text = await response.text();
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    return { slug: null, why: `HTTP ${response.status} ${text.slice(0, 200)}` };
  }
  const errors = (problem.errors ?? []).slice(0, FLAWS_MAX);
  const lines = errors.map((flaw) => `${placeOf(flaw) ?? flaw.pointer}: ${flaw.detail}`);
  const hint = response.status === 401 ? "it is taken from DRIFTLESS_TOKEN" : undefined;
  const summary = [problem.title, problem.detail, hint].filter(Boolean).join(": ");
  return {
    slug: String(problem.type ?? "")
      .split("/")
      .at(-1),
    why: [`HTTP ${response.status} ${summary}`, ...lines].join("\n  "),
  };
}
