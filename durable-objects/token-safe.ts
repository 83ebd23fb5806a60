import { DurableObject } from "cloudflare:workers";
import type { Result } from "../src/core/result.ts";
import type { Grant } from "../src/core/token-grant.ts";
import type { VaultEnv } from "./audit-log.ts";
import { record } from "./record.ts";
import { type Lent, TokenKeeper } from "./token-keeper.ts";
import { rotate } from "./token-rotation.ts";

/**
 * The one object that has Cloudflare tokens. Only this Worker's own objects reach it; what they get is a lease, which
 * is worth nothing anywhere else. One for the whole Worker: the standing token, its rotation and the cap are one thing.
 */
export class TokenSafe extends DurableObject<VaultEnv> {
  readonly #keeper = new TokenKeeper({
    env: this.env,
    storage: this.ctx.storage,
    record: (entries) => record(this.env, entries, "vault"),
    nowMs: () => Date.now(),
    wake: (atMs) => this.#wake(atMs),
  });

  async lend(id: string, grant: Grant): Promise<Result<null, Lent>> {
    return this.#keeper.lend(id, grant);
  }

  async giveBack(id: string): Promise<void> {
    await this.#keeper.giveBack(id);
  }

  async tokenIds(accountId: string): Promise<readonly string[]> {
    const ids = await this.#keeper.tokenIds(accountId);
    // The first look is what sets the clock of the rotation going.
    if ((await this.ctx.storage.getAlarm()) === null) await this.#wake(Date.now());
    return ids;
  }

  override fetch(request: Request): Promise<Response> {
    return this.#keeper.send(request);
  }

  /** A fault here is retried by the platform; what is due stays due. */
  override async alarm(): Promise<void> {
    const times = [await this.#keeper.sweep(), await rotate(this.#keeper)];
    const next = times.filter((at) => at !== null).toSorted((a, b) => a - b)[0];
    if (next !== undefined) await this.#wake(next);
  }

  async #wake(atMs: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > atMs) await this.ctx.storage.setAlarm(atMs);
  }
}
