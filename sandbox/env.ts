import type { Account } from "./account.ts";

export interface SandboxEnv {
  readonly ACCOUNT: DurableObjectNamespace<Account>;
}
