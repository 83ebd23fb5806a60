/** The record's entries about who votes. Named by the place in the register's own list. */
import { digestOf } from "../canonical.ts";
import type { JsonObject } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import type { Passkey } from "../passkey-register.ts";
import { keyIdOf } from "../signing.ts";
import type { RegisterEntry, Registration } from "../voter-register.ts";
import type { Entry, EntryType } from "./entry.ts";

const TYPES: Readonly<Record<Registration["type"], EntryType>> = {
  introduced: "voter_key",
  confirmed: "voter_key",
  retired: "voter_key",
  quarantined: "equivocation",
  reinstated: "reinstatement",
};

export const registrationEntry = (entry: RegisterEntry): Entry => ({
  id: `register/${entry.scope}/${entry.index}`,
  type: TYPES[entry.registration.type],
  scope: entry.scope,
  at: entry.at,
  actor: "by" in entry.registration ? entry.registration.by : "register",
  data: {
    what: entry.registration.type,
    voter: entry.registration.voter,
    entry_digest: digestOf(entry),
    ...detailOf(entry.registration),
  },
});

/** About a person's passkey: which one, never what it can sign with. */
export const passkeyEntry = (
  what: "registered" | "confirmed" | "revoked" | "copied",
  { id, person, publicKey, registeredAt }: Passkey,
  { by, at }: { readonly by: string; readonly at: Instant },
): Entry => ({
  id: `passkey/${id}/${registeredAt}/${what}/${what === "copied" ? at : by}`,
  type: "person_key",
  scope: "people",
  at,
  actor: by,
  data: { what, person, credential: id, key_digest: digestOf(publicKey) },
});

function detailOf(registration: Registration): JsonObject {
  switch (registration.type) {
    case "introduced":
      return { key: keyIdOf(registration.keys), suite: registration.keys.suite };
    case "confirmed":
      return { key: registration.key };
    case "retired":
      return { key: registration.key, from: registration.from };
    case "quarantined":
      return { epoch: registration.epoch, ballots: registration.ballots };
    case "reinstated":
      return {};
  }
}
