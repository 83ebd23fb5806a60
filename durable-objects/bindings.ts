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
 * RPC stubs are typed by a mapped type that loses brands and unions. What really comes back are structured clones of plain
 * data, as the ports say; this is the one place that says so.
 */
const plain = (stub: unknown): unknown => stub;

export const runOf = (env: Pick<Env, "RUN">, id: RunId): RunPort =>
  plain(env.RUN.getByName(id)) as RunPort;
export const reconcilerOf = (env: Pick<Env, "RECONCILER">, scope: ScopeId): ReconcilerPort =>
  plain(env.RECONCILER.getByName(scope)) as ReconcilerPort;
export const auditorOf = (env: Pick<Env, "AUDITOR">, voter: VoterId): AuditorPort =>
  plain(env.AUDITOR.getByName(voter)) as AuditorPort;
export const vaultOf = (env: Pick<Env, "VAULT">): VaultPort => plain(env.VAULT) as VaultPort;
export const logOf = (env: Pick<Env, "LOG">): LogPort => plain(env.LOG) as LogPort;
