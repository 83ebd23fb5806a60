// The sandbox account as the person in its dashboard sees it (v4 API), and its control plane.
import { JsonClient } from "./json-client.mjs";

const PAGE_SIZE = 5_000;
const PAGES_MAX = 20;

export class SandboxAccount {
  #api;
  #control;

  /** @param {{ url: string, signal?: AbortSignal }} input */
  constructor({ url, signal }) {
    const who = "the sandbox";
    this.#api = new JsonClient({
      who,
      base: `${url}/client/v4`,
      token: "sandbox-dashboard",
      signal,
    });
    this.#control = new JsonClient({ who, base: `${url}/sandbox`, signal });
  }

  /** Resolves to the `result` of a v4 call. */
  async call(method, path, body) {
    return (await this.#api.call(method, path, { body })).result;
  }

  /** Resolves to the zone, or undefined. */
  async zone(name) {
    const [zone] = await this.call("GET", `/zones?name=${encodeURIComponent(name)}`);
    return zone;
  }

  async records(zoneId) {
    const records = [];
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const path = `/zones/${zoneId}/dns_records?page=${page}&per_page=${PAGE_SIZE}`;
      const { result, result_info: info } = await this.#api.call("GET", path);
      records.push(...result);
      if (page >= info.total_pages) break;
    }
    return records;
  }

  /** All settings of the zone: id → value. */
  async settings(zoneId) {
    const settings = await this.call("GET", `/zones/${zoneId}/settings`);
    return new Map(settings.map(({ id, value }) => [id, value]));
  }

  /** Position of the newest journal entry. */
  async journalEnd() {
    return (await this.#control.call("GET", "/journal?limit=1")).last;
  }

  /** Calls that reached the account after the position `after`. */
  async journal({ after = 0, writes = false }) {
    const query = `after=${after}&limit=50000${writes ? "&writes=true" : ""}`;
    return (await this.#control.call("GET", `/journal?${query}`)).entries;
  }

  /** Plays traffic through the zone's rules; resolves to what became of it. */
  async traffic(of) {
    return await this.#control.call("POST", "/traffic", { body: of });
  }

  /** Measuring must not be what uses the quota up. */
  async liftRateLimit() {
    await this.#control.call("PUT", "/options", { body: { ratelimit: { quota: 10_000_000 } } });
  }

  async seed(zones) {
    return (await this.#control.call("POST", "/seed", { body: { zones } })).zones;
  }
}
