/** A register in memory behind the API, by the rules of core; what the engine finds is chosen. */
import { instantOf } from "../../../src/core/ids.ts";
import { type Bundle, bundleOf } from "../../../src/core/policy/bundle.ts";
import {
  consented,
  type OfficeRefusal,
  OPEN_MAX,
  type PolicyFlaw,
  type PolicyProposal,
  type PolicyVersion,
  proposed,
  type RegisterState,
  type SignedConsent,
  statusOf,
} from "../../../src/core/policy/register.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";
import { SHIPPED } from "../../../src/edge/cedar/shipped.ts";
import type { PolicyOffice } from "../../../src/edge/http/api-ports.ts";
import { isBySandboxPerson } from "../../../src/edge/signing/sandbox-people.ts";

const TRIAL = { rows: 2, mutants: 9, survivors: [] };

const NOW = instantOf("2026-11-01T10:00:00.000Z");

export class FakePolicies implements PolicyOffice {
  readonly stored: PolicyVersion[] = [];
  flaws: readonly PolicyFlaw[] = [];

  async active() {
    const { active } = this.#state();
    const version = this.stored.find((one) => one.version === active);
    const { digest } = this.#bundle(version?.team ?? { policies: "", frameworks: {} });
    return { version: active, digest, activatedAt: version?.activatedAt ?? null };
  }

  async version(number: number): Promise<PolicyVersion | null> {
    return this.stored.find(({ version }) => version === number) ?? null;
  }

  async versions({ before, limit }: { before: number | null; limit: number }) {
    const older = this.stored.filter(({ version }) => before === null || version < before);
    return older.toReversed().slice(0, limit);
  }

  async check({ team }: Pick<PolicyProposal, "team">) {
    if (this.flaws.length > 0) return err({ reason: "flawed" as const, flaws: this.flaws });
    return ok({ bundle: this.#bundle(team), trial: TRIAL });
  }

  async propose(proposal: PolicyProposal) {
    const checked = await this.check(proposal);
    if (!checked.ok) return checked;
    const { digest } = checked.value.bundle;
    const made = proposed(this.#state(), { proposal, digest, at: NOW });
    if (!made.ok) return made;
    this.stored.push(made.value);
    return ok({ version: made.value, trial: TRIAL });
  }

  async consent(signed: SignedConsent): Promise<Result<PolicyVersion, OfficeRefusal>> {
    const { consent, attestation } = signed;
    const version = await this.version(consent.version);
    if (!version) return err({ reason: "no_such_version" });
    const verified =
      attestation.type === "key" && (await isBySandboxPerson("policy/v1", consent, attestation));
    const { digest } = this.#bundle(version.team);
    const agreed = consented(version, this.#state(), { signed, verified, digest, now: NOW });
    if (agreed.ok) this.stored[this.stored.indexOf(version)] = agreed.value;
    return agreed;
  }

  #bundle(team: PolicyProposal["team"]): Bundle {
    const bundle = bundleOf(SHIPPED, team);
    if (!bundle.ok) throw new Error(bundle.error[0]?.problem);
    return bundle.value;
  }

  #state(): RegisterState {
    const active = Math.max(
      0,
      ...this.stored.filter((one) => one.activatedAt !== null).map(({ version }) => version),
    );
    const open = this.stored.filter((one) => statusOf(one, active) === "proposed").length;
    if (open > OPEN_MAX) throw new Error("more versions wait than may");
    return { active, latest: this.stored.length, open };
  }
}
