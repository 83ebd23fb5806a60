/** What must hold after a crash, checked from outside: the zone, the sandbox's journal, the record and the runs. */
import { expect } from "vitest";
import {
  type Account,
  type Call,
  type DnsRecord,
  type Entry,
  SCOPE,
  type Swarm,
  type Zone,
} from "./account.ts";

/** Records that belong to others: they may not even have been touched. */
const FOREIGN = /^_acme-challenge|external-dns|^(orders|catalog)\./;

const COMPUTED = new Set([
  "id",
  "created_on",
  "modified_on",
  "comment_modified_on",
  "tags_modified_on",
]);

const valuesOf = (records: readonly DnsRecord[]): string[] =>
  records
    .map((record) =>
      JSON.stringify(Object.entries(record).filter(([field]) => !COMPUTED.has(field))),
    )
    .toSorted();

const foreign = (records: readonly DnsRecord[]): DnsRecord[] =>
  records.filter(({ name, content }) => FOREIGN.test(name) || FOREIGN.test(content));

export function isAsBefore(before: Zone, now: Zone): boolean {
  return (
    JSON.stringify(before.settings) === JSON.stringify(now.settings) &&
    JSON.stringify(valuesOf(before.records)) === JSON.stringify(valuesOf(now.records))
  );
}

export function checkZone(before: Zone, now: Zone): void {
  expect(now.settings).toEqual(before.settings);
  expect(valuesOf(now.records)).toEqual(valuesOf(before.records));
  expect(foreign(before.records).length).toBeGreaterThan(0);
  expect(foreign(now.records)).toEqual(foreign(before.records));
}

export interface Window {
  /** The journal's and the record's last entries, and the newest epoch, before the drift. */
  readonly journal: number;
  readonly record: number;
  readonly epoch: number;
}

export interface Expected {
  readonly calls: number;
  readonly ops: number;
  /** Oldest first. */
  readonly runs: readonly string[];
}

export interface Witnesses {
  readonly account: Account;
  readonly swarm: Swarm;
}

/** Every step once, none without its release and its entry before it (I1, I2, I10, I11), no run left over. */
export async function checkRuns(
  { account, swarm }: Witnesses,
  window: Window,
  expected: Expected,
): Promise<void> {
  const writes = await account.vaultWrites(window.journal);
  const told = writes.map(({ method, path, applied, ops, outcome }) =>
    [method, path, applied ? `${ops} applied` : "not applied", outcome].join(" "),
  );
  expect(writes.length, `writes: ${told.join("; ")}`).toBe(expected.calls);
  expect(
    writes.reduce((sum, { ops }) => sum + ops, 0),
    told.join("; "),
  ).toBe(expected.ops);
  const runs = (await swarm.runs()).filter(({ epoch }) => epoch > window.epoch).toReversed();
  const phases = runs.map(({ phase }) => phase).filter((phase) => phase !== "superseded");
  expect(phases, JSON.stringify(runs)).toEqual(expected.runs);
  const record = await swarm.record();
  checkRecord(record);
  for (const write of writes) checkPrecedence(write, record, window.record);
}

function checkRecord(record: readonly Entry[]): void {
  expect(record.map(({ index }) => index)).toEqual(record.map((_, position) => position));
  expect(new Set(record.map(({ id }) => id)).size, "an entry is there twice").toBe(record.length);
}

function checkPrecedence({ method, path, time }: Call, record: readonly Entry[], after: number) {
  const note = record.find(
    ({ index, type, at, data }) =>
      index > after &&
      (type === "write" || type === "revert") &&
      data["method"] === method &&
      data["path"] === path &&
      at <= time,
  );
  expect(note, `${method} ${path} has no entry before it`).toBeDefined();
  const release = record.find(
    ({ type, data }) => type === "release" && data["plan_digest"] === note?.data["plan_digest"],
  );
  expect(release?.index ?? Infinity, `${method} ${path} was not released before`).toBeLessThan(
    note?.index ?? -1,
  );
}

/** Nothing is under way, and the swarm says so itself. */
export async function checkSettled({ account, swarm }: Witnesses): Promise<void> {
  await account.quiet();
  const open = (await swarm.runs()).filter(({ phase }) =>
    /voting|awaiting|executing|verifying|reverting/.test(phase),
  );
  expect(open).toEqual([]);
  expect(await swarm.drift()).toMatchObject({ scope: SCOPE, status: "in_sync" });
  expect(await swarm.posture()).toBe("in_sync");
  expect(await swarm.newestIncident()).toMatchObject({ status: "resolved" });
}
