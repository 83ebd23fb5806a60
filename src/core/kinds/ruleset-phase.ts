/**
 * What all kinds of rules have in common. The rules of a phase are one resource, its entrypoint: their order matters, and
 * the API wants them written in one piece. A field is a rule; an absent one, in what is planned, is null.
 */
import { z } from "zod";
import { idOf, isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import {
  basePath,
  type ApiRequest,
  type Change,
  type Fault,
  type Fields,
  type Kind,
  objectIn,
  type ObservedResource,
  type Resource,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { isGuardrailRef } from "./guardrail-ref.ts";
import { entrypointHcl, publishedRule } from "./ruleset-publication.ts";
import { mergedRule, observedRule, sameRule } from "./ruleset-rule.ts";
import { schemaFaults } from "./schema-fault.ts";

export interface PhaseKind {
  readonly name: string;
  /** The phases that the kind's rules are in, in the order of `phaseOf`'s answers. */
  readonly phases: readonly [string, ...string[]];
  /** One declared rule. It lets values through as they are. */
  readonly rule: z.ZodType;
  /** The phase that a declared rule is for, and the rule without the member that says so. Left out: the only one. */
  place?(rule: JsonObject): { readonly phase: string; readonly rule: JsonObject };
  /** The other way: a rule of `phase` as it is declared. */
  placed?(phase: string, rule: JsonObject): JsonObject;
}

const COLLECTION = "rulesets/phases";
const ENTRYPOINT = "entrypoint";
/** More than any plan has in one phase (I12). */
const RULES_MAX = 1_000;

const RULE = "rule:";
/** In which order: of a declared list only the order among its own rules counts. */
const ORDER = "order";
/** Which rules there are; declared only where undeclared ones are to be removed. */
const REFS = "refs";
/**
 * Which rules of guardrails there are: of refs that only guardrails have, no others may be there. Declared by the overlay,
 * so that a rule goes with its lease, whatever policy says about undeclared ones.
 */
const GUARDED = "guardrails";
/** Declared by nobody, so a write of others between reading and writing is seen; by how much it grows is not promised. */
const VERSION = "version";
/** Sent back as they are. */
const CARRIED = ["name", "description"] as const;

const fieldOf = (ref: string): string => RULE + ref;
const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.map((one) => textOf(one)) : [];
const rulesSchema = z.array(z.record(z.string(), z.json())).max(RULES_MAX);

const listed = (rule: JsonObject | undefined): readonly JsonObject[] =>
  rule === undefined ? [] : [rule];

type Rules = ReadonlyMap<string, JsonObject>;

const rulesIn = (fields: Fields): Rules =>
  new Map(
    Object.entries(fields).flatMap(([field, rule]) =>
      field.startsWith(RULE) && isObject(rule) ? [[field.slice(RULE.length), rule]] : [],
    ),
  );

const fieldsOf = (rules: readonly JsonObject[]): Fields => ({
  ...Object.fromEntries(rules.map((rule) => [fieldOf(textOf(rule["ref"])), rule])),
  [ORDER]: rules.map(({ ref }) => textOf(ref)),
});

/** The rules of the fields, in their order. */
const inOrder = (fields: Fields): readonly JsonObject[] => {
  const rules = rulesIn(fields);
  return textsOf(fields[ORDER]).flatMap((ref) => listed(rules.get(ref)));
};

/** The second rule that has the ref of an earlier one, by position. */
function twins(rules: readonly JsonObject[]): readonly number[] {
  const refs = rules.map(({ ref }) => textOf(ref));
  return refs.flatMap((ref, index) => (refs.indexOf(ref) < index ? [index] : []));
}

function observe(kind: PhaseKind, raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("an entrypoint is not an object");
  const id = idOf(raw);
  if (!kind.phases.includes(id) || !isObjectId(id)) return err("an entrypoint of another phase");
  const rows = raw["rules"] ?? [];
  if (!Array.isArray(rows)) return err(`the rules of \`${id}\` are not a list`);
  const rules: JsonObject[] = [];
  for (const one of rows) {
    const rule = observedRule(one);
    if (!rule.ok) return err(`\`${id}\`: ${rule.error}`);
    rules.push(rule.value);
  }
  if (twins(rules).length > 0) return err(`two rules of \`${id}\` have the same \`ref\``);
  const carried = CARRIED.flatMap((member) => {
    const text = textOf(raw[member]);
    return text === "" ? [] : [[member, text]];
  });
  const fields = fieldsOf(rules);
  const auditId = textOf(raw["ruleset_id"]);
  return ok({
    kind: kind.name,
    group: id,
    identity: id,
    id,
    system: null,
    ...(auditId === "" ? {} : { auditId }),
    fields: {
      ...fields,
      ...Object.fromEntries(carried),
      [REFS]: fields[ORDER] ?? [],
      ...guarded(textsOf(fields[ORDER])),
      [VERSION]: textOf(raw["version"]),
    },
  });
}

const guarded = (refs: readonly string[]): Fields => {
  const ours = refs.filter(isGuardrailRef);
  return ours.length === 0 ? {} : { [GUARDED]: ours };
};

const inBoth = (refs: readonly string[], others: readonly string[]): readonly string[] =>
  refs.filter((ref) => others.includes(ref));

function same(field: string, desired: Json, observed: Json): boolean {
  if (field.startsWith(RULE)) return sameRule(desired, observed);
  const [wanted, live] = [textsOf(desired), textsOf(observed)];
  if (field === ORDER) return sameJson(inBoth(wanted, live), inBoth(live, wanted));
  // Whether a declared rule is missing is told by the rule itself.
  if (field === REFS || field === GUARDED)
    return desired === null || live.every((ref) => wanted.includes(ref));
  return true;
}

/** The declared rules in their order; every other one behind the declared rule that it stood behind. */
function woven(declared: readonly string[], live: readonly string[]): readonly string[] {
  const first: string[] = [];
  const followers = new Map(declared.map((ref): [string, string[]] => [ref, []]));
  let place = first;
  for (const ref of live) {
    const behind = followers.get(ref);
    if (behind) place = behind;
    else place.push(ref);
  }
  return [...first, ...[...followers].flatMap(([ref, behind]) => [ref, ...behind])];
}

/** The entrypoint after an update, rules that are gone as null: verification has to look for them, too. */
function updated({ desired, observed, fields }: Extract<Change, { op: "update" }>): Fields {
  const [wanted, live] = [rulesIn(desired.fields), rulesIn(observed.fields)];
  // What was read is complete and comes back as it was: the inverse of an update.
  const restores = desired.fields[VERSION] !== undefined;
  const only = desired.fields[REFS];
  const leased = desired.fields[GUARDED];
  const refs = woven(textsOf(desired.fields[ORDER]), textsOf(observed.fields[ORDER])).filter(
    (ref) =>
      (only === undefined || textsOf(only).includes(ref)) &&
      (leased === undefined || !isGuardrailRef(ref) || textsOf(leased).includes(ref)),
  );
  const rules = refs.flatMap((ref) => {
    const [rule, there] = [wanted.get(ref), live.get(ref)];
    if (rule === undefined || (there && !restores && !fields.includes(fieldOf(ref))))
      return listed(there);
    return [restores ? rule : mergedRule(rule, there)];
  });
  const gone = [...live.keys()].filter((ref) => !refs.includes(ref));
  return {
    ...Object.fromEntries(gone.map((ref) => [fieldOf(ref), null])),
    ...fieldsOf(rules),
    [REFS]: refs,
    ...guarded(refs),
  };
}

function predict(change: Change): Fields | null {
  switch (change.op) {
    case "create":
      return change.desired.fields;
    case "update":
      return updated(change);
    case "delete":
      return null;
  }
}

const isLasting = (rule: JsonObject): boolean => !isGuardrailRef(textOf(rule["ref"]));

export interface Guarded {
  readonly phase: string;
  /** The phase's declared rules; null: it has none. */
  readonly declared: Resource | null;
  /** Rules of guardrails in force. */
  readonly rules: readonly JsonObject[];
  /** Before which of the declared rules they stand, given these in order. */
  readonly place: (declared: readonly JsonObject[]) => number;
}

/** A declared phase with the rules of guardrails in it, and no other rule of a guardrail. */
export function guardedPhase(kind: string, { phase, declared, rules, place }: Guarded): Resource {
  const before = declared?.fields ?? {};
  const own = inOrder(before);
  const at = place(own);
  const enabled = rules.map((rule) => ({ ...rule, enabled: rule["enabled"] ?? true }));
  const fields = fieldsOf([...own.slice(0, at), ...enabled, ...own.slice(at)]);
  const refs = rules.map(({ ref }) => textOf(ref));
  const only = before[REFS] === undefined ? {} : { [REFS]: fields[ORDER] ?? [] };
  return {
    kind,
    group: phase,
    identity: phase,
    fields: { ...before, ...fields, ...only, [GUARDED]: refs },
  };
}

/** The whole entrypoint. Rules go by their ref, which keeps the id of a rule that is there. */
function requestFor(change: Change, site: Site): ApiRequest {
  const { group } = change.op === "delete" ? change.observed : change.desired;
  const sources = [
    ...(change.op === "create" ? [] : [change.observed.fields]),
    ...(change.op === "delete" ? [] : [change.desired.fields]),
  ];
  const carried = CARRIED.flatMap((member) =>
    sources.flatMap((fields) => (fields[member] === undefined ? [] : [[member, fields[member]]])),
  );
  const rules = inOrder(predict(change) ?? {});
  return {
    method: "PUT",
    path: `${basePath(site)}/${COLLECTION}/${group}/${ENTRYPOINT}`,
    body: { ...Object.fromEntries(carried), rules },
  };
}

/** What a PUT of an entrypoint leaves there: its rules and no others. */
function apply(
  objects: readonly Json[],
  { method, path, body }: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const phase = objectIn(path, COLLECTION, site);
  if (method !== "PUT" || path !== `${basePath(site)}/${COLLECTION}/${phase}/${ENTRYPOINT}`)
    return err("not a call that is understood");
  if (!isObject(body)) return err("the body is not an object");
  const { rules } = body;
  if (!Array.isArray(rules)) return err("`rules` is not a list");
  if (!rules.every((rule) => isObject(rule) && textOf(rule["ref"]) !== ""))
    return err("a rule without a `ref` would be another one");
  if (!objects.some((object) => isObject(object) && idOf(object) === phase))
    return err(`the entrypoint of \`${phase}\` was not read`);
  return ok(
    objects.map((object) =>
      isObject(object) && idOf(object) === phase ? { ...object, ...body } : object,
    ),
  );
}

type Declared = Result<readonly Resource[], readonly Fault[]>;

function declare(kind: PhaseKind, declared: unknown, removes: boolean): Declared {
  const parsed = z.array(kind.rule).max(RULES_MAX).safeParse(declared);
  const plain = rulesSchema.safeParse(declared);
  if (!parsed.success) return err(schemaFaults(parsed.error.issues));
  if (!plain.success) return err(schemaFaults(plain.error.issues));
  const placed = plain.data.map((given, index) => {
    const [only] = kind.phases;
    const { phase, rule } = kind.place?.(given) ?? { phase: only, rule: given };
    return { index, phase, rule: { ...rule, enabled: rule["enabled"] ?? true } };
  });
  const byPhase = kind.phases.map((phase) => ({
    phase,
    of: placed.filter((one) => one.phase === phase),
  }));
  const faults = byPhase.flatMap(({ of }) =>
    twins(of.map(({ rule }) => rule)).map((position) => ({
      path: [of[position]?.index ?? 0, "ref"],
      problem: "is the `ref` of another rule",
    })),
  );
  if (faults.length > 0) return err(faults);
  return ok(
    byPhase.map(({ phase, of }) => {
      const fields = fieldsOf(of.map(({ rule }) => rule));
      const only = removes ? { [REFS]: fields[ORDER] ?? [] } : {};
      return { kind: kind.name, group: phase, identity: phase, fields: { ...fields, ...only } };
    }),
  );
}

/** Rules of another form than the kind's (another action, a name that cannot be declared) stay where they are. */
const publishRules = (kind: PhaseKind, observed: readonly ObservedResource[]): Json =>
  observed
    .toSorted((a, b) => kind.phases.indexOf(a.group) - kind.phases.indexOf(b.group))
    .flatMap(({ group, fields }) =>
      inOrder(fields)
        .map(publishedRule)
        .map((rule) => kind.placed?.(group, rule) ?? rule),
    )
    .filter((rule) => kind.rule.safeParse(rule).success);

/** A kind of rules: everything but its own schema is the same for all phases. */
export const rulesetPhase = (kind: PhaseKind): Kind => ({
  name: kind.name,
  level: "zone",
  collection: COLLECTION,
  owns: (id) => kind.phases.includes(id),
  matchable: [],
  schema: z.array(kind.rule).max(RULES_MAX),
  declare: (declared, _, policy) => declare(kind, declared, policy?.removes ?? false),
  observe: (raw) => observe(kind, raw),
  same,
  removable: false,
  dryRun: true,
  // A guardrail's rule comes and goes with its lease: nobody is asked about that, and limits do not count it.
  parts: (fields) => [...rulesIn(fields).keys()].filter((ref) => !isGuardrailRef(ref)),
  foreign: () => new Map(),
  calls: (changes, site) =>
    changes.map((change, position) => ({
      request: requestFor(change, site),
      changes: [position],
    })),
  predict,
  apply,
  publish: (observed) => publishRules(kind, observed),
  hcl: (observed, { site }) =>
    entrypointHcl(observed, inOrder(observed.fields).filter(isLasting), site),
  describe: ({ identity }) => `rules of ${identity}`,
});
