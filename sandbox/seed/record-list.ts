/** Short forms for the seeds' record lists. */
import { createHash } from "node:crypto";
import type { RecordType } from "../dns/record-types.ts";
import type { RecordSeed } from "./planting.ts";

export type Extra = Partial<Omit<RecordSeed, "type" | "name" | "content">>;

interface Line {
  (type: RecordType, name: string, ...rest: [content: string, extra?: Extra]): RecordSeed;
}

export const record: Line = (type, name, ...[content, extra = {}]) => {
  // URI carries its priority beside the content, but is easier to read as one line.
  const uri = type === "URI" ? /^(\d+) (.*)$/.exec(content) : null;
  const value = uri === null ? { content } : { content: uri[2] ?? "", priority: Number(uri[1]) };
  return { type, name, ...value, ...extra };
};

export const addresses = (name: string, list: readonly string[], extra: Extra): RecordSeed[] =>
  list.map((address) => record("A", name, address, extra));

/**
 * What external-dns writes: the record, and its ownership marker in both forms it has had.
 * A CNAME has the prefixed one only, for nothing may stand beside an alias.
 */
export function externalDns(type: "A" | "CNAME", name: string, content: string): RecordSeed[] {
  const marker =
    "heritage=external-dns,external-dns/owner=k8s-prod,external-dns/resource=ingress/shop/web";
  return [
    record(type, name, content, { ttl: 300 }),
    ...(type === "A" ? [record("TXT", name, marker, { ttl: 300 })] : []),
    record("TXT", `${type.toLowerCase()}-${name}`, marker, { ttl: 300 }),
  ];
}

/** Base64 that looks like a key and is nobody's. */
export function publicKey(seed: string, length: number): string {
  let text = "";
  for (let block = 0; text.length < length; block += 1) {
    text += createHash("sha512").update(`${seed} ${block}`).digest("base64").replace(/=+$/, "");
  }
  return text.slice(0, length);
}
