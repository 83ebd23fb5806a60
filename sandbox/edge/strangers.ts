/** What is guessed of a visitor from outside who does not say more: the address, and what the user agent gives away. */
import { createHash } from "node:crypto";
import { parseAddress } from "../../src/core/expression/ip.ts";
import { networkOfAddress } from "./networks.ts";
import type { Client } from "./visit.ts";

/** A documentation address of nobody's network. */
const SOMEBODY = "203.0.113.200";

const TOOLS =
  /curl|wget|python|go-http|libwww|java\/|okhttp|axios|node-fetch|undici|nikto|nuclei|sqlmap|nmap|masscan|zgrab|gobuster|ffuf|feroxbuster|wpscan|dirb|httpx|scrapy|headless/i;

export function guessedClient({
  ip,
  agent,
  isBrowserLike,
}: {
  readonly ip: string | null;
  readonly agent: string;
  readonly isBrowserLike: boolean;
}): Pick<Client, "ip" | "asn" | "country" | "ja4" | "botScore"> {
  const address = ip !== null && parseAddress(ip) !== null ? ip : SOMEBODY;
  const { asn, country } = networkOfAddress(address);
  const isTool = agent === "" || TOOLS.test(agent);
  const botScore = isTool ? 1 : isBrowserLike ? 90 : 30;
  return { ip: address, asn, country, ja4: fingerprintOf(agent), botScore };
}

/** The same program has the same fingerprint: the first words of its name decide. */
export function fingerprintOf(agent: string): string {
  const digest = createHash("sha256")
    .update(agent.replaceAll(/[\d.]+/g, ""))
    .digest("hex");
  return `t13d1516h2_${digest.slice(0, 12)}_${digest.slice(12, 24)}`;
}
