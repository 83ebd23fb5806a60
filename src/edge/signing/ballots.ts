/** Ballots against the keys that are in force. Core judges what comes of it. */
import type { SignedBallot } from "../../core/ballot.ts";
import type { CheckedBallot, Electorate } from "../../core/quorum.ts";
import { signedBytes } from "../../core/signing.ts";
import { verify } from "./key-pair.ts";

export const checkBallots = (
  ballots: readonly SignedBallot[],
  { voters }: Electorate,
): Promise<readonly CheckedBallot[]> =>
  Promise.all(
    ballots.map(async (signed) => {
      const { ballot, signature } = signed;
      const keys = voters
        .find(({ id }) => id === ballot.voter)
        ?.keys.find(({ id }) => id === ballot.key)?.keys;
      // The suite that the voter names inside what it signed is the one that it signed with.
      const verified =
        keys !== undefined &&
        ballot.suite === signature.suite &&
        (await verify(signedBytes("ballot/v2", ballot), signature, keys));
      return { signed, verified };
    }),
  );
