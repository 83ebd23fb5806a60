/**
 * What one change's own entries say, question by question. A test holds, fails, or has nothing to go by: what is not told is
 * never taken for granted, in neither direction.
 */
import type { RecordedEntry } from "../log/entry.ts";
import { type ChangeRecord, isWritten, ofType } from "./change.ts";

export type TestResult = "holds" | "fails" | "no_evidence";

export interface DossierTest {
  /** How a sentence about some changes goes on. */
  readonly says: string;
  /** The entries that it rests on. */
  readonly types: readonly RecordedEntry["type"][];
  /** Changes that it has nothing to do with are left out. */
  readonly concerns: (change: ChangeRecord) => boolean;
  readonly test: (change: ChangeRecord) => TestResult;
}

const result = (holds: boolean): TestResult => (holds ? "holds" : "fails");

const listIn = ({ data }: RecordedEntry, name: string): readonly unknown[] => {
  const value = data[name];
  return Array.isArray(value) ? value : [];
};

/** In the order of the record, which is not always that of clocks. */
const isBefore = (change: ChangeRecord, one: RecordedEntry, other: RecordedEntry): boolean =>
  change.entries.indexOf(one) < change.entries.indexOf(other);

const firstWrite = (change: ChangeRecord): RecordedEntry | undefined => ofType(change, "write")[0];

const beforeWrites = (
  change: ChangeRecord,
  type: RecordedEntry["type"],
): readonly RecordedEntry[] => {
  const write = firstWrite(change);
  return ofType(change, type).filter(
    (entry) => write === undefined || isBefore(change, entry, write),
  );
};

const isYes = ({ data }: RecordedEntry): boolean => data["vote"] === "yes";

const tierOf = (change: ChangeRecord): number | null => {
  const tiers = ofType(change, "plan", "ballot").map(({ data }) => data["tier"]);
  const known = tiers.filter((tier): tier is number => typeof tier === "number");
  return known.length === 0 ? null : Math.max(...known);
};

/** Every voter that the release names has voted "yes" before it, and the release stands before the first write. */
export const AUTHORISED: DossierTest = {
  says: "were voted for by all who had to, and released, before the first write",
  types: ["ballot", "release"],
  concerns: isWritten,
  test(change) {
    const ballots = beforeWrites(change, "ballot");
    const [release] = beforeWrites(change, "release");
    if (ballots.length === 0 && ofType(change, "release").length === 0) return "no_evidence";
    if (release === undefined) return "fails";
    const yes = new Set(
      ballots
        .filter((one) => isYes(one) && isBefore(change, one, release))
        .map(({ actor }) => actor),
    );
    const voters = listIn(release, "voters");
    return result(yes.size > 0 && voters.every((voter) => yes.has(String(voter))));
  },
};

/** People: as many as the risk asks for, none of them twice, before the release. */
export const APPROVED: DossierTest = {
  says: "that needed people were approved by as many as their risk asks for",
  types: ["plan", "approval", "release"],
  concerns: (change) => isWritten(change) && (tierOf(change) ?? 2) >= 2,
  test(change) {
    const tier = tierOf(change);
    if (tier === null) return "no_evidence";
    const approvals = beforeWrites(change, "approval").filter(
      ({ data }) => data["verdict"] === "approve",
    );
    return result(new Set(approvals.map(({ actor }) => actor)).size >= tier - 1);
  },
};

/** Approvals were signed with a passkey: possession of a device, and its owner's presence. */
export const STRONGLY_APPROVED: DossierTest = {
  says: "that people approved were signed with passkeys",
  types: ["approval"],
  concerns: (change) => ofType(change, "approval").length > 0,
  test: (change) =>
    result(ofType(change, "approval").every(({ data }) => data["signed_with"] === "passkey")),
};

/** Who plans, who votes, who approves and who writes are different names. */
export const SEPARATED: DossierTest = {
  says: "had different planners, voters, approvers and executors",
  types: ["plan", "ballot", "approval", "release", "write"],
  concerns: isWritten,
  test(change) {
    const parties = [
      ofType(change, "plan"),
      ofType(change, "ballot"),
      ofType(change, "approval"),
      ofType(change, "release", "write"),
    ].map((entries) => new Set(entries.map(({ actor }) => actor)));
    const [plan, ballots, , executor] = parties;
    if (!plan?.size || !ballots?.size || !executor?.size) return "no_evidence";
    const isShared = parties.some((names, at) =>
      parties.slice(at + 1).some((others) => [...names].some((name) => others.has(name))),
    );
    return result(!isShared);
  },
};

/** Only the vault writes, and only after it was released. */
export const BY_THE_VAULT: DossierTest = {
  says: "were written by the vault alone",
  types: ["write"],
  concerns: isWritten,
  test: (change) =>
    result(
      ofType(change, "write", "revert").every(
        ({ source, actor }) => source === "vault" && actor === "vault",
      ),
    ),
};

/** The policies that were asked, by digest, and that they said yes. */
export const PERMITTED: DossierTest = {
  says: "were permitted by the policies in force, which are named",
  types: ["plan"],
  concerns: isWritten,
  test(change) {
    const [plan] = ofType(change, "plan");
    const { policy, policy_bundle: bundle } = plan?.data ?? {};
    if (typeof policy !== "string" || typeof bundle !== "string") return "no_evidence";
    return result(policy !== "forbid");
  },
};

/** Why: the drift or the proposal that the plan answers. */
export const REASONED: DossierTest = {
  says: "say why they were made",
  types: ["incident", "diagnosis", "proposal"],
  concerns: isWritten,
  test: (change) =>
    ofType(change, "diagnosis", "proposal", "incident").length > 0 ? "holds" : "no_evidence",
};

/** What it may do to security: findings and risk were worked out before anybody voted. */
export const IMPACT_KNOWN: DossierTest = {
  says: "had their risk and findings worked out before the vote",
  types: ["plan"],
  concerns: isWritten,
  test(change) {
    const [plan] = ofType(change, "plan");
    if (plan === undefined) return "no_evidence";
    const { tier, findings } = plan.data;
    const isFirst = ofType(change, "ballot").every((ballot) => isBefore(change, plan, ballot));
    return result(typeof tier === "number" && Array.isArray(findings) && isFirst);
  },
};

/** A voter has carried the plan out on what was read, and found the predicted state and the way back. */
export const TRIED: DossierTest = {
  says: "were tried in a simulation before the first write",
  types: ["ballot"],
  concerns: isWritten,
  test(change) {
    const tries = ofType(change, "ballot").filter(({ actor }) => actor.startsWith("simulation@"));
    if (tries.length === 0) return "no_evidence";
    return result(beforeWrites(change, "ballot").some((one) => tries.includes(one) && isYes(one)));
  },
};

/** What stood there before is recorded before each write. */
export const WAY_BACK: DossierTest = {
  says: "had what stood there before recorded with each write",
  types: ["write"],
  concerns: (change) => firstWrite(change) !== undefined,
  test: (change) =>
    result(
      ofType(change, "write").every(({ data }) => typeof data["pre_image_digest"] === "string"),
    ),
};

const lastOf = (change: ChangeRecord, type: RecordedEntry["type"]): RecordedEntry | undefined =>
  ofType(change, type).at(-1);

/** Read again after the last write, and found as predicted; or taken back. */
export const READ_BACK: DossierTest = {
  says: "were read back after the last write and are as predicted, or were taken back",
  types: ["write_result", "verification", "revert", "revert_result", "run"],
  concerns: isWritten,
  test(change) {
    const verification = lastOf(change, "verification");
    const phase = lastOf(change, "run")?.data["phase"];
    if (phase === "reverted") return "holds";
    if (verification === undefined) return phase === undefined ? "no_evidence" : "fails";
    const write = lastOf(change, "write_result");
    const isAfter = write === undefined || isBefore(change, write, verification);
    return result(verification.data["verified"] === true && isAfter);
  },
};

const ENDS: ReadonlySet<unknown> = new Set(["verified", "reverted"]);

/** It came to an end that leaves the account in a known state. */
export const ENDED: DossierTest = {
  says: "ended, in a known state",
  types: ["run"],
  concerns: isWritten,
  test(change) {
    const end = lastOf(change, "run");
    return end === undefined ? "no_evidence" : result(ENDS.has(end.data["phase"]));
  },
};
