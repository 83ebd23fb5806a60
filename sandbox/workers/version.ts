/** What a version was: settings, bindings and code, for as long as the Worker knows of it. */
import { ACCOUNT_ID } from "../identities.ts";
import type { Kind, Shelves } from "../store.ts";
import { readCode, WORKER_CODE, writeCode, type Module } from "./code.ts";
import type { StoredWorker } from "./script.ts";

interface StoredVersion {
  readonly id: string;
  readonly worker: Pick<StoredWorker, VersionedField>;
}
type VersionedField =
  | "etag"
  | "entry"
  | "has_modules"
  | "handlers"
  | "classes"
  | "bindings"
  | "settings";

const WORKER_VERSION: Kind<StoredVersion> = { name: "worker_version" };

const placeOf = (name: string): string => `${ACCOUNT_ID}/${name}`;
const codeOfVersion = (shelves: Shelves, name: string, id: string) =>
  shelves.shelf(WORKER_CODE, `${placeOf(name)}/${id}`);

function forget(shelves: Shelves, name: string, id: string): void {
  writeCode(codeOfVersion(shelves, name, id), []);
  shelves.shelf(WORKER_VERSION, placeOf(name)).delete(id);
}

/** Keeps the version `id` of the Worker as it stands here, and none that the Worker no longer knows. */
export function keepVersion(
  shelves: Shelves,
  worker: StoredWorker,
  { id, modules }: { readonly id: string; readonly modules: readonly Module[] },
): void {
  const shelf = shelves.shelf(WORKER_VERSION, placeOf(worker.id));
  const { etag, entry, has_modules, handlers, classes, bindings, settings } = worker;
  shelf.put({
    id,
    worker: { etag, entry, has_modules, handlers, classes, bindings, settings },
  });
  writeCode(codeOfVersion(shelves, worker.id, id), modules);
  const known = new Set(worker.versions.map((version) => version.id));
  for (const old of shelf.list()) if (!known.has(old.id)) forget(shelves, worker.id, old.id);
}

export const versionKept = (
  shelves: Shelves,
  name: string,
  id: string,
): StoredVersion | undefined => shelves.shelf(WORKER_VERSION, placeOf(name)).get(id);

export const modulesOfVersion = (shelves: Shelves, name: string, id: string): readonly Module[] =>
  readCode(codeOfVersion(shelves, name, id));

/** With the Worker go its versions. */
export function dropVersions(shelves: Shelves, name: string): void {
  for (const { id } of shelves.shelf(WORKER_VERSION, placeOf(name)).list())
    forget(shelves, name, id);
}
