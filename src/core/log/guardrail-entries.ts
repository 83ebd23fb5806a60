/** The record's entries about guardrails: what was wanted, by whom and on what evidence, and how it ended. */
import { type Guardrail, toldOf } from "../guardrails/guardrail.ts";
import type { Instant } from "../ids.ts";
import type { Entry } from "./entry.ts";

/** Placed, renewed, or moved to another rung at `at`. */
export const guardEntry = (
  guardrail: Guardrail,
  {
    what,
    by,
    at,
  }: { readonly what: "add" | "renew" | "step"; readonly by: string; readonly at: Instant },
): Entry => ({
  id: `${guardrail.scope}/proposal/guard/${guardrail.id}/${what}/${at}`,
  type: "proposal",
  scope: guardrail.scope,
  at,
  actor: by,
  data: {
    type: "guard",
    what,
    why: guardrail.rungs.at(-1)?.why ?? "",
    ...toldOf(guardrail),
  },
});

export const guardEndedEntry = ({ id, scope, ended, expiresAt }: Guardrail): Entry => ({
  id: `${scope}/proposal/guard/${id}/end`,
  type: "proposal",
  scope,
  at: ended?.at ?? expiresAt,
  actor: ended?.by ?? "reconciler",
  data: { type: "guard", what: "end", guardrail: id, how: ended?.how ?? "expired" },
});
