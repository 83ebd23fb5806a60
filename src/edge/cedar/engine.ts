/**
 * Cedar behind a wrapper that fails closed. `allow` comes out only when nothing at all went wrong: no exception, a request
 * of the right shape and size, no error of any policy (an erroring forbid is skipped by Cedar), the bundle that was asked
 * for, and a named permit among the reasons.
 *
 * After an exception there is a new instance; before it answers anything it is loaded anew and has passed a self-test.
 * Calls are synchronous, so nobody sees it half made.
 */
import type { Bundle } from "../../core/policy/bundle.ts";
import type {
  Attribute,
  Attributes,
  Decide,
  Entity,
  PolicyAnswer,
  PolicyRequest,
  Uid,
} from "../../core/policy/request.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type Cedar, CedarInstance, type EngineFault } from "./instance.ts";
import { unfit } from "./limits.ts";
import { selfTest } from "./self-test.ts";

const NAMESPACE = "Driftless";
/** One fixed name each: the engine never forgets one, and 50 sets of 1,000 policies fill an isolate. Loading overwrites. */
const POLICIES = "active";
const SCHEMA = "active";

/** More than this in a row is no accident: the bundle itself kills the engine. Then every answer is a "no" (I12). */
const REVIVALS_MAX = 3;

export class CedarEngine {
  readonly #cedar: CedarInstance;
  #bundle: Bundle | null = null;
  /** Permits of the bundle, by id. */
  #permits: ReadonlySet<string> = new Set();
  /** Which instance has the bundle, and which has parsed which schema. */
  #loadedInto = -1;
  #parsed: { readonly schema: string; readonly generation: number } | null = null;
  #revivals = 0;

  constructor(module: WebAssembly.Module, alarm: (fault: EngineFault) => void) {
    this.#cedar = new CedarInstance(module, alarm);
  }

  /** The bundle that answers, whether it loaded or not; null: none was ever given. */
  get serving(): Bundle["digest"] | null {
    return this.#bundle?.digest ?? null;
  }

  /** Makes `bundle` the one that answers. What does not load leaves an engine that says "no" to everything. */
  load(bundle: Bundle): Result<void, EngineFault> {
    this.#revivals = 0;
    return this.#load(bundle, true);
  }

  /** As `load`, without the self-test: for tables that are to find out what is wrong, never for serving. */
  loadUntested(bundle: Bundle): Result<void, EngineFault> {
    this.#revivals = 0;
    return this.#load(bundle, false);
  }

  readonly decide: Decide = (request) => {
    const { digest } = this.#known();
    const problem = unfit(request);
    if (problem !== null) return no(digest, problem);
    if (!this.#isAlive()) return no(digest, "the policy engine does not answer");
    const answer = this.#cedar.run((cedar) => this.#ask(cedar, request));
    if (!answer.ok) return no(digest, answer.error.detail);
    this.#revivals = 0;
    return answer.value;
  };

  /** Answers from `candidate` while `work` runs, and afterwards from what was loaded before. */
  trial<T>(candidate: Bundle, work: (decide: Decide) => T): Result<T, EngineFault> {
    const before = this.#bundle;
    const loaded = this.loadUntested(candidate);
    try {
      return loaded.ok ? ok(work(this.decide)) : loaded;
    } finally {
      if (before) this.load(before);
    }
  }

  /** Runs `work` on the bare functions of Cedar. */
  use<T>(work: (functions: Cedar) => T): Result<T, EngineFault> {
    return this.#cedar.run(work);
  }

  #load(bundle: Bundle, isTested: boolean): Result<void, EngineFault> {
    this.#bundle = bundle;
    this.#loadedInto = -1;
    const loaded = this.#cedar.run((cedar) => this.#parse(cedar, bundle));
    const result = loaded.ok ? loaded.value : loaded;
    if (!result.ok) return result;
    this.#permits = permitsOf(bundle);
    this.#loadedInto = this.#cedar.generation;
    const failed = isTested ? this.#selfTest() : null;
    if (failed === null) return ok(undefined);
    this.#loadedInto = -1;
    const fault: EngineFault = { reason: "self_test_failed", detail: failed };
    this.#cedar.alarm(fault);
    return err(fault);
  }

  #parse(cedar: Cedar, { schema, policies }: Bundle): Result<void, EngineFault> {
    const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
    const { generation } = this.#cedar;
    // The schema is most of the work, and most bundles share it.
    const known = this.#parsed?.schema === schema && this.#parsed.generation === generation;
    this.#parsed = null;
    const answers = [
      ...(known ? [] : [cedar.preparseSchema(SCHEMA, schema)]),
      cedar.preparsePolicySet(POLICIES, { staticPolicies }),
    ];
    const [first] = answers.flatMap((answer) => (answer.type === "failure" ? answer.errors : []));
    if (first) return err({ reason: "does_not_load", detail: first.message });
    this.#parsed = { schema, generation };
    return ok(undefined);
  }

  #selfTest(): string | null {
    const tested = this.#cedar.run((cedar) => selfTest((request) => this.#ask(cedar, request)));
    return tested.ok ? tested.value : "the engine died of a plain question";
  }

  /** After an exception the instance is new and empty: what was loaded is loaded again, or nothing is answered. */
  #isAlive(): boolean {
    if (this.#loadedInto === this.#cedar.generation) return true;
    if (this.#revivals >= REVIVALS_MAX) return false;
    this.#revivals += 1;
    return this.#load(this.#known(), true).ok;
  }

  #known(): Bundle {
    if (this.#bundle === null) throw new Error("no bundle was loaded");
    return this.#bundle;
  }

  /** One question to the instance as it is; throws with it. */
  #ask(cedar: Cedar, request: PolicyRequest): PolicyAnswer {
    const { digest } = this.#known();
    const answer = cedar.statefulIsAuthorized({
      principal: uidOf(request.principal),
      action: { type: `${NAMESPACE}::Action`, id: request.action },
      resource: uidOf(request.resource),
      context: contextOf(request.context),
      entities: request.entities.map(entityOf),
      preparsedPolicySetId: POLICIES,
      preparsedSchemaName: SCHEMA,
      validateRequest: true,
    });
    if (answer.type !== "success") {
      const problem = answer.errors.map(({ message }) => message).join("; ");
      return no(digest, problem);
    }
    const { decision, diagnostics } = answer.response;
    const errors = diagnostics.errors.map(({ policyId, error }) => ({
      policyId,
      error: error.message,
    }));
    const reasons = diagnostics.reason.toSorted();
    const isNamed = reasons.some((id) => this.#permits.has(id));
    const allow = decision === "allow" && errors.length === 0 && isNamed;
    return { allow, reasons, errors, bundleDigest: digest };
  }
}

const no = (bundleDigest: Bundle["digest"], error: string): PolicyAnswer => ({
  allow: false,
  reasons: [],
  errors: [{ policyId: null, error }],
  bundleDigest,
});

const PERMIT = /^(?:@\w+\("[^"]*"\)\s*)*permit\b/;

const permitsOf = ({ policies }: Bundle): ReadonlySet<string> =>
  new Set(policies.filter(({ text }) => PERMIT.test(text)).map(({ id }) => id));

const uidOf = ({ type, id }: Uid) => ({ type: `${NAMESPACE}::${type}`, id });

const entityOf = ({ uid, attrs, parents }: Entity) => ({
  uid: uidOf(uid),
  attrs: contextOf(attrs),
  parents: parents.map(uidOf),
});

type Plain = boolean | number | string | Plain[] | { [name: string]: Plain };

/** Built member by member; `unfit` has refused whatever Cedar would take for an entity or an extension. */
const contextOf = (attributes: Attributes): { [name: string]: Plain } =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plainOf(value)]));

function plainOf(value: Attribute): Plain {
  if (typeof value !== "object") return value;
  return Array.isArray(value) ? [...value] : contextOf(value as Attributes);
}
