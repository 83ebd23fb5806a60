/**
 * Golden paths put into golden states: which declarations come, change and go, as edits that leave everything else as it
 * stands. The same for everybody who chose the same parameters, and refused whole where it would touch what others declared.
 */
import type { Edit } from "../adoption.ts";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { Instant, ScopeId } from "../ids.ts";
import { kindOf } from "../kinds/registry.ts";
import type { Amended } from "../proposal.ts";
import { type Fault, type Level, scopeOf, type Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import {
  type Declarations,
  type Expanded,
  type Expansion,
  type GoldenPath,
  listOf,
  mapOf,
  type PathRequest,
  type PathState,
} from "./golden-path.ts";
import { GOLDEN_PATHS } from "./registry.ts";
import type { ZonePlan } from "./zone-plan.ts";

/** A composition of more is several intents (I12). */
export const PATHS_MAX = 5;

export interface Choice {
  readonly path: string;
  readonly parameters: unknown;
}

interface Grounded {
  readonly site: Site;
  readonly document: JsonObject | null;
  /** Of a zone; left out or null: not known. */
  readonly plan?: ZonePlan | null;
}

/** The golden states that may be amended, and where they are. A document is null where none is in force. */
export interface Ground {
  readonly zone: Grounded | null;
  readonly account: Grounded;
  /** Null: no account of AWS is managed here. */
  readonly aws_account: Grounded | null;
  /** When it is asked for; left out: it is only worked out what stands there. */
  readonly now?: Instant;
}

/** In the order in which they are amended: what a zone names has to be there. */
const groundsIn = (ground: Ground): readonly (Grounded & { level: Level })[] =>
  (["aws_account", "account", "zone"] as const).flatMap((level) => {
    const one = ground[level];
    return one === null ? [] : [{ level, ...one }];
  });

/** One declaration before and after: what a person reads before saying yes. */
export interface Shown extends Amended {
  readonly before: Json;
  readonly after: Json;
}

/** What becomes of one golden state. */
export interface Part {
  readonly level: Level;
  readonly scope: ScopeId;
  /** Below the document's `spec`; positions are those before all edits. */
  readonly edits: readonly Edit[];
  readonly changes: readonly Shown[];
}

export interface Amendment {
  /** The zone's last: what it names has to be there. Parts without a change are left out. */
  readonly parts: readonly Part[];
  readonly requests: readonly PathRequest[];
  readonly notes: readonly string[];
}

export function amendmentFor(
  choices: readonly Choice[],
  ground: Ground,
): Result<Amendment, readonly Fault[]> {
  if (choices.length === 0 || choices.length > PATHS_MAX)
    return err([{ path: [], problem: `names no path, or more than \`${PATHS_MAX}\`` }]);
  const ledger = new Ledger(ground);
  const notes: string[] = [];
  const requests: PathRequest[] = [];
  for (const [index, choice] of choices.entries()) {
    const path = GOLDEN_PATHS.get(choice.path);
    if (!path) return err([{ path: [index], problem: `\`${choice.path}\` is not a golden path` }]);
    const opened = path.open(choice.parameters, ledger.state());
    if (!opened.ok)
      return err(opened.error.map((fault) => ({ ...fault, path: [index, ...fault.path] })));
    const faults = ledger.enter(path, opened.value);
    if (faults.length > 0) return err(faults.map((problem) => ({ path: [index], problem })));
    requests.push(opened.value.request);
    notes.push(...opened.value.notes);
  }
  return ok({ parts: ledger.parts(), requests, notes: [...new Set(notes)] });
}

interface Item {
  readonly value: Json;
  /** Where it stands in the document; null: it is new. */
  readonly position: number | null;
}

const resourcesOf = (document: JsonObject | null | undefined): JsonObject =>
  mapOf(mapOf(document?.["spec"])["resources"]);

/** A use of a path as a golden state names it. */
interface Use extends PathRequest {
  /** What it declares and others had declared before it, as `kind key`: theirs, and it stays when the path lets go of it. */
  readonly found: readonly string[];
}

/** The uses of paths that a document names. */
export const usesIn = (document: JsonObject | null | undefined): readonly Use[] =>
  listOf(mapOf(document?.["spec"])["golden_paths"]).map(({ path, version, parameters, found }) => ({
    path: textOf(path),
    version: Number(version),
    parameters: mapOf(parameters),
    found: Array.isArray(found) ? (found as readonly Json[]).map(textOf) : [],
  }));

/** The declarations of both golden states while paths are entered one after the other. */
class Ledger {
  readonly #ground: Ground;
  readonly #before: JsonObject;
  readonly #lists = new Map<string, Item[]>();
  readonly #maps = new Map<string, JsonObject>();
  readonly #uses: Record<Level, Use[]>;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#before = Object.fromEntries(
      groundsIn(ground).flatMap(({ document }) => Object.entries(resourcesOf(document))),
    );
    for (const [kind, declared] of Object.entries(this.#before)) {
      if (isObject(declared)) this.#maps.set(kind, declared);
      else
        this.#lists.set(
          kind,
          listOf(declared).map((value, position) => ({ value, position })),
        );
    }
    this.#uses = {
      zone: [...usesIn(ground.zone?.document)],
      account: [...usesIn(ground.account.document)],
      aws_account: [...usesIn(ground.aws_account?.document)],
    };
  }

  state(): PathState {
    const lists = [...this.#lists].map(([kind, items]) => [kind, items.map(({ value }) => value)]);
    return {
      zone: this.#ground.zone?.site ?? null,
      account: this.#ground.account.site,
      plan: this.#ground.zone?.plan ?? null,
      now: this.#ground.now ?? null,
      aws_account: this.#ground.aws_account?.site ?? null,
      declared: { ...Object.fromEntries(this.#maps), ...Object.fromEntries(lists) },
    };
  }

  /** Puts one path's declarations in; what is in the way is named, and then nothing of the ledger counts. */
  enter(path: GoldenPath, expanded: Expanded): readonly string[] {
    const state = this.state();
    const uses = this.#uses[path.needs];
    const at = uses.findIndex((use) => isSameUse(use, path, { expanded, state }));
    const use = uses[at];
    const old = use === undefined ? null : path.openEarlier(use, state);
    const others = uses.flatMap((other, index) => {
      const of = GOLDEN_PATHS.get(other.path);
      const expansion = index === at ? null : of?.openEarlier(other, state);
      return expansion ? [expansion.declares] : [];
    });
    const found = new Set(use?.found);
    this.#retire(expanded.retires);
    if (old)
      this.#retire(superseded(old, { still: [expanded.declares, ...others], found }, this.#site));
    const faults = Object.entries(expanded.declares).flatMap(([kind, declared]) =>
      isObject(declared)
        ? this.#set(kind, declared)
        : listOf(declared).flatMap((value) => this.#put(kind, value, { old, found })),
    );
    const now: Use = { ...expanded.request, found: [...found].toSorted() };
    if (use === undefined) uses.push(now);
    else uses[at] = now;
    return faults;
  }

  readonly #site = (kind: string): Site =>
    groundsIn(this.#ground).find(({ level }) => level === kindOf(kind).level)?.site ??
    this.#ground.account.site;

  #retire(declared: Declarations): void {
    for (const [kind, values] of Object.entries(declared)) {
      const gone = listOf(values);
      if (gone.length === 0) continue;
      const items = this.#lists.get(kind) ?? [];
      this.#lists.set(
        kind,
        items.filter(({ value }) => !gone.some((one) => sameJson(one, value))),
      );
    }
  }

  #set(kind: string, members: JsonObject): readonly string[] {
    this.#maps.set(kind, { ...this.#maps.get(kind), ...members });
    return [];
  }

  #put(
    kind: string,
    value: JsonObject,
    { old, found }: { readonly old: Expansion | null; readonly found: Set<string> },
  ): readonly string[] {
    const items = this.#lists.get(kind) ?? [];
    const key = keyOf(kind, value, this.#site(kind));
    const at = items.findIndex((item) => keyOf(kind, item.value, this.#site(kind)) === key);
    const there = items[at]?.value;
    if (there === undefined) {
      this.#lists.set(kind, [...items, { value, position: this.#formerly(kind, value) }]);
      return [];
    }
    const ours = listOf(old?.declares[kind]).some((one) => covers(there, one));
    if (covers(there, value)) {
      if (!ours) found.add(foundAs(kind, key));
      return [];
    }
    if (!ours) return [`\`${kind}\` \`${key}\` is declared already, and says something else`];
    items[at] = { value, position: items[at]?.position ?? null };
    return [];
  }

  /** What was retired and comes again as it was has never been away. */
  #formerly(kind: string, value: Json): number | null {
    const at = listOf(this.#before[kind]).findIndex((one) => sameJson(one, value));
    return at < 0 ? null : at;
  }

  parts(): readonly Part[] {
    return groundsIn(this.#ground).flatMap(({ level, site, document }) => {
      const kinds = [...new Set([...this.#maps.keys(), ...this.#lists.keys()])].filter(
        (kind) => kindOf(kind).level === level,
      );
      const worked = kinds.map((kind) => this.#edited(kind));
      const edits = worked.flatMap((one) => one.edits);
      const changes = worked.flatMap((one) => one.changes);
      const uses = useEdits(usesIn(document), this.#uses[level], mapOf(document?.["spec"]));
      return edits.length + uses.length === 0
        ? []
        : [{ level, scope: scopeOf(site), edits: [...edits, ...uses], changes }];
    });
  }

  #edited(kind: string): { readonly edits: readonly Edit[]; readonly changes: readonly Shown[] } {
    const before = this.#before[kind];
    const map = this.#maps.get(kind);
    const work = map
      ? mapEdits(kind, mapOf(before), map)
      : listEdits(kind, this.#lists.get(kind) ?? [], {
          before: listOf(before),
          site: this.#site(kind),
        });
    const { changes } = work;
    if (before !== undefined || work.edits.length === 0) return work;
    // Nothing of the kind stands there yet: it comes in one piece.
    const value: Json = map ?? (this.#lists.get(kind) ?? []).map((item) => item.value);
    return { edits: [{ op: "set", path: ["resources", kind], value }], changes };
  }
}

function isSameUse(
  use: PathRequest,
  path: GoldenPath,
  { expanded, state }: { readonly expanded: Expanded; readonly state: PathState },
): boolean {
  if (use.path !== path.name) return false;
  const opened = path.open(path.upgraded(use) ?? {}, state);
  return opened.ok && opened.value.instance === expanded.instance;
}

const foundAs = (kind: string, key: string): string => `${kind} ${key}`;

interface Staying {
  readonly still: readonly Declarations[];
  readonly found: ReadonlySet<string>;
}

/**
 * What an earlier use brought and nobody declares any more. Settings stay as they are: what they were before is not known. So does
 * what stood there before the path came.
 */
function superseded(
  old: Expansion,
  { still, found }: Staying,
  site: (kind: string) => Site,
): Declarations {
  return Object.fromEntries(
    Object.entries(old.declares).map(([kind, values]) => {
      const keys = new Set(
        still.flatMap((one) => listOf(one[kind]).map((value) => keyOf(kind, value, site(kind)))),
      );
      return [
        kind,
        listOf(values).filter((value) => {
          const key = keyOf(kind, value, site(kind));
          return !keys.has(key) && !found.has(foundAs(kind, key));
        }),
      ];
    }),
  );
}

/** What a declaration is called among those of its kind: a rule's lasting name, else the identity of what it declares. */
function keyOf(kind: string, value: Json, site: Site): string {
  const { ref } = mapOf(value);
  if (typeof ref === "string") return ref;
  const declared = kindOf(kind).declare([value], site);
  return declared.ok ? (declared.value[0]?.identity ?? "") : "";
}

/** Whether `there` says all that `value` says; what it says beyond that is its writer's. */
const covers = (there: Json, value: JsonObject): boolean =>
  Object.entries(value).every(([member, one]) => sameJson(mapOf(there)[member], one));

function mapEdits(kind: string, before: JsonObject, after: JsonObject) {
  const moved = Object.entries(after).filter(([name, value]) => !sameJson(before[name], value));
  return {
    edits: moved.map(([name, value]): Edit => ({
      op: "set",
      path: ["resources", kind, name],
      value,
    })),
    changes: moved.map(([name, value]): Shown => {
      const was = before[name];
      const op = was === undefined ? "add" : "change";
      return { op, kind, identity: name, before: was ?? null, after: value };
    }),
  };
}

/** Kinds of which the last rule that matches wins: a path's stand before the team's, which say what is never cached. */
const LAST_WINS: ReadonlySet<string> = new Set(["cache_rule"]);

/** How many of the list's first rules are of paths: of theirs, the later wish has the last word. */
function behindPaths(rules: readonly JsonObject[]): number {
  const ofTeam = rules.findIndex(
    ({ ref }) => ![...GOLDEN_PATHS.keys()].some((name) => textOf(ref).startsWith(`${name}-`)),
  );
  return ofTeam < 0 ? rules.length : ofTeam;
}

function listEdits(
  kind: string,
  items: readonly Item[],
  { before, site }: { readonly before: readonly JsonObject[]; readonly site: Site },
) {
  const edits: Edit[] = [];
  const changes: Shown[] = [];
  const shown = (op: Shown["op"], was: Json, value: Json): void => {
    const identity = keyOf(kind, value ?? was, site);
    changes.push({ op, kind, identity, before: was, after: value });
  };
  for (const [position, was] of before.entries()) {
    const item = items.find((one) => one.position === position);
    const path = ["resources", kind, position];
    if (item === undefined) {
      edits.push({ op: "remove", path });
      shown("remove", was, null);
    } else if (!sameJson(item.value, was)) {
      edits.push({ op: "set", path, value: item.value });
      shown("change", was, item.value);
    }
  }
  const place = LAST_WINS.has(kind) ? behindPaths(before) : before.length;
  for (const { value, position } of items) {
    if (position !== null) continue;
    const list = ["resources", kind];
    edits.push(
      place < before.length
        ? { op: "insert", path: [...list, place], value }
        : { op: "append", path: list, value },
    );
    shown("add", null, value);
  }
  return { edits, changes };
}

const useJson = ({ path, version, parameters, found }: Use): JsonObject => ({
  path,
  version,
  parameters,
  ...(found.length === 0 ? {} : { found }),
});

function useEdits(
  before: readonly Use[],
  after: readonly Use[],
  spec: JsonObject,
): readonly Edit[] {
  const moved = after.flatMap((use, index): readonly Edit[] => {
    const was = before[index];
    if (was === undefined) return [{ op: "append", path: ["golden_paths"], value: useJson(use) }];
    return sameJson(was, use)
      ? []
      : [{ op: "set", path: ["golden_paths", index], value: useJson(use) }];
  });
  return moved.length === 0 || spec["golden_paths"] !== undefined
    ? moved
    : [{ op: "set", path: ["golden_paths"], value: after.map(useJson) }];
}

/** Uses of earlier versions, as choices of the version that there is now: the day-2 upgrade is an amendment like any other. */
export function upgradesIn(ground: Ground): readonly Choice[] {
  return groundsIn(ground)
    .toReversed()
    .flatMap(({ document }) => usesIn(document))
    .flatMap((use) => {
      const path = GOLDEN_PATHS.get(use.path);
      if (!path || use.version >= path.version) return [];
      const parameters = path.upgraded(use);
      return parameters === null ? [] : [{ path: use.path, parameters }];
    });
}
