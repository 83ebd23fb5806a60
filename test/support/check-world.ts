/** One look at everything after every step: the account, the journal, the record and the runs agree with each other. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { logOf } from "../../durable-objects/bindings.ts";
import { textOf } from "../../src/core/canonical.ts";
import type { RecordedEntry } from "../../src/core/log/entry.ts";
import { apiJson, BOOKS, type DnsRecord, records, vaultWrites } from "./world.ts";

/** A record without what the platform computes. */
const valueOf = ({ id: _id, modified_on: _modified, ...value }: DnsRecord): unknown => {
  const {
    created_on: _c,
    comment_modified_on: _cm,
    tags_modified_on: _tm,
    ...rest
  } = value as Record<string, unknown>;
  return rest;
};

const byText = (values: unknown[]): string[] =>
  values.map((value) => JSON.stringify(value)).toSorted((a, b) => (a < b ? -1 : 1));

/** What another controller owns in the seed. */
const foreign = (all: readonly DnsRecord[]): readonly DnsRecord[] =>
  all.filter(
    ({ name, content }) =>
      name.startsWith("_acme-challenge") ||
      content.includes("external-dns") ||
      /^(orders|catalog)\./.test(name),
  );

export class Baseline {
  readonly #records: readonly DnsRecord[];

  private constructor(all: readonly DnsRecord[]) {
    this.#records = all;
  }

  static async take(): Promise<Baseline> {
    return new Baseline(await records());
  }

  /** The zone is as it was; foreign records have not even been touched. */
  async check(): Promise<void> {
    const now = await records();
    expect(byText(now.map(valueOf))).toEqual(byText(this.#records.map(valueOf)));
    expect(foreign(now)).toEqual(foreign(this.#records));
  }
}

export async function entries(): Promise<RecordedEntry[]> {
  const all: RecordedEntry[] = [];
  for (;;) {
    const page = await logOf(env).read({ after: all.length - 1, limit: 500, waitMs: 0 });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** The journal has AWS's own paths, the record those of plans: with account and region, and what a query says as a segment. */
function pathTest(path: string, query: string): (recorded: string) => boolean {
  const [, service, rest = ""] = /^\/aws\/(\w+)(\/.*)$/.exec(path) ?? [];
  if (service === undefined) return (recorded) => recorded === path;
  const below = rest.replace("/2013-04-01", "") + (query === "" ? "" : `/${query}`);
  return (recorded) => recorded.includes(`/${service}/`) && recorded.endsWith(below);
}

/** Every write has its release and its entry before it (I1, I10); indices have no gaps; nothing is left half done. */
export async function checkRecord(): Promise<void> {
  const all = await entries();
  expect(all.map(({ index }) => index)).toEqual(all.map((_, index) => index));
  const writes = (await vaultWrites()).filter(({ applied }) => applied);
  const noted = all.filter(({ type }) => type === "write" || type === "revert");
  for (const { method, path, query } of writes) {
    const isIt = pathTest(path, query);
    const note = noted.find(({ data }) => data["method"] === method && isIt(textOf(data["path"])));
    expect(note, `${method} ${path} has no entry`).toBeDefined();
    const release = all.find(
      ({ type, data }) => type === "release" && data["plan_digest"] === note?.data["plan_digest"],
    );
    expect(release?.index ?? Infinity, `${method} ${path} was not released before`).toBeLessThan(
      note?.index ?? -1,
    );
  }
  const { items } = await apiJson<{ items: { id: string; phase: string }[] }>(
    `/api/v1/runs?limit=200&scope=${encodeURIComponent(BOOKS.scope)}`,
  );
  expect(items.filter(({ phase }) => /voting|executing|verifying|reverting/.test(phase))).toEqual(
    [],
  );
}
