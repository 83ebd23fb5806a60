// The senders of webhooks, as a bench plays them: the same body again, another one each time, logs of requests.
import { Agent, request } from "node:http";
import { gzipSync } from "node:zlib";
import { Failure } from "../scripts/json-client.mjs";

export const SECRET = { "cf-webhook-auth": "dev-webhook-secret" };

export class WebhookClient {
  #agent;
  #url;

  constructor({ url, sockets }) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets });
    this.#url = url;
  }

  /** Resolves to the status. */
  post(path, body, headers = SECRET) {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}${path}`,
        {
          method: "POST",
          agent: this.#agent,
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            ...headers,
          },
        },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** Sends `count` bodies, `sockets` at a time; resolves to messages a second and the statuses that came. */
  async flood({ path, count, sockets, bodyOf }) {
    const statuses = new Map();
    let next = 0;
    const startedAt = performance.now();
    const sender = async () => {
      while (next < count) {
        const index = next;
        next += 1;
        const status = await this.post(path, bodyOf(index));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: sockets }, sender));
    return { perSecond: (count * 1_000) / (performance.now() - startedAt), statuses };
  }

  async logs(lines) {
    const body = gzipSync(lines.map((line) => JSON.stringify(line)).join("\n"));
    const status = await this.post("/webhooks/cloudflare/logpush/http_requests", body);
    if (status !== 202) throw new Failure(`the logs were answered with ${status}`);
  }

  close() {
    this.#agent.destroy();
  }
}

export const alertFor = (zone, id, nowMs = Date.now()) =>
  JSON.stringify({
    name: "L7 DDoS",
    text: "an attack was detected",
    ts: Math.floor(nowMs / 1_000),
    alert_type: "advanced_ddos_attack_l7_alert",
    alert_event: "ALERT_STATE_EVENT_START",
    alert_correlation_id: id,
    data: { zone_name: zone, requests_per_second: "800" },
  });

const JA4S = ["t13d1516h2_8daaf6152771_e5627efa2ab1", "t13d1517h2_8daaf6152771_b0da82dd1658"];
const PATHS = ["/", "/books/7", "/search?q=sea", "/covers/3.jpg", "/account"];

export const requestTo = (zone, index, more) => ({
  ZoneName: zone,
  ClientRequestHost: zone,
  ClientRequestMethod: "GET",
  ClientRequestURI: PATHS[index % PATHS.length],
  ClientRequestUserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  ClientIP: `192.0.2.${index % 250}`,
  ClientASN: 64_500 + (index % 11),
  ClientCountry: ["de", "nl", "kr", "us"][index % 4],
  JA4: JA4S[index % 2],
  EdgeResponseStatus: 200,
  OriginResponseStatus: 200,
  ...more,
});

/** Half an hour of ordinary visitors. */
export const normalTraffic = (zone, count, nowMs = Date.now()) =>
  Array.from({ length: count }, (_, index) =>
    requestTo(zone, index, {
      EdgeStartTimestamp: new Date(
        nowMs - 31 * 60_000 + (index * 29 * 60_000) / count,
      ).toISOString(),
    }),
  );

/** Many times as many, all of one client that nobody else uses, from one network; `number` tells attacks apart. */
export const floodTraffic = (zone, count, number) =>
  Array.from({ length: count }, (_, index) =>
    requestTo(zone, index, {
      EdgeStartTimestamp: new Date(Date.now() - (index % 15) * 1_000).toISOString(),
      ClientRequestURI: `/search?q=${index}`,
      ClientASN: 65_000 + number,
      JA4: `t13d19${String(number % 10_000).padStart(4, "0")}_9dc949149365_97f8aa674fd9`,
    }),
  );
