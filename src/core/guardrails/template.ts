/** What a guardrail template is: typed, bounded parameters in, effects on resources of existing kinds out. Pure. */
import type { z } from "zod";
import { isObject, type Json, type JsonObject } from "../canonical.ts";
import type { GuardrailId } from "../ids.ts";
import { guardrailRef } from "../kinds/guardrail-ref.ts";
import type { Fault, Level } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";

/** The ladder: each rung does more to who is hit. */
export const LADDER = ["log", "challenge", "block"] as const;
/** `apply`: a template that is there or not, without rungs. */
export const MODES = [...LADDER, "apply"] as const;
export type Mode = (typeof MODES)[number];

/** One thing that the desired state gets while the lease runs. */
export type Effect =
  /** A rule in its kind's phase. */
  | { readonly type: "rule"; readonly kind: RuleKind; readonly rule: JsonObject }
  /** `afterwards`: what it is to be again where the golden state does not say; null: the golden state has to. */
  | {
      readonly type: "setting";
      readonly id: string;
      readonly value: Json;
      readonly afterwards: Json;
    }
  | {
      readonly type: "list_item";
      readonly list: string;
      readonly of: string;
      readonly value: string;
    }
  | { readonly type: "route_off"; readonly pattern: string };

export type RuleKind = "waf_rule" | "rate_limit_rule" | "cache_rule";

interface TemplateSpec<P extends z.ZodType> {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  readonly level: Level;
  readonly parameters: P;
  /** What it can be, mildest first. */
  readonly modes: readonly [Mode, ...Mode[]];
  /** Nobody needs it longer without saying so again. */
  readonly leaseMaxMs: number;
  /** What it picks is an attack by its form: few requests tell what many do elsewhere. */
  readonly isPrecise?: boolean;
  /** `ref` names its rules. */
  readonly effects: (
    parameters: z.output<P>,
    of: { readonly mode: Mode; readonly ref: (index: number) => string },
  ) => readonly Effect[];
  /** The expression that picks requests, for a simulation; null: it picks none. */
  readonly matches: (parameters: z.output<P>) => string | null;
}

export interface Template extends Omit<TemplateSpec<z.ZodType>, "effects" | "matches"> {
  /** Parameters with every default said, or what is wrong with them. */
  parse(parameters: unknown): Result<JsonObject, readonly Fault[]>;
  /** Of parameters that `parse` let through. */
  expand(
    parameters: JsonObject,
    of: { readonly id: GuardrailId; readonly mode: Mode },
  ): Result<readonly Effect[], readonly Fault[]>;
  expression(parameters: JsonObject): string | null;
}

/** Closes over the types of one template, so that the registry can hold them all. */
export function defineTemplate<P extends z.ZodType>(spec: TemplateSpec<P>): Template {
  const { effects, matches, ...head } = spec;
  const parsed = (given: unknown): Result<z.output<P>, readonly Fault[]> => {
    const result = spec.parameters.safeParse(given);
    return result.success
      ? ok(result.data)
      : err(
          result.error.issues.map(({ path, message }) => ({
            path: path.map((key) => (typeof key === "symbol" ? String(key) : key)),
            problem: message.charAt(0).toLowerCase() + message.slice(1),
          })),
        );
  };
  return {
    ...head,
    parse(given) {
      const parameters = parsed(given);
      return parameters.ok ? ok(membersOf(parameters.value)) : parameters;
    },
    expand(given, { id, mode }) {
      const parameters = parsed(given);
      if (!parameters.ok) return parameters;
      if (!spec.modes.includes(mode))
        return err([{ path: ["mode"], problem: `\`${spec.name}\` cannot \`${mode}\`` }]);
      const ref = (index: number): string => guardrailRef(id.slice("grd_".length), index);
      return ok(effects(parameters.value, { mode, ref }));
    },
    expression(given) {
      const parameters = parsed(given);
      return parameters.ok ? matches(parameters.value) : null;
    },
  };
}

/** As JSON: `undefined` stands for absent in what a schema returns. */
function membersOf(value: unknown): JsonObject {
  const plain = plainOf(value);
  return isObject(plain) ? plain : {};
}

function plainOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (typeof value !== "object" || value === null) return null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plainOf(member)]));
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
