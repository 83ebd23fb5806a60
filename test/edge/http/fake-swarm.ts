/** A swarm in memory behind the API: what was asked of it, and answers to choose. */
import { createHash } from "node:crypto";
import type { SignedApproval } from "../../../src/core/approval.ts";
import type { KeySignature, SignedRuling } from "../../../src/core/attestation.ts";
import { parseGolden } from "../../../src/core/golden.ts";
import { voterIdOf } from "../../../src/core/orchestration.ts";
import {
  type Guardrail,
  guardrailOf,
  type GuardrailRequest,
} from "../../../src/core/guardrails/guardrail.ts";
import {
  type GuardrailId,
  type Digest,
  type HoldId,
  type Instant,
  isIncidentId,
  isInstant,
  isObjectId,
  isRunId,
  isScopeId,
  mint,
  type RunId,
} from "../../../src/core/ids.ts";
import { type Hold, holdOf } from "../../../src/core/hold.ts";
import type { Incident } from "../../../src/core/incident.ts";
import {
  type ArchitectPort,
  type Intent,
  type IntentDecision,
  intentIdOf,
  type IntentRefusal,
  type IntentRequest,
  newIntent,
} from "../../../src/core/intents/intent.ts";
import {
  contentOf,
  type LessonBundle,
  type TrustedKey,
} from "../../../src/core/experience/bundle.ts";
import type { Lesson } from "../../../src/core/lesson.ts";
import type { RecordedEntry } from "../../../src/core/log/entry.ts";
import type { RecordedHold } from "../../../src/core/log/hold-entries.ts";
import type {
  BookRefusal,
  GoldenPut,
  GuardCommand,
  GuardrailRefusal,
  HoldRefusal,
  ReconcilerPort,
  StoredGolden,
} from "../../../src/core/ports.ts";
import { digestOf } from "../../../src/core/canonical.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";
import type { RunRefusal } from "../../../src/core/run.ts";
import type { RiskAssessment } from "../../../src/core/risk.ts";
import { score } from "../../../src/core/risk/score.ts";
import { normalise } from "../../../src/core/risk/vector.ts";
import type { RunView } from "../../../src/core/run-view.ts";
import type { ScopeView } from "../../../src/core/scope-view.ts";
import { keyIdOf, SUITE } from "../../../src/core/signing.ts";
import type { Passkey, PasskeyRefusal } from "../../../src/core/passkey-register.ts";
import type {
  RegisteredVoter,
  RegisterRefusal,
  SignedIntroduction,
} from "../../../src/core/voter-register.ts";
import type { Signal } from "../../../src/core/signal.ts";
import type { ApiPorts, ListQuery, Posture, ScopeRow } from "../../../src/edge/http/api-ports.ts";
import { createApp } from "../../../src/edge/http/app.ts";
import { FakeDoor } from "./fake-door.ts";
import { ONE_LOG } from "./one-log.ts";
import { FakePolicies } from "./fake-policies.ts";
import {
  isBySandboxPerson,
  signAsSandboxPerson,
} from "../../../src/edge/signing/sandbox-people.ts";
import { authenticator } from "../../../src/edge/http/auth.ts";

export const SCOPE = mint(isScopeId, "zone:example.com");
export const NOW: Instant = mint(isInstant, "2026-11-01T10:00:00.000Z");
export const DIGEST = digestOf("plan");
export const instantAt = (seconds: number): Instant =>
  mint(isInstant, new Date(Date.parse(NOW) + seconds * 1000).toISOString());
const hex = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
export const runId = (name: string): RunId => mint(isRunId, `run_${hex(name)}`);
export const incidentId = (name: string): Incident["id"] => mint(isIncidentId, `inc_${hex(name)}`);

export const PASSKEY: Passkey = {
  id: "cGFzc2tleQ",
  person: "dev-approver-1",
  publicKey: "AA",
  counter: 0,
  synced: true,
  registeredAt: NOW,
  confirmedBy: "dev-operator",
};
export const VOTER: RegisteredVoter = {
  id: voterIdOf("policy", SCOPE),
  power: "vote",
  quarantinedSince: null,
  keys: [
    {
      id: keyIdOf({ suite: SUITE, keys: {} }),
      keys: { suite: SUITE, keys: {} },
      introducedAt: NOW,
      introducedBy: "root",
      confirmedBy: ["dev-approver-1", "dev-approver-2"],
      countsSince: NOW,
      retiredFrom: null,
    },
  ],
};

export const DRIFT: Incident["drift"][number] = {
  kind: "dns_record",
  identity: "A www.example.com",
  summary: "update A www.example.com",
  fields: [{ field: "content", desired: "192.0.2.1", observed: "198.51.100.9" }],
  by: {
    actor: "kim@example.com",
    channel: "dash",
    tokenName: null,
    at: NOW,
    auditId: "audit-1",
  },
};

export const VIEW: ScopeView = {
  scope: SCOPE,
  zoneName: "example.com",
  notChecked: [],
  generation: 3,
  status: "drifted",
  since: NOW,
  observedAt: NOW,
  why: "one resource differs",
  drift: [DRIFT],
  held: [
    { kind: "dns_record", identity: "A www.example.com", reason: "moving", hold: null, asks: true },
  ],
  notes: ["ignore rule expired: dns_record"],
  quarantined: [{ kind: "dns_record", identity: "A loop.example.com", reason: "came back twice" }],
  reported: [],
  unmanaged: [],
  notOurs: [
    { kind: "dns_record", identity: "NS x", reason: "the platform's own", class: "system" },
  ],
  managed: { dns_record: 12, zone_setting: 2 },
  run: runId("one"),
  unknown: { reason: "rate_limited", detail: "asked to wait", retryAfterMs: 4000 },
};

export const incidentAt = (seconds: number, name = `i${seconds}`): Incident => ({
  id: incidentId(name),
  scope: SCOPE,
  status: "healing",
  openedAt: instantAt(seconds),
  closedAt: null,
  cause: "out_of_band_change",
  drift: [DRIFT],
  run: runId("one"),
});

const SCORED = score({ direction: "loosen", provenance: "golden", restores: true });
const RISK: RiskAssessment = {
  ...SCORED,
  vector: normalise({ direction: "loosen", provenance: "golden", restores: true }),
  reasons: [...SCORED.floors],
};

export const runAt = (seconds: number, name = `r${seconds}`): RunView => ({
  id: runId(name),
  scope: SCOPE,
  incident: incidentId("i0"),
  epoch: 7,
  phase: "rejected",
  planDigest: DIGEST,
  stateDigest: digestOf("state"),
  dossierDigest: digestOf("dossier"),
  goldenGeneration: 3,
  tier: 2,
  approvalsNeeded: null,
  approvals: ["dev-approver-1"],
  expiresAt: null,
  because: { reason: "ballot_expired", voter: "policy@zone:example.com", expiresAt: NOW },
  timeline: [{ phase: "voting", at: instantAt(seconds) }],
  risk: RISK,
  findings: [{ severity: "person", code: "protection_weakened", explanation: "a rule is gone" }],
  steps: Array.from({ length: 30 }, (_, index) => ({
    op: "create" as const,
    kind: "dns_record",
    identity: `A h${index}.example.com`,
    summary: `create A h${index}.example.com`,
    before: null,
    after: { id: null, fields: { someValue: index } },
  })),
  calls: 1,
});

export const LESSON: Lesson = {
  run: runId("one"),
  scope: SCOPE,
  cause: "out_of_band_change",
  paths: [],
  shape: "dns_record update ×1",
  shapeDigest: digestOf("shape"),
  outcome: "verified",
  calls: 1,
  at: NOW,
};

const LESSON_KEYS = {
  suite: "ed25519+ml-dsa-44",
  keys: { ed25519: "ab".repeat(32), "ml-dsa-44": "cd".repeat(1_312) },
} as const;

export const LESSON_BUNDLE: LessonBundle = {
  content: contentOf(
    [
      {
        cause: "out_of_band_change",
        about: { of: "shape", changes: ["dns_record update"] },
        well: 2,
        badly: 1,
      },
    ],
    { version: 1, at: NOW, key: keyIdOf(LESSON_KEYS) },
  ),
  signature: {
    suite: "ed25519+ml-dsa-44",
    signatures: { ed25519: "ab".repeat(64), "ml-dsa-44": "cd".repeat(2_420) },
  },
};

export const GOLDEN_YAML = `# our zone
apiVersion: driftless.dev/v1
kind: GoldenState
metadata:
  scope: zone:example.com
spec:
  resources:
    dns_record:
      - type: A
        name: www
        content: 192.0.2.1
    zone_setting:
      ssl: strict
`;

/** Newest first, as the shared record answers. */
function pageOf<T extends { readonly id: string; readonly scope: string }>(
  rows: readonly T[],
  { scope, after, limit }: ListQuery,
  atOf: (row: T) => string,
): T[] {
  const key = (row: T): string => `${atOf(row)} ${row.id}`;
  return rows
    .toSorted((a, b) => (key(a) < key(b) ? 1 : -1))
    .filter((row) => scope === null || row.scope === scope)
    .filter((row) => after === null || key(row) < `${after.at} ${after.id}`)
    .slice(0, limit);
}

export class FakeSwarm extends FakeDoor implements ApiPorts {
  readonly version = "0.1.0";
  readonly tokenAccess = () => Promise.resolve("read_only" as const);
  readonly sandbox = true;
  readonly authenticate = authenticator({ sandbox: true, principals: undefined });
  readonly assertions: string[] = [];
  identify = async (assertion: string) => {
    this.assertions.push(assertion);
    return assertion === "good" ? ({ name: "ana@example.com", role: "operator" } as const) : null;
  };
  readonly signals: Signal[] = [];
  readonly puts: GoldenPut[] = [];
  readonly looks: (readonly string[] | null)[] = [];
  found: Awaited<ReturnType<ReconcilerPort["live"]>> = err({
    reason: "unreachable",
    detail: "dns_record list: status 503",
    retryAfterMs: 7_000,
  });
  readonly approvals: SignedApproval[] = [];
  readonly entries: RecordedEntry[] = [];
  readonly reads: { readonly after: number; readonly waitMs: number }[] = [];
  rows: ScopeRow[] = [
    {
      scope: SCOPE,
      level: "zone",
      zone_id: "z1",
      zone_name: "example.com",
      account_id: "8d6e3f0a5c1b4927a0f4c2d9b7e61835",
      generation: 3,
    },
  ];
  postures = new Map<string, Posture>();
  allIncidents: Incident[] = [incidentAt(0)];
  allRuns: RunView[] = [runAt(0)];
  approval: Result<RunView["phase"], RunRefusal> = ok("executing");
  stored: StoredGolden | null = null;
  readonly policies = new FakePolicies();
  readonly kept = new Map<HoldId, RecordedHold>();
  holdRefusal: HoldRefusal | null = null;
  readonly guarding = new Map<GuardrailId, Guardrail>();
  guardrailRefusal: GuardrailRefusal | null = null;
  drift: Awaited<ReturnType<ReconcilerPort["drifted"]>> = ok(null);
  /** Thrown by everything that asks the reconciler. */
  fault: unknown = null;
  clock: Instant = NOW;

  now(offsetMs = 0): Instant {
    return mint(isInstant, new Date(Date.parse(this.clock) + offsetMs).toISOString());
  }
  async scopes(): Promise<readonly ScopeRow[]> {
    return this.rows;
  }
  async scope(scope: string): Promise<ScopeRow | null> {
    return this.rows.find((row) => row.scope === scope) ?? null;
  }
  async posture(scope: string): Promise<Posture | null> {
    return this.postures.get(scope) ?? null;
  }

  reconciler(): ReturnType<ApiPorts["reconciler"]> {
    if (this.fault !== null) throw this.fault;
    return {
      wake: async (signal) => void this.signals.push(signal),
      golden: async () => this.stored,
      view: async () => VIEW,
      live: async (kinds) => {
        this.looks.push(kinds);
        return this.found;
      },
      putGolden: async (put) => this.#put(put),
      drifted: async () => this.drift,
      placeHold: async (request) => this.#keep(holdOf(SCOPE, request, this.clock), null),
      extendHold: async (id, { expiresAt }) => this.#change(id, (hold) => ({ ...hold, expiresAt })),
      endHold: async (id, { how, by }) =>
        this.#change(id, (hold) => ({ ...hold, ended: { how, by, at: this.clock } })),
      revertRouted: async (subjects) => ok({ reverted: subjects.length }),
      guard: async (command) => this.#guard(command),
    };
  }

  #guard(command: GuardCommand): Result<Guardrail, GuardrailRefusal> {
    if (this.guardrailRefusal) return err(this.guardrailRefusal);
    switch (command.do) {
      case "place":
        return this.#placed(command.request);
      case "renew":
        return this.#guarded(command.id, { expiresAt: command.expiresAt });
      case "step":
        return this.#guarded(command.id, { mode: command.rung.mode });
      case "end": {
        const { how, by } = command;
        return this.#guarded(command.id, { ended: { how, by, at: this.clock } });
      }
    }
  }

  #placed(request: GuardrailRequest): Result<Guardrail, GuardrailRefusal> {
    const site = { level: "zone", id: mint(isObjectId, "z1"), name: "example.com" } as const;
    const at = { scope: SCOPE, site, now: this.clock, nowMs: Date.parse(this.clock) };
    const made = guardrailOf(request, at);
    if (!made.ok) return err({ reason: "invalid", faults: made.error });
    this.guarding.set(made.value.id, made.value);
    return made;
  }

  #guarded(id: GuardrailId, change: Partial<Guardrail>): Result<Guardrail, GuardrailRefusal> {
    const one = this.guarding.get(id);
    if (!one || one.ended) return err({ reason: "no_such_guardrail" });
    const changed = { ...one, ...change };
    this.guarding.set(id, changed);
    return ok(changed);
  }

  async guardrails(query: ListQuery): Promise<readonly Guardrail[]> {
    return pageOf([...this.guarding.values()], query, ({ placedAt }) => placedAt);
  }
  async guardrail(id: GuardrailId): Promise<Guardrail | null> {
    return this.guarding.get(id) ?? null;
  }

  #keep(hold: Hold, ended: RecordedHold["ended"]): Result<Hold, HoldRefusal> {
    if (this.holdRefusal) return err(this.holdRefusal);
    this.kept.set(hold.id, { ...hold, ended });
    return ok(hold);
  }

  #change(id: HoldId, by: (hold: RecordedHold) => RecordedHold): Result<Hold, HoldRefusal> {
    const hold = this.kept.get(id);
    if (!hold || hold.ended) return err({ reason: "no_such_hold" });
    const changed = by(hold);
    return this.#keep(changed, changed.ended);
  }

  async holds(query: ListQuery): Promise<readonly RecordedHold[]> {
    return pageOf([...this.kept.values()], query, ({ placedAt }) => placedAt);
  }
  async hold(id: HoldId): Promise<RecordedHold | null> {
    return this.kept.get(id) ?? null;
  }

  async #put(put: GoldenPut): ReturnType<ReconcilerPort["putGolden"]> {
    this.puts.push(put);
    const site = { level: "zone", id: mint(isObjectId, "z1"), name: "example.com" } as const;
    const parsed = parseGolden(put.document, SCOPE, site);
    if (!parsed.ok) return err({ reason: "invalid", problems: parsed.error });
    const generation = this.stored?.generation ?? 0;
    if (generation !== put.expected) return err({ reason: "generation_moved", generation });
    const { digest } = parsed.value;
    this.stored = { ...put, generation: generation + 1, digest, at: NOW };
    return ok({ generation: generation + 1, digest });
  }

  async incidents(query: ListQuery): Promise<readonly Incident[]> {
    return pageOf(this.allIncidents, query, ({ openedAt }) => openedAt);
  }
  async incident(id: string): Promise<Incident | null> {
    return this.allIncidents.find((one) => one.id === id) ?? null;
  }
  async runs(query: ListQuery): Promise<readonly RunView[]> {
    return pageOf(this.allRuns, query, ({ timeline }) => timeline[0]?.at ?? "");
  }
  async runView(id: string): Promise<RunView | null> {
    return this.allRuns.find((one) => one.id === id) ?? null;
  }
  async ballots(): ReturnType<ApiPorts["ballots"]> {
    return [
      { voter: "policy@zone:example.com", vote: "yes", tier: 1, reasons: ["fine"], cast_at: NOW },
    ];
  }
  nonce(): string {
    return "0".repeat(32);
  }
  signFor(...of: Parameters<typeof signAsSandboxPerson>): Promise<KeySignature> {
    return signAsSandboxPerson(...of);
  }
  readonly orchestration: ApiPorts["orchestration"] = {
    strategy: "consensus_voting",
    models: { sentinel: "rules", architect: "rules", reviewer: "rules" },
    hasReviewer: true,
    floor: 0,
  };
  roll: RegisteredVoter[] = [VOTER];
  rotated: Result<{ key: Digest }, RegisterRefusal> = ok({ key: digestOf("new") });
  readonly rulings: SignedRuling[] = [];
  readonly seated: SignedIntroduction[] = [];
  keys: Passkey[] = [PASSKEY];
  made: Result<Passkey, PasskeyRefusal> = ok(PASSKEY);
  readonly register: ApiPorts["register"] = {
    roll: async () => this.roll,
    entries: async () => [],
    rootKeys: async () => ({ suite: SUITE, keys: {} }),
    confirmKeys: async (_, introductions, word) => {
      this.rulings.push(word);
      this.seated.push(...introductions);
      return ok(this.roll);
    },
    reinstate: async (_, signed) => {
      this.rulings.push(signed);
      return ok({ voter: signed.ruling.subject });
    },
    attests: async (purpose, content, attestation) =>
      attestation.type === "key" && isBySandboxPerson(purpose, content, attestation),
    relyingParty: async () => ({ id: "localhost", origins: ["http://localhost:8787"] }),
    passkeys: async () => this.keys,
    formerPasskeys: async () => [],
    registerPasskey: async () => this.made,
    confirmPasskey: async () => this.made,
    revokePasskey: async () => this.made,
  };
  voter(): ReturnType<ApiPorts["voter"]> {
    return {
      rotate: async () => this.rotated,
      enrol: async () => ({
        introduction: {
          version: 1,
          scope: SCOPE,
          voter: VOTER.id,
          keys: { suite: SUITE, keys: {} },
          at: NOW,
        },
        proof: { suite: SUITE, signatures: {} },
        vouching: null,
      }),
    };
  }
  run(): ReturnType<ApiPorts["run"]> {
    return {
      approve: async (signed) => {
        this.approvals.push(signed);
        return this.approval;
      },
    };
  }
  readonly asked: IntentRequest[] = [];
  readonly decisions: IntentDecision[] = [];
  readonly intentsKept: Intent[] = [];
  refusal: IntentRefusal | null = null;

  architect(): ArchitectPort {
    return {
      ask: (request) => {
        this.asked.push(request);
        if (this.refusal) return Promise.resolve(err(this.refusal));
        const intent = newIntent(request, intentIdOf(request));
        this.intentsKept.push(intent);
        return Promise.resolve(ok(intent));
      },
      decide: (id, decision) => {
        this.decisions.push(decision);
        const intent = this.intentsKept.find((one) => one.id === id);
        if (this.refusal) return Promise.resolve(err(this.refusal));
        return Promise.resolve(intent ? ok(intent) : err({ reason: "no_such_intent" }));
      },
      intent: (id) => Promise.resolve(this.intentsKept.find((one) => one.id === id) ?? null),
    };
  }

  async intents(query: ListQuery): Promise<readonly Intent[]> {
    return pageOf(this.intentsKept, query, ({ at }) => at);
  }

  async intent(id: Intent["id"]): Promise<Intent | null> {
    return this.intentsKept.find((one) => one.id === id) ?? null;
  }

  async lessons(limit: number): Promise<readonly Lesson[]> {
    return Array.from({ length: 3 }, () => LESSON).slice(0, limit);
  }

  async models(): ReturnType<ApiPorts["models"]> {
    const answers = { place: "local", models: ["qwen3:8b"], has: true, why: null } as const;
    const silent = { place: "external", models: null, has: null, why: "slow" } as const;
    return [
      { role: "architect", model: "rules", providers: [], problem: null },
      {
        role: "reviewer",
        model: "openai-compatible/qwen3:8b",
        providers: [
          { name: "here", ...answers },
          { name: "there", ...silent },
        ],
        problem: null,
      },
    ];
  }

  readonly bundles: LessonBundle[] = [];
  bookRefusal: BookRefusal | null = null;
  readonly trusted: TrustedKey[] = [];

  readonly lessonBook = (): ReturnType<ApiPorts["lessonBook"]> => ({
    experience: async () => ({
      statistics: [
        {
          cause: "out_of_band_change",
          about: { of: "shape", changes: ["dns_record update"] },
          own: { well: 2, badly: 1 },
          imported: { well: 0, badly: 0 },
        },
      ],
      cautions: [LESSON.shapeDigest],
    }),
    keys: async () => ({ own: LESSON_KEYS, trusted: this.trusted }),
    trust: async (key) => {
      if (this.bookRefusal) return err(this.bookRefusal);
      const trusted = { ...key, id: keyIdOf(key.keys), at: NOW, bundle: null };
      this.trusted.push(trusted);
      return ok(trusted);
    },
    distrust: async (id) => {
      const known = this.trusted.find((one) => one.id === id);
      return known ? ok(known) : err({ reason: "no_such_key" });
    },
    exported: async () => LESSON_BUNDLE,
    take: async (bundle) => {
      if (this.bookRefusal) return err(this.bookRefusal);
      this.bundles.push(bundle);
      return ok({ taken: bundle.content.statistics.length, leftOut: 0 });
    },
    lift: async (shape) =>
      shape === LESSON.shapeDigest ? ok({ shape }) : err({ reason: "no_such_caution" }),
  });

  readonly erased: string[] = [];
  readonly files = new Map<string, string>();

  readonly log: ApiPorts["log"] & { isPublic: boolean } = {
    erase: async ({ digest }) => void this.erased.push(digest),
    object: async (path) => {
      const text = this.files.get(path);
      return text === undefined ? null : new TextEncoder().encode(text);
    },
    proof: async ({ index }) => (index < this.entries.length ? `proof of ${index}` : null),
    ...ONE_LOG,
    latest: async () => this.entries.length - 1,
    append: async (entries) => {
      const first = this.entries.length;
      for (const { attached: _, ...entry } of entries)
        this.entries.push({ ...entry, source: "swarm", index: this.entries.length });
      return {
        last: this.entries.length - 1,
        indices: entries.map((__, at) => first + at),
      };
    },
    read: async ({ after, limit, waitMs }) => {
      this.reads.push({ after, waitMs });
      return this.entries.filter(({ index }) => index > after).slice(0, limit);
    },
  };

  record(count: number, scope: string = SCOPE): void {
    for (let made = 0; made < count; made += 1) {
      const index = this.entries.length;
      const entry = { id: `x/${index}`, type: "run", scope, at: NOW, actor: "run" } as const;
      this.entries.push({ ...entry, source: "swarm", index, data: { line: "a\nb" } });
    }
  }

  readonly #app = createApp(this);

  /** Sends a request as `token` (null: nobody). */
  async ask(path: string, init: RequestInit & { readonly token?: string | null } = {}) {
    const { token = "dev-viewer", ...rest } = init;
    const headers = new Headers(rest.headers);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    return this.#app.request(path, { ...rest, headers });
  }
}

/** The body of a refusal, and that it is one of ours in form. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as Record<string, unknown>;
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`not a problem: ${JSON.stringify(body)}`);
  }
  if (body["status"] !== response.status) throw new Error("status differs from the response's");
  return { ...body, slug: String(body["type"]).replace("https://driftless.dev/problems/", "") };
}
