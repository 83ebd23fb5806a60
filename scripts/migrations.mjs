// D1 migrations as `wrangler d1 migrations apply --local` does them, but before the Workers answer
// a request.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importInstalled } from "./bundle.mjs";
import { StartError } from "./start-error.mjs";

/**
 * Applies what is missing through a Miniflare of its own that has only the databases: no request,
 * alarm or cron of the real Workers can meet a schema older than its code.
 */
export async function applyMigrations({ databases, storage }) {
  const pending = databases.filter(({ directory }) => migrationNames(directory).length > 0);
  if (pending.length === 0) return;
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      host: "127.0.0.1",
      modules: [{ type: "ESModule", path: "idle.mjs", contents: "export default {};" }],
      d1Databases: Object.fromEntries(pending.map(({ binding, id }) => [binding, id])),
      resourcePersistencePath: storage,
    }),
  );
  try {
    for (const database of pending)
      await applyTo(await miniflare.getD1Database(database.binding), database);
  } finally {
    await miniflare.dispose();
  }
}

async function applyTo(d1, { directory, table }) {
  // The table and its columns are wrangler's: both tools may be used on one database.
  await d1
    .prepare(
      `create table if not exists "${table}"(id integer primary key autoincrement, ` +
        "name text unique, applied_at timestamp default current_timestamp not null)",
    )
    .run();
  const { results } = await d1.prepare(`select name from "${table}"`).all();
  const applied = new Set(results.map(({ name }) => name));
  for (const name of migrationNames(directory))
    if (!applied.has(name)) await applyOne(d1, { directory, table, name });
}

/** One batch is one transaction: a crash leaves a migration done and recorded, or neither. */
async function applyOne(d1, { directory, table, name }) {
  const { unstable_splitSqlQuery: split } = await importInstalled("wrangler");
  const statements = split(readFileSync(join(directory, name), "utf8")).map((sql) =>
    d1.prepare(sql),
  );
  try {
    await d1.batch([
      ...statements,
      d1.prepare(`insert into "${table}"(name) values (?)`).bind(name),
    ]);
  } catch (error) {
    throw new StartError(`migration ${name} failed: ${error.message.replace(/^D1_ERROR: /, "")}`);
  }
}

function migrationNames(directory) {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith(".sql"));
  return names.toSorted(inOrder);
}

/** By number first, as wrangler orders them: `10_x` comes after `9_x`. */
function inOrder(a, b) {
  const distance = Number.parseInt(a, 10) - Number.parseInt(b, 10);
  return distance || (a < b ? -1 : 1);
}
