/** How Durable Objects and Workers reach each other: by name, through the ports of core. Brands are strings again here. */
import type {
  AuditorPort,
  LogPort,
  ReconcilerPort,
  RunPort,
  VaultPort,
} from "../src/core/ports.ts";
import type { RunId, ScopeId, VoterId } from "../src/core/ids.ts";

/**
 * RPC stubs are typed by a mapped type that loses brands and unions; the ports say what really comes back (structured
 * clones of plain data). This is the one place that says so.
 */
const as = <Port>(stub: unknown): Port => stub as Port;

export const runOf = (env: Pick<Env, "RUN">, id: RunId): RunPort => as(env.RUN.getByName(id));
export const reconcilerOf = (env: Pick<Env, "RECONCILER">, scope: ScopeId): ReconcilerPort =>
  as(env.RECONCILER.getByName(scope));
export const auditorOf = (env: Pick<Env, "AUDITOR">, voter: VoterId): AuditorPort =>
  as(env.AUDITOR.getByName(voter));
export const vaultOf = (env: Pick<Env, "VAULT">): VaultPort => as(env.VAULT);
export const logOf = (env: Pick<Env, "LOG">): LogPort => as(env.LOG);
