/**
 * A guardrail: a template with parameters, and a lease. While the lease runs it is part of the desired state; after that
 * the ordinary drift loop takes it away. An end is for ever: whoever wants it back places another one. Pure.
 */
import { digestOf, type Json, type JsonObject, sameJson } from "../canonical.ts";
import {
  type Digest,
  type GuardrailId,
  guardrailIdOf,
  type IncidentId,
  type Instant,
  type ScopeId,
} from "../ids.ts";
import { millisOf } from "../instant.ts";
import type { Fault, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { TEMPLATES } from "./registry.ts";
import { type Effect, LADDER, type Mode, type Template } from "./template.ts";

/** What a decision rests on: numbers that were measured, and where from. Never text from outside (I5). */
export interface Evidence {
  readonly what: string;
  readonly facts: Readonly<Record<string, number | boolean | string>>;
}

/** A person says yes or no to what nobody else may decide. */
export interface Owner {
  readonly type: "person" | "agent";
  readonly name: string;
}

/** One rung of the ladder that was taken, and why. */
export interface Rung {
  readonly mode: Mode;
  readonly at: Instant;
  readonly by: string;
  readonly why: string;
}

export type EndedHow = "expired" | "ended" | "recovered" | "replaced" | "scope_gone";

export interface Guardrail {
  readonly id: GuardrailId;
  readonly scope: ScopeId;
  readonly template: string;
  readonly parameters: JsonObject;
  readonly mode: Mode;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly incident: IncidentId | null;
  readonly owner: Owner;
  readonly placedAt: Instant;
  readonly expiresAt: Instant;
  readonly rungs: readonly Rung[];
  readonly ended: { readonly at: Instant; readonly by: string; readonly how: EndedHow } | null;
}

export interface GuardrailRequest {
  readonly template: string;
  readonly parameters: unknown;
  readonly mode: Mode;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly incident: IncidentId | null;
  readonly owner: Owner;
  readonly expiresAt: Instant;
}

export const REASON_MAX = 500;
/** In force in one scope. A WAF phase of the smallest plans has five rules, of the larger ones a hundred (I12). */
export const IN_FORCE_MAX = 20;
const EVIDENCE_MAX = 20;
/** Two clocks that are kept. Further back than this before it began, a lease is over: the clock is not to be trusted. */
const CLOCK_BACK_MS = 5 * 60_000;

/** What makes two guardrails the same one placed twice: what they do, not how hard or how long. */
export const subjectOf = ({
  template,
  parameters,
}: Pick<Guardrail, "template" | "parameters">): Digest => digestOf([template, parameters]);

export interface At {
  readonly now: Instant;
  readonly nowMs: number;
}

/** Everything that is wrong with a request, or the guardrail that it asks for. */
export function guardrailOf(
  request: GuardrailRequest,
  { scope, site, now, nowMs }: At & { readonly scope: ScopeId; readonly site: Site },
): Result<Guardrail, readonly Fault[]> {
  const template = TEMPLATES.get(request.template);
  if (!template) {
    const known = [...TEMPLATES.keys()].join("`, `");
    return err([{ path: ["template"], problem: `is none of \`${known}\`` }]);
  }
  const parameters = template.parse(request.parameters);
  const faults = [
    ...(template.level === site.level
      ? []
      : [
          { path: ["template"], problem: `belongs to an ${template.level}, place it in its scope` },
        ]),
    ...(parameters.ok
      ? []
      : parameters.error.map(({ path, problem }) => ({ path: ["parameters", ...path], problem }))),
    ...(template.modes.includes(request.mode)
      ? []
      : [{ path: ["mode"], problem: `must be \`${template.modes.join("` or `")}\`` }]),
    ...leaseFaults(template, request.expiresAt, { now, nowMs }),
  ];
  if (!parameters.ok || faults.length > 0) return err(faults);
  const { mode, reason, evidence, incident, owner, expiresAt } = request;
  const content = { template: template.name, parameters: parameters.value };
  return ok({
    id: guardrailIdOf(digestOf([scope, subjectOf(content), now])),
    scope,
    ...content,
    mode,
    reason: reason.slice(0, REASON_MAX),
    evidence: evidence.slice(0, EVIDENCE_MAX),
    incident,
    owner,
    placedAt: now,
    expiresAt,
    rungs: [{ mode, at: now, by: owner.name, why: "placed" }],
    ended: null,
  });
}

/** Not in the past, and no further ahead than the template allows. */
export function leaseFaults(
  { leaseMaxMs }: Pick<Template, "leaseMaxMs">,
  expiresAt: Instant,
  { now, nowMs }: At,
): readonly Fault[] {
  const path = ["expires_at"];
  if (expiresAt <= now) return [{ path, problem: "is in the past" }];
  return millisOf(expiresAt) - nowMs > leaseMaxMs
    ? [{ path, problem: `is more than ${leaseMaxMs / 3_600_000} hours ahead` }]
    : [];
}

/** Over at the very instant, and when the clock stands well before its beginning; what has ended stays ended. */
export const isInForce = ({ ended, placedAt, expiresAt }: Guardrail, { now, nowMs }: At): boolean =>
  ended === null && expiresAt > now && nowMs >= millisOf(placedAt) - CLOCK_BACK_MS;

/** What a plan says of a guardrail that it rests on. Another mode or another end is another warrant. */
export interface Warrant {
  readonly id: GuardrailId;
  readonly expiresAt: Instant;
  readonly digest: Digest;
  readonly template: string;
  /** For how long it was asked for, all renewals together; whole hours, rounded up. */
  readonly hours: number;
  readonly owner: Owner;
  /** How many measurements it rests on. */
  readonly evidence: number;
  /** `kind identity` of what it has a say in. */
  readonly covers: readonly string[];
}

export const effectsOf = ({
  id,
  template,
  parameters,
  mode,
}: Guardrail): Result<readonly Effect[], readonly Fault[]> =>
  TEMPLATES.get(template)?.expand(parameters, { id, mode }) ??
  err([{ path: ["template"], problem: "is not known" }]);

/** How often the same thing came and went lately, before it is placed once more. */
const FLAP_WINDOW_MS = 24 * 60 * 60_000;
const FLAPS_MAX = 3;

/** After three flaps only a person may place it again: what comes and goes is not understood. */
export const isFlapping = (
  request: Pick<Guardrail, "template" | "parameters">,
  before: readonly Guardrail[],
  nowMs: number,
): boolean => {
  const subject = subjectOf(request);
  return (
    before.filter(
      (one) =>
        one.ended !== null &&
        nowMs - millisOf(one.placedAt) < FLAP_WINDOW_MS &&
        sameJson(subjectOf(one), subject),
    ).length >= FLAPS_MAX
  );
};

/** A lease that was renewed more often is no emergency any more: it belongs into the golden state. */
const LEASES_MAX = 10;

export const isTooLong = (
  { placedAt, expiresAt }: Pick<Guardrail, "placedAt" | "expiresAt">,
  { leaseMaxMs }: Pick<Template, "leaseMaxMs">,
): boolean => millisOf(expiresAt) - millisOf(placedAt) > LEASES_MAX * leaseMaxMs;

/** Longer, or shorter: each lease is bounded like the first, and all of them together are. */
export function renewed(
  guardrail: Guardrail,
  { expiresAt, at }: { readonly expiresAt: Instant; readonly at: At },
): Result<Guardrail, readonly Fault[]> {
  const template = TEMPLATES.get(guardrail.template);
  if (!template) return err([{ path: ["template"], problem: "is not known" }]);
  const faults = leaseFaults(template, expiresAt, at);
  if (faults.length > 0) return err(faults);
  const path = ["expires_at"];
  return isTooLong({ ...guardrail, expiresAt }, template)
    ? err([{ path, problem: "it has been renewed long enough: declare it in the golden state" }])
    : ok({ ...guardrail, expiresAt });
}

/** The next rung up or down; null: there is none. */
export function rungFrom(guardrail: Guardrail, direction: "up" | "down"): Mode | null {
  const modes: readonly Mode[] = TEMPLATES.get(guardrail.template)?.modes ?? [];
  const rungs = LADDER.filter((mode) => modes.includes(mode));
  const at = rungs.findIndex((mode) => mode === guardrail.mode);
  return at < 0 ? null : (rungs[direction === "up" ? at + 1 : at - 1] ?? null);
}

export const isHarder = (mode: Mode, than: Mode): boolean =>
  LADDER.findIndex((one) => one === mode) > LADDER.findIndex((one) => one === than);

export const onRung = (guardrail: Guardrail, rung: Rung): Guardrail => ({
  ...guardrail,
  mode: rung.mode,
  rungs: [...guardrail.rungs, rung].slice(-EVIDENCE_MAX),
});

/** For an entry of the record. */
export const toldOf = ({
  id,
  template,
  parameters,
  mode,
  expiresAt,
  reason,
  owner,
  incident,
  evidence,
}: Guardrail): JsonObject => ({
  guardrail: id,
  template,
  parameters,
  mode,
  expires_at: expiresAt,
  reason,
  owner: owner.name,
  owner_type: owner.type,
  incident,
  evidence: evidence.map(({ what, facts }): Json => ({ what, facts: { ...facts } })),
});
