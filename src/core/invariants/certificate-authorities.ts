/**
 * CAA records: who may issue certificates for a name. None at all means everybody; some that leave out all of
 * Cloudflare's authorities mean that its certificates are not renewed.
 */
import { isObject, type JsonObject, textOf } from "../canonical.ts";
import type { ObservedResource } from "../resource.ts";
import { type Invariant, type Turn, type Violation } from "./invariant.ts";

const KIND = "dns_record";
/** From the documentation of Universal SSL. */
const CLOUDFLARES = ["letsencrypt.org", "pki.goog", "ssl.com", "digicert.com", "sectigo.com"];

const dataOf = (fields: JsonObject | null): JsonObject => {
  const data = fields?.["data"];
  return isObject(data) ? data : {};
};

/** Who may issue for `name`; null: there is no such record, so everybody may. */
function issuersOf(name: string, state: readonly ObservedResource[]): readonly string[] | null {
  const values = state
    .filter(({ kind, fields }) => kind === KIND && fields["type"] === "CAA")
    .filter(({ fields }) => fields["name"] === name && dataOf(fields)["tag"] === "issue")
    .map(({ fields }) => textOf(dataOf(fields)["value"]).split(";")[0]?.trim().toLowerCase() ?? "");
  return values.length === 0 ? null : values;
}

const isKept = (issuers: readonly string[] | null): boolean =>
  issuers === null || issuers.some((issuer) => CLOUDFLARES.includes(issuer));

function violationOf(
  turn: Turn,
  { before, after }: Pick<Parameters<Invariant["violations"]>[0], "before" | "after">,
): readonly Violation[] {
  const name = textOf((turn.after ?? turn.before)?.["name"]);
  const [was, is] = [issuersOf(name, before), issuersOf(name, after)];
  const of = { kind: turn.kind, identity: turn.identity } as const;
  if (isKept(was) && !isKept(is))
    return [
      {
        ...of,
        severity: "person",
        effect: "locks_out",
        explanation: `none of Cloudflare's authorities may issue for \`${name}\`: certificates would run out`,
      },
    ];
  if (was !== null && is === null)
    return [
      {
        ...of,
        severity: "person",
        effect: "loosens",
        explanation: `anybody may issue certificates for \`${name}\``,
      },
    ];
  const more = (is ?? []).filter((issuer) => was !== null && !was.includes(issuer));
  return more.length === 0
    ? []
    : [
        {
          ...of,
          severity: "note",
          effect: "loosens",
          explanation: `other authorities may issue certificates for \`${name}\``,
        },
      ];
}

export const certificateAuthorities: Invariant = {
  name: "certificate_authorities",
  violations: (states) =>
    states.turns
      .filter(
        ({ kind, before, after }) =>
          kind === KIND && (before?.["type"] === "CAA" || after?.["type"] === "CAA"),
      )
      .flatMap((turn) => violationOf(turn, states)),
};
