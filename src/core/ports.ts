/** What the rings ask of each other, with the consistency that may be relied on. Brands do not survive RPC: re-check. */
import type { SignedApproval } from "./approval.ts";
import type { Attestation, Ruling, SignedRuling } from "./attestation.ts";
import type { Motion, SignedBallot } from "./ballot.ts";
import type { BundleRefusal, LessonBundle, TrustedKey } from "./experience/bundle.ts";
import type { Experience } from "./experience/experience.ts";
import type { Statistic } from "./experience/statistic.ts";
import type { ExecutionReport, RevertReport } from "./execution.ts";
import type { Problem } from "./golden.ts";
import type { ZonePlan } from "./golden-paths/zone-plan.ts";
import type { EndedHow, Guardrail, GuardrailRequest, Rung } from "./guardrails/guardrail.ts";
import type { Leases } from "./guardrails/overlay.ts";
import type { TooFar } from "./guardrails/reach.ts";
import type { HeldBack, Hold, HoldRequest } from "./hold.ts";
import type { OpenIncident } from "./incident.ts";
import type { Hint } from "./intake/hint.ts";
import type { Period } from "./traffic/analytics.ts";
import type { TrafficBatch } from "./traffic/batch.ts";
import type { Digest, GuardrailId, HoldId, IncidentId, Instant, RunId, ScopeId } from "./ids.ts";
import type { Rehearsal } from "./intents/intent.ts";
import type { Failures } from "./log/access-entries.ts";
import type { Entry, RecordedEntry } from "./log/entry.ts";
import type { Place } from "./log/shards.ts";
import type { LineageEntry, Unknown } from "./observation.ts";
import type { SignedPermit } from "./permit.ts";
import type { Plan } from "./plan.ts";
import type {
  PolicyProposal,
  PolicyRefusal,
  PolicyVersion,
  SignedConsent,
} from "./policy/register.ts";
import type { LiveSite } from "./publish.ts";
import type { Amended, Subject } from "./proposal.ts";
import type { Electorate } from "./quorum.ts";
import type { Change, Fault, Live, Site } from "./resource.ts";
import type { PastRun } from "./risk/history.ts";
import type { Result } from "./result.ts";
import type { ReviewBrief } from "./review.ts";
import type { Run, RunRefusal } from "./run.ts";
import type { Assessed } from "./run-view.ts";
import type { Signal } from "./signal.ts";
import type { ScopeView } from "./scope-view.ts";
import type {
  Passkey,
  PasskeyRefusal,
  PasskeyRequest,
  PasskeyResponse,
} from "./passkey-register.ts";
import type { PublicKeys, Purpose } from "./signing.ts";
import type {
  KeyStanding,
  RegisteredVoter,
  RegisterRefusal,
  Seating,
  SignedEntry,
  SignedIntroduction,
} from "./voter-register.ts";

export interface Appended {
  /** Index of the newest entry. */
  readonly last: number;
  /** Where each of the entries stands, in the order they were given. */
  readonly indices: readonly number[];
}

export interface Notary {
  /** The log's name. */
  readonly log: string;
  readonly keys: PublicKeys;
}

/** Two tlog-proofs: of an entry under its shard's checkpoint, and of that checkpoint, to the byte, in the root log. */
export interface AnchoredProof {
  readonly entry: string;
  readonly checkpoint: string;
}

/**
 * Append-only. An entry is durable when `append` returns; the same entry id twice is one entry. One writer and a total
 * order in each shard (log/shards.ts); where none is named, the first is meant, which usually is the only one.
 */
export interface LogPort {
  /** Indices are those of each entry's shard. */
  append(entries: readonly Entry[]): Promise<Appended>;
  /** How many shards have entries, or had. 1: there is one log, and no root log. */
  shards(): Promise<number>;
  /** Index of the newest entry; -1: there is none. */
  latest(shard?: number): Promise<number>;
  /** Entries after index `after`, oldest first; waits up to `waitMs` for the first one. */
  read(query: {
    readonly shard?: number;
    readonly after: number;
    readonly limit: number;
    readonly waitMs: number;
  }): Promise<readonly RecordedEntry[]>;
  /** A tlog-proof of the entry under the published checkpoint; null: it is not published within `waitMs`. */
  proof(query: {
    readonly place?: Place;
    readonly index: number;
    readonly waitMs: number;
  }): Promise<string | null>;
  /** Null: no checkpoint over the entry is in the root log within `waitMs`. */
  anchored(query: {
    readonly shard: number;
    readonly index: number;
    readonly waitMs: number;
  }): Promise<AnchoredProof | null>;
  /** vkeys of all keys that ever signed a checkpoint. */
  keys(place?: Place): Promise<readonly string[]>;
  /** Each log seals what nobody signs by himself with a notary of its own. */
  notary(place?: Place): Promise<Notary>;
  /** Takes away what is kept about people under this digest, after an entry says who did it. Erasing it twice is once. */
  erase(query: {
    readonly digest: Digest;
    readonly by: string;
    readonly at: Instant;
  }): Promise<void>;
  /** What stands under this name (`checkpoint`, `tile/…`, `evidence/…`, nothing personal); null: nothing. */
  object(path: string, place?: Place): Promise<Uint8Array | null>;
}

/** Takes attempts to log in that failed, and tells the record of them in sums. */
export interface DoorPort {
  turnedAway(failures: readonly Failures[]): Promise<void>;
  /** The swarm's settings, by name: when they are others than before, that is an entry when this returns. */
  configured(settings: Readonly<Record<string, string>>): Promise<void>;
}

export interface ReleaseRequest {
  readonly plan: Plan;
  /** What the ballots are about, this very plan among it. */
  readonly motion: Motion;
  readonly ballots: readonly SignedBallot[];
  readonly approvals: readonly SignedApproval[];
  /** What the policies in force say now; null: nobody could be asked, which only a plan that is half written gets by with. */
  readonly permit: SignedPermit | null;
}

export interface ActivePolicies {
  /** 0: what is shipped, alone. */
  readonly version: number;
  readonly digest: Digest;
  readonly activatedAt: Instant | null;
}

/** Newest first. */
export interface VersionQuery {
  readonly before: number | null;
  readonly limit: number;
}

/** Which policies are in force. One writer; what it answers holds until somebody activates another version. */
export interface PolicyRegisterPort {
  active(): Promise<ActivePolicies>;
  version(number: number): Promise<PolicyVersion | null>;
  versions(query: VersionQuery): Promise<readonly PolicyVersion[]>;
  /** `digest`: of the bundle that was examined. Refused when the text makes another one here. */
  propose(proposal: PolicyProposal, digest: Digest): Promise<Result<PolicyVersion, PolicyRefusal>>;
  consent(signed: SignedConsent): Promise<Result<PolicyVersion, PolicyRefusal>>;
}

/** Holds the write token. `release` and `revert` are idempotent by plan digest and may be asked again after any crash. */
export interface VaultPort {
  release(request: ReleaseRequest): Promise<ExecutionReport>;
  revert(scope: ScopeId, planDigest: Digest): Promise<RevertReport>;
  /** The run was verified: from now on its inverses are nobody's to run. */
  close(scope: ScopeId, planDigest: Digest): Promise<void>;
  /**
   * Ids (not values) of the tokens that write, so that their changes can be told apart: the standing one first, then
   * those that were made for single plans in the last day. Empty: not known now.
   */
  tokenIds(accountId: string): Promise<readonly string[]>;
}

/** One voter. One ballot per scope and epoch, durable before it is returned; asked again, the same ballot comes back. */
export interface AuditorPort {
  vote(motion: Motion): Promise<SignedBallot>;
  /** Asks the policies in force once more, at the time of release. Only of the voter that reads them. */
  permit(motion: Motion): Promise<SignedPermit>;
  /** Makes new keys, which the ones in force vouch for. Both count until the old ones have run out. */
  rotate(): Promise<Result<{ readonly key: Digest }, RegisterRefusal>>;
  /** Asks the register for its seat, with the keys that it signs with, and shows what it asked with: people sign for that. */
  enrol(): Promise<SignedIntroduction>;
}

/** Reads a plan for the reviewer. The answer is whatever it is until `judged` has read it. */
export interface ReviewerModel {
  review(brief: ReviewBrief, limitMs: number): Promise<unknown>;
}

/** Who votes and whose signature counts, in the vault's Worker. Strongly consistent; every entry is signed and recorded. */
export interface RegisterPort {
  /** Keys that no other keys vouch for wait until people have signed for them. */
  introduce(
    signed: SignedIntroduction,
  ): Promise<Result<Seating & { readonly standing: KeyStanding }, RegisterRefusal>>;
  /** A person's word that these keys are these voters'; all of them or none. */
  confirmKeys(
    scope: ScopeId,
    introductions: readonly SignedIntroduction[],
    word: SignedRuling,
  ): Promise<Result<readonly RegisteredVoter[], RegisterRefusal>>;
  /**
   * The electorate of the scope, after `ballots` have been heard: of two different ones by one voter for one epoch,
   * whoever brings them and whenever, the second puts the voter into quarantine.
   */
  hear(scope: ScopeId, ballots: readonly SignedBallot[]): Promise<Electorate>;
  reinstate(
    scope: ScopeId,
    signed: SignedRuling,
  ): Promise<Result<{ readonly voter: string }, RegisterRefusal>>;
  roll(scope: ScopeId): Promise<readonly RegisteredVoter[]>;
  /** The whole list of a scope, oldest first, for whoever verifies it by the root key. */
  entries(scope: ScopeId): Promise<readonly SignedEntry[]>;
  rootKeys(): Promise<PublicKeys>;

  /** Whether the person that `content` names signed it: a key of the sandbox, or a passkey that counts, used once. */
  attests(
    purpose: Purpose,
    content: { readonly by: string; readonly expiresAt: Instant },
    attestation: Attestation,
  ): Promise<boolean>;
  relyingParty(): Promise<{ readonly id: string; readonly origins: readonly string[] }>;
  passkeys(): Promise<readonly Passkey[]>;
  /** Those that were taken away: they count for nothing any more, and verify what was signed before. */
  formerPasskeys(): Promise<readonly Passkey[]>;
  registerPasskey(
    request: PasskeyRequest,
    response: PasskeyResponse,
  ): Promise<Result<Passkey, PasskeyRefusal>>;
  confirmPasskey(
    id: string,
    confirmation: { readonly ruling: Ruling; readonly attestation: Attestation | null },
  ): Promise<Result<Passkey, PasskeyRefusal>>;
  revokePasskey(id: string, by: string): Promise<Result<Passkey, PasskeyRefusal>>;
}

export interface RunStart {
  readonly id: RunId;
  readonly incident: IncidentId;
  readonly motion: Motion;
  readonly plan: Plan;
  readonly assessed: Assessed;
  readonly cause: string;
  readonly paths: readonly string[];
  /** Whose API budget its reads come from. */
  readonly accountId: string;
}

/** One run. `begin` is idempotent; everything after happens by itself. */
export interface RunPort {
  begin(start: RunStart): Promise<void>;
  /** Makes a sleeping run look at the clock and go on. Returns where it stands; null: it has not begun. */
  poke(): Promise<Run["phase"] | null>;
  /** Ends a run that waits for people, because the world has moved on. Any other phase is left alone. */
  overtake(): Promise<void>;
  /** The attestation has been verified by whoever took it; the vault verifies it again. */
  approve(signed: SignedApproval): Promise<Result<Run["phase"], RunRefusal>>;
}

export interface StoredGolden {
  readonly generation: number;
  readonly document: unknown;
  /** The text as it was sent, comments and all. */
  readonly text: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly by: string;
  readonly at: Instant;
  /** The golden paths that it brought, by name. */
  readonly paths?: readonly string[];
}

export interface GoldenPut {
  readonly document: unknown;
  readonly text: string;
  readonly mediaType: string;
  /** The generation that the writer has seen; 0: none exists yet. */
  readonly expected: number;
  readonly by: string;
  /** When it takes observed drift into the golden state: what of it. Recorded as a proposal. */
  readonly amends?: readonly Amended[];
  /** The golden paths that it uses anew or otherwise than before, by name. */
  readonly paths?: readonly string[];
}

/** What an operator may decide about drift that is held. */
export type HoldEnd = "lifted" | "reverted" | "adopted" | "nothing_left";

export type HoldRefusal =
  | { readonly reason: "invalid"; readonly faults: readonly Fault[] }
  | { readonly reason: "too_many"; readonly max: number }
  | { readonly reason: "no_such_hold" };

/** What may be asked of the one that keeps a scope's guardrails. */
export type GuardCommand =
  /** Idempotent while the lease runs: the same thing again is the same guardrail. */
  | { readonly do: "place"; readonly request: GuardrailRequest }
  | {
      readonly do: "renew";
      readonly id: GuardrailId;
      readonly expiresAt: Instant;
      readonly by: string;
    }
  /** To another rung of the ladder, with what was measured. */
  | { readonly do: "step"; readonly id: GuardrailId; readonly rung: Omit<Rung, "at"> }
  /** Twice is once. */
  | {
      readonly do: "end";
      readonly id: GuardrailId;
      readonly how: EndedHow;
      readonly by: string;
    };

export type GuardrailRefusal =
  | { readonly reason: "invalid"; readonly faults: readonly Fault[] }
  /** It would change nothing, or could not be taken back. */
  | { readonly reason: "groundless"; readonly detail: string }
  | { readonly reason: "too_many"; readonly max: number }
  /** Guardrails may not reach more zones than this in an hour. */
  | { readonly reason: "too_many_zones"; readonly max: number; readonly retryAfterMs: number }
  /** It came and went three times in a day: only a person may place it again. */
  | { readonly reason: "flapping" }
  | { readonly reason: "no_golden_state" }
  | { readonly reason: "no_such_guardrail" };

/** The scope as it was just read against the golden state in force. Nothing of it is decided yet. */
export interface Drifted {
  readonly golden: StoredGolden;
  readonly live: Live;
  readonly changes: readonly Change[];
  readonly heldBack: readonly HeldBack[];
  /** What differs and is in no plan: declared but not ours to write; live, declared nowhere and left there by policy. */
  readonly others: readonly Change[];
}

export type GoldenRefusal =
  | { readonly reason: "invalid"; readonly problems: readonly Problem[] }
  | { readonly reason: "generation_moved"; readonly generation: number };

/** What policies are told about a scope by the one that keeps it. */
export interface ScopeFacts {
  readonly accountId: string;
  /** Runs that wrote something lately, and the one under way. */
  readonly recentRuns: number;
  /** The scope as a whole is on hold. */
  readonly frozen: boolean;
  /** How its runs ended, oldest first, and no more of them than risk is worked out from. */
  readonly past: readonly PastRun[];
  /** What was learned everywhere, as it stood when the scope was last looked at. */
  readonly cautions: readonly Digest[];
  /** As counted for the last plan; null: nobody could say. */
  readonly inFlight: number | null;
}

/** What is known of a site beside its name. */
export interface Surroundings {
  readonly accountId: string;
  /** Of a zone; null: not known, or there is none. */
  readonly plan: ZonePlan | null;
}

/** One per scope, the only writer of its state. `wake` carries no instruction: the pass reads everything again. */
export interface ReconcilerPort {
  adopt(scope: ScopeId, site: Site, of: Surroundings): Promise<void>;
  /** Of a zone, as it was last seen; null: not known. */
  zonePlan(): Promise<ZonePlan | null>;
  wake(signal: Signal): Promise<void>;
  golden(): Promise<StoredGolden | null>;
  /** Of the golden state in force; 0: there is none. */
  generation(): Promise<number>;
  putGolden(
    put: GoldenPut,
  ): Promise<Result<{ readonly generation: number; readonly digest: Digest }, GoldenRefusal>>;
  /** Strongly consistent: what is placed when it returns holds every plan that is voted on after it (auditors ask here). */
  holds(): Promise<readonly Hold[]>;
  facts(): Promise<ScopeFacts>;
  /** Idempotent: the same request is the same hold. */
  placeHold(request: HoldRequest): Promise<Result<Hold, HoldRefusal>>;
  extendHold(
    id: HoldId,
    to: { readonly expiresAt: Instant; readonly by: string },
  ): Promise<Result<Hold, HoldRefusal>>;
  endHold(
    id: HoldId,
    end: { readonly how: HoldEnd; readonly by: string },
  ): Promise<Result<Hold, HoldRefusal>>;
  /** Strongly consistent, like `holds`: auditors ask here for what the desired state is made of. */
  guardrails(): Promise<Leases>;
  /** One after the other. */
  guard(command: GuardCommand): Promise<Result<Guardrail, GuardrailRefusal>>;
  /** While one of another cause is open, drift is held. Both are idempotent. */
  incidentOpened(incident: OpenIncident): Promise<void>;
  incidentClosed(id: IncidentId): Promise<void>;
  /** Reads the scope now and says what a plan under `document` would be. Nothing is put, planned or written. */
  rehearse(document: unknown): Promise<Result<Rehearsal, Unknown | GoldenRefusal>>;
  /** Reads the scope now. Null: there is no golden state. Nothing is written or planned. */
  drifted(): Promise<Result<Drifted | null, Unknown>>;
  /** Lets routed drift of these subjects be reverted after all. Returns how many changes that is. */
  revertRouted(
    subjects: readonly Subject[],
    by: string,
  ): Promise<Result<{ readonly reverted: number }, Unknown>>;
  view(): Promise<ScopeView>;
  /** Reads everything that exists of `kinds` (null: of every kind), whole or not at all. Nothing follows from it. */
  live(kinds: readonly string[] | null): Promise<Result<LiveSite, Unknown>>;
  /** `touched`: the ids that the run's resources have now. */
  runFinished(run: Run, touched: readonly LineageEntry[]): Promise<void>;
}

/** One per scope. Both are durable when they return; what comes of them comes by itself. */
export interface SentinelPort {
  /**
   * Durable when it returns: for how long from now (ms) one more of the same sorts changes nothing, because the look at
   * them is still to come.
   */
  hint(hints: readonly Hint[]): Promise<number>;
  traffic(batch: TrafficBatch): Promise<void>;
  /** Minutes that no log tells of, and analytics could; null: none. */
  unlogged(nowMs: number): Promise<Period | null>;
  /** What analytics tell of the time up to `toMs`. */
  counted(batch: TrafficBatch, toMs: number): Promise<void>;
}

/** One per account. Strongly consistent. */
export interface WatchPort {
  /** Whether a guardrail may be placed in `scope` now; if so, that is remembered. */
  admit(scope: ScopeId): Promise<Result<null, TooFar>>;
  /** Said twice is said once. */
  runBegan(scope: ScopeId, run: RunId): Promise<void>;
  runEnded(scope: ScopeId, run: RunId): Promise<void>;
  /** How many other scopes of the account have a run under way. */
  inFlight(but: ScopeId): Promise<number>;
}

/** What is learned once: the same `id` again changes nothing. */
export interface Taught {
  readonly id: string;
  readonly statistics: readonly Statistic[];
  readonly at: Instant;
}

/** One for all scopes. Recorded before it counts; copies for whoever decides follow by themselves. */
export interface LessonBookPort {
  learn(taught: Taught): Promise<void>;
  experience(): Promise<Experience>;
  /** Whom bundles are signed by here, and whose are taken. */
  keys(): Promise<{ readonly own: PublicKeys; readonly trusted: readonly TrustedKey[] }>;
  /** Idempotent. */
  trust(key: Pick<TrustedKey, "keys" | "label" | "by">): Promise<Result<TrustedKey, BookRefusal>>;
  /** Whatever was taken of it counts no more. */
  distrust(id: Digest, by: string): Promise<Result<TrustedKey, BookRefusal>>;
  /** What was counted here, and nothing that came from others. */
  exported(by: string): Promise<LessonBundle>;
  take(
    bundle: LessonBundle,
    by: string,
  ): Promise<Result<{ readonly taken: number; readonly leftOut: number }, BookRefusal>>;
  /** A person's word that plans of this shape need no more care than others, as far as is known today. */
  lift(shape: Digest, by: string): Promise<Result<{ readonly shape: Digest }, BookRefusal>>;
}

export type BookRefusal =
  | BundleRefusal
  | { readonly reason: "not_a_key" }
  | { readonly reason: "too_many_keys"; readonly max: number }
  | { readonly reason: "no_such_key" }
  | { readonly reason: "no_such_caution" };

/** Golden states and dossiers by name, written once. Strongly consistent reads after `put` returns. */
export interface EvidencePort {
  putDossier(text: string): Promise<Digest>;
  dossier(digest: Digest): Promise<string | null>;
  putGolden(scope: ScopeId, golden: StoredGolden): Promise<void>;
  golden(
    scope: ScopeId,
    of: Pick<StoredGolden, "generation" | "digest">,
  ): Promise<StoredGolden | null>;
}
