/** Ballots and permits against the keys that are in force. Core judges what comes of it. */
import type { SignedBallot } from "../../core/ballot.ts";
import type { CheckedPermit, Signer, SignedPermit } from "../../core/permit.ts";
import type { CheckedBallot, Electorate } from "../../core/quorum.ts";
import { type Purpose, type Signature, signedBytes } from "../../core/signing.ts";
import { verify } from "./key-pair.ts";

export const checkBallots = (
  ballots: readonly SignedBallot[],
  electorate: Electorate,
): Promise<readonly CheckedBallot[]> =>
  Promise.all(
    ballots.map(async (signed) => {
      const { ballot, signature } = signed;
      return { signed, verified: await holds("ballot/v2", ballot, { signature, electorate }) };
    }),
  );

/** What a voter in quarantine signs permits nothing. */
export async function checkPermit(
  signed: SignedPermit,
  electorate: Electorate,
): Promise<CheckedPermit> {
  const { permit, signature } = signed;
  const isFree = electorate.voters.some(
    ({ id, quarantined }) => id === permit.voter && !quarantined,
  );
  const verified = isFree && (await holds("permit/v1", permit, { signature, electorate }));
  return { signed, verified };
}

async function holds(
  purpose: Purpose,
  content: Signer,
  { signature, electorate }: { readonly signature: Signature; readonly electorate: Electorate },
): Promise<boolean> {
  const keys = electorate.voters
    .find(({ id }) => id === content.voter)
    ?.keys.find(({ id }) => id === content.key)?.keys;
  // The suite that the voter names inside what it signed is the one that it signed with.
  return (
    keys !== undefined &&
    content.suite === signature.suite &&
    (await verify(signedBytes(purpose, content), signature, keys))
  );
}
