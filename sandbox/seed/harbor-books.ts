/** The shop's zone: at least one record of every kind that a reconciler must get right. */
import { addresses, externalDns, publicKey, record } from "./record-list.ts";
import type { ZoneSeed } from "./planting.ts";

const web = [
  record("A", "@", "192.0.2.10", { proxied: true, comment: "shop front" }),
  record("AAAA", "@", "2001:db8:10::10", { proxied: true }),
  record("CNAME", "www", "harbor-books.example", { proxied: true }),
  record("CNAME", "shop", "shops.storefront.example", { proxied: true }),
  ...addresses("origin", ["192.0.2.21", "192.0.2.22", "192.0.2.23"], {
    ttl: 300,
    comment: "origin pool, one per rack",
    tags: ["team:platform"],
  }),
  record("A", "checkout", "198.51.100.40", {
    proxied: true,
    comment: "card payments",
    tags: ["pci", "team:payments"],
  }),
  record("AAAA", "checkout", "2001:db8:40::40", { proxied: true, tags: ["pci", "team:payments"] }),
  record("A", "staging", "203.0.113.15", { ttl: 120, comment: "not for customers" }),
  record("CNAME", "cdn", "harbor-books.cdn-edge.example", { ttl: 3600 }),
  record("CNAME", "images", "media.storefront.example", { settings: { flatten_cname: true } }),
  record("CNAME", "status", "pages.statusboard.example"),
  record("CNAME", "help", "harbor-books.helpdesk.example", { tags: ["team:support"] }),
  record("A", "*", "192.0.2.99", { proxied: true, comment: "catch-all for campaign names" }),
  record("A", "bücher", "192.0.2.44", { proxied: true, comment: "German shop" }),
  record("HTTPS", "@", '1 . alpn="h3,h2" ipv4hint="192.0.2.10"'),
];

const mail = [
  record("MX", "@", "mx1.mailharbor.example", { priority: 10 }),
  record("MX", "@", "mx2.mailharbor.example", { priority: 20 }),
  record("TXT", "@", "v=spf1 include:_spf.mailharbor.example ip4:192.0.2.0/28 -all", {
    ttl: 3600,
  }),
  record("TXT", "_dmarc", "v=DMARC1; p=quarantine; rua=mailto:dmarc@harbor-books.example; pct=100"),
  record("TXT", "k1._domainkey", `v=DKIM1; k=rsa; p=${publicKey("k1", 392)}`),
  record("TXT", "cf2024-1._domainkey", `v=DKIM1; h=sha256; k=rsa; p=${publicKey("cf", 392)}`, {
    meta: { email_routing: true, read_only: true },
  }),
  record("TXT", "_mta-sts", "v=STSv1; id=20260301T000000"),
  record("CNAME", "mta-sts", "sts.mailharbor.example"),
  record("TXT", "_smtp._tls", "v=TLSRPTv1; rua=mailto:tls-reports@harbor-books.example"),
  record("SRV", "_submission._tcp", "0 1 587 smtp.mailharbor.example"),
  record("SRV", "_imaps._tcp", "10 5 993 imap.mailharbor.example", { ttl: 3600 }),
  record(
    "TLSA",
    "_25._tcp.mail",
    "3 1 1 0d6fce14b7f0a4b1c2e59d7a3c8f6e21b05a94d3e7c1f82b6a3d90e4c5b7f816",
  ),
];

const trust = [
  record("CAA", "@", '0 issue "letsencrypt.org"'),
  record("CAA", "@", '0 iodef "mailto:security@harbor-books.example"'),
  record("TXT", "@", "site-verification=5f1c0a77d2e94b8c9a36", { ttl: 3600 }),
  record("TXT", "_acme-challenge", "gfj9Xq1rOeS4W8mPz0cT5hK7bVnYd2LuAaQ3iEoRw6M", { ttl: 120 }),
  record(
    "SSHFP",
    "bastion",
    "4 2 3f7a1c5e9b2d48067fa3e1c9d5b7082463af9e1c7d5b30284f6e8a1c3d5b7f90",
  ),
  record("A", "bastion", "203.0.113.30", { ttl: 600, comment: "jump host" }),
];

const elsewhere = [
  record("NS", "warehouse", "ns1.warehouse-dns.example", { ttl: 86_400 }),
  record("NS", "warehouse", "ns2.warehouse-dns.example", { ttl: 86_400 }),
  record(
    "DS",
    "warehouse",
    "31589 13 2 6b3a1f5d7c9e20486ad1f3b5c7e90824f6a1d3c5b7e9082d4f6a8c0e1b3d5f79",
  ),
  record("TXT", "info", 'greeting="ahoy, reader"; open=09:00; close=18:00'),
  record("LOC", "office", "53 32 40.000 N 9 59 12.000 E 6.00m 10.00m 100.00m 10.00m"),
  record("NAPTR", "voice", '100 10 "S" "SIP+D2T" "" _sip._tcp.harbor-books.example'),
  record("URI", "_reading-list._tcp", '10 1 "https://www.harbor-books.example/lists"'),
];

const cluster = [
  ...externalDns("A", "orders", "198.51.100.77"),
  ...externalDns("CNAME", "catalog", "lb-7.k8s-prod.example"),
];

export const HARBOR_BOOKS: ZoneSeed = {
  id: "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987",
  name: "harbor-books.example",
  plan: "pro",
  records: [...web, ...mail, ...trust, ...elsewhere, ...cluster],
  settings: {
    always_use_https: "on",
    automatic_https_rewrites: "on",
    browser_cache_ttl: 14_400,
    brotli: "on",
    min_tls_version: "1.2",
    security_header: {
      strict_transport_security: {
        enabled: true,
        max_age: 15_552_000,
        include_subdomains: true,
        preload: false,
        nosniff: true,
      },
    },
    development_mode: "off",
    security_level: "medium",
    ssl: "strict",
    tls_1_3: "on",
  },
};
