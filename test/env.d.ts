/** What the test configuration binds beside the Worker's own bindings. */
interface __BaseEnv_Env {
  TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
}
