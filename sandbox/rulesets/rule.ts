/** One rule: from what a client sends to what is stored. */
import { z } from "zod";
import type { Plan } from "../model/zone.ts";
import { innerExpressions, readParameters } from "./actions.ts";
import { ExpressionError, readExpression } from "./expression.ts";
import { ACTIONS, ALLOWANCE, takes, type Action, type Phase } from "./phases.ts";
import { readRatelimit, type StoredRatelimit } from "./ratelimit.ts";
import { CODE, type Complaints } from "./refusal.ts";

/** What a rule is, apart from its identity and its history. */
interface Definition {
  readonly action: Action;
  readonly action_parameters?: Readonly<Record<string, unknown>>;
  readonly expression: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly logging?: { readonly enabled: boolean };
  readonly ratelimit?: StoredRatelimit;
  readonly exposed_credential_check?: Readonly<Record<string, unknown>>;
}

export interface StoredRule extends Definition {
  readonly id: string;
  readonly version: string;
  /** The rule's stable identity; its id when nobody chose one. */
  readonly ref: string;
  readonly last_updated: string;
  /** Managed rules only. */
  readonly categories?: readonly string[];
}

/** What a checked rule brings along; both may be chosen by the client. */
export interface ReadRule {
  readonly definition: Definition;
  readonly id?: string | undefined;
  readonly ref?: string | undefined;
}

/** Everything outside the rule on which its correctness depends. */
export interface Surroundings {
  readonly phase: Phase;
  readonly plan: Plan;
  readonly listKind: (name: string) => string | undefined;
  readonly executed: (id: string) => Executed | undefined;
}

export interface Executed {
  readonly phase: Phase;
  readonly kind: string;
  readonly rules: readonly StoredRule[];
}

/** Members that only answers have (`version`, `last_updated` …) are read over. */
const Input = z.object({
  id: z.string().max(64).optional(),
  ref: z.string().max(200).nullish(),
  action: z.string().optional(),
  action_parameters: z.unknown().optional(),
  expression: z.string().optional(),
  description: z.string().max(500).nullish(),
  enabled: z.boolean().nullish(),
  logging: z.object({ enabled: z.boolean() }).nullish(),
  ratelimit: z.unknown().optional(),
  exposed_credential_check: z
    .object({ username_expression: z.string(), password_expression: z.string() })
    .nullish(),
});
type Input = z.infer<typeof Input>;

export function readRule(
  body: unknown,
  around: Surroundings,
  complaints: Complaints,
): ReadRule | undefined {
  const parsed = Input.safeParse(body);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const place = path.reduce<Complaints>((at, step) => at.at(String(step)), complaints);
      place.add(CODE.invalidBody, message);
    }
    return undefined;
  }
  const input = parsed.data;
  const action = readAction(input.action, around.phase, complaints.at("action"));
  complainOfExpression(input.expression ?? "", around, complaints.at("expression"));
  if (action === undefined) return undefined;
  const definition = {
    action,
    ...effects(input, action, { around, complaints }),
    expression: input.expression ?? "",
    ...described(input),
    enabled: input.enabled ?? true,
  };
  return { id: input.id, ref: input.ref ?? undefined, definition };
}

interface Reading {
  readonly around: Surroundings;
  readonly complaints: Complaints;
}

/** What the action needs and brings; skipped requests are logged unless somebody says no. */
function effects(input: Input, action: Action, { around, complaints }: Reading) {
  const place = complaints.at("action_parameters");
  const wanted = { action, phase: around.phase, given: input.action_parameters };
  const parameters = readParameters(wanted, place);
  if (parameters !== undefined) complainOfReferences(action, parameters, { around, place });
  const ratelimit = limited(input, { action, around }, complaints.at("ratelimit"));
  const logging = input.logging ?? (action === "skip" ? { enabled: true } : undefined);
  return {
    ...(parameters === undefined ? {} : { action_parameters: parameters }),
    ...(logging === undefined ? {} : { logging }),
    ...(ratelimit === undefined ? {} : { ratelimit }),
  };
}

/** Empty descriptions are given back as none. */
function described(input: Input) {
  const { description, exposed_credential_check: check } = input;
  return {
    ...(description === undefined || description === null || description === ""
      ? {}
      : { description }),
    ...(check === undefined || check === null ? {} : { exposed_credential_check: check }),
  };
}

function readAction(
  given: string | undefined,
  phase: Phase,
  complaints: Complaints,
): Action | undefined {
  const action = ACTIONS.find((known) => known === given);
  if (given === undefined || given === "") {
    complaints.add(CODE.actionForPhase, "action is required");
    return undefined;
  }
  if (action !== undefined && takes(phase, action)) return action;
  const reason = action === undefined ? "it does not exist" : `it is not allowed in phase ${phase}`;
  complaints.add(
    CODE.actionForPhase,
    `'${given}' is not a valid value for action because ${reason}`,
  );
  return undefined;
}

function complainOfExpression(text: string, around: Surroundings, complaints: Complaints): void {
  const wrong = (code: number, reason: string): void =>
    complaints.add(code, `'${text}' is not a valid value for expression because ${reason}`);
  if (text.trim() === "") {
    wrong(CODE.blankExpression, "the expression cannot be blank");
    return;
  }
  try {
    const { lists, usesRegex } = readExpression(text);
    for (const name of lists) {
      if (around.listKind(name) === undefined) {
        wrong(CODE.brokenExpression, `the list $${name} does not exist`);
      }
    }
    if (usesRegex && !ALLOWANCE[around.plan].regex) {
      const message = "not entitled: the use of operator Matches is not allowed";
      complaints.add(
        CODE.notEntitled,
        `${message}, a Business plan or a WAF Advanced plan is required`,
      );
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    wrong(CODE.brokenExpression, error.message);
  }
}

function limited(
  input: Input,
  { action, around }: { action: Action; around: Surroundings },
  complaints: Complaints,
): StoredRatelimit | undefined {
  const { ratelimit } = input;
  const isGiven = ratelimit !== undefined && ratelimit !== null;
  const isLimiting = around.phase === "http_ratelimit" && action !== "execute" && action !== "skip";
  if (!isLimiting && isGiven) {
    complaints.add(CODE.ratelimitInvalid, `ratelimit is not allowed in phase ${around.phase}`);
  } else if (isLimiting && !isGiven) {
    complaints.add(CODE.ratelimitInvalid, "ratelimit is required in phase http_ratelimit");
  } else if (isGiven) return readRatelimit(ratelimit, around.plan, complaints);
  return undefined;
}

/** Expressions inside the parameters, and rulesets, rules, categories and lists that they name. */
function complainOfReferences(
  action: Action,
  parameters: Readonly<Record<string, unknown>>,
  { around, place }: { around: Surroundings; place: Complaints },
): void {
  for (const { path, expression } of innerExpressions(parameters)) {
    const at = path.reduce<Complaints>((deeper, step) => deeper.at(step), place);
    complainOfExpression(expression, around, at);
  }
  if (action === "execute") complainOfExecution(parameters as unknown as Execution, around, place);
  if (action !== "redirect") return;
  const { name } = (parameters["from_list"] ?? {}) as { name?: string };
  if (name !== undefined && around.listKind(name) !== "redirect") {
    place.at("from_list").at("name").add(CODE.parametersInvalid, `no redirect list \`${name}\``);
  }
}

/** What `readParameters` has let through for `execute`. */
interface Execution {
  readonly id: string;
  readonly overrides?:
    | {
        readonly categories?: readonly { readonly category: string }[];
        readonly rules?: readonly { readonly id: string }[];
      }
    | undefined;
}

function complainOfExecution(
  { id, overrides }: Execution,
  around: Surroundings,
  complaints: Complaints,
): void {
  const target = around.executed(id);
  const isFitting = target?.phase === around.phase && ["managed", "custom"].includes(target.kind);
  if (target === undefined || !isFitting) {
    const message = `'${id}' is not a valid value for id because no ruleset of phase ${around.phase} has it`;
    complaints.at("id").add(CODE.parametersInvalid, message);
    return;
  }
  if (target.kind === "managed" && !ALLOWANCE[around.plan].managed) {
    const message = `not entitled: the use of the managed ruleset ${id} is not allowed, a higher plan is required`;
    complaints.at("id").add(CODE.notEntitled, message);
  }
  complainOfOverrides({ id, overrides }, target.rules, complaints.at("overrides"));
}

/** Overrides of what the ruleset does not have would have no effect. */
function complainOfOverrides(
  { id, overrides = {} }: Execution,
  known: readonly StoredRule[],
  complaints: Complaints,
): void {
  const { rules = [], categories = [] } = overrides;
  const places = [
    ...rules.map((rule, at) => ["rules", at, "id", rule.id] as const),
    ...categories.map((one, at) => ["categories", at, "category", one.category] as const),
  ];
  const has = new Set(known.flatMap((rule) => [rule.id, ...(rule.categories ?? [])]));
  for (const [list, index, member, name] of places) {
    if (has.has(name)) continue;
    const place = complaints.at(list).at(index).at(member);
    place.add(CODE.parametersInvalid, `the ruleset ${id} has no ${member} \`${name}\``);
  }
}

/** The rule after a write: its version moves only when the rule itself is another. */
export function storedRule(
  { definition, ref }: ReadRule,
  identity: { readonly id: string; readonly before?: StoredRule | undefined },
  timestamp: string,
): StoredRule {
  const { id, before } = identity;
  const wanted = { ...definition, ref: ref ?? id };
  if (before !== undefined) {
    const { id: _id, version, last_updated: _updated, ...known } = before;
    if (canonical(known) === canonical(wanted)) return before;
    return { id, version: String(Number(version) + 1), ...wanted, last_updated: timestamp };
  }
  return { id, version: "1", ...wanted, last_updated: timestamp };
}

/** The same text for objects that differ only in the order of their members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(
      Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ) as unknown;
  });
}
