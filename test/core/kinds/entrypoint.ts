import { isObject, type Json, type JsonObject } from "../../../src/core/canonical.ts";
import type { Change, Kind, ObservedResource, Resource } from "../../../src/core/resource.ts";
import { drifted, must, ZONE } from "./compare.ts";

export const WAF = "http_request_firewall_custom";

/** A rule as the API answers it. */
export const liveRule = (ref: string, members: JsonObject = {}): JsonObject => ({
  id: `id-${ref}`,
  version: "3",
  last_updated: "2026-01-01T00:00:00Z",
  ref,
  action: "block",
  expression: `http.host eq "${ref}"`,
  enabled: true,
  ...members,
});

/** The same rule as a team declares it. */
export const declaredRule = (ref: string, members: JsonObject = {}): JsonObject => ({
  ref,
  action: "block",
  expression: `http.host eq "${ref}"`,
  ...members,
});

/** An entrypoint as the reader gives it. */
export const entrypoint = (
  phase: string,
  rules: readonly Json[],
  members: JsonObject = {},
): JsonObject => ({
  id: phase,
  ruleset_id: "0123456789abcdef0123456789abcdef",
  name: "default",
  description: "",
  kind: "zone",
  phase,
  version: "7",
  last_updated: "2026-01-01T00:00:00Z",
  rules,
  ...members,
});

export interface Sides {
  readonly desired: Resource;
  readonly observed: ObservedResource;
}

export interface Phase {
  readonly kind: Kind;
  readonly phase: string;
  readonly removes?: boolean;
}

export function sides(
  { kind, phase, removes = false }: Phase,
  declared: readonly Json[],
  raw: Json,
): Sides {
  const desired = must(kind.declare(declared, ZONE, { removes })).find(
    ({ group }) => group === phase,
  );
  if (desired === undefined) throw new Error("nothing was declared");
  return { desired, observed: must(kind.observe(raw, ZONE)) };
}

/** The fields that differ between declared and live rules. */
export function differences(of: Phase, declared: readonly Json[], live: readonly Json[]): string[] {
  const { desired, observed } = sides(of, declared, entrypoint(of.phase, live));
  return drifted(of.kind, desired, observed);
}

/** The rules of the one request that makes the live rules the declared ones. */
export function written(of: Phase, declared: readonly Json[], live: readonly Json[]): Json {
  const { desired, observed } = sides(of, declared, entrypoint(of.phase, live));
  const fields = drifted(of.kind, desired, observed);
  const change: Change = { op: "update", desired, observed, fields };
  const [call] = of.kind.calls([change], ZONE);
  const { body } = call?.request ?? {};
  const sent = body ?? null;
  return isObject(sent) ? (sent["rules"] ?? null) : null;
}
