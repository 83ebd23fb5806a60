/** Drift as others make it, never the same one twice: what comes straight back is quarantined (I14). */
import { type Account, type DnsRecord, RECORDS, ZONE } from "./account.ts";

export interface Drift {
  readonly what: string;
  make(account: Account): Promise<void>;
  /** What the vault has to send for it, and how many resources that changes. */
  readonly calls: number;
  readonly ops: number;
  /** Of the vault's first write. */
  readonly method: "POST" | "PATCH" | "DELETE";
  /** What the vault reads in one look at what its first write touches. */
  readonly reads: number;
}

const SUFFIX = "harbor-books.example";
let used = 100;
const next = (): number => (used += 1);
const address = (): string => `192.0.2.${next()}`;

const edits = async (account: Account, names: readonly string[]): Promise<void> => {
  const found = await Promise.all(names.map((name) => account.record("A", `${name}.${SUFFIX}`)));
  const patches = found.map(({ id }) => ({ id, content: address() }));
  await account.cloudflare("POST", `${RECORDS}/batch`, { patches });
};

export const edit = (): Drift => ({
  what: "one edit",
  make: (account) => edits(account, ["bastion"]),
  calls: 1,
  ops: 1,
  method: "PATCH",
  reads: 1,
});

export const pair = (): Drift => ({
  what: "two edits",
  make: (account) => edits(account, ["bastion", "staging"]),
  calls: 1,
  ops: 2,
  method: "POST",
  reads: 2,
});

/** Each is deleted twice at most. */
const DELETABLE = [
  ["CNAME", "status"],
  ["CNAME", "cdn"],
  ["CNAME", "help"],
  ["CNAME", "shop"],
  ["CNAME", "images"],
  ["CNAME", "mta-sts"],
  ["CNAME", "www"],
  ["TXT", "info"],
  ["TXT", "_mta-sts"],
  ["TXT", "_smtp._tls"],
  ["AAAA", "checkout"],
] as const;
let deleted = 0;

async function takeOne(account: Account): Promise<DnsRecord> {
  const [type, name] = DELETABLE[deleted % DELETABLE.length] ?? ["CNAME", "www"];
  deleted += 1;
  return await account.record(type, `${name}.${SUFFIX}`);
}

export const deletion = (): Drift => ({
  what: "one delete",
  make: async (account) => {
    const { id } = await takeOne(account);
    await account.cloudflare("DELETE", `${RECORDS}/${id}`);
  },
  calls: 1,
  ops: 1,
  method: "POST",
  reads: 1,
});

const rogues = (count: number): object[] =>
  Array.from({ length: count }, () => ({
    type: "A",
    name: `rogue-${next()}.${SUFFIX}`,
    content: "203.0.113.66",
    ttl: 300,
  }));

export const rogue = (): Drift => ({
  what: "one rogue record",
  make: async (account) => {
    await account.cloudflare("POST", RECORDS, rogues(1)[0]);
  },
  calls: 1,
  ops: 1,
  method: "DELETE",
  reads: 1,
});

export const several = (): Drift => ({
  what: "six at once",
  make: async (account) => {
    const [bastion, staging, victim] = await Promise.all([
      account.record("A", `bastion.${SUFFIX}`),
      account.record("A", `staging.${SUFFIX}`),
      takeOne(account),
    ]);
    await account.cloudflare("POST", `${RECORDS}/batch`, {
      deletes: [{ id: victim.id }],
      patches: [bastion, staging].map(({ id }) => ({ id, content: address() })),
      posts: rogues(3),
    });
  },
  calls: 1,
  ops: 6,
  method: "POST",
  reads: 1,
});

/** More deletes than the golden state lets a run do by itself. */
export const flood = (): Drift => ({
  what: "26 rogue records",
  make: async (account) => {
    await account.cloudflare("POST", `${RECORDS}/batch`, { posts: rogues(26) });
  },
  calls: 1,
  ops: 26,
  method: "POST",
  reads: 1,
});

const WEAKENED = [
  ["min_tls_version", "1.0"],
  ["ssl", "full"],
  ["tls_1_3", "off"],
  ["min_tls_version", "1.1"],
  ["ssl", "flexible"],
  ["always_use_https", "off"],
  ["tls_1_3", "zrt"],
] as const;
let weakened = 0;

async function weaken(account: Account): Promise<void> {
  const [id, value] = WEAKENED[weakened % WEAKENED.length] ?? ["ssl", "full"];
  weakened += 1;
  await account.cloudflare("PATCH", `/zones/${ZONE}/settings/${id}`, { value });
}

export const setting = (): Drift => ({
  what: "one zone setting",
  make: weaken,
  calls: 1,
  ops: 1,
  method: "PATCH",
  reads: 1,
});

/** Two calls in one run. */
export const mixed = (): Drift => ({
  what: "a record and a setting",
  make: async (account) => {
    await edits(account, ["bastion"]);
    await weaken(account);
  },
  calls: 2,
  ops: 2,
  method: "PATCH",
  reads: 1,
});
