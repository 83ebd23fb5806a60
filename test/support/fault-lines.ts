/** Every way in which Driftless writes to an account: the drift that leads to it, and the call that heals it. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { parse } from "yaml";
import example from "../../examples/harbor-books.example.yaml?raw";
import { type JsonObject, textOf } from "../../src/core/canonical.ts";
import { AWS_ACCOUNT, AWS_SCOPE } from "./aws.ts";
import { AWS_LINES, AWS_SPEC } from "./aws-fault-lines.ts";
import {
  api,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  record,
  settled,
  tick,
} from "./world.ts";

const ACCOUNT_ID = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const ACCOUNT = `account:${ACCOUNT_ID}`;
const account = `/accounts/${ACCOUNT_ID}`;
const zone = `/zones/${BOOKS.zoneId}`;

export interface Line {
  readonly name: string;
  readonly scope: string;
  /** The write that goes wrong. */
  readonly match: { readonly method: string; readonly path: string };
  /** Whether the API is asked first what it would say to the write. */
  readonly rehearsed: boolean;
  /** Calls that the heal takes. */
  readonly writes: number;
  /** Calls that it takes where the one for all is refused. A whole and its parts are not taken apart. */
  readonly writesApart?: number;
  /** The heal takes a protection away: a person has to agree. */
  readonly asksPeople?: true;
  drift(): Promise<void>;
}

let round = 0;
const next = (): number => (round += 1);

// --- objects of a collection: made, changed, taken away ---

interface Collection {
  readonly kind: string;
  readonly scope: string;
  readonly path: string;
  /** What is declared; its name is what it is found by. */
  readonly object: JsonObject;
  readonly key: string;
  readonly idKey?: string;
  /** What somebody makes of it. Null: nothing of it can be changed. */
  readonly edited: ((there: JsonObject) => JsonObject) | null;
  /** What somebody adds. Null: deleting asks people. */
  readonly rogue: ((count: number) => JsonObject) | null;
  readonly createWrites?: number;
  readonly deleteAsks?: true;
}

const hook = { name: "night shift", url: "https://hooks.harbor-books.example/night" };
const dnsRule = (name: string, precedence: number): JsonObject => ({
  name,
  action: "block",
  enabled: true,
  filters: ["dns"],
  traffic: `dns.fqdn == "${name}.example"`,
  precedence,
});
const gatewayList = (name: string, value: string): JsonObject => ({
  name,
  type: "DOMAIN",
  description: "",
  items: [{ value }],
});
const app = (name: string, host: string): JsonObject => ({
  name,
  type: "self_hosted",
  domain: `${host}.harbor-books.example`,
  tags: [],
  policies: [
    {
      name: "staff",
      decision: "allow",
      include: [{ email_domain: { domain: "harbor-books.example" } }],
    },
  ],
});
const ITEMS = [{ ip: "192.0.2.0/24", comment: "scanners" }, { ip: "198.51.100.7" }];
const list: JsonObject = { name: "blocked", description: "not served", items: ITEMS };
const route = { pattern: "harbor-books.example/orders/*", script: "harbor-api" };
const policy = {
  name: "Attacks at night",
  alert_type: "advanced_ddos_attack_l7_alert",
  enabled: true,
  description: "",
};

const COLLECTIONS: readonly Collection[] = [
  {
    kind: "ip_list",
    scope: ACCOUNT,
    path: `${account}/rules/lists`,
    object: list,
    key: "name",
    edited: () => ({ description: `edited ${next()}` }),
    rogue: (count) => ({ name: `rogue_${count}`, kind: "ip", description: "" }),
    createWrites: 2,
    // Rules of zones may name it, and no zone is read here.
    deleteAsks: true,
  },
  {
    kind: "gateway_list",
    scope: ACCOUNT,
    path: `${account}/gateway/lists`,
    object: gatewayList("ads", "ads.example"),
    key: "name",
    edited: ({ name }) => ({ name: name ?? "", items: [{ value: `x${next()}.example` }] }),
    rogue: (count) => gatewayList(`rogue ${count}`, "rogue.example"),
    // What its entries protect from would pass.
    deleteAsks: true,
  },
  {
    kind: "gateway_rule",
    scope: ACCOUNT,
    path: `${account}/gateway/rules`,
    object: dnsRule("night", 9_100),
    key: "name",
    edited: () => ({ ...dnsRule("night", 9_100), traffic: `dns.fqdn == "n${next()}.example"` }),
    rogue: (count) => dnsRule(`rogue ${count}`.replace(" ", "-"), 20_000 + count),
    // It blocks something, whoever made it.
    deleteAsks: true,
  },
  {
    kind: "access_application",
    scope: ACCOUNT,
    path: `${account}/access/apps`,
    object: app("Back office", "backoffice"),
    key: "name",
    edited: ({ id: _id, ...there }) => ({
      ...there,
      policies: [{ name: "staff", decision: "allow", include: [{ everyone: {} }] }],
    }),
    rogue: (count) => app(`Rogue ${count}`, `rogue-${count}`),
    // What stands behind it would be open.
    deleteAsks: true,
  },
  {
    kind: "notification_webhook",
    scope: ACCOUNT,
    path: `${account}/alerting/v3/destinations/webhooks`,
    object: hook,
    key: "name",
    edited: () => ({ ...hook, url: `https://evil.example/${next()}` }),
    rogue: (count) => ({ name: `rogue ${count}`, url: "https://hooks.harbor-books.example/r" }),
  },
  {
    kind: "notification_policy",
    scope: ACCOUNT,
    path: `${account}/alerting/v3/policies`,
    object: { ...policy, mechanisms: { email: ["ops@harbor-books.example"] } },
    key: "name",
    edited: () => ({ description: `edited ${next()}` }),
    rogue: (count) => ({
      ...policy,
      name: `rogue ${count}`,
      mechanisms: { email: [{ id: "ops@harbor-books.example" }] },
    }),
  },
  {
    kind: "kv_namespace",
    scope: ACCOUNT,
    path: `${account}/storage/kv/namespaces`,
    object: { title: "night-sessions" },
    key: "title",
    edited: null,
    rogue: null,
  },
  {
    kind: "d1_database",
    scope: ACCOUNT,
    path: `${account}/d1/database`,
    object: { name: "ledger", jurisdiction: "eu" },
    key: "name",
    idKey: "uuid",
    edited: null,
    rogue: null,
  },
  {
    kind: "worker_route",
    scope: BOOKS.scope,
    path: `${zone}/workers/routes`,
    object: route,
    key: "pattern",
    edited: () => ({ ...route, script: "harbor-redirects" }),
    rogue: (count) => ({ pattern: `harbor-books.example/rogue-${count}/*`, script: "harbor-api" }),
  },
];

async function found({ path, key, idKey = "id", object }: Collection) {
  const all = await cloudflare<readonly JsonObject[]>("GET", path);
  const live = all.find((one) => one[key] === object[key]);
  if (!live) throw new Error(`${path} has no \`${textOf(object[key])}\``);
  return { live, at: `${path}/${textOf(live[idKey])}` };
}

function linesOf(of: Collection): readonly Line[] {
  const { kind, scope, path, edited, rogue, createWrites = 1, deleteAsks } = of;
  const line = { scope, rehearsed: false, writes: 1 };
  const create: Line = {
    ...line,
    name: `${kind}: create`,
    match: { method: "POST", path: `*${path}` },
    writes: createWrites,
    async drift() {
      await cloudflare("DELETE", (await found(of)).at);
    },
  };
  const update: Line = {
    ...line,
    name: `${kind}: update`,
    match: { method: "PUT", path: `*${path}/*` },
    async drift() {
      const { live, at } = await found(of);
      await cloudflare("PUT", at, { body: edited?.(live) ?? {} });
    },
  };
  const remove: Line = {
    ...line,
    name: `${kind}: delete`,
    match: { method: "DELETE", path: `*${path}/*` },
    ...(deleteAsks ? { asksPeople: deleteAsks } : {}),
    async drift() {
      await cloudflare("POST", path, { body: rogue?.(next()) ?? {} });
    },
  };
  return [create, ...(edited ? [update] : []), ...(rogue ? [remove] : [])];
}

// --- records and settings of a zone ---

const patch = async (type: string, name: string, body: JsonObject): Promise<void> => {
  const one = await record(type, name);
  await cloudflare("PATCH", `${zone}/dns_records/${one?.id}`, { body });
};
const editRecord = (): Promise<void> =>
  patch("A", "bastion.harbor-books.example", { content: `192.0.2.${next() % 250}` });
const deleteRecord = async (): Promise<void> => {
  const one = await record("CNAME", "status.harbor-books.example");
  await cloudflare("DELETE", `${zone}/dns_records/${one?.id}`);
};
const addRecord = async (): Promise<void> => {
  const body = { type: "A", name: `rogue-${next()}`, content: "203.0.113.9", ttl: 1 };
  await cloudflare("POST", `${zone}/dns_records`, { body });
};

const inZone = { scope: BOOKS.scope, rehearsed: false, writes: 1 };
const ZONE_LINES: readonly Line[] = [
  {
    ...inZone,
    name: "dns_record: create",
    match: { method: "POST", path: `*${zone}/dns_records` },
    drift: deleteRecord,
  },
  {
    ...inZone,
    name: "dns_record: update",
    match: { method: "PATCH", path: `*${zone}/dns_records/*` },
    drift: editRecord,
  },
  {
    ...inZone,
    name: "dns_record: delete",
    match: { method: "DELETE", path: `*${zone}/dns_records/*` },
    drift: addRecord,
  },
  {
    ...inZone,
    name: "dns_record: batch",
    match: { method: "POST", path: `*${zone}/dns_records/batch` },
    writesApart: 3,
    async drift() {
      await editRecord();
      await deleteRecord();
      await addRecord();
    },
  },
  {
    ...inZone,
    name: "zone_setting: update",
    match: { method: "PATCH", path: `*${zone}/settings/*` },
    async drift() {
      await cloudflare("PATCH", `${zone}/settings/min_tls_version`, { body: { value: "1.0" } });
    },
  },
];

// --- rules: one write of a phase ---

const PHASES = {
  http_request_firewall_custom: "waf_rule",
  http_ratelimit: "rate_limit_rule",
  http_request_firewall_managed: "managed_ruleset",
  http_request_cache_settings: "cache_rule",
  http_request_dynamic_redirect: "redirect_rule",
  http_response_headers_transform: "header_rule",
  http_request_late_transform: "header_rule",
} as const;
const TO_ORIGIN = {
  ref: "to-origin",
  description: "",
  enabled: true,
  action: "rewrite",
  expression: "true",
  action_parameters: { headers: { "x-shop": { operation: "set", value: "harbor" } } },
};

type Rule = JsonObject & { readonly id: string };
interface Entrypoint {
  readonly id: string;
  readonly rules: readonly Rule[];
}

const entrypoint = (phase: string): Promise<Entrypoint> =>
  cloudflare("GET", `${zone}/rulesets/phases/${phase}/entrypoint`);
const declared = ({ id: _id, version: _version, last_updated: _at, ...rule }: Rule): JsonObject =>
  rule;

const phaseLine = ([phase, kind]: readonly [string, string]): Line => ({
  scope: BOOKS.scope,
  name: `${kind}: PUT of ${phase}`,
  match: { method: "PUT", path: `*${zone}/rulesets/phases/${phase}/entrypoint` },
  rehearsed: true,
  writes: 1,
  async drift() {
    const { id, rules } = await entrypoint(phase);
    const [rule] = rules;
    if (!rule) throw new Error(`${phase} has no rule`);
    const body = { ...declared(rule), enabled: rule["enabled"] !== true };
    await cloudflare("PATCH", `${zone}/rulesets/${id}/rules/${rule.id}`, { body });
  },
});

async function rulesOfZone(): Promise<Record<string, readonly JsonObject[]>> {
  const all: Record<string, readonly JsonObject[]> = {};
  for (const [phase, kind] of Object.entries(PHASES)) {
    if (phase === "http_request_late_transform") continue;
    const more = kind === "header_rule" ? { direction: "response" } : {};
    all[kind] = (await entrypoint(phase)).rules.map((rule) => ({ ...declared(rule), ...more }));
  }
  const toOrigin = { ...TO_ORIGIN, direction: "request" };
  return { ...all, header_rule: [...(all["header_rule"] ?? []), toOrigin] };
}

// --- what is written in a way of its own ---

const WORKER = "shop-orders";
const code = (answer: string): string =>
  `export default { fetch: () => new Response("${answer}") };\n`;
const REGION = { name: "REGION", type: "plain_text", text: "eu" };
const DOMAIN = { hostname: "counter.harbor-books.example", service: WORKER };
const BUCKET = "night-log";
const LOCK = { id: "all", enabled: true, prefix: "tile/", condition: { type: "Indefinite" } };

async function upload(text: string): Promise<void> {
  const form = new FormData();
  const metadata = {
    main_module: "worker.js",
    compatibility_date: "2026-01-01",
    bindings: [REGION],
  };
  form.append("metadata", new Blob([JSON.stringify(metadata)], { type: "application/json" }));
  const module = new Blob([text], { type: "application/javascript+module" });
  form.append("worker.js", module, "worker.js");
  const response = await env.CF_API.fetch(
    `http://sandbox/client/v4${account}/workers/scripts/${WORKER}`,
    {
      method: "PUT",
      headers: { authorization: "Bearer sandbox-dashboard" },
      body: form,
    },
  );
  expect(response.status, await response.text()).toBe(200);
}

const inAccount = { scope: ACCOUNT, rehearsed: false, writes: 1 };
const script = `${account}/workers/scripts/${WORKER}`;
const OTHER_LINES: readonly Line[] = [
  {
    ...inAccount,
    name: "ip_list: items",
    match: { method: "PUT", path: `*${account}/rules/lists/*/items` },
    async drift() {
      const all = await cloudflare<readonly JsonObject[]>("GET", `${account}/rules/lists`);
      const id = all.find(({ name }) => name === "blocked")?.["id"];
      const path = `${account}/rules/lists/${textOf(id)}/items`;
      await cloudflare("PUT", path, { body: [{ ip: `203.0.113.${next() % 250}` }] as never });
    },
  },
  {
    ...inAccount,
    name: "worker: update",
    match: { method: "PUT", path: `*${script}` },
    drift: () => upload(code(`edited ${next()}`)),
  },
  {
    ...inAccount,
    name: "worker: create",
    match: { method: "PUT", path: `*${script}` },
    // Its domain goes with it.
    writes: 2,
    writesApart: 2,
    async drift() {
      await cloudflare<null>("DELETE", `${script}?force=true`);
    },
  },
  {
    ...inAccount,
    name: "worker_domain: update",
    match: { method: "PUT", path: `*${account}/workers/domains` },
    async drift() {
      const body = { ...DOMAIN, service: "harbor-redirects" };
      await cloudflare("PUT", `${account}/workers/domains`, { body });
    },
  },
  {
    ...inAccount,
    name: "r2_bucket: create",
    match: { method: "POST", path: `*${account}/r2/buckets` },
    // The bucket, then its locks.
    writes: 2,
    async drift() {
      await cloudflare("PUT", `${account}/r2/buckets/${BUCKET}/lock`, { body: { rules: [] } });
      await cloudflare("DELETE", `${account}/r2/buckets/${BUCKET}`);
    },
  },
  {
    ...inAccount,
    name: "r2_bucket: lock",
    match: { method: "PUT", path: `*${account}/r2/buckets/*/lock` },
    async drift() {
      await cloudflare("PUT", `${account}/r2/buckets/${BUCKET}/lock`, { body: { rules: [] } });
    },
  },
  {
    ...inAccount,
    name: "r2_bucket: storage class",
    match: { method: "PATCH", path: `*${account}/r2/buckets/*` },
    async drift() {
      await env.CF_API.fetch(`http://sandbox/client/v4${account}/r2/buckets/${BUCKET}`, {
        method: "PATCH",
        headers: {
          authorization: "Bearer sandbox-dashboard",
          "cf-r2-storage-class": "InfrequentAccess",
        },
      });
    },
  },
];

export const LINES: readonly Line[] = [
  ...ZONE_LINES,
  ...Object.entries(PHASES).map(phaseLine),
  ...COLLECTIONS.flatMap(linesOf),
  ...OTHER_LINES,
  ...AWS_LINES,
];

// --- the golden states ---

type Spec = Record<string, readonly JsonObject[]>;
const REMOVED = COLLECTIONS.filter(({ rogue }) => rogue !== null);
const removedIn = (scope: string) =>
  Object.fromEntries(
    REMOVED.filter((one) => one.scope === scope).map(({ kind }) => [kind, "remove"]),
  );

/** What the seed has of the kinds that are taken away when nobody declares them. */
async function imported(scope: string): Promise<Spec> {
  const kinds = Object.keys(removedIn(scope)).join(",");
  const response = await api(
    `/api/v1/scopes/${encodeURIComponent(scope)}/import?kinds=${kinds}`,
    "dev-operator",
  );
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return (parse(text) as { spec: { resources?: Spec } }).spec.resources ?? {};
}

const own = (scope: string): Spec =>
  Object.fromEntries(
    COLLECTIONS.filter((one) => one.scope === scope).map(({ kind, object }) => [kind, [object]]),
  );

function merged(...specs: readonly Spec[]): Spec {
  const all: Spec = {};
  for (const spec of specs)
    for (const [kind, objects] of Object.entries(spec))
      all[kind] = [...(all[kind] ?? []), ...objects];
  return all;
}

const worker: Spec = {
  worker: [
    {
      name: WORKER,
      main_module: "worker.js",
      content: code("orders"),
      compatibility_date: "2026-01-01",
      bindings: [REGION],
    },
  ],
  worker_domain: [{ ...DOMAIN, zone: "harbor-books.example" }],
  r2_bucket: [{ name: BUCKET, location: "weur", storage_class: "Standard", lock: [LOCK] }],
};

const specs = new Map<string, JsonObject>();
const generations = new Map<string, number>();

async function specOf(scope: string): Promise<JsonObject> {
  if (scope === AWS_SCOPE) return AWS_SPEC;
  const there = await imported(scope);
  const unmanaged = removedIn(scope);
  // One that goes of three is a third: nobody is asked here.
  const limits = { deletes: 25, delete_percent: 100 };
  if (scope === ACCOUNT) return { unmanaged, limits, resources: merged(there, own(scope), worker) };
  const { spec } = parse(example) as { spec: { resources: Spec; unmanaged: JsonObject } };
  const resources = { ...spec.resources, ...merged(there, own(scope)), ...(await rulesOfZone()) };
  return {
    ...(spec as unknown as JsonObject),
    unmanaged: { ...spec.unmanaged, ...unmanaged },
    limits,
    resources,
  };
}

/** Hundreds of cases would use up what the account may ask for: as if each had five minutes of its own. */
async function newBudget(): Promise<void> {
  await control("DELETE", "/ratelimit");
  for (const id of [ACCOUNT_ID, AWS_ACCOUNT]) {
    const governor = env.GOVERNOR.getByName(id);
    await runInDurableObject(governor, (_, state) => {
      state.storage.sql.exec("delete from budget");
    });
    await evictDurableObject(governor);
  }
}

/** Declares the golden state of one scope or all of them once more: what was turned down or came straight back is forgotten. */
export async function declareAll(
  only?: string,
  agree?: (scope: string) => Promise<void>,
): Promise<void> {
  if (specs.size === 0) await tick();
  await newBudget();
  for (const scope of only === undefined ? [ACCOUNT, BOOKS.scope, AWS_SCOPE] : [only]) {
    const spec = specs.get(scope) ?? (await specOf(scope));
    specs.set(scope, spec);
    const generation = generations.get(scope) ?? 0;
    const answer = await putGolden(
      JSON.stringify({
        apiVersion: "driftless.dev/v1",
        kind: "GoldenState",
        metadata: { scope, description: `generation ${generation + 1}` },
        spec,
      }),
      { scope, ...(generation > 0 ? { ifMatch: `"${generation}"` } : {}) },
    );
    expect(answer.status, await answer.text()).toBe(200);
    generations.set(scope, generation + 1);
    await agree?.(scope);
    await inSync(scope);
  }
}

export const inSync = (scope: string) =>
  settled(scope, ({ status }) => status === "in_sync").catch(async (fault: unknown) => {
    const { status, why, drift: of } = await drift(scope);
    throw new Error(`${scope} is ${status}: ${why}; ${JSON.stringify(of)}`, { cause: fault });
  });
