/**
 * A golden path: a versioned template from typed parameters to declared resources. Whoever chooses one, a person, a rule or
 * a model, fills parameters and nothing else (I5); what is declared is worked out here, the same for everybody.
 */
import { z } from "zod";
import { digestOf, isObject, type Json, type JsonObject } from "../canonical.ts";
import type { Instant } from "../ids.ts";
import { kindOf } from "../kinds/registry.ts";
import type { Fault, Level, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import type { ZonePlan } from "./zone-plan.ts";

/** What stands below `spec.resources`, by kind. Kinds of both levels: which document they belong to follows from the kind. */
export type Declarations = Readonly<Record<string, Json>>;

/** What a path may know of where it is used. */
export interface PathState {
  /** Null: the intent is about an account, and no zone is named. */
  readonly zone: Site | null;
  readonly account: Site;
  /** Of the zone. Null: not known, or there is none. */
  readonly plan: ZonePlan | null;
  /** When it is asked for; null where it is only worked out what is declared. */
  readonly now: Instant | null;
  /** Null: no account of AWS is managed here. */
  readonly aws_account: Site | null;
  /** Of the golden states of all of them, as they are in force. */
  readonly declared: Declarations;
}

export interface Expansion {
  readonly declares: Declarations;
  /** Declared so far, and superseded by what the path declares. */
  readonly retires: Declarations;
  /** What a person has to do or to know, since no resource says it. */
  readonly notes: readonly string[];
}

/** In both languages of the surfaces. */
export interface Text {
  readonly en: string;
  readonly ko: string;
}

/** Something that holds of every expansion, whatever the parameters and whatever was declared before. */
interface Invariant<P> {
  readonly name: string;
  readonly holds: (declares: Declarations, parameters: P) => boolean;
}

/** How to get from a version that is still in golden states to the next one. */
interface Earlier {
  readonly parameters: z.ZodObject;
  readonly expand: (parameters: JsonObject, state: PathState) => Expansion;
  readonly upgrade: (parameters: JsonObject) => JsonObject;
}

interface PathSpec<S extends z.ZodObject> {
  readonly name: string;
  readonly version: number;
  readonly title: Text;
  readonly summary: Text;
  /** The level of scope that it is for; its resources may be of both. */
  readonly needs: Level;
  readonly parameters: S;
  /** What tells two uses of the path in one golden state apart; the same again is an amendment. */
  readonly instance: (parameters: z.output<S>, state: PathState) => string;
  readonly expand: (parameters: z.output<S>, state: PathState) => Expansion;
  /** Why it cannot be used here as it is asked for, with the remedy; left out or empty: it can. */
  readonly refuses?: (parameters: z.output<S>, state: PathState) => readonly string[];
  readonly invariants: readonly Invariant<z.output<S>>[];
  /** Where money comes in, in words: prices change, and plans differ. */
  readonly cost: readonly string[];
  readonly risk: readonly string[];
  /** Versions before this one, by number. */
  readonly earlier?: ReadonlyMap<number, Earlier>;
}

/** One use of a path, as it stands in a golden state. */
export interface PathRequest {
  readonly path: string;
  readonly version: number;
  readonly parameters: JsonObject;
}

export interface Expanded extends Expansion {
  /** With the defaults filled in. */
  readonly request: PathRequest;
  readonly instance: string;
}

export interface GoldenPath extends Omit<
  PathSpec<z.ZodObject>,
  "expand" | "instance" | "invariants" | "refuses"
> {
  readonly invariants: readonly string[];
  /** Parameters with their defaults, and everything that they lead to; or what is wrong with them. */
  readonly open: (parameters: unknown, state: PathState) => Result<Expanded, readonly Fault[]>;
  /** The same of an earlier version, to know what it has declared. Null: there never was one, or it does not read. */
  readonly openEarlier: (request: PathRequest, state: PathState) => Expansion | null;
  /** A request of any version as one of this version, without its effects. Null as above. */
  readonly upgraded: (request: PathRequest) => JsonObject | null;
}

/** Closes over the type of one path's parameters, so that the registry can hold them all. */
export function defineGoldenPath<S extends z.ZodObject>(spec: PathSpec<S>): GoldenPath {
  const { expand, instance, invariants, refuses, ...head } = spec;
  const read = (parameters: unknown): Result<z.output<S>, readonly Fault[]> => {
    const parsed = spec.parameters.safeParse(parameters);
    return parsed.success ? ok(parsed.data) : err(faultsOf(parsed.error.issues));
  };
  return {
    ...head,
    invariants: invariants.map(({ name }) => name),
    open(parameters, state) {
      const given = read(parameters);
      if (!given.ok) return given;
      if (spec.needs === "zone" && state.zone === null)
        return err([{ path: [], problem: "is for a zone: ask in the zone's scope" }]);
      const refused = refuses?.(given.value, state) ?? [];
      if (refused.length > 0) return err(refused.map((problem) => ({ path: [], problem })));
      const expansion = expand(given.value, state);
      const broken = invariants.filter(({ holds }) => !holds(expansion.declares, given.value));
      const faults = [
        ...broken.map(({ name }) => ({ path: [], problem: `would not hold: ${name}` })),
        ...undeclarable(expansion.declares, state),
      ];
      if (faults.length > 0) return err(faults);
      const request = { path: spec.name, version: spec.version, parameters: json(given.value) };
      return ok({ ...expansion, request, instance: instance(given.value, state) });
    },
    openEarlier({ version, parameters }, state) {
      if (version === spec.version) {
        const given = read(parameters);
        return given.ok ? expand(given.value, state) : null;
      }
      const earlier = spec.earlier?.get(version);
      const parsed = earlier?.parameters.safeParse(parameters);
      return earlier && parsed?.success ? earlier.expand(json(parsed.data), state) : null;
    },
    upgraded(request) {
      let { parameters } = request;
      for (let version = request.version; version < spec.version; version += 1) {
        const earlier = spec.earlier?.get(version);
        if (earlier === undefined) return null;
        parameters = earlier.upgrade(parameters);
      }
      return request.version > spec.version ? null : parameters;
    },
  };
}

/** What the kinds themselves say of the declarations: a path that declares what cannot be is a fault of the path. */
function undeclarable(declares: Declarations, state: PathState): readonly Fault[] {
  return Object.entries(declares).flatMap(([name, declared]) => {
    const kind = kindOf(name);
    const site = state[kind.level];
    if (site === null)
      return [{ path: [], problem: `declares \`${name}\`, which needs ${WANTED[kind.level]}` }];
    const resources = kind.declare(declared, site);
    return resources.ok
      ? []
      : resources.error.map(({ path, problem }) => ({ path: [name, ...path], problem }));
  });
}

const WANTED: Readonly<Record<Level, string>> = {
  zone: "a zone",
  account: "an account",
  aws_account: "an account of AWS: set `AWS_ACCOUNT_ID` and its credentials (docs/operations.md)",
};

const faultsOf = (issues: readonly z.core.$ZodIssue[]): readonly Fault[] =>
  issues.map(({ path, message }) => ({
    path: path.map((key) => (typeof key === "symbol" ? String(key) : key)),
    problem: message.charAt(0).toLowerCase() + message.slice(1),
  }));

/** Parameters are plain JSON by their schemas; what is absent is left out. */
const jsonObject = z.record(z.string(), z.json());
const json = (value: unknown): JsonObject => jsonObject.parse(definedOnly(value));
const definedOnly = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))
    : value;

export const listOf = (declared: Json | undefined): readonly JsonObject[] =>
  Array.isArray(declared) ? declared.filter(isObject) : [];

export const mapOf = (declared: Json | undefined): JsonObject =>
  isObject(declared) ? declared : {};

/** What several pieces of a path declare, as one: lists one behind the other, settings together. */
export function joined(
  ...pieces: readonly (Pick<Expansion, "declares" | "notes"> &
    Partial<Pick<Expansion, "retires">>)[]
): Expansion {
  const all = (of: "declares" | "retires"): Declarations => {
    const whole: Record<string, Json> = {};
    for (const piece of pieces)
      for (const [kind, declared] of Object.entries(piece[of] ?? {}))
        whole[kind] = isObject(declared)
          ? { ...mapOf(whole[kind]), ...declared }
          : [...listOf(whole[kind]), ...listOf(declared)];
    return whole;
  };
  return {
    declares: all("declares"),
    retires: all("retires"),
    notes: [...new Set(pieces.flatMap(({ notes }) => notes))],
  };
}

/** A member as text, whatever it is. */
export const said = (value: Json | undefined): string =>
  typeof value === "string" ? value : JSON.stringify(value ?? null);

/** The zone of a path that needs one: `open` has made sure. */
export function zoneOf({ zone }: PathState): Site {
  if (zone === null) throw new Error("a path for zones was opened without one");
  return zone;
}

const PIECE_LENGTH_MAX = 24;

/** A name for what the path makes: `<path>-<instance>-<what>`, within what all kinds allow and without clashes. */
export function nameFor(path: string, instance: string, what: string): string {
  const piece = instance
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const short =
    piece.length <= PIECE_LENGTH_MAX
      ? piece
      : `${piece.slice(0, PIECE_LENGTH_MAX - 7)}-${digestOf(instance).slice(7, 13)}`;
  return [path, short, what].filter((part) => part !== "").join("-");
}
