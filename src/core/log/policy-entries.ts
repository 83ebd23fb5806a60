/** The record's entries about policies: said by the register, which is the vault's. */
import { canonicalise } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import type { PolicyVersion } from "../policy/register.ts";
import type { Entry } from "./entry.ts";

/** What policies are about when they are about everything. */
const EVERYWHERE = "policies";

export interface PolicyTold {
  readonly what: "proposed" | "consented" | "activated";
  readonly by: string;
  readonly at: Instant;
}

/** The text is kept beside the record with the proposal, so that a decision can be asked again for as long as it is kept. */
export const policyEntry = (
  { version, digest, reason, team, table }: PolicyVersion,
  { what, by, at }: PolicyTold,
): Entry => ({
  id: `${EVERYWHERE}/${version}/${what}/${by}`,
  type: "policy",
  scope: EVERYWHERE,
  at,
  actor: by,
  data: { what, version, digest, reason, rows: table.rows.length },
  ...(what === "proposed"
    ? {
        attached: {
          policies: {
            keep: "evidence",
            mediaType: "application/json",
            text: canonicalise({ team, table }),
          },
        },
      }
    : {}),
});
