/** The record's entries about a run. Each is named by the run and the fact, so that telling it twice leaves one. */
import type { SignedApproval } from "../approval.ts";
import type { Ballot, SignedBallot } from "../ballot.ts";
import { digestOf } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import type { Lesson } from "../lesson.ts";
import type { Run } from "../run.ts";
import type { RunView } from "../run-view.ts";
import type { Mismatch } from "../verification.ts";
import type { Entry } from "./entry.ts";
import { approvalEnvelope, ballotEnvelope, type Envelope, ENVELOPE_TYPE } from "./envelope.ts";

/** More mismatches than this are in the journal of the vault, not in an entry. */
const MISMATCHES_MAX = 20;

type Told = Pick<Entry, "type" | "actor" | "at" | "data"> & { readonly what: string };

const entry = ({ id, scope, incident }: Run, { what, data, ...rest }: Told): Entry => ({
  id: `${id}/${rest.type}/${what}`,
  scope,
  ...rest,
  data: { run: id, incident, ...data },
});

/** What was signed, with its signatures, as a DSSE envelope beside the entry. */
const signedAs = (envelope: Envelope): Pick<Entry, "attached"> => ({
  attached: {
    envelope: { keep: "evidence", mediaType: ENVELOPE_TYPE, text: JSON.stringify(envelope) },
  },
});

export const ballotEntry = (run: Run, signed: SignedBallot): Entry => ({
  ...ballotTold(run, signed.ballot),
  ...signedAs(ballotEnvelope(signed)),
});

const ballotTold = (run: Run, ballot: Ballot): Entry =>
  entry(run, {
    type: "ballot",
    what: ballot.voter,
    actor: ballot.voter,
    at: ballot.castAt,
    data: {
      vote: ballot.vote,
      tier: ballot.tier,
      reasons: ballot.reasons,
      plan_digest: ballot.planDigest,
      ballot_digest: digestOf(ballot),
    },
  });

export const approvalEntry = (run: Run, signed: SignedApproval): Entry => ({
  ...approvalTold(run, signed),
  ...signedAs(approvalEnvelope(signed)),
});

const approvalTold = (run: Run, { approval, attestation }: SignedApproval): Entry =>
  entry(run, {
    type: "approval",
    what: `${approval.by}/${approval.verdict}`,
    actor: approval.by,
    at: approval.at,
    data: {
      verdict: approval.verdict,
      plan_digest: approval.planDigest,
      approval_digest: digestOf(approval),
      signed_with: attestation.type,
    },
  });

export const verificationEntry = (run: Run, mismatches: readonly Mismatch[], at: Instant): Entry =>
  entry(run, {
    type: "verification",
    what: at,
    actor: "run",
    at,
    data: {
      verified: mismatches.length === 0,
      mismatches: mismatches
        .slice(0, MISMATCHES_MAX)
        .map(({ identity, expected }) => `${expected}: ${identity}`),
    },
  });

/** How it ended, and what it taught. */
export const endEntries = (run: Run, view: RunView, lesson: Lesson): readonly Entry[] => [
  entry(run, {
    type: "run",
    what: run.phase,
    actor: "run",
    at: lesson.at,
    data: { phase: run.phase, because: view.because?.reason ?? null },
  }),
  entry(run, {
    type: "lesson",
    what: lesson.shapeDigest,
    actor: "run",
    at: lesson.at,
    data: {
      cause: lesson.cause,
      paths: [...lesson.paths],
      shape: lesson.shape,
      outcome: lesson.outcome,
    },
  }),
];
