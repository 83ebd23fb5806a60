// What somebody does in the dashboard, past the golden state: four ways to drift. Each act says
// what it will do, how it could be undone, and what the vault has to write to heal it.
//
// The loop detector holds a diff that comes back for the third time within ten minutes. The demo is
// no loop, so each of its changes is one that was not healed lately: another address every second,
// and of records and settings the one that was healed least.
import { Failure } from "../json-client.mjs";

export const ZONE = "harbor-books.example";

/** How often the same diff is written within the window before it counts as a loop. */
const SAME_DIFF_MAX = 2;
export const WINDOW_MS = 10 * 60_000;

/** Three documentation networks: no address comes twice within the window. */
const NETWORKS = ["192.0.2", "198.51.100", "203.0.113"];
const HOSTS = 254;

const DELETABLE = [
  ["CNAME", "status"],
  ["CNAME", "help"],
  ["CNAME", "cdn"],
  ["TXT", "info"],
  ["CNAME", "mta-sts"],
  ["TXT", "_smtp._tls"],
  ["CNAME", "images"],
  ["A", "staging"],
  ["CNAME", "shop"],
  ["TXT", "_mta-sts"],
];

const WEAKER_SETTINGS = [
  ["min_tls_version", "1.0"],
  ["ssl", "flexible"],
  ["min_tls_version", "1.1"],
  ["always_use_https", "off"],
  ["ssl", "full"],
  ["tls_1_3", "off"],
];

/**
 * @typedef {{ zoneId: string, records: object[], settings: Map<string, unknown>,
 *   heals: { op: string, identity: string, before: object | null }[], nowMs: number }} Stage
 * `heals`: the steps that the swarm carried out within the window.
 */

/** @type {readonly ((stage: Stage) => object)[]} */
export const ACTS = [editedRecord, deletedRecord, rogueRecord, weakenedSetting];

function editedRecord({ zoneId, records, nowMs }) {
  const record = find(records, "A", "bastion");
  const path = `/zones/${zoneId}/dns_records/${record.id}`;
  const content = freshAddress(nowMs, record.content);
  return {
    name: "edited",
    title: "Somebody edits a record in the dashboard",
    subject: "A bastion",
    summary: `changed: A ${record.name}`,
    does: `${record.content} becomes ${content}`,
    change: { method: "PATCH", path, body: { content } },
    undo: () => ({ method: "PATCH", path, body: { content: record.content } }),
    heal: { method: "PATCH", path },
    healed: `A bastion is ${record.content} again`,
  };
}

function deletedRecord({ zoneId, records, heals }) {
  const [type, short] = leastHealed(DELETABLE, ([ofType, name]) => {
    const subject = `${ofType} ${name}.${ZONE} `;
    return heals.filter(({ op, identity }) => op === "create" && identity.startsWith(subject));
  });
  const record = find(records, type, short);
  const collection = `/zones/${zoneId}/dns_records`;
  return {
    name: "deleted",
    title: "Somebody deletes a record",
    subject: `${type} ${short}`,
    summary: `deleted: ${type} ${record.name}`,
    does: `${record.content} is gone`,
    change: { method: "DELETE", path: `${collection}/${record.id}` },
    undo: () => ({ method: "POST", path: collection, body: bodyOf(record) }),
    heal: { method: "POST", path: collection },
    healed: `${type} ${short} is back as declared`,
  };
}

function rogueRecord({ zoneId, nowMs }) {
  const collection = `/zones/${zoneId}/dns_records`;
  const content = freshAddress(nowMs);
  return {
    name: "added",
    title: "Somebody adds a record that nobody declared",
    subject: "A payroll",
    summary: `added: A payroll.${ZONE}`,
    does: `payroll.${ZONE} points to ${content}`,
    change: { method: "POST", path: collection, body: { type: "A", name: "payroll", content } },
    undo: (created) => ({ method: "DELETE", path: `${collection}/${created.id}` }),
    heal: { method: "DELETE", path: new RegExp(`^${collection}/[0-9a-f]{32}$`) },
    healed: "A payroll is gone",
  };
}

function weakenedSetting({ zoneId, settings, heals }) {
  const candidates = WEAKER_SETTINGS.filter(([id, value]) => settings.get(id) !== value);
  const [id, value] = leastHealed(candidates, ([setting, weaker]) =>
    heals.filter(
      ({ identity, before }) => identity === setting && before?.fields?.value === weaker,
    ),
  );
  const path = `/zones/${zoneId}/settings/${id}`;
  const declared = settings.get(id);
  return {
    name: "weakened",
    title: "Somebody weakens a setting of the zone",
    subject: `setting ${id}`,
    summary: `changed: setting ${id}`,
    does: `${declared} becomes ${value}`,
    change: { method: "PATCH", path, body: { value } },
    undo: () => ({ method: "PATCH", path, body: { value: declared } }),
    heal: { method: "PATCH", path },
    healed: `${id} is ${declared} again`,
  };
}

function find(records, type, short) {
  const found = records.filter(
    (record) => record.type === type && record.name === `${short}.${ZONE}`,
  );
  if (found.length === 1) return found[0];
  const what = found.length === 0 ? "has no" : "has more than one";
  throw new Failure(`${ZONE} ${what} ${type} ${short}; npm start -- --fresh begins anew`);
}

function freshAddress(nowMs, except) {
  const second = Math.floor(nowMs / 1000);
  const address = `${NETWORKS[Math.floor(second / HOSTS) % NETWORKS.length]}.${(second % HOSTS) + 1}`;
  return address === except ? "198.51.100.255" : address;
}

function leastHealed(candidates, healsOf) {
  const counted = candidates.map((candidate) => [healsOf(candidate).length, candidate]);
  const [count, candidate] = counted.toSorted(([a], [b]) => a - b)[0];
  if (count < SAME_DIFF_MAX) return candidate;
  throw new Failure(
    "the demo ran so often that the loop detector would rightly hold its changes; wait ten minutes",
  );
}

/** The record as it would be created; what the account sets by itself is left out. */
function bodyOf(record) {
  const { type, name, content, ttl, proxied, comment, tags, settings, priority } = record;
  const comments = comment ? { comment } : {};
  return { type, name, content, ttl, proxied, tags, settings, priority, ...comments };
}
