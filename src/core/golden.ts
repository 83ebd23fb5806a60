/**
 * The golden state: what a team declares for one scope. Parsed once, here; everything after works on resources in
 * normal form. A document with problems is refused whole, with every problem named (the old generation stays).
 */
import { z } from "zod";
import { digestOf } from "./canonical.ts";
import { type Digest, type Instant, instantOf, isScopeId, type ScopeId } from "./ids.ts";
import { KINDS } from "./kinds/registry.ts";
import type { Fault, Resource, Site } from "./resource.ts";
import { riskSettings, type RiskSettings, settingsFaults, settingsOf } from "./risk-settings.ts";
import { err, ok, type Result } from "./result.ts";

/** One problem of a golden document, with the path to the offending value. */
export type Problem = Fault;

/** Which resources something is about. */
export interface Match {
  readonly kind: string;
  /** Field name (or `id`) → glob. All must match. */
  readonly where: Readonly<Record<string, string>>;
}

/** Who owns what the golden state does not simply manage (I9). */
export interface OwnershipRule extends Match {
  readonly class: "observed" | "ignored";
  readonly reason: string;
  /** After this instant the rule no longer holds. Null: it holds until it is taken out. */
  readonly expiresAt: Instant | null;
}

/** What becomes of drift that a named actor made. The first rule that fits decides; without one, drift is reverted. */
export interface RoutingRule {
  /** What Cloudflare's audit log says of the actor → glob. All must match; there is at least one. */
  readonly actor: Readonly<
    Partial<Record<"token_name" | "email" | "channel" | "type", string | undefined>>
  >;
  /** Null: whatever the actor changes. */
  readonly match: Match | null;
  readonly action: "revert" | "adopt" | "hold";
  readonly reason: string;
}

/** Above these a plan stops for a person (drift-cases B9). Both apply, on small zones too. */
export interface Limits {
  readonly deletesMax: number;
  readonly deletePercentMax: number;
  readonly createsMax: number;
}

export interface GoldenState {
  readonly scope: ScopeId;
  /** Over everything below, in normal form: two texts that mean the same have the same digest. */
  readonly digest: Digest;
  readonly resources: readonly Resource[];
  /** What happens to live resources that are declared nowhere, by kind. Absent: reported. */
  readonly unmanaged: Readonly<Partial<Record<string, "remove" | "report">>>;
  readonly ownership: readonly OwnershipRule[];
  readonly routing: readonly RoutingRule[];
  readonly limits: Limits;
  readonly risk: RiskSettings;
}

const kindName = z.enum([...KINDS.keys()]);
const limits = z.strictObject({
  deletes: z.int().min(0).max(10_000).default(25),
  delete_percent: z.number().min(0).max(100).default(30),
  creates: z.int().min(0).max(100_000).default(500),
});
const pattern = z.string().min(1).max(255);
const match = z.object({ kind: kindName }).catchall(pattern);
const ownershipRule = z.strictObject({
  class: z.enum(["observed", "ignored"]),
  match,
  reason: z.string().min(3).max(500),
  expires_at: z.iso.datetime().optional(),
});

const routingRule = z.strictObject({
  actor: z
    .strictObject({
      token_name: pattern.optional(),
      email: pattern.optional(),
      channel: pattern.optional(),
      type: pattern.optional(),
    })
    .refine((actor) => Object.keys(actor).length > 0, "must name something of the actor"),
  match: match.optional(),
  action: z.enum(["revert", "adopt", "hold"]),
  reason: z.string().min(3).max(500),
});

/** What a golden path was used with. What came of it stands in `resources`, so this is in no digest. */
const pathUse = z.strictObject({
  path: z.string().regex(/^[a-z][a-z0-9-]{1,63}$/, "must be the name of a golden path"),
  version: z.int().min(1),
  parameters: z.record(z.string(), z.json()),
  found: z
    .array(z.string().max(1_000))
    .max(500)
    .optional()
    .meta({ description: "what stood there before the path came, and stays when it goes" }),
});

/** The document as it stands in a file; `resources` is checked by each kind's own schema. */
export const goldenDocument = z.strictObject({
  apiVersion: z.literal("driftless.dev/v1"),
  kind: z.literal("GoldenState"),
  metadata: z.strictObject({
    scope: z
      .string()
      .refine(
        isScopeId,
        "must be `zone:` and the zone's name in lower case, or `account:` and its id",
      )
      .meta({ description: "`zone:` and the zone's name, or `account:` and the account's id" }),
    description: z.string().max(1000).optional(),
  }),
  spec: z.strictObject({
    unmanaged: z
      .partialRecord(kindName, z.enum(["remove", "report"]))
      .default({})
      .meta({
        description:
          "what happens to live resources that nobody declared, by kind: `remove` takes them away, `report` (the default) lists them",
      }),
    limits: limits.prefault({}).meta({ description: "above these a plan waits for a person" }),
    risk: riskSettings.optional().meta({
      description:
        "how dear this scope is, and when it may be changed; what is left out counts as the worst",
    }),
    ownership: z.array(ownershipRule).max(500).default([]).meta({
      description: "who owns what is not simply managed here; the first rule that covers it counts",
    }),
    routing: z.array(routingRule).max(100).default([]).meta({
      description:
        "what becomes of drift by named actors; the first rule that fits counts, and what nobody is known to have done is reverted",
    }),
    golden_paths: z.array(pathUse).max(200).default([]).meta({
      description:
        "the golden paths that some of the resources come from, so that they can be changed and upgraded later; it declares nothing by itself",
    }),
    resources: z
      .strictObject(
        Object.fromEntries([...KINDS].map(([name, kind]) => [name, kind.schema.optional()])),
      )
      .meta({
        description: "what is declared, by kind: it is put back when it is changed outside",
      }),
  }),
});

/** Reads a golden document for `scope`; `site` is what the scope names. All problems at once. */
export function parseGolden(
  document: unknown,
  scope: ScopeId,
  site: Site,
): Result<GoldenState, readonly Problem[]> {
  const parsed = goldenDocument.safeParse(document);
  if (!parsed.success) return err(allProblems(parsed.error.issues, document, site));
  const { metadata, spec } = parsed.data;
  const problems: Problem[] = [];
  if (metadata.scope !== scope) {
    problems.push({
      path: ["metadata", "scope"],
      problem: `is \`${metadata.scope}\`, but the request is for \`${scope}\``,
    });
  }
  const resources: Resource[] = [];
  for (const [name, declared] of Object.entries(spec.resources)) {
    if (declared === undefined) continue;
    const removes = spec.unmanaged[name] === "remove";
    const of = declareKind({ name, declared, removes }, site);
    if (of.ok) resources.push(...of.value);
    else problems.push(...of.error.map((fault) => at(["spec", "resources", name], fault)));
  }
  const ownership = spec.ownership.map(
    ({ class: owner, match: { kind, ...where }, reason, expires_at }) => ({
      class: owner,
      kind,
      where,
      reason,
      expiresAt: expires_at === undefined ? null : instantOf(expires_at),
    }),
  );
  const routing = spec.routing.map((rule) => ({ ...rule, match: matchOf(rule.match) }));
  problems.push(...contradictoryRules(ownership, resources, site));
  problems.push(...routing.flatMap((rule, index) => misspelt(rule.match, ["routing", index])));
  const risk = settingsOf(spec.risk);
  problems.push(...settingsFaults(risk).map((fault) => at(["spec", "risk"], fault)));
  if (problems.length > 0) return err(problems);
  const content = {
    scope,
    // A set: the order in which they stand in the file means nothing.
    resources: resources.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    unmanaged: spec.unmanaged,
    ownership,
    limits: {
      deletesMax: spec.limits.deletes,
      deletePercentMax: spec.limits.delete_percent,
      createsMax: spec.limits.creates,
    },
  };
  // A document without such members has the digest that it had before there were any.
  const digested = {
    ...content,
    ...(routing.length === 0 ? {} : { routing }),
    ...(spec.risk === undefined ? {} : { risk }),
  };
  return ok({ ...content, routing, risk, digest: digestOf(digested) });
}

const matchOf = (given: z.output<typeof match> | undefined): Match | null => {
  if (given === undefined) return null;
  const { kind, ...where } = given;
  return { kind, where };
};

const misspelt = (rule: Match | null, path: Problem["path"]): Problem[] =>
  rule === null ? [] : unmatchable(rule).map((fault) => at(["spec", ...path, "match"], fault));

/** A misspelt member would match nothing, and what it was to protect would stay unprotected. */
export function unmatchable({ kind, where }: Match): readonly Fault[] {
  const of = KINDS.get(kind);
  const matchable = ["id", ...(of?.matchable ?? [])];
  const phases = of?.parts === undefined ? "" : ", which is the phase: its rules go together";
  return Object.keys(where)
    .filter((name) => !matchable.includes(name))
    .map((name) => ({
      path: [name],
      problem: `a ${kind} is matched by \`${matchable.join("`, `")}\`${phases}`,
    }));
}

const keyOf = ({ kind, identity }: Resource): string => `${kind} ${identity}`;

/** What the schema says of the document, and what each kind says of its resources: it checks their form itself and more. */
function allProblems(
  issues: readonly z.core.$ZodIssue[],
  document: unknown,
  site: Site,
): Problem[] {
  const ofKinds = [...KINDS.keys()].flatMap((name) => {
    const declared = rawResources.safeParse(document).data?.spec.resources[name];
    const of = declared === undefined ? null : declareKind({ name, declared }, site);
    return of === null || of.ok
      ? []
      : of.error.map((fault) => at(["spec", "resources", name], fault));
  });
  const named = new Set(ofKinds.map(({ path }) => String(path[2])));
  const others = issues
    .flatMap(problemsOf)
    .filter(
      ({ path: [spec, member, name] }) =>
        !(spec === "spec" && member === "resources" && named.has(String(name))),
    );
  return [...others, ...ofKinds];
}

/** As much of a document's shape as it takes to find the resources in a document that has problems elsewhere. */
const rawResources = z.object({ spec: z.object({ resources: z.record(z.string(), z.unknown()) }) });

interface Declaration {
  readonly name: string;
  readonly declared: unknown;
  readonly removes?: boolean;
}

function declareKind(
  { name, declared, removes = false }: Declaration,
  site: Site,
): Result<readonly Resource[], readonly Fault[]> {
  const kind = KINDS.get(name);
  if (!kind) return err([{ path: [], problem: `\`${name}\` is not a resource kind` }]);
  if (kind.level !== site.level)
    return err([{ path: [], problem: `belongs to the ${kind.level}, declare it in its scope` }]);
  const resources = kind.declare(declared, site, { removes });
  if (!resources.ok) return resources;
  const clashes = kind.contradictions?.(resources.value, site) ?? [];
  return clashes.length === 0
    ? resources
    : err(clashes.map(({ indices, problem }) => ({ path: [indices[1]], problem })));
}

/** Ignoring what is declared is a hard error: one of the two is a mistake, and guessing which would be worse. */
function contradictoryRules(
  rules: readonly OwnershipRule[],
  resources: readonly Resource[],
  site: Site,
): Problem[] {
  return rules.flatMap((candidate, index) => {
    const path = ["spec", "ownership", index];
    const unknown = misspelt(candidate, ["ownership", index]);
    if (candidate.class !== "ignored") return unknown;
    const declared = resources.find((resource) => matches(candidate, resource, site));
    return [
      ...unknown,
      ...(candidate.expiresAt ? [] : [{ path, problem: "an ignored resource needs `expires_at`" }]),
      ...(declared
        ? [{ path, problem: `ignores \`${declared.identity}\`, which spec.resources declares` }]
        : []),
    ];
  });
}

/** The first rule in force at `now` that covers `resource`. */
export function ruleFor(
  golden: GoldenState,
  resource: Resource,
  at: { readonly site: Site; readonly now: Instant },
): OwnershipRule | null {
  return (
    golden.ownership.find((rule) => inForce(rule, at.now) && matches(rule, resource, at.site)) ??
    null
  );
}

const inForce = (rule: OwnershipRule, now: Instant): boolean =>
  rule.expiresAt === null || rule.expiresAt > now;

/** Rules that have run out: what they left alone is in our care again, and somebody should know. */
export const expiredRules = (golden: GoldenState, now: Instant): readonly OwnershipRule[] =>
  golden.ownership.filter((rule) => !inForce(rule, now));

export function matches(rule: Match, resource: Resource, site: Site): boolean {
  if (rule.kind !== resource.kind) return false;
  return Object.entries(rule.where).every(([name, glob]) => {
    const value = name === "id" ? resource.identity : resource.fields[name];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      return false;
    const text = String(value);
    // A name may be given short, as in the resources themselves.
    return (
      globMatches(glob, text) ||
      (name === "name" && globMatches(glob === "@" ? site.name : `${glob}.${site.name}`, text))
    );
  });
}

/** `*` stands for any run of characters; nothing else is special. Linear in both lengths (no backtracking blow-up). */
export function globMatches(glob: string, text: string): boolean {
  const parts = glob.toLowerCase().split("*");
  const last = parts.length - 1;
  const subject = text.toLowerCase();
  if (last === 0) return subject === parts[0];
  let from = 0;
  for (const [index, part] of parts.entries()) {
    if (index === last) return subject.length - part.length >= from && subject.endsWith(part);
    const found = subject.indexOf(part, from);
    if (found < 0 || (index === 0 && found !== 0)) return false;
    from = found + part.length;
  }
  return true;
}

const at = (prefix: readonly (string | number)[], { path, problem }: Fault): Problem => ({
  path: [...prefix, ...path],
  problem,
});

/** Unknown members one by one, so that each has its own path. */
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  const problem =
    path.join(".") === "spec.resources"
      ? `is not a resource kind; there are ${[...KINDS.keys()].toSorted().join(", ")}`
      : "is not a known member";
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], problem }));
  return [{ path, problem: issue.message.charAt(0).toLowerCase() + issue.message.slice(1) }];
}
