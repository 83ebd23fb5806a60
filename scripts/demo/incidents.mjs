// The two stories: what happens, who says so, and what is expected of the swarm.
import { Failure } from "../json-client.mjs";

/** Visitors a second of an average hour. */
export const VISITORS = 12;
const SECRET = "dev-webhook-secret";

/**
 * `full`: visits of a whole line of the chart. `announce`: what somebody outside tells the swarm, after so many seconds of
 * the attack; the flood is announced by Cloudflare's own alert.
 */
export const INCIDENTS = {
  attack: {
    title: "a flood of searches",
    begins: "a flood begins: 500 searches a second, from 400 addresses of rented machines",
    full: 560,
    attacks: [{ kind: "flood", per_second: 500, sources: 400 }],
    cause: "l7_flood",
    announce: null,
  },
  cve: {
    title: "a known hole in PHP is tried",
    begins: "somebody tries CVE-2024-4577 (PHP-CGI argument injection), six times a second",
    full: 40,
    attacks: [{ kind: "cve", cve: "CVE-2024-4577", per_second: 6, sources: 60 }],
    cause: "cve_exposure",
    announce: {
      afterS: 6,
      says: "CISA: CVE-2024-4577 is known to be exploited",
      tell: tellAdvisory,
    },
  },
};

/** As CISA's list has it, to the webhook for advisories. */
async function tellAdvisory({ url, signal }) {
  const vulnerabilities = [{ cveID: "CVE-2024-4577", dateAdded: "2024-06-12" }];
  const response = await fetch(`${url}/webhooks/advisories`, {
    method: "POST",
    headers: { "content-type": "application/json", "cf-webhook-auth": SECRET },
    body: JSON.stringify({
      title: "CISA Catalog of Known Exploited Vulnerabilities",
      vulnerabilities,
    }),
    signal,
  });
  if (response.status !== 202)
    throw new Failure(`the advisory was answered ${response.status}: ${await response.text()}`);
}
