/**
 * Three questions whose answers are known, put to every newly loaded engine before it serves: one "yes", one "no" that
 * nobody permits, one "no" that a policy forbids. They are about policies themselves, which no team's policy may be about.
 */
import type { Entity, PolicyAnswer, PolicyRequest } from "../../core/policy/request.ts";

const ACCOUNT: Entity = { uid: { type: "Account", id: "self-test" }, attrs: {}, parents: [] };
const BUNDLE: Entity = {
  uid: { type: "PolicyBundle", id: "self-test" },
  attrs: {},
  parents: [ACCOUNT.uid],
};

function question(person: { disabled: boolean }, approvers: number): PolicyRequest {
  const human: Entity = {
    uid: { type: "Human", id: "self-test" },
    attrs: { disabled: person.disabled },
    parents: [{ type: "Team", id: "approvers" }],
  };
  return {
    principal: human.uid,
    action: "EditPolicy",
    resource: BUNDLE.uid,
    context: { approvers, authorAmongThem: false, tested: true },
    entities: [human, BUNDLE, ACCOUNT],
  };
}

/** What is wrong with the engine, or null. Throws when it dies of a question. */
export function selfTest(ask: (request: PolicyRequest) => PolicyAnswer): string | null {
  const yes = ask(question({ disabled: false }, 2));
  const nobody = ask(question({ disabled: false }, 1));
  const forbidden = ask(question({ disabled: true }, 2));
  if (!yes.allow) return "what is permitted is refused";
  if (nobody.allow || nobody.reasons.length > 0) return "what nobody permits is not refused";
  return forbidden.allow || !forbidden.reasons.includes("f-disabled")
    ? "what is forbidden is not refused"
    : null;
}
