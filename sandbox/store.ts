/**
 * Maps in memory over write-through SQLite. Reads never touch SQL after the first one of a shelf;
 * every write is in SQL before the request is answered, so a restart loses nothing.
 * One table holds every kind of object: a new API product needs no migration.
 */

/** A kind of object, with an optional second key by which a shelf can be searched. */
export interface Kind<T extends { readonly id: string }> {
  readonly name: string;
  readonly key?: (value: T) => string;
}

/** One durable value. */
export interface Cell<T> {
  get(): T;
  set(value: T): void;
}

/** All objects of one kind below one parent (a zone or the account), in order of creation. */
export interface Shelf<T extends { readonly id: string }> {
  readonly size: number;
  list(): T[];
  get(id: string): T | undefined;
  /** The objects whose second key is `key`. */
  withKey(key: string): T[];
  put(value: T): void;
  delete(id: string): void;
}

type Identified = { readonly id: string };

/** Where shelves stand: the store itself, or a call on its way. */
export interface Shelves {
  shelf<T extends Identified>(kind: Kind<T>, scope: string): Shelf<T>;
}

class SqlShelf<T extends Identified> implements Shelf<T> {
  readonly #store: Store;
  readonly #kind: Kind<T>;
  readonly #scope: string;
  #values: Map<string, T> | undefined;
  #byKey = new Map<string, Set<string>>();

  constructor(store: Store, kind: Kind<T>, scope: string) {
    this.#store = store;
    this.#kind = kind;
    this.#scope = scope;
  }

  get size(): number {
    return this.#load().size;
  }

  list(): T[] {
    return [...this.#load().values()];
  }

  get(id: string): T | undefined {
    return this.#load().get(id);
  }

  withKey(key: string): T[] {
    const values = this.#load();
    return [...(this.#byKey.get(key) ?? [])].flatMap((id) => values.get(id) ?? []);
  }

  put(value: T): void {
    const values = this.#load();
    this.#unindex(values.get(value.id));
    this.#store.write(this.#place(value.id), JSON.stringify(value));
    values.set(value.id, value);
    this.#index(value);
    this.#store.touch(this);
  }

  delete(id: string): void {
    const values = this.#load();
    this.#unindex(values.get(id));
    this.#store.erase(this.#place(id));
    values.delete(id);
    this.#store.touch(this);
  }

  /** Memory is dropped, not repaired: after a rollback the next read loads what SQL kept. */
  forget(): void {
    this.#values = undefined;
    this.#byKey = new Map();
  }

  #place(id: string): Place {
    return { kind: this.#kind.name, scope: this.#scope, id };
  }

  #load(): Map<string, T> {
    if (this.#values !== undefined) return this.#values;
    const values = new Map<string, T>();
    for (const text of this.#store.read(this.#kind.name, this.#scope)) {
      const value = JSON.parse(text) as T;
      values.set(value.id, value);
      this.#index(value);
    }
    this.#values = values;
    return values;
  }

  #index(value: T): void {
    const key = this.#kind.key?.(value);
    if (key === undefined) return;
    const ids = this.#byKey.get(key);
    if (ids === undefined) this.#byKey.set(key, new Set([value.id]));
    else ids.add(value.id);
  }

  #unindex(value: T | undefined): void {
    const key = value === undefined ? undefined : this.#kind.key?.(value);
    if (value === undefined || key === undefined) return;
    const ids = this.#byKey.get(key);
    ids?.delete(value.id);
    if (ids?.size === 0) this.#byKey.delete(key);
  }
}

interface Place {
  readonly kind: string;
  readonly scope: string;
  readonly id: string;
}

export class Store {
  readonly #storage: DurableObjectStorage;
  readonly #shelves = new Map<string, SqlShelf<never>>();
  readonly #touched = new Set<{ forget(): void }>();
  #position: number;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS object (
        kind TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
        position INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, scope, id)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cell (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    `);
    const last = storage.sql
      .exec<{ last: number | null }>("SELECT max(position) AS last FROM object")
      .one().last;
    this.#position = last ?? 0;
  }

  shelf<T extends Identified>(kind: Kind<T>, scope: string): Shelf<T> {
    const key = `${kind.name} ${scope}`;
    const known = this.#shelves.get(key);
    // The map holds shelves of every kind; a kind's name decides its type.
    if (known !== undefined) return known;
    const shelf = new SqlShelf(this, kind, scope);
    this.#shelves.set(key, shelf as unknown as SqlShelf<never>);
    return shelf;
  }

  cell<T>(key: string, initial: T): Cell<T> {
    const sql = this.#storage.sql;
    const row = sql
      .exec<{ value: string }>("SELECT value FROM cell WHERE key = ?", key)
      .toArray()[0];
    let current = row === undefined ? initial : (JSON.parse(row.value) as T);
    return {
      get: () => current,
      set: (value) => {
        current = value;
        const text = JSON.stringify(value);
        sql.exec("INSERT OR REPLACE INTO cell (key, value) VALUES (?, ?)", key, text);
      },
    };
  }

  /** All or nothing, in SQL and in memory. */
  transaction<R>(work: () => R): R {
    this.#touched.clear();
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      for (const shelf of this.#touched) shelf.forget();
      throw error;
    }
  }

  /** What the work answers, with everything that it did undone. */
  rehearse<R>(work: () => R): R {
    const answers: R[] = [];
    const undone = new Error("rehearsed");
    try {
      this.transaction(() => {
        answers.push(work());
        throw undone;
      });
    } catch (error) {
      if (error !== undone) throw error;
    }
    return answers[0] as R;
  }

  clear(): void {
    this.#storage.sql.exec("DELETE FROM object");
    for (const shelf of this.#shelves.values()) shelf.forget();
  }

  read(kind: string, scope: string): string[] {
    return this.#storage.sql
      .exec<{ value: string }>(
        "SELECT value FROM object WHERE kind = ? AND scope = ? ORDER BY position",
        kind,
        scope,
      )
      .toArray()
      .map((row) => row.value);
  }

  write(place: Place, value: string): void {
    this.#storage.sql.exec(
      `INSERT INTO object (kind, scope, id, position, value) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (kind, scope, id) DO UPDATE SET value = excluded.value`,
      place.kind,
      place.scope,
      place.id,
      ++this.#position,
      value,
    );
  }

  erase(place: Place): void {
    this.#storage.sql.exec(
      "DELETE FROM object WHERE kind = ? AND scope = ? AND id = ?",
      place.kind,
      place.scope,
      place.id,
    );
  }

  touch(shelf: { forget(): void }): void {
    this.#touched.add(shelf);
  }
}
