/** Zones of any size, always the same for the same name and count. */
import { record } from "./record-list.ts";
import type { RecordSeed } from "./planting.ts";

const octet = (index: number): number => (index % 254) + 1;

/** Twenty lines of a typical mix: mostly addresses and aliases, some mail, text and rare types. */
const MIX: readonly ((name: string, index: number) => RecordSeed)[] = [
  (name, i) => record("A", name, `192.0.2.${octet(i)}`, { proxied: true }),
  (name, i) => record("A", name, `198.51.100.${octet(i)}`, { ttl: 300 }),
  (name, i) => record("AAAA", name, `2001:db8:${(i % 65_535).toString(16)}::1`, { proxied: true }),
  (name, i) => record("CNAME", name, `edge-${i % 40}.cdn-edge.example`, { proxied: true }),
  (name, i) => record("A", name, `203.0.113.${octet(i)}`, { ttl: 120, tags: ["team:web"] }),
  (name) => record("CNAME", name, "pages.statusboard.example"),
  (name, i) => record("TXT", name, `site-verification=${(i * 2_654_435_761) % 4_294_967_296}`),
  (name, i) => record("A", name, `192.0.2.${octet(i * 3)}`, { comment: `host ${i}` }),
  (name, i) => record("AAAA", name, `2001:db8:ff::${(i % 65_535).toString(16)}`, { ttl: 3600 }),
  (name) => record("MX", name, "mx1.mailharbor.example", { priority: 10 }),
  (name, i) => record("A", name, `198.51.100.${octet(i * 7)}`, { proxied: true }),
  (name, i) => record("CNAME", name, `lb-${i % 9}.k8s-prod.example`, { ttl: 300 }),
  (name) => record("TXT", name, "v=spf1 include:_spf.mailharbor.example -all", { ttl: 3600 }),
  (name, i) => record("A", name, `203.0.113.${octet(i * 5)}`, { ttl: 86_400 }),
  (name, i) => record("SRV", `_sip._tls.${name}`, `10 ${i % 100} 5061 sip.voice.example`),
  (name) => record("CAA", name, '0 issue "letsencrypt.org"'),
  (name, i) => record("A", name, `192.0.2.${octet(i * 11)}`, { tags: ["env:prod", "team:data"] }),
  (name, i) => record("CNAME", name, `bucket-${i % 50}.media.example`, { proxied: true }),
  (name, i) => record("A", name, `198.51.100.${octet(i * 13)}`, { ttl: 600 }),
  (name) => record("NS", `dept.${name}`, "ns1.warehouse-dns.example", { ttl: 86_400 }),
];

export function* generatedRecords(count: number): Generator<RecordSeed> {
  for (let index = 0; index < count; index += 1) {
    const make = MIX[index % MIX.length];
    if (make !== undefined) yield make(`host-${String(index).padStart(5, "0")}`, index);
  }
}
