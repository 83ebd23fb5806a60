/** What the test configuration binds beside the Worker's own bindings. */
interface __BaseEnv_Env {
  RECORD: R2Bucket;
  HONEYTOKEN: string;
  VAULT_CONSOLE: WatchedConsole;
  SANDBOX_CONSOLE: WatchedConsole;
  TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
}

/** `test/support/watched-console.mjs`, over RPC. */
interface WatchedConsole {
  said(): Promise<readonly string[]>;
  say(text: string): Promise<void>;
}
