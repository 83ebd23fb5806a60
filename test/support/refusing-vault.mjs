/**
 * The vault's Worker, whose record can be told to refuse entries of some types: as the main module before the bundled one.
 * Told over `read`, which every binding of the record has, so that no door is built into the product for it.
 */
import * as vault from "./driftless-vault.mjs";
export * from "./driftless-vault.mjs";
// oxlint-disable-next-line import/no-default-export -- a Worker
export { default } from "./driftless-vault.mjs";

export class AuditLog extends vault.AuditLog {
  #refused = new Set();
  #refusals = 0;

  append(entries, ...of) {
    const refused = entries.find(({ type }) => this.#refused.has(type));
    if (refused === undefined) return super.append(entries, ...of);
    this.#refusals += 1;
    return Promise.reject(new Error(`refused for a test: ${refused.type}`));
  }

  async read({ refuse, ...query }) {
    if (refuse === undefined) return super.read(query);
    if (refuse !== null) [this.#refused, this.#refusals] = [new Set(refuse), 0];
    return this.#refusals;
  }
}
