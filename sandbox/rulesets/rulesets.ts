/** The rulesets of one zone or of the account: every write checked, stored and versioned. */
import { z } from "zod";
import { listNamed } from "../lists/list.ts";
import { hexId } from "../model/identifiers.ts";
import type { Plan } from "../model/zone.ts";
import { parseBody } from "../product.ts";
import type { Shelf, Shelves } from "../store.ts";
import { MANAGED_RULESETS } from "./managed.ts";
import { isPhase, rulesMax, type Phase } from "./phases.ts";
import { placed } from "./position.ts";
import { executable, isExecuted } from "./references.ts";
import { CODE, Complaints, notFound, refusal } from "./refusal.ts";
import { readRule, storedRule, type ReadRule, type StoredRule, type Surroundings } from "./rule.ts";
import {
  RULESET,
  RULESET_KINDS,
  RULESET_VERSION,
  VERSIONS_MAX,
  type RulesetKind,
  type StoredRuleset,
} from "./ruleset.ts";

export interface Scope {
  readonly type: "accounts" | "zones";
  readonly id: string;
  readonly plan: Plan;
}

export interface Circumstances {
  readonly timestamp: string;
  /** Seeds choose ids that are always the same. */
  readonly newId?: () => string;
}

const Body = z.object({
  name: z.string().min(1).max(200).optional(),
  description: z.string().max(500).nullish(),
  kind: z.string().optional(),
  phase: z.string().optional(),
  rules: z.array(z.unknown()).max(1000).nullish(),
});

/** The members of a rule's PATCH that do not make it another rule. */
const NOT_DEFINING = new Set(["position", "id"]);

export class Rulesets {
  readonly #shelves: Shelves;
  readonly #shelf: Shelf<StoredRuleset>;
  readonly #scope: Scope;
  readonly #timestamp: string;
  readonly #newId: () => string;

  constructor(shelves: Shelves, scope: Scope, { timestamp, newId = hexId }: Circumstances) {
    this.#shelves = shelves;
    this.#shelf = shelves.shelf(RULESET, scope.id);
    this.#scope = scope;
    this.#timestamp = timestamp;
    this.#newId = newId;
  }

  list(): StoredRuleset[] {
    return [...this.#shelf.list(), ...MANAGED_RULESETS];
  }

  find(id: string): StoredRuleset {
    const found = this.list().find((ruleset) => ruleset.id === id);
    if (found !== undefined) return found;
    throw notFound(`could not find ruleset with ID ${id}`);
  }

  entrypoint(name: string): StoredRuleset {
    const phase = readPhase(name);
    const found = this.#entrypoint(phase);
    if (found !== undefined) return found;
    throw notFound(`could not find entrypoint ruleset in the ${phase} phase`);
  }

  create(body: unknown): StoredRuleset {
    const given = parseBody(body, Body);
    const phase = readPhase(given.phase ?? "", "/phase");
    const kind = this.#kind(given.kind ?? "", phase);
    if (given.name === undefined) throw refusal(CODE.invalidBody, "name is required", "/name");
    return this.#first({ name: given.name, kind, phase }, given);
  }

  replace(id: string, body: unknown): StoredRuleset {
    const before = this.#writable(id);
    const given = parseBody(body, Body);
    for (const member of ["kind", "phase"] as const) {
      if (given[member] === undefined || given[member] === before[member]) continue;
      throw refusal(CODE.invalidBody, `the ${member} of a ruleset cannot change`, `/${member}`);
    }
    const rules =
      given.rules === undefined || given.rules === null
        ? before.rules
        : this.#rules(given.rules, before);
    const { name = before.name, description = before.description } = given;
    return this.#next(before, { rules, name, description: description ?? "" });
  }

  /** Creates the entrypoint or replaces it, with the same request. */
  replaceEntrypoint(name: string, body: unknown): StoredRuleset {
    const phase = readPhase(name);
    const before = this.#entrypoint(phase);
    if (before !== undefined) return this.replace(before.id, body);
    const given = parseBody(body, Body);
    return this.#first({ name: given.name ?? "default", kind: this.#top, phase }, given);
  }

  delete(id: string): StoredRuleset {
    const ruleset = this.#writable(id);
    if (isExecuted(this.#shelves, id)) {
      throw refusal(CODE.inUse, `the ruleset ${id} is executed by another ruleset`);
    }
    this.#shelf.delete(id);
    const versions = this.#shelves.shelf(RULESET_VERSION, id);
    for (const version of versions.list()) versions.delete(version.id);
    return ruleset;
  }

  addRule(id: string, body: unknown): StoredRuleset {
    const before = this.#writable(id);
    const complaints = new Complaints();
    const read = readRule(body, this.#surroundings(before.phase), complaints);
    complaints.raise();
    if (read === undefined) throw new Error("a rule without complaints was not read");
    const rule = storedRule(read, { id: this.#newId() }, this.#timestamp);
    this.#refuseOverQuota(before, before.rules.length + 1);
    return this.#next(before, { rules: placed([...before.rules, rule], rule.id, body) });
  }

  /** A PATCH replaces the whole definition, unless it only moves the rule. */
  editRule(id: string, ruleId: string, body: unknown): StoredRuleset {
    const before = this.#writable(id);
    const rule = ruleOf(before, ruleId);
    const members = Object.keys(typeof body === "object" && body !== null ? body : {});
    if (members.every((member) => NOT_DEFINING.has(member))) {
      return this.#next(before, { rules: placed(before.rules, ruleId, body) });
    }
    const complaints = new Complaints();
    const read = readRule(body, this.#surroundings(before.phase), complaints);
    complaints.raise();
    if (read === undefined) throw new Error("a rule without complaints was not read");
    const edited = storedRule(read, { id: ruleId, before: rule }, this.#timestamp);
    const rules = before.rules.map((other) => (other.id === ruleId ? edited : other));
    return this.#next(before, { rules: placed(rules, ruleId, body) });
  }

  deleteRule(id: string, ruleId: string): StoredRuleset {
    const before = this.#writable(id);
    ruleOf(before, ruleId);
    return this.#next(before, { rules: before.rules.filter((rule) => rule.id !== ruleId) });
  }

  /** Another version with the same content, as if somebody had written in between. */
  touch(id: string): StoredRuleset {
    return this.#next(this.#writable(id), {});
  }

  versions(id: string): StoredRuleset[] {
    const current = this.find(id);
    if (current.kind === "managed") return [current];
    return this.#shelves.shelf(RULESET_VERSION, id).list().map(restored);
  }

  version(id: string, version: string): StoredRuleset {
    const found = this.versions(id).find((candidate) => candidate.version === version);
    if (found !== undefined) return found;
    throw notFound(`could not find version ${version} of ruleset with ID ${id}`);
  }

  deleteVersion(id: string, version: string): StoredRuleset {
    const current = this.#writable(id);
    const found = this.version(id, version);
    if (current.version === version) {
      throw refusal(CODE.inUse, `version ${version} is the current version of ruleset ${id}`);
    }
    this.#shelves.shelf(RULESET_VERSION, id).delete(version);
    return found;
  }

  get #top(): RulesetKind {
    return this.#scope.type === "zones" ? "zone" : "root";
  }

  #entrypoint(phase: Phase): StoredRuleset | undefined {
    return this.#shelf
      .list()
      .find((ruleset) => ruleset.phase === phase && ruleset.kind === this.#top);
  }

  #kind(name: string, phase: Phase): RulesetKind {
    const kind = RULESET_KINDS.find((known) => known === name);
    const wrong = (code: number, reason: string) =>
      refusal(code, `'${name}' is not a valid value for kind because ${reason}`, "/kind");
    if (kind === undefined || kind === "managed")
      throw wrong(CODE.invalidKind, "nobody may use it");
    if (kind === "custom") return kind;
    if (kind !== this.#top) throw wrong(CODE.invalidKind, `it is not for ${this.#scope.type}`);
    if (this.#entrypoint(phase) === undefined) return kind;
    const reason = `exceeded maximum number of ${kind} rulesets for phase ${phase}`;
    throw wrong(CODE.entrypointExists, reason);
  }

  #writable(id: string): StoredRuleset {
    const ruleset = this.find(id);
    if (ruleset.kind !== "managed") return ruleset;
    throw refusal(CODE.readOnly, `the managed ruleset ${id} cannot be modified`);
  }

  #surroundings(phase: Phase): Surroundings {
    return {
      phase,
      plan: this.#scope.plan,
      listKind: (name) => listNamed(this.#shelves, name)?.kind,
      executed: (id) => executable(this.#shelves, this.#scope.id, id),
    };
  }

  #rules(given: readonly unknown[], before: StoredRuleset): StoredRule[] {
    const complaints = new Complaints();
    const around = this.#surroundings(before.phase);
    const read = given.map((body, index) =>
      readRule(body, around, complaints.at("rules").at(index)),
    );
    complaints.raise();
    const rules = this.#identified(
      read.flatMap((rule) => rule ?? []),
      before.rules,
    );
    this.#refuseOverQuota(before, rules.length);
    return rules;
  }

  /**
   * Rules keep their id when they come with the ref or the id of a rule that exists; the others
   * are new, even if they say the same as before.
   */
  #identified(read: readonly ReadRule[], known: readonly StoredRule[]): StoredRule[] {
    const taken = new Set<string>();
    return read.map((rule) => {
      const isMeant = ({ id, ref }: StoredRule): boolean =>
        !taken.has(id) && (rule.ref === undefined ? id === rule.id : ref === rule.ref);
      const before = known.find(isMeant);
      const id = before?.id ?? this.#newId();
      taken.add(id);
      return storedRule(rule, { id, before }, this.#timestamp);
    });
  }

  /** The plan counts the rules of a phase, however many rulesets they are in. */
  #refuseOverQuota(ruleset: StoredRuleset, size: number): void {
    const { id, phase } = ruleset;
    const others = this.#shelf.list().filter((other) => other.phase === phase && other.id !== id);
    const total = others.reduce((sum, { rules }) => sum + rules.length, size);
    const max = rulesMax(phase, this.#scope.plan);
    if (total <= max) return;
    const message = `exceeded maximum number of rules in the phase ${phase}: ${total} out of ${max}`;
    throw refusal(CODE.rulesQuota, message, "/rules");
  }

  #first(
    identity: Pick<StoredRuleset, "name" | "kind" | "phase">,
    given: z.infer<typeof Body>,
  ): StoredRuleset {
    const blank: StoredRuleset = {
      id: this.#newId(),
      ...identity,
      description: given.description ?? "",
      version: "0",
      last_updated: this.#timestamp,
      rules: [],
    };
    return this.#next(blank, { rules: this.#rules(given.rules ?? [], blank) });
  }

  #next(
    before: StoredRuleset,
    change: Partial<Pick<StoredRuleset, "name" | "description" | "rules">>,
  ): StoredRuleset {
    const version = String(Number(before.version) + 1);
    const after = { ...before, ...change, version, last_updated: this.#timestamp };
    refuseTwins(after.rules);
    this.#shelf.put(after);
    const versions = this.#shelves.shelf(RULESET_VERSION, after.id);
    versions.put({ ...after, id: version, ruleset_id: after.id });
    const [oldest] = versions.size > VERSIONS_MAX ? versions.list() : [];
    if (oldest !== undefined) versions.delete(oldest.id);
    return after;
  }
}

function restored({
  ruleset_id: id,
  ...version
}: StoredRuleset & { readonly ruleset_id: string }): StoredRuleset {
  return { ...version, id };
}

function readPhase(name: string, pointer?: string): Phase {
  if (isPhase(name)) return name;
  const message = `'${name}' is not a valid value for phase because the phase does not exist`;
  throw refusal(CODE.invalidPhase, message, pointer);
}

function ruleOf(ruleset: StoredRuleset, id: string): StoredRule {
  const rule = ruleset.rules.find((known) => known.id === id);
  if (rule !== undefined) return rule;
  throw notFound(`could not find rule with ID ${id} in ruleset with ID ${ruleset.id}`);
}

function refuseTwins(rules: readonly StoredRule[]): void {
  const complaints = new Complaints();
  const seen = new Set<string>();
  for (const [index, { ref }] of rules.entries()) {
    if (seen.has(ref)) {
      const place = complaints.at("rules").at(index).at("ref");
      place.add(
        CODE.duplicateRef,
        `'${ref}' is not a valid value for ref because it is not unique`,
      );
    }
    seen.add(ref);
  }
  complaints.raise();
}
