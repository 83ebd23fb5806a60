/** Where a name received mail, it still does. */
import { textOf } from "../canonical.ts";
import { type Invariant } from "./invariant.ts";

const KIND = "dns_record";

export const mailServers: Invariant = {
  name: "mail_unreachable",
  violations(states) {
    const left = new Set(
      states.after
        .filter(({ kind, fields }) => kind === KIND && fields["type"] === "MX")
        .map(({ fields }) => textOf(fields["name"])),
    );
    return states.turns
      .filter(({ kind, before }) => kind === KIND && before?.["type"] === "MX")
      .filter(({ before }) => !left.has(textOf(before?.["name"])))
      .map(({ kind, identity, before }) => ({
        severity: "person",
        effect: "locks_out",
        kind,
        identity,
        explanation: `\`${textOf(before?.["name"])}\` has no mail server any more`,
      }));
  },
};
