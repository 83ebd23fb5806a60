/** What the Workers of paths have in common. */
import { type JsonObject, textOf } from "../canonical.ts";
import { listOf, type PathState, zoneOf } from "./golden-path.ts";
import { outside } from "./parameters.ts";

/** When the code of the paths was written against the platform; it moves with a version of a path. */
const COMPATIBILITY_DATE = "2026-10-01";

export const workerOf = (
  name: string,
  content: string,
  bindings: readonly JsonObject[],
): JsonObject => ({
  name,
  main_module: "index.mjs",
  content,
  compatibility_date: COMPATIBILITY_DATE,
  bindings,
  observability: { enabled: true },
});

export const text = (name: string, value: string): JsonObject => ({
  name,
  type: "plain_text",
  text: value,
});

/** Whether a declared record is at `name`, which is a label of the zone, or `@`. */
export const isAt = (record: JsonObject, name: string, zone: string): boolean => {
  const given = textOf(record["name"]).toLowerCase();
  const full = given === "@" ? zone : given.endsWith(zone) ? given : `${given}.${zone}`;
  return full === (name === "@" ? zone : `${name}.${zone}`);
};

const TAKING = ["A", "AAAA", "CNAME"];

/** Why a Worker cannot have its domain at `host`; empty: it can. The platform makes the DNS record of one itself. */
export function untakeable(host: string, state: PathState): readonly string[] {
  const zone = zoneOf(state).name;
  const name = host === zone ? "@" : host.slice(0, -zone.length - 1);
  const taken = listOf(state.declared["dns_record"]).some(
    (record) => TAKING.includes(textOf(record["type"])) && isAt(record, name, zone),
  );
  return [
    ...outside(host, zone),
    ...(taken
      ? [
          `\`${host}\` has a record in DNS already, and a Worker's domain makes its own: choose another name, or take the record out of the golden state first`,
        ]
      : []),
  ];
}
