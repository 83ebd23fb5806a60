/** What the reconciler does about guardrails: checks, then register, then a look. The register is the only truth. */
import {
  type Guardrail,
  guardrailOf,
  type GuardrailRequest,
  IN_FORCE_MAX,
  isFlapping,
  isHarder,
  onRung,
  renewed,
  subjectOf,
} from "../src/core/guardrails/guardrail.ts";
import { groundless, type Leases } from "../src/core/guardrails/overlay.ts";
import { TEMPLATES } from "../src/core/guardrails/registry.ts";
import { type GoldenState, parseGolden, type Problem } from "../src/core/golden.ts";
import { type GuardrailId, type Instant, instantOf } from "../src/core/ids.ts";
import type { GuardCommand, GuardrailRefusal } from "../src/core/ports.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { watchOf } from "./bindings.ts";
import type { GuardrailRegister } from "./guardrail-register.ts";
import type { ReconcilerState, ScopeIdentity } from "./reconciler-state.ts";

type Of<Do extends GuardCommand["do"]> = Extract<GuardCommand, { do: Do }>;
type Answer = Promise<Result<Guardrail, GuardrailRefusal>>;

export interface GuardingInput {
  readonly env: Env;
  readonly state: ReconcilerState;
  readonly register: GuardrailRegister;
  readonly identity: ScopeIdentity;
  /** In the transaction that changes what guardrails there are: look at the scope. */
  readonly look: (by: string) => void;
}

export class Guarding {
  readonly #input: GuardingInput;
  readonly #nowMs = Date.now();
  readonly #now: Instant = instantOf(new Date(this.#nowMs).toISOString());

  constructor(input: GuardingInput) {
    this.#input = input;
  }

  carryOut(command: GuardCommand): Answer {
    switch (command.do) {
      case "place":
        return this.#place(command.request);
      case "renew":
        return this.#renew(command);
      case "step":
        return this.#step(command);
      case "end":
        return this.#end(command);
    }
  }

  async #place(request: GuardrailRequest): Answer {
    const { register, identity, look } = this.#input;
    const { scope, site } = identity;
    const wanted = guardrailOf(request, { scope, site, now: this.#now, nowMs: this.#nowMs });
    if (!wanted.ok) return err({ reason: "invalid", faults: wanted.error });
    const before = this.#same(wanted.value);
    if (before) return ok(before);
    const refusal = this.#refused(wanted.value) ?? (await this.#zonesAllow());
    if (refusal) return err(refusal);
    const by = request.owner.name;
    await register.put(wanted.value, { what: "add", by, at: this.#now }, () => look(by));
    return ok(wanted.value);
  }

  async #renew({ id, expiresAt, by }: Of<"renew">): Answer {
    const guardrail = this.#live(id);
    if (!guardrail) return err({ reason: "no_such_guardrail" });
    const at = { now: this.#now, nowMs: this.#nowMs };
    const longer = renewed(guardrail, { expiresAt, at });
    if (!longer.ok) return err({ reason: "invalid", faults: longer.error });
    return this.#store(longer.value, "renew", by);
  }

  async #step({ id, rung }: Of<"step">): Answer {
    const guardrail = this.#live(id);
    if (!guardrail) return err({ reason: "no_such_guardrail" });
    const modes: readonly string[] = TEMPLATES.get(guardrail.template)?.modes ?? [];
    if (!modes.includes(rung.mode)) {
      const problem = `must be \`${modes.join("` or `")}\``;
      return err({ reason: "invalid", faults: [{ path: ["mode"], problem }] });
    }
    if (guardrail.mode === rung.mode) return ok(guardrail);
    // One that only counted until now has reached nobody yet.
    const refusal = isHarder(rung.mode, guardrail.mode) ? await this.#zonesAllow() : null;
    if (refusal) return err(refusal);
    return this.#store(onRung(guardrail, { ...rung, at: this.#now }), "step", rung.by);
  }

  async #end({ id, how, by }: Of<"end">): Answer {
    const { register, look } = this.#input;
    const guardrail = register.find(id);
    if (!guardrail) return err({ reason: "no_such_guardrail" });
    if (guardrail.ended) return ok(guardrail);
    return ok(await register.end(guardrail, { how, by, at: this.#now }, () => look(by)));
  }

  async #store(guardrail: Guardrail, what: "renew" | "step", by: string): Answer {
    const { register, look } = this.#input;
    const stored = await register.put(guardrail, { what, by, at: this.#now }, () => look(by));
    return stored ? ok(guardrail) : err({ reason: "no_such_guardrail" });
  }

  #live = (id: GuardrailId): Guardrail | undefined =>
    this.#input.register.live().find((one) => one.id === id);

  #same(wanted: Guardrail): Guardrail | undefined {
    const subject = subjectOf(wanted);
    return this.#input.register.live().find((one) => subjectOf(one) === subject);
  }

  #refused(wanted: Guardrail): GuardrailRefusal | null {
    const { register } = this.#input;
    const golden = this.#golden();
    if (!golden) return { reason: "no_golden_state" };
    const detail = groundless(wanted, golden);
    if (detail !== null) return { reason: "groundless", detail };
    if (register.live().length >= IN_FORCE_MAX) return { reason: "too_many", max: IN_FORCE_MAX };
    const flaps = isFlapping(wanted, register.all(), this.#nowMs);
    return flaps && wanted.owner.type === "agent" ? { reason: "flapping" } : null;
  }

  #golden(): GoldenState | null {
    const { state, identity } = this.#input;
    const stored = state.golden();
    const golden = stored && parseGolden(stored.document, identity.scope, identity.site);
    return golden?.ok ? golden.value : null;
  }

  async #zonesAllow(): Promise<GuardrailRefusal | null> {
    const { env, identity } = this.#input;
    const admitted = await watchOf(env, identity.accountId).admit(identity.scope);
    return admitted.ok ? null : { reason: "too_many_zones", ...admitted.error };
  }
}

/** What a guardrail rests on must stay declared until it is gone, or nothing would say what is to be put back. */
export const unfounded = (leases: Leases, golden: GoldenState): readonly Problem[] =>
  leases.guardrails.flatMap((one) => {
    const problem = groundless(one, golden);
    return problem === null
      ? []
      : [
          {
            path: ["spec", "resources"],
            problem: `${problem}, and guardrail \`${one.id}\` rests on it: end it first`,
          },
        ];
  });
