// The whole chain of trust for one plan, as the Workers run it, without storage and network: planned and put to the
// policies, audited and signed three times, counted, permitted again at release, and checked again as the vault does. Bundled
// by trust-chain.mjs.
import { swapped } from "../src/core/admission.ts";
import { AUDITS } from "../src/core/auditors/registry.ts";
import { motionOf, sameMotion } from "../src/core/ballot.ts";
import { canonicalise, digestOfText } from "../src/core/canonical.ts";
import { NO_LEASES } from "../src/core/guardrails/overlay.ts";
import { parseGolden } from "../src/core/golden.ts";
import { instantOf } from "../src/core/ids.ts";
import { observe } from "../src/core/observation.ts";
import { openPlan } from "../src/core/plan.ts";
import { bundleOf, frameworksOf, NO_TEAM_POLICIES } from "../src/core/policy/bundle.ts";
import { decidePlan } from "../src/core/policy/decision.ts";
import { notPermitted, PERMIT_TTL_MS, permitterOf } from "../src/core/permit.ts";
import { prohibited } from "../src/core/prohibitions.ts";
import { certify } from "../src/core/quorum.ts";
import { lineageOf, reconcile } from "../src/core/reconcile.ts";
import { keyIdOf, signedBytes } from "../src/core/signing.ts";
import { decideWith } from "../src/edge/cedar/isolate.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import { checkBallots, checkPermit } from "../src/edge/signing/ballots.ts";
import { newSeeds, openKeyPair } from "../src/edge/signing/key-pair.ts";

const NOW = instantOf("2026-11-20T12:00:00Z");
const NOW_MS = Date.parse(NOW);
const LATER = instantOf("2026-11-20T13:00:00Z");
const SITE = {
  level: "zone",
  id: "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987",
  name: "harbor-books.example",
};
const SCOPE = `zone:${SITE.name}`;

let prepared;

export default {
  async fetch(request) {
    const { document, runs } = await request.json();
    prepared ??= await prepare(document);
    let tier = null;
    for (let index = 0; index < runs; index += 1) tier = await chain(prepared, index + 1);
    const { native, records } = prepared;
    return Response.json({ native, records, tier, voters: AUDITS.size });
  },
};

async function prepare(document) {
  const golden = must(parseGolden(document, SCOPE, SITE));
  const records = golden.resources.filter(({ kind }) => kind === "dns_record").map(recordOf);
  // One record was edited outside.
  const drifted = records.map((record, index) =>
    index === 0 ? { ...record, ttl: 7200, proxied: false } : record,
  );
  const voters = await Promise.all(
    [...AUDITS.keys()].map(async (check) => ({
      id: `${check}@${SCOPE}`,
      check,
      keys: await openKeyPair(newSeeds()),
    })),
  );
  const bundle = must(bundleOf(SHIPPED, NO_TEAM_POLICIES));
  return {
    document,
    golden,
    records: records.length,
    readings: [{ kind: "dns_record", objects: drifted, claimedTotal: drifted.length }],
    lineage: lineageOf(
      must(
        observe(
          [{ kind: "dns_record", objects: records, claimedTotal: records.length }],
          SITE,
          NOW,
        ),
      ),
    ),
    voters,
    electorate: {
      scope: SCOPE,
      strategy: "consensus_voting",
      floor: 0,
      voters: voters.map(({ id, keys: { publicKeys } }) => ({
        id,
        power: "vote",
        quarantined: false,
        waiting: [],
        keys: [{ id: keyIdOf(publicKeys), keys: publicKeys, retiredFrom: null }],
      })),
    },
    policies: {
      decide: await decideWith(bundle),
      bundleDigest: bundle.digest,
      facts: {
        accountId: "a",
        frameworks: frameworksOf(bundle.frameworks, SCOPE),
        frozen: false,
        recentRuns: 0,
      },
    },
    // Worked out once, as the vault's register does.
    inForce: bundle.digest,
    native: SubtleCrypto.supports?.("sign", "ML-DSA-44") ?? false,
  };
}

const recordOf = ({ fields }, index) => ({
  proxied: false,
  settings: {},
  meta: {},
  comment: null,
  tags: [],
  ...fields,
  id: index.toString(16).padStart(32, "0"),
});

async function chain(world, epoch) {
  const text = planned(world, epoch);
  const dossierDigest = digestOfText(text);
  const motion = motionOf(JSON.parse(text), dossierDigest);
  const ballots = await Promise.all(
    world.voters.map((voter) => voted(world, voter, { text, dossierDigest, motion })),
  );
  const { electorate } = world;
  const count = async () =>
    must(
      certify({ motion, electorate, ballots: await checkBallots(ballots, electorate), now: NOW }),
    );
  await count();
  const permit = await permitted(world, { text, dossierDigest, motion });
  // The vault, which believes nobody.
  const { plan } = JSON.parse(text);
  const other = swapped({ plan, motion, ballots });
  if (other) throw new Error(other.reason);
  const { digest: planDigest, stateDigest } = must(openPlan(plan, motion));
  const { tier } = await count();
  const now = {
    scope: SCOPE,
    planDigest,
    stateDigest,
    inForce: world.inForce,
    people: 0,
    now: NOW,
  };
  const barred = notPermitted(await checkPermit(permit, electorate), now);
  if (barred) throw new Error(barred.reason);
  const prohibition = prohibited(plan, 0);
  if (prohibition) throw new Error(prohibition.detail);
  return tier;
}

/** As the policy auditor does at release: the dossier is read again, the policies are asked again, the answer is signed. */
async function permitted({ voters, policies }, { text, dossierDigest, motion }) {
  const { keys } = voters.find(({ id }) => id === permitterOf(SCOPE));
  const dossier = sealed(text, dossierDigest, motion);
  const decided = decidePlan({ ...dossier, ...policies });
  const permit = {
    version: 1,
    voter: permitterOf(SCOPE),
    suite: keys.publicKeys.suite,
    key: keyIdOf(keys.publicKeys),
    scope: SCOPE,
    planDigest: motion.planDigest,
    stateDigest: motion.stateDigest,
    policyDigest: decided.bundleDigest,
    decision: decided.decision,
    tier: decided.tier,
    by: decided.determining,
    at: NOW,
    expiresAt: instantOf(new Date(NOW_MS + PERMIT_TTL_MS).toISOString()),
  };
  return { permit, signature: await keys.sign(signedBytes("permit/v1", permit)) };
}

/** The dossier behind a motion, as who votes on it reads it. */
function sealed(text, dossierDigest, motion) {
  if (digestOfText(text) !== dossierDigest) throw new Error("another dossier");
  const dossier = JSON.parse(text);
  if (!sameMotion(motionOf(dossier, dossierDigest), motion)) throw new Error("another motion");
  return dossier;
}

/** The dossier's text: planned, checked, assessed, put to the policies. */
function planned({ golden, readings, lineage, policies }, epoch) {
  const decision = reconcile({
    scope: SCOPE,
    site: SITE,
    golden,
    generation: 1,
    declaredBy: "olga",
    observation: must(observe(readings, SITE, NOW)),
    lineage,
    holds: [],
    leases: NO_LEASES,
    open: [],
    entries: null,
    routed: new Map(),
    rulings: new Set(),
    heals: [],
    past: [],
    cautions: [],
    inFlight: 0,
    turnedDown: new Map(),
    suspects: new Set(),
    epoch,
    parent: null,
    now: NOW,
    nowMs: NOW_MS,
  });
  if (decision.type !== "heal") throw new Error(`decided: ${decision.type}`);
  const { plan, digest: planDigest } = decision.plan;
  if (plan.steps.length !== 1) throw new Error(`${plan.steps.length} steps instead of one`);
  return canonicalise({
    version: 1,
    incident: decision.incident,
    plan,
    planDigest,
    evidence: {
      observedAt: NOW,
      readings,
      lineage: [...lineage].map(([id, of]) => ({ id, ...of })),
    },
    held: decision.held,
    findings: decision.findings,
    risk: decision.risk,
    policy: decidePlan({ ...decision, plan, ...policies }),
  });
}

/** As an auditor does: everything is read again and worked out again. */
async function voted({ document, policies }, { id, check, keys }, { text, dossierDigest, motion }) {
  const dossier = sealed(text, dossierDigest, motion);
  const verdict = AUDITS.get(check)({
    dossier,
    golden: must(parseGolden(document, SCOPE, SITE)),
    generation: 1,
    declaredBy: "olga",
    policies,
    holds: [],
    past: [],
    cautions: [],
    inFlight: 0,
    leases: NO_LEASES,
    now: NOW,
  });
  if (verdict.vote !== "yes") throw new Error(`${check}: ${verdict.reasons.join(", ")}`);
  const ballot = {
    version: 2,
    voter: id,
    suite: keys.publicKeys.suite,
    key: keyIdOf(keys.publicKeys),
    ...motion,
    ...verdict,
    castAt: NOW,
    expiresAt: LATER,
  };
  return { ballot, signature: await keys.sign(signedBytes("ballot/v2", ballot)) };
}

function must(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
