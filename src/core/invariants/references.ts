/**
 * What one resource names of another still exists: a CNAME's target, a binding's namespace, a route's Worker, the list in
 * a rule. Only what was read can be missing (I8). Where one of both sides was not read, because it is another scope's or
 * nobody has declared any of its kind, it is said that it is not known: what is taken away may still be named there.
 */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import type { ObservedResource, Site } from "../resource.ts";
import { type Invariant, type States, type Violation } from "./invariant.ts";

interface Reference {
  /** The kind that is named, and what it goes by there. */
  readonly kind: string;
  readonly name: string;
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const keyOf = ({ kind, name }: Reference): string => `${kind} ${name}`;

/** What a resource goes by where others name it. */
function namesOf({ kind, id, identity, fields }: ObservedResource): readonly string[] {
  switch (kind) {
    case "dns_record":
      return [textOf(fields["name"])];
    case "kv_namespace":
    case "d1_database":
    case "notification_webhook":
    case "gateway_list":
      return [id];
    default:
      return [textOf(fields["name"]) || identity];
  }
}

/** A binding's member that says what it is bound to, by its type. */
const BINDINGS: Readonly<Record<string, readonly [kind: string, member: string]>> = {
  kv_namespace: ["kv_namespace", "namespace_id"],
  d1: ["d1_database", "database_id"],
  r2_bucket: ["r2_bucket", "bucket_name"],
  service: ["worker", "service"],
};

function boundTo(binding: JsonObject): readonly Reference[] {
  const [kind, member] = BINDINGS[textOf(binding["type"])] ?? [];
  return kind === undefined || member === undefined
    ? []
    : [{ kind, name: textOf(binding[member]) }];
}

/** `$name` outside texts: where the Rules language and Gateway put lists. */
const listsIn = (expression: string): readonly string[] =>
  [...expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, "").matchAll(/\$([\w-]+)/g)].map(
    ([, name = ""]) => name,
  );

/** A Gateway list in the rules of an Access policy, by its id. */
const listedIn = (policy: JsonObject): readonly Reference[] =>
  ["include", "exclude", "require"].flatMap((member) =>
    listOf(policy[member])
      .filter(isObject)
      .flatMap((rule) => {
        const name = textOf(membersOf(rule["ip_list"])["id"]);
        return name === "" ? [] : [{ kind: "gateway_list", name }];
      }),
  );

const RULE_KINDS = [
  "waf_rule",
  "rate_limit_rule",
  "managed_ruleset",
  "cache_rule",
  "redirect_rule",
  "header_rule",
] as const;

/** Kinds that may name one of this kind, in whichever scope they are. Left out: those that only their own kind names. */
const NAMED_BY: Readonly<Partial<Record<string, readonly string[]>>> = {
  ip_list: RULE_KINDS,
  gateway_list: ["gateway_rule", "access_application"],
  worker: ["worker_route", "worker_domain"],
  kv_namespace: ["worker"],
  d1_database: ["worker"],
  r2_bucket: ["worker"],
  notification_webhook: ["notification_policy"],
};

function referencesOf(resource: ObservedResource, site: Site): readonly Reference[] {
  const { kind, fields } = resource;
  switch (kind) {
    case "dns_record": {
      const target = textOf(fields["content"]);
      const isInZone = target === site.name || target.endsWith(`.${site.name}`);
      return ["CNAME", "MX"].includes(textOf(fields["type"])) && isInZone
        ? [{ kind, name: target }]
        : [];
    }
    case "worker":
      return listOf(fields["bindings"]).filter(isObject).flatMap(boundTo);
    case "worker_domain":
      return [{ kind: "worker", name: textOf(fields["service"]) }];
    case "worker_route":
      return textOf(fields["script"]) === ""
        ? []
        : [{ kind: "worker", name: textOf(fields["script"]) }];
    case "gateway_rule":
      return ["traffic", "identity", "device_posture"].flatMap((member) =>
        listsIn(textOf(fields[member])).map((name) => ({ kind: "gateway_list", name })),
      );
    case "access_application":
      return listOf(fields["policies"]).filter(isObject).flatMap(listedIn);
    case "notification_policy":
      return listOf(membersOf(fields["mechanisms"])["webhooks"]).map((name) => ({
        kind: "notification_webhook",
        name: textOf(name),
      }));
    default:
      return Object.entries(fields).flatMap(([field, rule]) =>
        field.startsWith("rule:")
          ? listsIn(textOf(membersOf(rule)["expression"])).map((name) => ({
              kind: "ip_list",
              name,
            }))
          : [],
      );
  }
}

const targetsIn = (state: readonly ObservedResource[]): ReadonlySet<string> =>
  new Set(state.flatMap((one) => namesOf(one).map((name) => keyOf({ kind: one.kind, name }))));

/** A wildcard answers for whatever has no record of its own. */
const isThere = (reference: Reference, targets: ReadonlySet<string>): boolean =>
  targets.has(keyOf(reference)) ||
  (reference.kind === "dns_record" &&
    targets.has(keyOf({ ...reference, name: reference.name.replace(/^[^.]*/, "*") })));

/**
 * Made by this plan, and naming nothing, or something of which nothing is known. It is told: what was declared is put back
 * all the same.
 */
function dangling(states: States, targets: ReadonlySet<string>): readonly Violation[] {
  const { before, after, kinds, site } = states;
  const known = new Set(before.flatMap((one) => referencesOf(one, site).map(keyOf)));
  return after.flatMap((one) =>
    referencesOf(one, site)
      .filter((reference) => !known.has(keyOf(reference)) && !isThere(reference, targets))
      .map(({ kind, name }): Violation => {
        const of = { effect: "orphans", kind: one.kind, identity: one.identity } as const;
        return kinds.has(kind)
          ? {
              ...of,
              severity: "note",
              explanation: `it names ${kind} \`${name}\`, which does not exist`,
            }
          : {
              ...of,
              severity: "doubt",
              explanation: `it names ${kind} \`${name}\`; whether that exists is not known: its kind was not read`,
            };
      }),
  );
}

/** Taken away, while kinds that may name it were not read: unknown is not "named by nobody". */
const perhapsNamed = (
  removed: readonly ObservedResource[],
  kinds: ReadonlySet<string>,
): readonly Violation[] =>
  removed.flatMap(({ kind, identity }): readonly Violation[] => {
    const unread = (NAMED_BY[kind] ?? []).filter((one) => !kinds.has(one));
    return unread.length === 0
      ? []
      : [
          {
            severity: "person",
            effect: "orphans",
            kind,
            identity,
            explanation: `whether anything still names it is not known: ${unread.join(", ")} ${unread.length === 1 ? "was" : "were"} not read`,
          },
        ];
  });

export const references: Invariant = {
  name: "reference_orphaned",
  violations(states) {
    const { after, site, kinds } = states;
    const targets = targetsIn(after);
    const gone = states.turns.filter(({ after: is }) => is === null);
    const away = states.before.filter((one) =>
      gone.some(({ kind, identity }) => kind === one.kind && identity === one.identity),
    );
    const removed = new Map(
      away.flatMap((one) =>
        namesOf(one).map((name) => [keyOf({ kind: one.kind, name }), one] as const),
      ),
    );
    const orphaned = after.flatMap((one) =>
      referencesOf(one, site)
        .filter(({ kind }) => kinds.has(kind))
        .flatMap((reference): readonly Violation[] => {
          const target = removed.get(keyOf(reference));
          if (target === undefined || isThere(reference, targets)) return [];
          return [
            {
              severity: "person",
              effect: "orphans",
              kind: target.kind,
              identity: target.identity,
              explanation: `${one.kind} \`${one.identity}\` still names it`,
            },
          ];
        }),
    );
    const named = new Set(orphaned.map(({ kind, identity }) => `${kind} ${identity}`));
    const rest = away.filter(({ kind, identity }) => !named.has(`${kind} ${identity}`));
    return [...orphaned, ...perhapsNamed(rest, kinds), ...dangling(states, targets)];
  },
};
