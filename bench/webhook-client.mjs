// The senders of webhooks, as a bench plays them: the same body again, another one each time.
import { Agent, request } from "node:http";

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
