/**
 * Every "no" of the API, in one place: RFC 9457 problem details. Adding a refusal to core breaks
 * the build here first.
 */
import type { IntentRefusal } from "../../core/intents/intent.ts";
import type { Unknown } from "../../core/observation.ts";
import type { OfficeRefusal } from "../../core/policy/register.ts";
import type {
  BookRefusal,
  GoldenRefusal,
  GuardrailRefusal,
  HoldRefusal,
} from "../../core/ports.ts";
import type { Fault } from "../../core/resource.ts";
import type { PasskeyRefusal } from "../../core/passkey-register.ts";
import { unreachable } from "../../core/result.ts";
import type { RunRefusal } from "../../core/run.ts";
import type { RegisterRefusal } from "../../core/voter-register.ts";

/** The end of the `type` URL, which is what clients branch on and what is translated. */
export const PROBLEMS = {
  "bad-request": { status: 400, title: "the request is malformed" },
  "bad-query": { status: 400, title: "the query has problems" },
  "bad-cursor": { status: 400, title: "the cursor is not one of ours" },
  unauthenticated: { status: 401, title: "a valid bearer token is needed" },
  forbidden: { status: 403, title: "the role of this token does not allow it" },
  "signature-needed": { status: 403, title: "the person has to sign it with a passkey" },
  "signature-invalid": { status: 403, title: "the signature does not hold for this person" },
  "not-distinct": { status: 403, title: "who has a part in the plan cannot approve it" },
  "not-found": { status: 404, title: "there is no such thing" },
  "no-golden-state": { status: 404, title: "the scope has no golden state yet" },
  "method-not-allowed": { status: 405, title: "this address does not take the method" },
  "run-finished": { status: 409, title: "the run is over" },
  "not-awaiting-approval": { status: 409, title: "the run does not wait for people now" },
  "not-waiting": { status: 409, title: "nothing of the incident waits for a decision" },
  "intent-not-waiting": { status: 409, title: "the intent waits for nobody" },
  "too-many-intents": { status: 409, title: "the scope has as many intents as it may have" },
  "too-many-holds": { status: 409, title: "the scope has as many holds as it may have" },
  "too-many-guardrails": { status: 409, title: "the scope has as many guardrails as it may have" },
  "guardrail-groundless": { status: 409, title: "the guardrail would change nothing" },
  "guardrail-flapping": {
    status: 409,
    title: "it came and went too often for anybody but a person",
  },
  "too-many-versions": { status: 409, title: "as many versions wait for people as may" },
  "own-proposal": { status: 409, title: "who proposed a version cannot agree to it" },
  "version-overtaken": { status: 409, title: "this version or a later one is in force already" },
  "policies-forbid": { status: 409, title: "the policies in force do not permit it" },
  "another-plan": { status: 409, title: "the digest is not the one of the run's plan" },
  "register-refused": { status: 409, title: "the register of voters does not take it" },
  "lessons-refused": { status: 409, title: "the lessons or their key are not taken" },
  "passkey-refused": { status: 409, title: "the passkey is not taken" },
  "approval-expired": { status: 410, title: "the time for approval is over" },
  "proposal-moved": { status: 412, title: "the proposal is not the one that was seen" },
  "policies-moved": { status: 412, title: "the policies are not the ones that were seen" },
  "generation-moved": { status: 412, title: "the golden state has moved on" },
  "too-large": { status: 413, title: "the body is too large" },
  "unsupported-media-type": {
    status: 415,
    title: "the body has a media type that is not taken here",
  },
  "key-reused": { status: 422, title: "the key was used for another request" },
  "invalid-body": { status: 422, title: "the body has problems" },
  "invalid-golden-state": { status: 422, title: "the golden state has problems" },
  "invalid-policies": { status: 422, title: "the policies or their table have problems" },
  "not-adoptable": { status: 422, title: "this drift cannot be taken into the golden state" },
  "precondition-required": { status: 428, title: "say which generation you have seen" },
  "too-many-zones": { status: 429, title: "guardrails reach no more scopes within an hour" },
  fault: { status: 500, title: "something went wrong on our side" },
  unavailable: { status: 503, title: "a part of the swarm cannot answer now" },
} as const;

export type ProblemSlug = keyof typeof PROBLEMS;

/**
 * One of several problems of one request. `pointer` is a JSON pointer into the body (`#/…`) or the
 * query (`?/…`).
 */
export interface Flaw {
  readonly pointer: string;
  readonly detail: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Problem {
  readonly slug: ProblemSlug;
  readonly detail?: string;
  readonly errors?: readonly Flaw[];
  /** Extension members, such as the current generation. */
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where the types are explained. */
export const TYPE_BASE = "https://driftless.dev/problems/";
/**
 * More than anybody corrects in one go; the rest is counted, so that an answer stays bounded (I12).
 */
export const FLAWS_MAX = 1000;
const DETAIL_LENGTH_MAX = 300;

export function problemResponse(problem: Problem, instance: string | null): Response {
  const { slug, detail, errors, facts, headers } = problem;
  const omitted = (errors?.length ?? 0) - FLAWS_MAX;
  const body = {
    type: TYPE_BASE + slug,
    ...titleAndStatus(slug),
    ...(detail === undefined ? {} : { detail: sentence(detail) }),
    ...(instance === null ? {} : { instance }),
    ...facts,
    ...(errors === undefined ? {} : { errors: errors.slice(0, FLAWS_MAX) }),
    ...(omitted > 0 ? { errors_omitted: omitted } : {}),
  };
  const { status } = PROBLEMS[slug];
  const all = { "content-type": "application/problem+json", ...headers };
  return new Response(JSON.stringify(body), { status, headers: all });
}

const titleAndStatus = (slug: ProblemSlug) => ({
  title: PROBLEMS[slug].title,
  status: PROBLEMS[slug].status,
});

/** `text` in the form of all our messages, whoever wrote it, and of bounded length. */
export function sentence(text: string): string {
  const bare = text.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase()).replace(/\.$/, "");
  return bare.length > DETAIL_LENGTH_MAX ? `${bare.slice(0, DETAIL_LENGTH_MAX)}…` : bare;
}

/** `path` as a JSON pointer (RFC 6901) below `root`. */
export const pointerTo = (root: "#" | "?", path: readonly PropertyKey[]): string =>
  root + path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

export const notFound = (detail: string): Problem => ({ slug: "not-found", detail });

export function ofRunRefusal(refusal: RunRefusal): Problem {
  switch (refusal.reason) {
    case "run_finished":
      return { slug: "run-finished", facts: { phase: refusal.phase } };
    case "not_expected":
      return { slug: "not-awaiting-approval", facts: { phase: refusal.phase } };
    case "another_plan":
      return { slug: "another-plan", facts: { plan_digest: refusal.expected } };
    case "approval_expired":
      return { slug: "approval-expired", facts: { expires_at: refusal.expiresAt } };
    case "not_distinct":
      return { slug: "not-distinct" };
    default:
      return unreachable(refusal);
  }
}

export const ofPasskeyRefusal = (refusal: PasskeyRefusal): Problem =>
  refusal.reason === "no_such_passkey"
    ? notFound("there is no such passkey")
    : { slug: "passkey-refused", facts: { ...refusal } };

export function ofBookRefusal(refusal: BookRefusal): Problem {
  const { reason } = refusal;
  if (reason === "no_such_key") return notFound("there is no such key");
  if (reason === "no_such_caution") return notFound("nothing asks for care of this shape");
  const detail =
    "nobody has named the key that signs them: an approver does, with `POST /api/v1/lessons/keys`";
  const facts = { ...refusal };
  return reason === "key_not_trusted"
    ? { slug: "lessons-refused", detail, facts }
    : { slug: "lessons-refused", facts };
}

/** The reason is a code, and for whoever runs the swarm. */
export const ofRegisterRefusal = ({ reason }: RegisterRefusal): Problem => ({
  slug: "register-refused",
  facts: { reason },
});

/** The account could not be read: nothing is known, so nothing is answered (I8). */
export const ofUnknown = ({ reason, detail, retryAfterMs }: Unknown): Problem => ({
  slug: "unavailable",
  detail: `the live state could not be read: ${detail}`,
  facts: { reason },
  // Without rights it stays refused until somebody changes the token.
  headers:
    reason === "refused"
      ? {}
      : { "retry-after": String(Math.ceil((retryAfterMs ?? 5_000) / 1000)) },
});

const ofFaults = (faults: readonly Fault[]): Problem => ({
  slug: "invalid-body",
  errors: faults.map(({ path, problem }) => ({
    pointer: pointerTo("#", path),
    detail: sentence(problem),
  })),
});

export function ofGuardrailRefusal(refusal: GuardrailRefusal): Problem {
  switch (refusal.reason) {
    case "invalid":
      return ofFaults(refusal.faults);
    case "groundless":
      return { slug: "guardrail-groundless", detail: refusal.detail };
    case "too_many":
      return { slug: "too-many-guardrails", facts: { max: refusal.max } };
    case "too_many_zones":
      return {
        slug: "too-many-zones",
        facts: { max: refusal.max },
        headers: { "retry-after": String(Math.ceil(refusal.retryAfterMs / 1000)) },
      };
    case "flapping":
      return { slug: "guardrail-flapping" };
    case "no_golden_state":
      return { slug: "no-golden-state" };
    case "no_such_guardrail":
      return notFound("there is no such guardrail, or it has ended");
    default:
      return unreachable(refusal);
  }
}

export function ofHoldRefusal(refusal: HoldRefusal): Problem {
  switch (refusal.reason) {
    case "invalid":
      return ofFaults(refusal.faults);
    case "too_many":
      return { slug: "too-many-holds", facts: { max: refusal.max } };
    case "no_such_hold":
      return notFound("there is no such hold, or it has ended");
    default:
      return unreachable(refusal);
  }
}

export function ofIntentRefusal(refusal: IntentRefusal): Problem {
  switch (refusal.reason) {
    case "key_reused":
      return { slug: "key-reused" };
    case "too_many":
      return { slug: "too-many-intents", facts: { max: refusal.max } };
    case "no_such_intent":
      return notFound("there is no such intent");
    case "not_waiting":
      return { slug: "intent-not-waiting", facts: { phase: refusal.phase } };
    case "draft_moved":
      return {
        slug: "proposal-moved",
        ...(refusal.digest === null ? {} : { facts: { draft_digest: refusal.digest } }),
      };
    default:
      return unreachable(refusal);
  }
}

export function ofPolicyRefusal(refusal: OfficeRefusal): Problem {
  switch (refusal.reason) {
    case "flawed":
      return {
        slug: "invalid-policies",
        errors: refusal.flaws.map(({ part, row, line, problem }) => ({
          pointer: pointerTo("#", row === null ? [part] : [part, "rows", row]),
          ...(line === null ? {} : { line }),
          detail: sentence(problem),
        })),
      };
    case "too_many_open":
      return { slug: "too-many-versions", facts: { max: refusal.max } };
    case "no_such_version":
      return notFound("there is no such version");
    case "another_digest":
      return { slug: "policies-moved", facts: { digest: refusal.expected } };
    case "not_signed":
      return { slug: "signature-needed" };
    case "consent_expired":
      return {
        slug: "signature-invalid",
        detail: "the statement has run out: ask for another one and sign that",
        facts: { reason: refusal.reason, expires_at: refusal.expiresAt },
      };
    case "own_proposal":
      return { slug: "own-proposal" };
    case "one_authenticator":
      return {
        slug: "signature-invalid",
        detail: "another person has agreed with this authenticator: two people have one each",
        facts: { reason: refusal.reason },
      };
    case "overtaken":
      return { slug: "version-overtaken", facts: { active: refusal.active } };
    case "forbidden":
      return { slug: "policies-forbid", detail: refusal.by.join(", ") || "nothing permits it" };
    default:
      return unreachable(refusal);
  }
}

/** `locate` finds the place of a problem in the text that was sent. */
export function ofGoldenRefusal(
  refusal: GoldenRefusal,
  locate: (path: readonly (string | number)[]) => Pick<Flaw, "line" | "column">,
): Problem {
  switch (refusal.reason) {
    case "invalid":
      return {
        slug: "invalid-golden-state",
        errors: inTextOrder(
          refusal.problems.slice(0, FLAWS_MAX).map(({ path, problem }) => ({
            pointer: pointerTo("#", path),
            ...locate(path),
            detail: sentence(problem),
          })),
        ),
        ...(refusal.problems.length > FLAWS_MAX
          ? { facts: { errors_omitted: refusal.problems.length - FLAWS_MAX } }
          : {}),
      };
    case "generation_moved":
      return {
        slug: "generation-moved",
        facts: { generation: refusal.generation },
        ...(refusal.generation > 0 ? { headers: { etag: `"${refusal.generation}"` } } : {}),
      };
    default:
      return unreachable(refusal);
  }
}

export const inTextOrder = (flaws: readonly Flaw[]): readonly Flaw[] =>
  flaws.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));

/**
 * A thrown error, told apart by its own members: its class does not survive RPC. Nothing of its
 * text goes out.
 */
export function ofFault(error: unknown): Problem {
  const { code, retryable } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly code?: unknown;
    /** Set by the runtime when a Durable Object was overloaded or restarted. */
    readonly retryable?: unknown;
  };
  return code === "retryable" || retryable === true
    ? { slug: "unavailable", headers: { "retry-after": "5" } }
    : { slug: "fault" };
}
