import type { Account } from "./account.ts";

export interface SandboxEnv {
  readonly ACCOUNT: DurableObjectNamespace<Account>;
  /** Where the swarm is on this machine; empty: nothing leaves the sandbox. */
  readonly DELIVER_TO: string;
}
