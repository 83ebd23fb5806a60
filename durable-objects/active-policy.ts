/** The seam between the vault and the policies in force: what a release has to have been decided by. */
import type { Digest } from "../src/core/ids.ts";
import type { VaultEnv } from "./audit-log.ts";
import type { PolicyRegister } from "./policy-register.ts";

/** The one register of the vault Worker. */
export const registerOf = (env: VaultEnv): PolicyRegister =>
  env.POLICY_REGISTER.getByName("policies") as unknown as PolicyRegister;

/** Of the bundle in force, worked out from this Worker's own copy of the shipped policies. */
export const activePolicyDigest = async (env: VaultEnv): Promise<Digest> =>
  (await registerOf(env).active()).digest;
