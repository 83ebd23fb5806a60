/** Dry runs, concurrent updates, rights, audit and restart of rulesets; and what holds for any rule. */
import { evictAllDurableObjects } from "cloudflare:test";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, control, reset, type Fields } from "./client.ts";
import {
  block,
  CUSTOM,
  entrypoint,
  messages,
  options,
  putEntrypoint,
  ZONE,
  type Rule,
  type Ruleset,
} from "./rules.ts";

beforeEach(reset);

const WINDOW = "?since=2026-01-01&before=2036-01-01";
const audit = async () =>
  (await api<Fields[]>(`GET /accounts/${ACCOUNT}/logs/audit${WINDOW}`)).result;

/** Everything of the zone's rulesets that a write could change. */
async function everything() {
  const { result } = await api<Ruleset[]>(`GET ${ZONE}`);
  const whole = await Promise.all(result.map(({ id }) => api<Ruleset>(`GET ${ZONE}/${id}`)));
  const versions = await Promise.all(
    result.map(({ id }) => api<Ruleset[]>(`GET ${ZONE}/${id}/versions`)),
  );
  return [...whole, ...versions].map((reply) => reply.result);
}

describe("S16 dry_run", () => {
  it("answers 200 with null, or 204, and changes nothing", async () => {
    const { id, rules } = (await putEntrypoint([block("a")])).result;
    const before = { state: await everything(), audit: await audit() };
    const dry = "?dry_run=true";
    const fresh = { name: "x", kind: "zone", phase: "http_request_origin", rules: [] };
    const calls: readonly [string, Fields | undefined, number][] = [
      [`POST ${ZONE}${dry}`, fresh, 200],
      [`PUT ${ZONE}/${id}${dry}`, { rules: [] }, 200],
      [`PUT ${ZONE}/phases/${CUSTOM}/entrypoint${dry}`, { rules: [block("b")] }, 200],
      [`PUT ${ZONE}/phases/http_request_origin/entrypoint${dry}`, { rules: [] }, 200],
      [`POST ${ZONE}/${id}/rules${dry}`, block("b"), 200],
      [`PATCH ${ZONE}/${id}/rules/${rules[0]?.id}${dry}`, block("c"), 200],
      [`DELETE ${ZONE}/${id}/rules/${rules[0]?.id}${dry}`, undefined, 200],
      [`DELETE ${ZONE}/${id}${dry}`, undefined, 204],
      [`DELETE ${ZONE}/${id}/versions/1${dry}`, undefined, 204],
    ];
    for (const [call, body, status] of calls) {
      const reply = await api(call, body === undefined ? {} : { body });
      expect([call, reply.status]).toEqual([call, status]);
      if (status === 200) expect(reply.result).toBeNull();
      else expect(reply.text).toBe("");
    }
    expect({ state: await everything(), audit: await audit() }).toEqual(before);
  });

  it("refuses with the same words as the real call", async () => {
    const { id } = (await entrypoint()).result;
    const full = { name: "x", kind: "zone", phase: CUSTOM, rules: [] };
    const calls: readonly [string, Fields][] = [
      [`POST ${ZONE}`, full],
      [`PUT ${ZONE}/${id}`, { rules: [{ ...block("a"), expression: "(" }] }],
      [`PUT ${ZONE}/${id}`, { rules: Array.from({ length: 21 }, (_, i) => block(`r${i}`)) }],
      [`POST ${ZONE}/${id}/rules`, block("skip-healthchecks")],
    ];
    for (const [call, body] of calls) {
      const rehearsed = await api(`${call}?dry_run=true`, { body });
      const real = await api(call, { body });
      expect([rehearsed.status, rehearsed.errors]).toEqual([400, real.errors]);
    }
    const token = "sandbox-swarm-read";
    const denied = await putEntrypoint([], CUSTOM, { token, query: "?dry_run=true" });
    expect(denied.status).toBe(403);
  });

  it("takes true and false only", async () => {
    const before = (await entrypoint()).result;
    for (const value of ["1", "yes", "", "TRUE"]) {
      const reply = await putEntrypoint([], CUSTOM, { query: `?dry_run=${value}` });
      expect([value, reply.status]).toEqual([value, 400]);
    }
    expect((await entrypoint()).result).toEqual(before);
    const real = await putEntrypoint([], CUSTOM, { query: "?dry_run=false" });
    expect(real.result.rules).toEqual([]);
  });
});

describe("concurrent updates", () => {
  it("meet 429 as often as the option says; reads and dry runs do not", async () => {
    await options({ ruleset_conflicts: 2 });
    expect((await entrypoint()).status).toBe(200);
    expect((await putEntrypoint([], CUSTOM, { query: "?dry_run=true" })).status).toBe(200);
    const replies = [];
    for (let write = 0; write < 3; write += 1) replies.push(await putEntrypoint([block("a")]));
    expect(replies.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(messages(replies[0] as (typeof replies)[0])).toMatch("concurrent updates");
    expect(replies[2]?.result.version).toBe("2");
    expect(await control("GET /options")).toMatchObject({ ruleset_conflicts: 0 });
  });

  it("can move the version under a client, without an audit entry", async () => {
    const { id, rules } = (await entrypoint()).result;
    const before = await audit();
    expect(await control(`POST /rulesets/${id}/touch`)).toEqual({ id, version: "2" });
    expect((await entrypoint()).result).toMatchObject({ version: "2", rules });
    expect(await audit()).toEqual(before);
    await expect(control(`POST /rulesets/${BOOKS}/touch`)).rejects.toThrow("404");
  });
});

describe("rights, audit and restart of rulesets", () => {
  it("give the swarm's token reads and the vault's token writes", async () => {
    const token = "sandbox-swarm-read";
    expect((await api(`GET ${ZONE}`, { token })).status).toBe(200);
    expect((await putEntrypoint([], CUSTOM, { token })).status).toBe(403);
    const vault = { token: "sandbox-vault-write" };
    expect((await putEntrypoint([], CUSTOM, vault)).status).toBe(200);
    const root = `/accounts/${ACCOUNT}/rulesets`;
    expect((await putEntrypoint([], CUSTOM, { ...vault, root })).status).toBe(200);
  });

  it("tell every write in the audit log", async () => {
    const { id } = (await putEntrypoint([block("a")])).result;
    await api(`POST ${ZONE}/${id}/rules`, { body: block("b") });
    await putEntrypoint([block("a")], "http_request_sanitize");
    await putEntrypoint([], "http_request_sanitize");
    await api(`DELETE ${ZONE}/${id}`);
    const entries = (await audit()).toReversed() as { action: Fields; resource: Fields }[];
    expect(entries.map(({ action }) => action["type"])).toEqual([
      "update",
      "update",
      "create",
      "delete",
    ]);
    expect(entries[0]?.resource).toMatchObject({
      id,
      type: "ruleset",
      product: "rulesets",
      scope: "zones",
      request: { rules: [block("a")] },
    });
  });

  it("survive a restart", async () => {
    await putEntrypoint([block("a")]);
    const before = await everything();
    await evictAllDurableObjects();
    expect(await everything()).toEqual(before);
  });
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const atom = fc.oneof(
  word.map((text) => `http.request.uri.path eq "/${text}"`),
  fc.integer({ min: 0, max: 255 }).map((last) => `ip.src in {192.0.2.${last} 2001:db8::/32}`),
  fc.constantFrom("ssl", "ip.src in $office_ips", 'any(http.request.headers["a"][*] eq "b")'),
  fc.string({ maxLength: 20 }).map((text) => `http.host contains ${JSON.stringify(text)}`),
);
const expression = fc
  .array(fc.tuple(atom, fc.constantFrom("and", "or", "and not", "xor")), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.reduce((all, [one, by]) => `(${all}) ${by} ${one}`, "ssl"));
const action = fc.constantFrom("block", "challenge", "js_challenge", "managed_challenge", "log");
const rules = fc.uniqueArray(
  fc.record(
    {
      ref: word,
      action,
      expression,
      enabled: fc.boolean(),
      description: fc.string({ minLength: 1, maxLength: 40 }),
    },
    { requiredKeys: ["ref", "action", "expression"] },
  ),
  { maxLength: 12, selector: ({ ref }) => ref },
);

/** What a rule means, without what the account computes. */
const meaning = ({ id: _id, version: _v, last_updated: _at, enabled = true, ...rest }: Fields) => ({
  ...rest,
  enabled,
});

const versionsOf = (all: readonly Rule[]) =>
  Object.fromEntries(all.map(({ ref, version }) => [ref, Number(version)]));

describe("for any rules", () => {
  it("PUT reads back equal in meaning, and putting back what was read changes no rule", async () => {
    await fc.assert(
      fc.asyncProperty(rules, async (sent) => {
        const { status, result } = await putEntrypoint(sent);
        expect(status).toBe(200);
        expect(result.rules.map(meaning)).toEqual(sent.map(meaning));
        const read = (await entrypoint()).result;
        expect(read).toEqual(result);
        const again = (await putEntrypoint(read.rules)).result;
        expect(again.rules).toEqual(read.rules);
        expect(Number(again.version)).toBe(Number(read.version) + 1);
      }),
      { numRuns: 40 },
    );
  });

  it("a version moves exactly for the rules that changed, whatever their order", async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.infiniteStream(fc.boolean()), async (sent, coin) => {
        const before = versionsOf((await putEntrypoint(sent)).result.rules);
        const changed = new Set(sent.map(({ ref }) => ref).filter(() => coin.next().value));
        const next = sent.map((one) =>
          changed.has(one.ref) ? { ...one, expression: `(${one.expression})` } : one,
        );
        const after = versionsOf((await putEntrypoint(next.toReversed())).result.rules);
        for (const { ref } of sent) {
          expect(after[ref]).toBe((before[ref] ?? 0) + (changed.has(ref) ? 1 : 0));
        }
      }),
      { numRuns: 25 },
    );
  });

  it("dry_run never changes the state, whether it is accepted or refused", async () => {
    const broken = fc.constantFrom("", "(", 'http.host eq "', "nothing at all");
    await fc.assert(
      fc.asyncProperty(rules, fc.option(broken), async (sent, bad) => {
        const before = await everything();
        const body = bad === null ? sent : [...sent, { ...block("bad"), expression: bad }];
        const reply = await putEntrypoint(body, CUSTOM, { query: "?dry_run=true" });
        expect(reply.status).toBe(bad === null ? 200 : 400);
        expect(await everything()).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });
});
