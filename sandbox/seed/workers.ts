/** The Workers of the default account, with the namespaces, databases and buckets they use. */
import { ACCOUNT_ID } from "../identities.ts";
import { digestId, digestUuid } from "../model/identifiers.ts";
import { D1_DATABASE } from "../storage/d1.ts";
import { KV_NAMESPACE } from "../storage/kv.ts";
import { R2_BUCKET } from "../storage/r2.ts";
import { etagOf, WORKER_CODE, writeCode } from "../workers/code.ts";
import type { StoredBinding } from "../workers/bindings.ts";
import { WORKER_ROUTE } from "../workers/route.ts";
import { type StoredWorker, uploadedSettings, wholly, WORKER } from "../workers/script.ts";
import { WORKERS_SUBDOMAIN } from "../workers/subdomain.ts";
import { keepVersion } from "../workers/version.ts";
import type { World } from "../world.ts";
import { HARBOR_BOOKS } from "./harbor-books.ts";
import { SEEDED_AT } from "./planting.ts";

const API_CODE = `export default {
  async fetch(request, env) {
    return Response.json({ environment: env.ENVIRONMENT });
  },
  async scheduled(event, env) {
    await env.SESSIONS.list();
  },
};
`;

const REDIRECTS_CODE = `export default {
  fetch(request) {
    const url = new URL(request.url);
    return Response.redirect(\`https://harbor-books.example\${url.pathname.slice("/katalog".length)}\`, 301);
  },
};
`;

export function plantWorkers(world: World): void {
  plantWorker(world, {
    name: "harbor-api",
    code: API_CODE,
    handlers: ["fetch", "scheduled"],
    bindings: [
      { name: "ENVIRONMENT", type: "plain_text", text: "production" },
      { name: "PAYMENTS_KEY", type: "secret_text" },
      ...storageBindings(world),
    ],
    crons: ["*/15 * * * *"],
  });
  plantWorker(world, {
    name: "harbor-redirects",
    code: REDIRECTS_CODE,
    handlers: ["fetch"],
    bindings: [{ name: "SHOP", type: "plain_text", text: HARBOR_BOOKS.name }],
    crons: [],
  });
  const zoneId = HARBOR_BOOKS.id ?? "";
  const pattern = `${HARBOR_BOOKS.name}/katalog/*`;
  const id = digestId("worker route", pattern);
  world.store.shelf(WORKER_ROUTE, zoneId).put({ id, pattern, script: "harbor-redirects" });
  const subdomain = { id: "subdomain", subdomain: "harbor-books" };
  world.store.shelf(WORKERS_SUBDOMAIN, ACCOUNT_ID).put(subdomain);
}

/** Whatever storage the seed has: a binding to nothing would be no valid state. */
function storageBindings({ store }: World): StoredBinding[] {
  const [namespace] = store.shelf(KV_NAMESPACE, ACCOUNT_ID).withKey("shop-sessions");
  const [database] = store.shelf(D1_DATABASE, ACCOUNT_ID).withKey("orders");
  const [bucket] = store.shelf(R2_BUCKET, ACCOUNT_ID).withKey("harbor-covers");
  return [
    ...(namespace === undefined
      ? []
      : [{ name: "SESSIONS", type: "kv_namespace", namespace_id: namespace.id }]),
    ...(database === undefined ? [] : [{ name: "ORDERS", type: "d1", database_id: database.id }]),
    ...(bucket === undefined
      ? []
      : [{ name: "COVERS", type: "r2_bucket", bucket_name: bucket.name }]),
  ];
}

interface WorkerSeed {
  readonly name: string;
  readonly code: string;
  readonly handlers: readonly string[];
  readonly bindings: readonly StoredBinding[];
  readonly crons: readonly string[];
}

function plantWorker(world: World, seed: WorkerSeed): void {
  const type = "application/javascript+module";
  const modules = [{ name: "index.js", type, bytes: new TextEncoder().encode(seed.code) }];
  writeCode(world.store.shelf(WORKER_CODE, `${ACCOUNT_ID}/${seed.name}`), modules);
  const etag = etagOf(modules);
  const times = { created_on: SEEDED_AT, modified_on: SEEDED_AT };
  const version = digestUuid("worker version", seed.name);
  const made = {
    created_on: SEEDED_AT,
    source: "wrangler",
    author: { id: "", email: "dashboard@sandbox.example" },
  };
  const worker: StoredWorker = {
    id: seed.name,
    tag: digestId("worker", seed.name),
    etag,
    entry: "index.js",
    has_modules: true,
    handlers: seed.handlers,
    classes: [],
    bindings: seed.bindings,
    settings: uploadedSettings({ compatibility_date: "2026-02-01" }, Date.parse(SEEDED_AT)),
    versions: [{ ...made, id: version, number: 1, etag }],
    deployments: [
      {
        ...made,
        id: digestUuid("worker deployment", seed.name),
        versions: wholly(version),
        annotations: {},
      },
    ],
    schedules: seed.crons.map((cron) => ({ cron, ...times })),
    subdomain: { enabled: false, previews_enabled: false },
    ...times,
  };
  world.store.shelf(WORKER, ACCOUNT_ID).put(worker);
  keepVersion(world.store, worker, { id: version, modules });
}
