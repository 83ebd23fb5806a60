/** The second Worker: the trusted base. Reached only by RPC, from the swarm. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { AuditLog, type VaultEnv } from "../durable-objects/audit-log.ts";
import { safeOf } from "../durable-objects/lent-api.ts";
import { TokenSafe } from "../durable-objects/token-safe.ts";
import { Vault } from "../durable-objects/vault.ts";
import type { ExecutionReport, RevertReport } from "./core/execution.ts";
