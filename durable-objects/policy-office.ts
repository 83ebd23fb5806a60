/** Where teams bring their policies: examined here, kept by the register, put in force by two people. */
import type { Digest } from "../src/core/ids.ts";
import {
  CONSENTS_NEEDED,
  type OfficeRefusal,
  type PolicyProposal,
  type PolicyRefusal,
  type PolicyTrial,
  type PolicyVersion,
  type SignedConsent,
} from "../src/core/policy/register.ts";
import type { PolicyRequest } from "../src/core/policy/request.ts";
import { tableOf } from "../src/core/policy/table.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { examine, type Examined } from "../src/edge/cedar/examine.ts";
import { cedarEngine, decideWith } from "../src/edge/cedar/isolate.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import { shippedWorld } from "../src/edge/cedar/world.ts";
import { postPolicies } from "../src/edge/store/policy-copy.ts";
import { policiesOf } from "./bindings.ts";
import { policiesInForce } from "./policies-in-force.ts";

export interface Accepted {
  readonly version: PolicyVersion;
  readonly trial: PolicyTrial;
}

/** Whether it could be put in force; nothing is kept of it. */
export async function tryPolicies(
  proposal: Pick<PolicyProposal, "team" | "table">,
): Promise<Result<Examined, OfficeRefusal>> {
  const table = tableOf(proposal.table, shippedWorld());
  const engine = await cedarEngine();
  const examined = examine({ engine, shipped: SHIPPED, team: proposal.team, table });
  return examined.ok ? examined : err({ reason: "flawed", flaws: examined.error });
}

export async function proposePolicies(
  env: Env,
  proposal: PolicyProposal,
): Promise<Result<Accepted, OfficeRefusal>> {
  const examined = await tryPolicies(proposal);
  if (!examined.ok) return examined;
  const { bundle, trial } = examined.value;
  const version = await policiesOf(env).propose(proposal, bundle.digest);
  return version.ok ? ok({ version: version.value, trial }) : version;
}

/** The last consent that a version needs is asked about: by its table once more, and of the policies that are in force. */
export async function consentToPolicies(
  env: Env,
  signed: SignedConsent,
): Promise<Result<PolicyVersion, OfficeRefusal>> {
  const version = await policiesOf(env).version(signed.consent.version);
  if (!version) return err({ reason: "no_such_version" });
  const people = new Set([...version.consents, signed].map(({ consent }) => consent.by));
  if (people.size >= CONSENTS_NEEDED && version.activatedAt === null) {
    const examined = await tryPolicies(version);
    if (!examined.ok) return examined;
    const forbidden = await forbids(env, { by: signed.consent.by, people, author: version.by });
    if (forbidden) return err(forbidden);
  }
  const agreed = await policiesOf(env).consent(signed);
  // A crash before this leaves no copy; whoever decides next fetches the text from the register and makes one.
  if (agreed.ok && agreed.value.activatedAt !== null)
    await postPolicies(env.BLACKBOARD, agreed.value.digest, agreed.value.team);
  return agreed;
}

async function forbids(
  env: Env,
  { by, people, author }: { by: string; people: ReadonlySet<string>; author: string },
): Promise<PolicyRefusal | null> {
  const bundle = await policiesInForce(env);
  const decide = await decideWith(bundle);
  const answer = decide(editQuestion(by, people, { author, digest: bundle.digest }));
  return answer.allow ? null : { reason: "forbidden", by: answer.reasons };
}

const editQuestion = (
  by: string,
  people: ReadonlySet<string>,
  { author, digest }: { author: string; digest: Digest },
): PolicyRequest => {
  const human = { type: "Human", id: by };
  const resource = { type: "PolicyBundle", id: digest };
  return {
    principal: human,
    action: "EditPolicy",
    resource,
    // Whoever comes here has been let in as an approver, and the table was run just now.
    context: { approvers: people.size, authorAmongThem: people.has(author), tested: true },
    entities: [
      { uid: human, attrs: { disabled: false }, parents: [{ type: "Team", id: "approvers" }] },
      { uid: resource, attrs: {}, parents: [] },
    ],
  };
};
