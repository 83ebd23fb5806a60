/** What the test configuration binds beside the Worker's own bindings. */
interface __BaseEnv_Env {
  RECORD: R2Bucket;
  HONEYTOKEN: string;
  TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
}
