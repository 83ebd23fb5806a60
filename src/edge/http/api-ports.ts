/**
 * What the HTTP API needs of the rest of the swarm. `src/index.ts` fills it; nothing here knows a
 * platform binding.
 */
import type { Attestation } from "../../core/attestation.ts";
import type { Guardrail } from "../../core/guardrails/guardrail.ts";
import type { Period } from "../../core/evidence/change.ts";
import type { AccountChange } from "../../core/evidence/completeness.ts";
import type { Incident } from "../../core/incident.ts";
import type {
  GuardrailId,
  HoldId,
  IncidentId,
  Instant,
  RunId,
  ScopeId,
  VoterId,
} from "../../core/ids.ts";
import type { ArchitectPort, Intent } from "../../core/intents/intent.ts";
import type { RoleModels } from "../../core/inference/provider.ts";
import type { Lesson } from "../../core/lesson.ts";
import type { LogInMethod } from "../../core/log/access-entries.ts";
import type { Entry } from "../../core/log/entry.ts";
import type { RecordedHold } from "../../core/log/hold-entries.ts";
import type {
  AuditorPort,
  LessonBookPort,
  RegisterPort,
  LogPort,
  PolicyRegisterPort,
  ReconcilerPort,
  RunPort,
} from "../../core/ports.ts";
import type { Orchestration } from "../../core/orchestration.ts";
import type { Bundle } from "../../core/policy/bundle.ts";
import type {
  OfficeRefusal,
  PolicyProposal,
  PolicyTrial,
  PolicyVersion,
  SignedConsent,
} from "../../core/policy/register.ts";
import type { Level } from "../../core/resource.ts";
import type { Result } from "../../core/result.ts";
import type { RunView } from "../../core/run-view.ts";
import type { Purpose } from "../../core/signing.ts";
import type { DriftStatus } from "../../core/scope-view.ts";
import type { Authenticator } from "./auth.ts";

/** A scope as the shared record knows it. */
export interface ScopeRow {
  readonly scope: ScopeId;
  readonly level: Level;
  /** Of an account scope, the account's; of one of AWS, that account's. */
  readonly zone_id: string;
  readonly zone_name: string;
  readonly account_id: string;
  readonly generation: number;
}

/** The blackboard's copy of a scope's state: quick, and possibly some seconds old. */
export interface Posture {
  readonly status: DriftStatus;
  readonly since: string;
  readonly drifted: number;
  readonly generation: number;
  readonly observed_at: string | null;
}

/** Where a page goes on: the sort key of the last row that was seen. */
export interface After {
  readonly at: Instant;
  readonly id: string;
}

/** Newest first; `scope` null: all scopes. */
export interface ListQuery {
  readonly scope: ScopeId | null;
  readonly after: After | null;
  readonly limit: number;
}

export interface BallotRow {
  readonly voter: string;
  readonly vote: string;
  readonly tier: number;
  readonly reasons: readonly string[];
  readonly cast_at: string;
}

export interface RecordPort extends Pick<LogPort, keyof LogPort> {
  /** Whether the operator lets anybody read the log's files. */
  readonly isPublic: boolean;
}

/** What teams do with policies. The engine and the register are behind it. */
export interface PolicyOffice extends Pick<PolicyRegisterPort, "active" | "version" | "versions"> {
  check(
    proposal: Pick<PolicyProposal, "team" | "table">,
  ): Promise<Result<{ readonly bundle: Bundle; readonly trial: PolicyTrial }, OfficeRefusal>>;
  propose(
    proposal: PolicyProposal,
  ): Promise<
    Result<{ readonly version: PolicyVersion; readonly trial: PolicyTrial }, OfficeRefusal>
  >;
  consent(signed: SignedConsent): Promise<Result<PolicyVersion, OfficeRefusal>>;
}

export interface ApiPorts {
  readonly version: string;
  /**
   * Whether the Cloudflare API behind this swarm is a sandbox (`isSandboxOrigin`). Shown, never
   * used to decide.
   */
  readonly sandbox: boolean;
  /** What the swarm's own Cloudflare token may do; answers in a moment, with `unknown` if need be. */
  tokenAccess(): Promise<"read_only" | "can_write" | "unknown">;
  readonly authenticate: Authenticator;
  /** The same by an assertion of Cloudflare Access. */
  readonly identify: Authenticator;
  /** Who comes, and who reads the record, before anything is answered. Throws when it cannot be recorded. */
  recordAccess(entry: Entry): Promise<void>;
  /** Somebody with a token or an assertion that is nobody's. Not waited for: the record is told in sums. */
  turnedAway(attempt: {
    readonly method: LogInMethod;
    readonly address: string | null;
    readonly at: Instant;
  }): void;
  /** Now, or so much later. */
  now(offsetMs?: number): Instant;
  /** 32 hex digits that nobody can guess. */
  nonce(): string;

  /** All scopes, ordered by id. */
  scopes(): Promise<readonly ScopeRow[]>;
  scope(scope: ScopeId): Promise<ScopeRow | null>;
  posture(scope: ScopeId): Promise<Posture | null>;
  reconciler(
    scope: ScopeId,
  ): Pick<
    ReconcilerPort,
    | "wake"
    | "golden"
    | "putGolden"
    | "view"
    | "live"
    | "drifted"
    | "placeHold"
    | "extendHold"
    | "endHold"
    | "revertRouted"
    | "guard"
  >;

  holds(query: ListQuery): Promise<readonly RecordedHold[]>;
  hold(id: HoldId): Promise<RecordedHold | null>;

  guardrails(query: ListQuery): Promise<readonly Guardrail[]>;
  guardrail(id: GuardrailId): Promise<Guardrail | null>;

  incidents(query: ListQuery): Promise<readonly Incident[]>;
  incident(id: IncidentId): Promise<Incident | null>;

  runs(query: ListQuery): Promise<readonly RunView[]>;
  runView(id: RunId): Promise<RunView | null>;
  ballots(run: RunId): Promise<readonly BallotRow[]>;
  run(id: RunId): Pick<RunPort, "approve">;
  readonly policies: PolicyOffice;
  /** Signs for a person whose key the swarm holds, which is only a sandbox's; null: this person has to sign. */
  signFor(name: string, purpose: Purpose, content: unknown): Promise<Attestation | null>;
  /** As the swarm was built with. */
  readonly orchestration: Orchestration;
  readonly register: Omit<RegisterPort, "introduce" | "hear">;
  voter(id: VoterId): Pick<AuditorPort, "rotate" | "enrol">;

  architect(scope: ScopeId): ArchitectPort;
  intents(query: ListQuery): Promise<readonly Intent[]>;
  intent(id: IncidentId): Promise<Intent | null>;

  lessons(limit: number): Promise<readonly Lesson[]>;
  /** Asks the providers of models what they have. */
  models(): Promise<readonly RoleModels[]>;
  lessonBook(): Omit<LessonBookPort, "learn">;
  readonly log: RecordPort;
  /** What the accounts' own audit logs tell of the period; `why`: in what way that is not all. */
  accountChanges(
    period: Period,
  ): Promise<{ readonly changes: readonly AccountChange[]; readonly why: string | null }>;
}
