// Before and after: is the value back, and is everything else as it was? Asked of the account
// itself, not of the swarm.

/** What the account sets by itself whenever it writes a record. */
const VOLATILE = ["id", "created_on", "modified_on", "comment_modified_on", "tags_modified_on"];

const exact = (record) => JSON.stringify(record);

const lasting = (record) =>
  JSON.stringify(
    Object.entries(record)
      .filter(([name]) => !VOLATILE.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

/**
 * Compares two states `{ records, settings }`. A record that was healed may have another id and
 * other times, so `rewritten` counts those that only read the same; all others are the same to the
 * last byte. `differences` names what does not even read the same.
 */
export function compareStates(before, after) {
  const untouched = new Set(after.records.map(exact));
  const were = before.records.filter((record) => !untouched.has(exact(record)));
  const same = new Set(before.records.map(exact));
  const are = after.records.filter((record) => !same.has(exact(record)));
  const left = new Set(are.map(lasting));
  const right = new Set(were.map(lasting));
  const names = [
    ...were.filter((record) => !left.has(lasting(record))),
    ...are.filter((record) => !right.has(lasting(record))),
  ].map(({ type, name }) => `${type} ${name}`);
  const settings = [...before.settings]
    .filter(([id, value]) => JSON.stringify(value) !== JSON.stringify(after.settings.get(id)))
    .map(([id]) => `setting ${id}`);
  return {
    untouched: before.records.length - were.length,
    rewritten: were.length,
    differences: [...new Set([...names, ...settings])],
  };
}

const OWNER_TOKEN = "driftless-vault-write";
const DASHBOARD_TOKEN = "dashboard";

/** Problems with what reached the account, which is one change and one heal; none: empty. */
export function journalProblems(entries, { change, heal }) {
  const expected = [
    [DASHBOARD_TOKEN, change],
    [OWNER_TOKEN, heal],
  ];
  const writes = entries.filter(({ applied }) => applied);
  const missing = expected.filter(
    ([token, call]) => writes.filter((write) => isCall(write, token, call)).length !== 1,
  );
  const surplus = writes.filter(
    (write) => !expected.some(([token, call]) => isCall(write, token, call)),
  );
  return [
    ...missing.map(([token, { method, path }]) => `not exactly one ${method} ${path} by ${token}`),
    ...surplus.map(({ token_name: token, method, path }) => `${method} ${path} by ${token}`),
  ];
}

function isCall(entry, token, { method, path }) {
  const isPath = typeof path === "string" ? entry.path === path : path.test(entry.path);
  return entry.token_name === token && entry.method === method && isPath;
}

/** The records that other controllers own: ACME challenges, and what external-dns has marked. */
export function foreignRecords(records) {
  const marks = records.filter(({ content }) => content.includes("heritage=external-dns"));
  // The mark stands beside the record, or has its type before the name.
  const owned = new Set(marks.map(({ name }) => name.replace(/^(?:a|aaaa|cname)-/, "")));
  return {
    acme: records.filter(({ name }) => name.startsWith("_acme-challenge.")),
    externalDns: records.filter((record) => marks.includes(record) || owned.has(record.name)),
  };
}
