/** The record's entries about an incident, from the signals that led to it to the plan that is to end it. */
import { canonicalise, type Json } from "../canonical.ts";
import type { DriftedResource, Incident } from "../incident.ts";
import type { Digest, Instant, ScopeId } from "../ids.ts";
import type { Unknown } from "../observation.ts";
import type { PolicyDecision } from "../policy/decision.ts";
import type { RunStart, StoredGolden } from "../ports.ts";
import type { Decision } from "../reconcile.ts";
import type { Signal } from "../signal.ts";
import type { Entry } from "./entry.ts";

/** An entry is a line, not a dossier: what does not fit stands in R2 under the dossier's digest. */
const LISTED_MAX = 50;

interface Where {
  readonly scope: ScopeId;
  readonly at: Instant;
}

type Told = Pick<Entry, "type" | "data" | "attached"> & { readonly what: string };

const entry = ({ scope, at }: Where, { what, ...told }: Told): Entry => ({
  id: `${scope}/${told.type}/${what}`,
  scope,
  at,
  actor: "reconciler",
  ...told,
});

export const signalEntries = (where: Where, signals: readonly Signal[]): readonly Entry[] =>
  signals.map((signal) =>
    entry(where, { type: "signal", what: `${signal.source}/${signal.at}`, data: { ...signal } }),
  );

export const unknownEntry = (where: Where, { reason, detail }: Unknown, since: Instant): Entry =>
  entry(where, { type: "unknown_state", what: `${since}/${reason}`, data: { reason, detail } });

/** Drift that is left alone, told once. */
export const heldEntries = (where: Where, incident: Incident, why: string): readonly Entry[] => [
  entry(where, {
    type: "incident",
    what: incident.id,
    data: { incident: incident.id, cause: incident.cause, drifted: incident.drift.length },
  }),
  entry(where, {
    type: "quarantine",
    what: incident.id,
    data: {
      incident: incident.id,
      why,
      subjects: incident.drift.slice(0, LISTED_MAX).map(({ identity }) => identity),
    },
  }),
];

interface Planned {
  readonly decision: Extract<Decision, { type: "heal" }>;
  readonly policy: PolicyDecision;
  readonly start: RunStart;
}

/** incident → diagnosis → proposal → plan, each named by what it is about. */
export function healEntries(where: Where, incident: Incident, planned: Planned): readonly Entry[] {
  const { decision, start } = planned;
  const { plan } = decision.plan;
  const of = { incident: incident.id, run: start.id };
  return [
    entry(where, {
      type: "incident",
      what: incident.id,
      data: { ...of, cause: incident.cause, drifted: incident.drift.length },
    }),
    entry(where, {
      type: "diagnosis",
      what: incident.id,
      data: {
        ...of,
        cause: incident.cause,
        drift: incident.drift.slice(0, LISTED_MAX).map(diagnosed),
      },
      ...peopleIn(incident),
    }),
    entry(where, {
      type: "proposal",
      what: incident.id,
      data: {
        ...of,
        type: plan.proposal.type,
        golden_generation: plan.proposal.goldenGeneration,
        golden_digest: plan.proposal.goldenDigest,
      },
    }),
    planEntry(where, of, planned),
  ];
}

/** The plan itself is kept beside, under the notary's seal. */
function planEntry(
  where: Where,
  of: { readonly incident: string; readonly run: string },
  { decision, policy, start }: Planned,
): Entry {
  const { plan, digest } = decision.plan;
  return entry(where, {
    type: "plan",
    what: start.id,
    data: {
      ...of,
      plan_digest: digest,
      dossier_digest: start.motion.dossierDigest,
      epoch: plan.epoch,
      steps: plan.steps.length,
      calls: plan.calls.length,
      tier: policy.tier,
      findings: decision.findings.map(({ type }) => type),
      policy: policy.decision,
      policy_bundle: policy.bundleDigest,
      policies: policy.determining,
      quarantined: decision.quarantined.length,
    },
    attached: {
      plan: {
        keep: "evidence",
        mediaType: "application/vnd.driftless.plan.v1+json",
        text: canonicalise(plan),
        sealed: true,
      },
    },
  });
}

const diagnosed = ({ kind, summary, by }: DriftedResource): Json => ({
  kind,
  summary,
  by: by === null ? null : { channel: by.channel, at: by.at, audit_id: by.auditId },
});

/** Who made the change outside, by name: people's data, kept beside the log so that it can be erased. */
function peopleIn({ drift }: Incident): Pick<Entry, "attached"> {
  const who = drift
    .slice(0, LISTED_MAX)
    .flatMap(({ by }) =>
      by === null ? [] : [{ audit_id: by.auditId, actor: by.actor, token_name: by.tokenName }],
    );
  if (who.length === 0) return {};
  const text = canonicalise(who);
  return { attached: { people: { keep: "personal", mediaType: "application/json", text } } };
}

/** A generation is declared. Named by its digest too: the same number may be tried with other contents. */
export const goldenEntry = (
  scope: ScopeId,
  { generation, digest, by, at }: StoredGolden,
  previous: Digest | null,
): Entry => ({
  id: `${scope}/golden/${generation}/${digest}`,
  type: "golden",
  scope,
  at,
  actor: by,
  data: { generation, digest, previous_digest: previous },
});
