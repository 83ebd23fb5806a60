/** The bundle in force, for whoever decides in this isolate. Which one it is, is asked every time; its text is fetched once. */
import type { Digest } from "../src/core/ids.ts";
import {
  type Bundle,
  bundleOf,
  NO_TEAM_POLICIES,
  type TeamPolicies,
} from "../src/core/policy/bundle.ts";
import type { Decide } from "../src/core/policy/request.ts";
import { decideWith } from "../src/edge/cedar/isolate.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import { postPolicies, readPolicies } from "../src/edge/store/policy-copy.ts";
import { policiesOf } from "./bindings.ts";

type PolicyEnv = Pick<Env, "POLICIES" | "BLACKBOARD">;

let known: Bundle | null = null;

export async function policiesInForce(env: PolicyEnv): Promise<Bundle> {
  const { version, digest } = await policiesOf(env).active();
  if (known?.digest === digest) return known;
  const bundle = await fetched(env, version, digest);
  known = bundle;
  return bundle;
}

/** What they say to a question. */
export const policiesFor = async (env: PolicyEnv): Promise<Decide> =>
  decideWith(await policiesInForce(env));

/** From the copy if that is the right one, else from the register. The digest decides, not where it came from. */
async function fetched(env: PolicyEnv, version: number, digest: Digest): Promise<Bundle> {
  const copied = version === 0 ? NO_TEAM_POLICIES : await readPolicies(env.BLACKBOARD, digest);
  const fromCopy = copied && made(copied, digest);
  if (fromCopy) return fromCopy;
  const stored = await policiesOf(env).version(version);
  const bundle = stored && made(stored.team, digest);
  // Nothing is decided by other policies than those in force: until both Workers are of one build, nothing is decided.
  if (!stored || !bundle) throw new Error("the swarm and the vault have other policies");
  await postPolicies(env.BLACKBOARD, digest, stored.team);
  return bundle;
}

function made(team: TeamPolicies, digest: Digest): Bundle | null {
  const bundle = bundleOf(SHIPPED, team);
  return bundle.ok && bundle.value.digest === digest ? bundle.value : null;
}
