/** Who comes to the API is recorded: the first request of a session before it is answered, failed attempts in sums. */
import {
  addressIn,
  type LogIn,
  logInEntry,
  type LogInMethod,
  recordReadEntry,
} from "../../core/log/access-entries.ts";
import type { Entry } from "../../core/log/entry.ts";
import type { ApiPorts } from "./api-ports.ts";
import type { Principal } from "./auth.ts";

/** Sessions that this isolate knows to be recorded. Above it forgets all: the record takes the same session for one entry. */
const KNOWN_MAX = 10_000;

export class LogIns {
  readonly #ports: Pick<ApiPorts, "now" | "recordAccess" | "turnedAway">;
  readonly #known = new Set<string>();

  constructor(ports: Pick<ApiPorts, "now" | "recordAccess" | "turnedAway">) {
    this.#ports = ports;
  }

  /** Throws when it cannot be recorded: then nobody is let in (I10). `reads`: the operation reads the record itself. */
  async enter(principal: Principal, method: LogInMethod, reads: string | null): Promise<void> {
    const { name, role, since = null } = principal;
    const logIn: LogIn = { name, role, method, since, at: this.#ports.now() };
    await this.#once(logInEntry(logIn));
    if (reads !== null) await this.#once(recordReadEntry(logIn, reads));
  }

  /** The answer is "no" whether or not it is recorded, so nobody waits for it. */
  refuse(method: LogInMethod, request: Request): void {
    const address = addressIn(request.headers.get("cf-connecting-ip"));
    this.#ports.turnedAway({ method, address, at: this.#ports.now() });
  }

  async #once(entry: Entry): Promise<void> {
    if (this.#known.has(entry.id)) return;
    await this.#ports.recordAccess(entry);
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(entry.id);
  }
}
