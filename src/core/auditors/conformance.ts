/**
 * Does the plan do what its proposal asks, all of it and nothing else? Reads the request bodies, member by member,
 * against the declared values: every value that goes out must stand in the golden state.
 */
import { idOf, isObject, type Json, type JsonObject, sameJson } from "../canonical.ts";
import { driftedFields, resolved } from "../diff.ts";
import { ruleFor } from "../golden.ts";
import { KINDS, kindOf } from "../kinds/registry.ts";
import { observe, type Reading } from "../observation.ts";
import { type Call, seal, type Step } from "../plan.ts";
import type { Kind, ObservedResource, Resource, Site } from "../resource.ts";
import { simulate } from "../simulate.ts";
import { type AuditInput, lineageOf, type Verdict, verdictOf } from "./audit.ts";

export function conformance(input: AuditInput): Verdict {
  const {
    dossier: { plan, planDigest, evidence },
    golden,
    generation,
  } = input;
  const observation = observe(evidence.readings, plan.site, evidence.observedAt);
  if (!observation.ok) return verdictOf([`unreadable_evidence: ${observation.error.reason}`], 4);
  const { type, goldenDigest, goldenGeneration, requestedBy } = plan.proposal;
  const resources = resolved(golden.resources, observation.value.resources);
  const known: Known = {
    declared: new Map(
      resources.map((resource) => [`${resource.kind} ${resource.identity}`, resource]),
    ),
    readings: evidence.readings,
    calls: plan.calls,
    observed: observation.value.resources,
    live: new Map(
      observation.value.resources.map((resource) => [`${resource.kind} ${resource.id}`, resource]),
    ),
    identities: new Set(
      observation.value.resources.map(({ kind, identity }) => `${kind} ${identity}`),
    ),
    raw: new Map(
      evidence.readings.flatMap(({ kind, objects }) =>
        objects.filter(isObject).map((object) => [`${kind} ${idOf(object)}`, object]),
      ),
    ),
    site: plan.site,
  };
  return verdictOf(
    [
      ...(seal(plan).digest === planDigest ? [] : ["digest_mismatch"]),
      // The plan came over RPC, where this is a promise.
      ...(type === "revert" ? [] : ["another_proposal"]),
      ...(goldenDigest === golden.digest && goldenGeneration === generation
        ? []
        : ["another_golden_state"]),
      // Who asked cannot approve, so nobody may say that it was somebody else.
      ...(requestedBy === input.declaredBy ? [] : ["another_requester"]),
      ...coverage(plan.steps, plan.calls),
      ...plan.calls.flatMap((call) => unfounded(call, plan.steps, known)),
      ...plan.steps.flatMap((step) => notMinimal(step, known)),
      ...repeated(plan.steps),
      ...forgotten({ ...input, golden: { ...golden, resources } }, known.observed),
    ],
    0,
  );
}

interface Known {
  readonly declared: ReadonlyMap<string, Resource>;
  readonly observed: readonly ObservedResource[];
  /** By kind and id. */
  readonly live: ReadonlyMap<string, ObservedResource>;
  readonly identities: ReadonlySet<string>;
  readonly readings: readonly Reading[];
  readonly calls: readonly Call[];
  /** The objects as the API gave them, by kind and id. */
  readonly raw: ReadonlyMap<string, JsonObject>;
  readonly site: Site;
}

/** Every step in exactly one call. */
function coverage(steps: readonly Step[], calls: readonly Call[]): string[] {
  const positions = calls.flatMap((call) => call.steps).toSorted((a, b) => a - b);
  return sameJson(
    positions,
    steps.map((_, index) => index),
  )
    ? []
    : ["steps_and_calls_differ"];
}

/** Values that go out and stand nowhere in the golden state, operation by operation (I5). */
function unfounded(call: Call, steps: readonly Step[], known: Known): string[] {
  const { request, steps: positions } = call;
  const kind = KINDS.get(steps[positions[0] ?? -1]?.kind ?? "");
  if (kind?.apply) {
    const of = positions.flatMap((position) => steps[position] ?? []);
    // What a part is part of may be made by an earlier call.
    const earlier = kind.whole ? known.calls.slice(0, known.calls.indexOf(call)) : [];
    const then = simulate(known.readings, known.site, earlier);
    return then.ok
      ? unfoundedEffects(kind, { request, steps: of }, { ...known, readings: then.value })
      : [`not_understood: ${then.error}`];
  }
  const operations = operationsOf(request);
  if (operations.length !== positions.length) return ["steps_and_calls_differ"];
  return operations.flatMap(({ deletes, replaces, id, body }, position) => {
    const step = steps[positions[position] ?? -1];
    if (!step) return ["steps_and_calls_differ"];
    if (deletes !== (step.op === "delete") || (step.before && id !== step.before.id))
      return [`another_operation: ${step.identity}`];
    const declared = known.declared.get(`${step.kind} ${step.identity}`);
    if (step.op === "delete") return withBody(step, body);
    if (!declared) return [`not_declared: ${step.identity}`];
    const live = known.live.get(`${step.kind} ${step.before?.id}`);
    // Of what a write replaces nothing is left to lay it over.
    const raw = replaces ? undefined : known.raw.get(`${step.kind} ${step.before?.id}`);
    return founded(body, declared, { live, raw, site: known.site })
      ? []
      : [`value_from_elsewhere: ${step.identity}`];
  });
}

/** The same for a kind with an API of its own: its objects after the request, against those before it. */
function unfoundedEffects(
  kind: Kind,
  { request, steps }: { readonly request: Call["request"]; readonly steps: readonly Step[] },
  known: Known,
): string[] {
  const before =
    known.readings.find((reading) => reading.kind === kind.name)?.objects.filter(isObject) ?? [];
  const after = kind.apply?.(before, request, known.site);
  if (!after?.ok) return [`not_understood: ${request.method} ${request.path}`];
  const objects = after.value.filter(isObject);
  const left = new Set(objects.map(idOf));
  const gone = before.filter((old) => !left.has(idOf(old)));
  const old = new Map(before.map((object) => [idOf(object), object]));
  const written = objects.filter((object) => !sameJson(old.get(idOf(object)), object));
  const effects = written.length + gone.length;
  if (effects !== steps.length) return [`${effects} effects of ${steps.length} steps`];
  return steps.flatMap((step) => {
    const id = step.before?.id ?? null;
    if (step.op === "delete")
      return gone.some((object) => idOf(object) === id)
        ? []
        : [`another_operation: ${step.identity}`];
    const declared = known.declared.get(`${step.kind} ${step.identity}`);
    if (!declared) return [`not_declared: ${step.identity}`];
    const live = known.live.get(`${step.kind} ${id}`);
    const isItsOwn = written.some(
      (object) =>
        (id === null ? !old.has(idOf(object)) : idOf(object) === id) &&
        reads({ ...object, id: idOf(object) || "new" }, declared, { live, site: known.site }),
    );
    return isItsOwn ? [] : [`value_from_elsewhere: ${step.identity}`];
  });
}

const withBody = ({ identity }: Step, body: JsonObject): readonly string[] =>
  Object.keys(body).every((member) => member === "id") ? [] : [`delete_with_a_body: ${identity}`];

interface Operation {
  readonly deletes: boolean;
  readonly replaces: boolean;
  /** What it is done to; for what creates, whatever the path or body says. */
  readonly id: Json;
  readonly body: JsonObject;
}

/** A batch in the order in which it is carried out, or the one operation of a direct call. */
function operationsOf({ method, path, body }: Call["request"]): readonly Operation[] {
  if (!path.endsWith("/batch"))
    return [
      {
        deletes: method === "DELETE",
        replaces: method === "PUT",
        id: path.slice(path.lastIndexOf("/") + 1),
        body: body ?? {},
      },
    ];
  return ["deletes", "patches", "puts", "posts"].flatMap((member) => {
    const operations = body?.[member];
    if (!Array.isArray(operations)) return [];
    return operations.filter(isObject).map((operation) => ({
      deletes: member === "deletes",
      replaces: member === "puts",
      id: operation["id"] ?? null,
      body: operation,
    }));
  });
}

/**
 * The body, laid over the raw object that is there, reads as the declared resource; and what nobody declared is as it
 * was (or, for a new object, the kind's default).
 */
function founded(
  body: JsonObject,
  declared: Resource,
  {
    live,
    raw,
    site,
  }: { live: ObservedResource | undefined; raw: JsonObject | undefined; site: Site },
): boolean {
  return reads({ ...raw, ...body, id: live?.id ?? "new" }, declared, { live, site });
}

/** Whether `written` reads as declared, and else as it was. */
function reads(
  written: JsonObject,
  declared: Resource,
  { live, site }: { readonly live: ObservedResource | undefined; readonly site: Site },
): boolean {
  const kind = kindOf(declared.kind);
  const expected = kind.predict(
    live
      ? {
          op: "update",
          desired: declared,
          observed: live,
          fields: driftedFields(kind, declared, live),
        }
      : { op: "create", desired: declared },
  );
  const resource = kind.observe(written, site);
  return (
    expected !== null &&
    resource.ok &&
    // What is left out of the body is gone, where the body is all there is.
    Object.entries(expected).every(
      ([field, wanted]) =>
        field in resource.value.fields || wanted === null || kind.same(field, wanted, null),
    ) &&
    Object.entries(resource.value.fields).every(([field, value]) => {
      const wanted = expected[field] ?? null;
      return sameJson(value, wanted) || kind.same(field, wanted, value);
    })
  );
}

/** Two steps for one object. */
function repeated(steps: readonly Step[]): string[] {
  const ids = steps.flatMap(({ kind, before }) => (before ? [`${kind} ${before.id}`] : []));
  return new Set(ids).size === ids.length ? [] : ["steps_repeated"];
}

function notMinimal(step: Step, { declared, live: observed, identities }: Known): string[] {
  const wanted = declared.get(`${step.kind} ${step.identity}`);
  const live = observed.get(`${step.kind} ${step.before?.id}`);
  switch (step.op) {
    case "create":
      return identities.has(`${step.kind} ${step.identity}`)
        ? [`exists_already: ${step.identity}`]
        : [];
    case "update":
      return wanted && live && driftedFields(kindOf(step.kind), wanted, live).length > 0
        ? []
        : [`nothing_to_do: ${step.identity}`];
    case "delete":
      return live ? [] : [`nothing_to_do: ${step.identity}`];
  }
}

/** Declared, different, not deliberately held, and yet without a step. */
function forgotten(
  { dossier, golden, now }: AuditInput,
  observed: readonly ObservedResource[],
): string[] {
  const held = new Set(dossier.held.map(({ subject }) => subject));
  const stepped = new Set(dossier.plan.steps.map(({ kind, identity }) => `${kind} ${identity}`));
  const was = lineageOf(dossier);
  // What the platform has taken over is reported, whether it still is what was declared or only used to be.
  const readOnly = new Set(
    observed
      .filter(({ system }) => system !== null)
      .flatMap(({ kind, id, identity }) => [
        `${kind} ${identity}`,
        `${kind} ${was.get(id)?.identity}`,
      ]),
  );
  // Of twins one has to be as declared; the other is nobody's, and must not stand in the way of everything else.
  const live = Map.groupBy(observed, ({ kind, identity }) => `${kind} ${identity}`);
  return golden.resources.flatMap((resource) => {
    const subject = `${resource.kind} ${resource.identity}`;
    const kind = kindOf(resource.kind);
    const there = live.get(subject) ?? [];
    const fine =
      there.some((one) => driftedFields(kind, resource, one).length === 0) ||
      (there.length === 0 && kind.isEmpty?.(resource.fields));
    if (fine || readOnly.has(subject) || stepped.has(subject) || held.has(subject)) return [];
    return ruleFor(golden, resource, { site: dossier.plan.site, now })
      ? []
      : [`forgotten: ${resource.identity}`];
  });
}
