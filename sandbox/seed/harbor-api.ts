/** The zone of the shop's programming interface: smaller, and without mail. */
import { addresses, publicKey, record } from "./record-list.ts";
import type { ZoneSeed } from "./planting.ts";

const records = [
  record("A", "@", "198.51.100.10", { proxied: true }),
  record("AAAA", "@", "2001:db8:20::10", { proxied: true }),
  record("CNAME", "www", "harbor-api.example", { proxied: true }),
  ...addresses("v1", ["198.51.100.11", "198.51.100.12"], { proxied: true }),
  ...addresses("v2", ["198.51.100.13", "198.51.100.14"], {
    proxied: true,
    comment: "current version",
    tags: ["team:api"],
  }),
  record("A", "sandbox", "203.0.113.61", { ttl: 300 }),
  record("A", "metrics", "203.0.113.62", { ttl: 60, tags: ["internal", "team:platform"] }),
  record("CNAME", "docs", "harbor-api.docs-host.example", { proxied: true }),
  record("CNAME", "partners", "gateway.partner-net.example", { ttl: 1800 }),
  record("CNAME", "events", "stream-3.k8s-prod.example", { comment: "server-sent events" }),
  record("MX", "@", ".", { priority: 0, comment: "receives no mail" }),
  record("TXT", "@", "v=spf1 -all"),
  record("TXT", "_dmarc", "v=DMARC1; p=reject; adkim=s; aspf=s"),
  record("TXT", "*._domainkey", "v=DKIM1; p="),
  record("CAA", "@", '0 issue "letsencrypt.org"'),
  record("CAA", "@", '0 issuewild ";"'),
  record("SRV", "_grpc._tcp", "10 60 443 v2.harbor-api.example", { ttl: 300 }),
  record("SVCB", "_dns.resolver", '1 doh.harbor-api.example alpn="h2" dohpath="/dns-query{?dns}"'),
  record("OPENPGPKEY", "8f0c61a2d9b34e57._openpgpkey", publicKey("openpgp", 88)),
  record("TXT", "_release", "channel=stable; build=2026.03.02"),
];

export const HARBOR_API: ZoneSeed = {
  id: "b41f6d0e7a2c4c9f8e5d3b1a09f8e7d6",
  name: "harbor-api.example",
  records,
  settings: {
    always_use_https: "on",
    browser_check: "off",
    cache_level: "simplified",
    min_tls_version: "1.3",
    security_level: "high",
    ssl: "strict",
    websockets: "on",
  },
};
