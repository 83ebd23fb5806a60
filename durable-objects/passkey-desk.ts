/** Where people's passkeys are registered, confirmed and checked. Part of the register, in the vault's Worker. */
import type { Attestation, SignedRuling } from "../src/core/attestation.ts";
import { digestOf } from "../src/core/canonical.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import { passkeyEntry } from "../src/core/log/register-entries.ts";
import type { Entry } from "../src/core/log/entry.ts";
import {
  confirm,
  countsOn,
  type Passkey,
  type PasskeyRefusal,
  type PasskeyRequest,
  type PasskeyResponse,
  register,
} from "../src/core/passkey-register.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import type { Purpose } from "../src/core/signing.ts";
import { isSandboxOrigin } from "../src/edge/http/sandbox-origin.ts";
import { madePasskey, type RelyingParty, signedWith } from "../src/edge/passkey/webauthn.ts";
import { isBySandboxPerson } from "../src/edge/signing/sandbox-people.ts";
import type { VaultEnv } from "./audit-log.ts";
import { PasskeyJournal } from "./passkey-journal.ts";

const clock = (): Instant => instantOf(new Date().toISOString());

/** What a person signs names that person. */
export interface Statement {
  readonly by: string;
  readonly expiresAt: Instant;
}

export class PasskeyDesk {
  readonly #journal: PasskeyJournal;
  readonly #env: VaultEnv;
  readonly #record: (entry: Entry) => Promise<unknown>;

  constructor(
    storage: DurableObjectStorage,
    env: VaultEnv,
    record: (entry: Entry) => Promise<unknown>,
  ) {
    this.#journal = new PasskeyJournal(storage);
    this.#env = env;
    this.#record = record;
  }

  party(): RelyingParty {
    const { PASSKEY_RP_ID: id, PASSKEY_ORIGINS: origins } = this.#env;
    return { id, origins: origins.split(",").map((origin) => origin.trim()) };
  }

  all = (): readonly Passkey[] => this.#journal.all();

  /** For whoever verifies what was signed; nobody asks these whether somebody agrees. */
  former = (): readonly Passkey[] => this.#journal.former();

  async register(
    request: PasskeyRequest,
    response: PasskeyResponse,
  ): Promise<Result<Passkey, PasskeyRefusal>> {
    const now = clock();
    const made =
      now < request.expiresAt ? await madePasskey(request, response, this.party()) : null;
    if (!made) return err({ reason: "passkey_not_valid" });
    const passkey = { ...made, person: request.by, registeredAt: now, confirmedBy: null };
    const registered = register(this.#journal.all(), passkey);
    if (!registered.ok) return registered;
    await this.#record(passkeyEntry("registered", passkey, { by: request.by, at: now }));
    this.#journal.save(passkey);
    return ok(passkey);
  }

  /** `attestation` null: the first passkey of all, for which nobody can sign yet. */
  async confirm(
    id: string,
    {
      ruling,
      attestation,
    }: Omit<SignedRuling, "attestation"> & { readonly attestation: Attestation | null },
  ): Promise<Result<Passkey, PasskeyRefusal>> {
    const known = this.#journal.all();
    const passkey = known.find((one) => one.id === id);
    const isMeant =
      ruling.what === "confirm_passkey" &&
      ruling.subject === id &&
      ruling.digest === digestOf(passkey?.publicKey ?? null);
    const isSigned =
      isMeant && attestation !== null && (await this.attests("ruling/v1", ruling, attestation));
    // Whoever deploys the vault may let it begin again, when everybody has lost theirs.
    const hasBegun = this.#journal.hasPast() && this.#env.PASSKEYS_BEGIN_AGAIN !== "yes";
    const confirmed = confirm({ known, id, by: ruling.by, isSigned, hasBegun });
    if (!confirmed.ok || passkey?.confirmedBy) return confirmed;
    await this.#record(passkeyEntry("confirmed", confirmed.value, { by: ruling.by, at: clock() }));
    this.#journal.save(confirmed.value);
    return confirmed;
  }

  async revoke(id: string, by: string): Promise<Result<Passkey, PasskeyRefusal>> {
    const passkey = this.#journal.all().find((one) => one.id === id);
    if (!passkey) return err({ reason: "no_such_passkey" });
    await this.#record(passkeyEntry("revoked", passkey, { by, at: clock() }));
    this.#journal.remove(passkey);
    return ok(passkey);
  }

  /** Whether the person whom `content` names signed it, in time. The one answer for approvals and rulings. */
  async attests(purpose: Purpose, content: Statement, attestation: Attestation): Promise<boolean> {
    if (clock() >= content.expiresAt) return false;
    if (attestation.type === "key")
      return (
        isSandboxOrigin(this.#env.CF_API_BASE) && isBySandboxPerson(purpose, content, attestation)
      );
    const passkey = this.#journal.all().find(({ id }) => id === attestation.credentialId);
    if (!passkey || passkey.confirmedBy === null || passkey.person !== content.by) return false;
    const party = this.party();
    const counter = await signedWith(
      passkey,
      { purpose, content },
      { assertion: attestation, party },
    );
    if (counter === null) return false;
    const use = { statement: digestOf({ purpose, content }), counter };
    const before = this.#journal.use(use.statement);
    if (!countsOn(passkey, use, before)) {
      await this.#record(passkeyEntry("copied", passkey, { by: content.by, at: clock() }));
      return false;
    }
    this.#journal.used(use, Date.now());
    if (before === null) this.#journal.save({ ...passkey, counter });
    return true;
  }
}
