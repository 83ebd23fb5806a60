/** The single values of a Durable Object, by name, each as JSON in one row. Synchronous; transactions are the owner's. */
export class NamedValues<Values extends object> {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists value (name text primary key, value text not null)");
  }

  get<Name extends keyof Values & string>(name: Name): Values[Name] | undefined {
    const [row] = this.#sql
      .exec<{ value: string }>("select value from value where name = ?", name)
      .toArray();
    return row ? (JSON.parse(row.value) as Values[Name]) : undefined;
  }

  set(values: Partial<Values>): void {
    for (const [name, value] of Object.entries(values))
      this.#sql.exec("insert or replace into value values (?, ?)", name, JSON.stringify(value));
  }

  drop(name: keyof Values & string): void {
    this.#sql.exec("delete from value where name = ?", name);
  }
}
