/** How Durable Objects and Workers reach each other: by name, through the ports of core. Brands are strings again here. */
import type { ArchitectPort } from "../src/core/intents/intent.ts";
import type {
  AuditorPort,
  DoorPort,
  LessonBookPort,
  LogPort,
  PolicyRegisterPort,
  ReconcilerPort,
  RegisterPort,
  RunPort,
  SentinelPort,
  VaultPort,
  WatchPort,
} from "../src/core/ports.ts";
import { checkOf } from "../src/core/orchestration.ts";
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
/** By what the voter is named after: the reviewer has a class of its own, with a model. */
export const voterOf = (env: Pick<Env, "AUDITOR" | "REVIEWER">, voter: VoterId): AuditorPort => {
  const agents = checkOf(voter) === "reviewer" ? env.REVIEWER : env.AUDITOR;
  return plain(agents.getByName(voter)) as AuditorPort;
};
export const registerOf = (env: Pick<Env, "REGISTER">): RegisterPort =>
  plain(env.REGISTER) as RegisterPort;
export const vaultOf = (env: Pick<Env, "VAULT">): VaultPort => plain(env.VAULT) as VaultPort;
export const policiesOf = (env: Pick<Env, "POLICIES">): PolicyRegisterPort =>
  plain(env.POLICIES) as PolicyRegisterPort;
export const logOf = (env: Pick<Env, "LOG">): LogPort => plain(env.LOG) as LogPort;
export const watchOf = (env: Pick<Env, "WATCH">, accountId: string): WatchPort =>
  plain(env.WATCH.getByName(accountId)) as WatchPort;
export const architectOf = (env: Pick<Env, "ARCHITECT">, scope: ScopeId): ArchitectPort =>
  plain(env.ARCHITECT.getByName(scope)) as ArchitectPort;
/** One for all scopes. */
export const lessonBookOf = (env: Pick<Env, "LESSON_BOOK">): LessonBookPort =>
  plain(env.LESSON_BOOK.getByName("lessons")) as LessonBookPort;
export const doorOf = (env: Pick<Env, "DOOR">): DoorPort =>
  plain(env.DOOR.getByName("door")) as DoorPort;
export const sentinelOf = (env: Pick<Env, "SENTINEL">, scope: ScopeId): SentinelPort =>
  plain(env.SENTINEL.getByName(scope)) as SentinelPort;
