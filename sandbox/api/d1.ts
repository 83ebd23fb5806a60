/** D1 databases: list, create, read, replication, deletion. */
import { z } from "zod";
import { ApiError, type Answer } from "../envelope.ts";
import { uuid } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { D1_DATABASE, type StoredDatabase } from "../storage/d1.ts";
import type { Shelf } from "../store.ts";
import { ownAccount } from "./accounts.ts";

/** 7404 and 7502 are what wrangler's users report. */
const CODE = { notFound: 7404, exists: 7502 } as const;

const PER_PAGE = { min: 1, max: 10_000, initial: 100 };

const shelf = (call: Call): Shelf<StoredDatabase> => call.shelf(D1_DATABASE, ownAccount(call).id);

function databaseOf(call: Call): StoredDatabase {
  const id = call.param("database_id");
  // `wrangler` asks by name.
  const found = shelf(call).get(id) ?? shelf(call).withKey(id)[0];
  if (found !== undefined) return found;
  const message = `The database ${id} could not be found`;
  throw new ApiError(404, { code: CODE.notFound, message });
}

/** Lists know neither sizes nor replication. */
function listed(database: StoredDatabase): Record<string, unknown> {
  const { id, read_replication: _mode, primary_location_hint: _hint, ...rest } = database;
  return { uuid: id, ...rest };
}

function shown(database: StoredDatabase): Record<string, unknown> {
  const { read_replication } = database;
  return { ...listed(database), file_size: 12_288, num_tables: 0, read_replication };
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  { database, request }: { database: StoredDatabase; request: unknown },
): void {
  call.changed({
    action,
    resource: { id: database.id, type: "database", product: "d1", scope: "accounts" },
    request,
    response: action === "delete" ? null : shown(database),
  });
}

function list(call: Call): Answer {
  const name = call.query.text("name") ?? "";
  const found = shelf(call)
    .list()
    .filter((database) => database.name.includes(name));
  const { result, info } = call.query.page(found, PER_PAGE);
  return { result: result.map(listed), info };
}

const one = (call: Call): Answer => ({ result: shown(databaseOf(call)) });

const Replication = z.strictObject({ mode: z.enum(["auto", "disabled"]) });

const Create = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "may have letters, digits, - and _"),
  jurisdiction: z.enum(["eu", "fedramp", "us"]).optional(),
  primary_location_hint: z.enum(["wnam", "enam", "weur", "eeur", "apac", "oc"]).optional(),
  read_replication: Replication.optional(),
});

function create(call: Call): Answer {
  const databases = shelf(call);
  const { name, jurisdiction, primary_location_hint: hint, ...body } = call.json(Create);
  if (databases.withKey(name).length > 0) {
    const message = `A database with the name '${name}' exists already`;
    throw new ApiError(400, { code: CODE.exists, message });
  }
  const database: StoredDatabase = {
    id: uuid(),
    name,
    version: "production",
    created_at: call.timestamp,
    jurisdiction: jurisdiction ?? null,
    ...(hint === undefined ? {} : { primary_location_hint: hint }),
    read_replication: body.read_replication ?? { mode: "disabled" },
  };
  databases.put(database);
  changed(call, "create", { database, request: { name, jurisdiction, ...body } });
  return { result: shown(database) };
}

/** PATCH takes what PUT needs. */
const edit =
  (schema: z.ZodType<{ read_replication?: StoredDatabase["read_replication"] | undefined }>) =>
  (call: Call): Answer => {
    const before = databaseOf(call);
    const request = call.json(schema);
    const { read_replication = before.read_replication } = request;
    const database = { ...before, read_replication };
    shelf(call).put(database);
    changed(call, "update", { database, request });
    return { result: shown(database) };
  };

function remove(call: Call): Answer {
  const database = databaseOf(call);
  shelf(call).delete(database.id);
  changed(call, "delete", { database, request: null });
  return { result: {} };
}

const ROOT = "/accounts/:account_id/d1/database";
const ONE = `${ROOT}/:database_id`;
const Whole = z.strictObject({ read_replication: Replication });

export const D1: readonly Operation[] = [
  { method: "GET", path: ROOT, needs: "d1:read", handle: list },
  { method: "POST", path: ROOT, needs: "d1:write", handle: create },
  { method: "GET", path: ONE, needs: "d1:read", handle: one },
  { method: "PUT", path: ONE, needs: "d1:write", handle: edit(Whole) },
  { method: "PATCH", path: ONE, needs: "d1:write", handle: edit(Whole.partial()) },
  { method: "DELETE", path: ONE, needs: "d1:write", handle: remove },
];
