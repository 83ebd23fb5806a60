/**
 * Every arrow of the flow is an entry before its effect (I10): where the record refuses the entry, the effect does not come,
 * and it comes by itself when the record takes entries again.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { logOf } from "../../durable-objects/bindings.ts";
import { ENTRY_TYPES, type EntryType } from "../../src/core/entry-types/registry.ts";
import type { RecordedEntry } from "../../src/core/log/entry.ts";
import { decodeLeaf } from "../../src/core/log/leaf.ts";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import { decodeBundle, TILE_WIDTH, tileIn, tilePath } from "../../src/core/log/tile.ts";
import { entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  record,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
const scope = encodeURIComponent(BOOKS.scope);
const PATIENCE = { timeout: 15_000, interval: 50 };
/** Of the next heal: two calls, one for the record and one for the setting. */
const NAME = "bastion.harbor-books.example";
let number = 10;

interface Refusing {
  read(query: { readonly refuse: readonly EntryType[] | null }): Promise<unknown>;
}
const told = (types: readonly EntryType[] | null): Promise<number> =>
  (logOf(env) as unknown as Refusing).read({ refuse: types }) as Promise<number>;
const refuse = (...types: readonly EntryType[]): Promise<number> => told(types);
const refused = (): Promise<unknown> =>
  vi.waitFor(async () => expect(await told(null)).toBeGreaterThan(0), PATIENCE);

const json = (body: unknown, method = "POST"): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});
const wake = (): Promise<unknown> =>
  apiJson(`/api/v1/scopes/${scope}/reconcile`, "dev-operator", { method: "POST" });

/** Two calls' worth of drift: a record and a setting. */
async function edited(): Promise<void> {
  await control("DELETE", "/journal");
  const live = await record("A", NAME);
  const body = { content: `203.0.113.${(number += 1)}` };
  await cloudflare("PATCH", `${zone}/dns_records/${live?.id}`, { body });
  // Never the same twice: what comes straight back is not written (I14).
  const value = { strict_transport_security: { enabled: true, max_age: number } };
  await cloudflare("PATCH", `${zone}/settings/security_header`, { body: { value } });
}

const applied = async () => (await vaultWrites()).filter((write) => write.applied);
const typesSince = async (from: number): Promise<EntryType[]> =>
  (await entries()).slice(from).map(({ type }) => type);
/** Put back by so many writes. */
const healed = (writes: number): Promise<unknown> =>
  vi.waitFor(
    async () => {
      expect(await applied()).toHaveLength(writes);
      expect((await drift()).status).toBe("in_sync");
    },
    { timeout: 45_000, interval: 50 }, // another try may wait for half a minute
  );
const inSync = (): Promise<unknown> => settled(BOOKS.scope, ({ status }) => status === "in_sync");
const countOf = async (path: string): Promise<number> =>
  (await apiJson<{ items: readonly unknown[] }>(path)).items.length;

/** The second call is refused by Cloudflare, so the first is taken back. */
const halfway = (): Promise<unknown> =>
  control("PUT", "/faults", {
    rules: [
      {
        id: "second",
        match: { method: "PATCH", path: "*/settings/*", token: "driftless-vault-write" },
        times: 1,
        effect: { type: "status", status: 400, code: 1004 },
      },
    ],
  });

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await inSync();
});

afterEach(async () => {
  await refuse();
  await control("DELETE", "/faults");
});

interface Arrow {
  readonly type: EntryType;
  /** What must not have come about while the entry is refused. `from`: entries there were before. */
  readonly absent: (before: Before) => Promise<void>;
  readonly begin?: () => Promise<unknown>;
}
interface Before {
  readonly entries: number;
  readonly runs: number;
  readonly incidents: number;
  readonly lessons: number;
}

async function before(): Promise<Before> {
  const [known, all, incidents, lessons] = await Promise.all([
    entries(),
    countOf(`/api/v1/runs?limit=200&scope=${scope}`),
    countOf(`/api/v1/incidents?limit=200&scope=${scope}`),
    countOf(`/api/v1/lessons?limit=200`),
  ]);
  return { entries: known.length, runs: all, incidents, lessons };
}

const noRun = async (was: Before): Promise<void> => {
  const now = await before();
  expect([now.runs, now.incidents]).toEqual([was.runs, was.incidents]);
  expect(await vaultWrites()).toEqual([]);
};
const phaseIs = async (phase: string): Promise<void> =>
  expect((await runs())[0]?.phase).toBe(phase);

const HEAL: readonly Arrow[] = [
  ...(["signal", "incident", "diagnosis", "proposal", "plan"] as const).map((type): Arrow => ({
    type,
    absent: noRun,
  })),
  {
    type: "ballot",
    async absent({ entries: from }) {
      const [run] = await runs();
      await phaseIs("voting");
      expect(await apiJson(`/api/v1/runs/${run?.id}`)).toMatchObject({ ballots: [] });
      expect(await typesSince(from)).not.toContain("release");
      expect(await vaultWrites()).toEqual([]);
    },
  },
  {
    type: "release",
    async absent() {
      await phaseIs("executing");
      expect(await vaultWrites()).toEqual([]);
    },
  },
  {
    type: "write",
    async absent({ entries: from }) {
      expect(await typesSince(from)).toContain("release");
      expect(await vaultWrites()).toEqual([]);
    },
  },
  {
    type: "write_result",
    async absent() {
      expect(await applied()).toHaveLength(1);
      await phaseIs("executing");
    },
  },
  {
    type: "verification",
    async absent({ entries: from }) {
      expect(await applied()).toHaveLength(2);
      expect(await typesSince(from)).not.toContain("run");
      expect((await drift()).status).not.toBe("in_sync");
    },
  },
  ...(["run", "lesson"] as const).map((type): Arrow => ({
    type,
    async absent({ lessons }) {
      expect(await countOf("/api/v1/lessons?limit=200")).toBe(lessons);
      expect((await drift()).status).not.toBe("in_sync");
    },
  })),
  {
    type: "revert",
    begin: halfway,
    async absent() {
      await phaseIs("reverting");
      expect(await applied()).toHaveLength(1);
    },
  },
  {
    type: "revert_result",
    begin: halfway,
    async absent({ entries: from }) {
      // The step that was refused has nothing to be taken back; that said, the one before it would be next.
      await phaseIs("reverting");
      expect(await applied()).toHaveLength(1);
      expect(await typesSince(from)).not.toContain("run");
    },
  },
];

describe("an arrow of a heal is recorded before its effect (I10)", () => {
  it.each(HEAL)(
    "$type: refused, and nothing of it comes about; taken, and it is healed",
    async ({ type, absent, begin }) => {
      const was = await before();
      await edited();
      await begin?.();
      await refuse(type);
      await wake();
      await refused();
      await absent(was);
      await refuse();
      await control("DELETE", "/faults");
      await healed(begin ? 4 : 2);
      expect(await typesSince(was.entries)).toContain(type);
    },
    60_000,
  );

  it("an approval: refused, and the plan is not released; taken, and it is", async () => {
    const posts = Array.from({ length: 30 }, (_, index) => ({
      type: "A",
      name: `rogue-${index}`,
      content: "203.0.113.99",
      ttl: 1,
    }));
    await control("DELETE", "/journal");
    await cloudflare("POST", `${zone}/dns_records/batch`, { body: { posts } });
    await wake();
    const run = await vi.waitFor(async () => {
      await phaseIs("awaiting_approval");
      return (await runs())[0];
    }, PATIENCE);
    await refuse("approval");
    const body = { digest: run?.plan_digest, verdict: "approve" };
    const path = `/api/v1/runs/${run?.id}/approvals`;
    expect((await api(path, "dev-approver-1", json(body))).status).toBeGreaterThanOrEqual(500);
    await refused();
    expect(await vaultWrites()).toEqual([]);
    expect(await typesSince(0)).not.toContain("approval");
    await refuse();
    await healed(1);
    expect(await typesSince(0)).toContain("approval");
  });
});

/** What people ask for: refused, they are told so, and it has not happened. */
const ASKED: readonly {
  readonly type: EntryType;
  readonly ask: () => Promise<Response>;
  readonly isThere: () => Promise<boolean>;
}[] = [
  {
    type: "hold",
    ask: () =>
      api(
        "/api/v1/holds",
        "dev-operator",
        json({
          scope: BOOKS.scope,
          selector: { kind: "dns_record", name: "never", type: "A" },
          reason: "a test",
          expires_at: new Date(Date.now() + 600_000).toISOString(),
        }),
      ),
    isThere: async () => (await countOf(`/api/v1/holds?scope=${scope}`)) > 0,
  },
  {
    type: "golden",
    ask: () => putGolden(`${golden}\n# once more\n`, { ifMatch: '"1"' }),
    isThere: async () =>
      (await api(`/api/v1/scopes/${scope}/golden`)).headers.get("etag") !== '"1"',
  },
  {
    type: "export",
    ask: () => api(`/api/v1/scopes/${scope}/import`, "dev-operator"),
    isThere: () => Promise.resolve(false),
  },
  {
    type: "log_in",
    ask: () => api("/api/v1/scopes", "dev-approver-2"),
    isThere: () => Promise.resolve(false),
  },
  {
    type: "record_read",
    ask: () =>
      api("/api/v1/events?after=-1", "dev-approver-1", { headers: { accept: "application/json" } }),
    isThere: () => Promise.resolve(false),
  },
];

describe("what people ask for is recorded before it happens (I10)", () => {
  it.each(ASKED)("$type", async ({ type, ask, isThere }) => {
    const from = (await entries()).length;
    await refuse(type);
    expect((await ask()).status).toBeGreaterThanOrEqual(500);
    expect(await told(null)).toBeGreaterThan(0);
    expect(await isThere()).toBe(false);
    expect(await typesSince(from)).not.toContain(type);
    await refuse();
    expect((await ask()).status).toBeLessThan(300);
    expect(await typesSince(from)).toContain(type);
  });

  it("a failed log-in is refused all the same, and counted when it can be", async () => {
    const from = (await entries()).length;
    await refuse("log_in_failed");
    const tries = Array.from({ length: 300 }, (_, at) => api("/api/v1/scopes", `guess-${at}`));
    expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([401]));
    await refused();
    await refuse();
    const sums = await vi.waitFor(async () => {
      const some = (await entries()).slice(from).filter(({ type }) => type === "log_in_failed");
      expect(some.length).toBeGreaterThan(0);
      return some;
    }, PATIENCE);
    expect(sums).toHaveLength(1);
    expect(sums[0]).toMatchObject({ actor: "unknown", data: { attempts: 300, bearer: 300 } });
    expect(JSON.stringify(await entries())).not.toContain("guess-");
  });
});

/** When the record took each entry in, from its own leaves. */
async function recordedAt(): Promise<ReadonlyMap<number, string>> {
  const { length } = await entries();
  expect((await api(`/log/proof/${length - 1}`, "")).status).toBe(200);
  const head = parseCheckpoint((await (await env.RECORD.get("checkpoint"))?.text()) ?? "");
  const size = head.ok ? head.value.checkpoint.size : 0;
  const times = new Map<number, string>();
  for (let at = 0; at * TILE_WIDTH < size; at += 1) {
    const tile = tileIn(size, "entries", at);
    const bytes = new Uint8Array(
      (await (await env.RECORD.get(tilePath(tile)))?.arrayBuffer()) ?? [],
    );
    const bundle = decodeBundle(bytes, tile.width);
    for (const leaf of bundle.ok ? bundle.value : []) {
      const decoded = decodeLeaf(new TextDecoder().decode(leaf));
      if (decoded.ok) times.set(decoded.value.entry.index, decoded.value.recordedAt);
    }
  }
  return times;
}

/** Each of these before all of the next. */
const ORDER: readonly (readonly EntryType[])[] = [
  ["signal"],
  ["incident"],
  ["diagnosis"],
  ["proposal"],
  ["plan"],
  ["ballot"],
  ["approval"],
  ["release"],
  ["write", "write_result"],
  ["revert", "revert_result"],
  ["verification"],
  ["run"],
  ["lesson"],
];

function expectOrder(some: readonly RecordedEntry[], ...left: readonly EntryType[]): void {
  let last = -1;
  for (const group of ORDER.map((types) => types.filter((type) => !left.includes(type)))) {
    if (group.length === 0) continue;
    const at = some.filter(({ type }) => group.includes(type)).map(({ index }) => index);
    expect(at.length, `${group.join()} is missing`).toBeGreaterThanOrEqual(group.length);
    expect(Math.min(...at), group.join()).toBeGreaterThan(last);
    last = Math.max(...at);
  }
}

/** The sandbox's own journal beside the record's own clock. */
async function expectWritesBetween(some: readonly RecordedEntry[]): Promise<number> {
  const times = await recordedAt();
  const { entries: calls } = await control<{
    entries: { time: string; method: string; token_name: string; applied: boolean }[];
  }>("GET", "/journal?writes=true&limit=5000");
  const made = calls.filter(
    ({ token_name: by, applied: did }) => did && by === "driftless-vault-write",
  );
  const pending = some.filter(({ type }) => type === "write" || type === "revert");
  const results = some.filter(
    ({ type, data }) => type.endsWith("_result") && data["result"] === "carried_out",
  );
  expect([pending.length >= made.length, results.length]).toEqual([true, made.length]);
  const msOf = (entry: RecordedEntry | undefined): number =>
    Date.parse(times.get(entry?.index ?? -1) ?? "");
  for (const [at, { time, method }] of made.entries()) {
    const result = results[at];
    const said = pending.find(
      ({ data }) => data["request_digest"] === result?.data["request_digest"],
    );
    expect(said?.data["method"]).toBe(method);
    expect(msOf(said), method).toBeLessThanOrEqual(Date.parse(time));
    expect(msOf(result), method).toBeGreaterThanOrEqual(Date.parse(time));
  }
  return made.length;
}

describe("the record beside what was done", () => {
  it("a heal: every arrow in its order, every write between its entry and its result", async () => {
    const from = (await entries()).length;
    await edited();
    await wake();
    await healed(2);
    const some = (await entries()).slice(from);
    expectOrder(some, "approval", "revert", "revert_result");
    expect(await expectWritesBetween(some)).toBe(2);
  });

  it("a heal that is taken back: its inverses the same, with what was there before and after", async () => {
    const from = (await entries()).length;
    await edited();
    await halfway();
    await wake();
    await healed(4);
    const all = (await entries()).slice(from);
    const taken = all.find(({ type }) => type === "revert");
    const some = all.filter(({ data }) => data["plan_digest"] === taken?.data["plan_digest"]);
    expect(some.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["write", "write_result", "revert", "revert_result"]),
    );
    const failed = some.filter(({ data }) => data["result"] === "refused");
    expect(failed).toMatchObject([{ type: "write_result", data: { status: 400 } }]);
    const wrote = some.find(({ type }) => type === "write");
    expect(taken?.data).toMatchObject({
      pre_image_digest: wrote?.data["result_digest"],
      result_digest: wrote?.data["pre_image_digest"],
    });
    expect(await expectWritesBetween(all)).toBe(4);
  });

  it("and says under which settings it was all done", async () => {
    const all = await entries();
    const settings = all.filter(({ type }) => type === "config");
    expect(settings.map(({ actor }) => actor).toSorted()).toEqual(["swarm", "vault"]);
    const first = all.find(({ type }) => type === "log_in");
    expect(first?.index).toBeGreaterThan(
      settings.find(({ actor }) => actor === "swarm")?.index ?? Infinity,
    );
    expect(JSON.stringify(settings)).not.toMatch(/sandbox-vault-write|dev-webhook/);
  });
});

it("no type of entry is left out of what is tried, but those that say what nobody waits for", () => {
  const tried = new Set<EntryType>([...HEAL, ...ASKED].map(({ type }) => type));
  const rest = Object.keys(ENTRY_TYPES).filter((type) => !tried.has(type as EntryType));
  expect(rest.toSorted()).toMatchInlineSnapshot(`
    [
      "approval",
      "caution",
      "config",
      "denied",
      "equivocation",
      "erasure",
      "hold_ended",
      "inference",
      "key_introduced",
      "key_retired",
      "lesson_trust",
      "log_in_failed",
      "person_key",
      "policy",
      "quarantine",
      "reinstatement",
      "shards",
      "token",
      "unknown_state",
      "voter_key",
    ]
  `);
});
