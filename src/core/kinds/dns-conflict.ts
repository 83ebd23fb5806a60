import type { Contradiction, Fault, Resource } from "../resource.ts";
import { PROXIABLE } from "./dns-fields.ts";
import type { DeclaredRecord } from "./dns-schema.ts";
import { txtOctets } from "./txt-content.ts";
import { isObject, textOf } from "../canonical.ts";

/** The API refuses a CNAME beside one of these (81053). */
const EXCLUSIVE: ReadonlySet<string> = new Set(["A", "AAAA", "CNAME"]);

interface Placed {
  readonly resource: Resource;
  readonly index: number;
}

const typeOf = ({ resource }: Placed): string => textOf(resource.fields["type"]);

/**
 * Whether the platform answers with addresses at the name: then the other records of the name stay visible. At the
 * apex it always does, so where the apex is not known (null) only what the API refuses counts as a conflict.
 */
function isFlattened({ fields }: Resource, apex: string | null): boolean {
  const { name, proxied, settings } = fields;
  if (apex === null || name === apex || proxied === true) return true;
  return isObject(settings) && "flatten_cname" in settings;
}

function aliasConflict(alias: Placed, other: Placed, apex: string | null): Contradiction | null {
  const exclusive = EXCLUSIVE.has(typeOf(other));
  if (!exclusive && isFlattened(alias.resource, apex)) return null;
  const [a, b] = [alias.index, other.index].toSorted((x, y) => x - y);
  const way = exclusive ? "" : " unless it is proxied or flattened";
  const problem = `\`${alias.resource.group}\` cannot stand beside a record of type ${typeOf(other)}${way}`;
  return { indices: [a ?? alias.index, b ?? other.index], problem };
}

/** The conflicts of one name: only a CNAME has any. */
function conflictsAt(placed: readonly Placed[], apex: string | null): readonly Contradiction[] {
  const aliases = placed.filter((one) => typeOf(one) === "CNAME");
  return aliases.flatMap((alias) => {
    // Two aliases would otherwise be reported from either side.
    const others = placed.filter((one) => typeOf(one) !== "CNAME" || one.index > alias.index);
    return others.flatMap((other) => aliasConflict(alias, other, apex) ?? []);
  });
}

/** What the API takes of all TXT values of one name together. */
const TXT_CHARS_MAX = 8_192;

/** The first TXT record of one name that is too much for the name. */
function excessAt(placed: readonly Placed[]): readonly Contradiction[] {
  const texts = placed.filter((one) => typeOf(one) === "TXT");
  let chars = 0;
  for (const { resource, index } of texts) {
    chars += textOf(resource.fields["content"]).length;
    if (chars <= TXT_CHARS_MAX) continue;
    const problem = `the values of \`${resource.group}\` have more than ${TXT_CHARS_MAX} characters together: shorten them, or use another name`;
    return [{ indices: [texts[0]?.index ?? index, index], problem }];
  }
  return [];
}

/** Pairs of records that cannot both hold; `apex` is the zone's name in normal form, null where it is not known. */
export function recordContradictions(
  resources: readonly Resource[],
  apex: string | null,
): readonly Contradiction[] {
  const twins: Contradiction[] = [];
  const identities = new Map<string, number>();
  const names = new Map<string, Placed[]>();
  for (const [index, resource] of resources.entries()) {
    const twin = identities.get(resource.identity);
    if (twin !== undefined) {
      const problem = `\`${resource.group}\` is declared twice with the same value`;
      twins.push({ indices: [twin, index], problem });
      continue;
    }
    identities.set(resource.identity, index);
    const name = textOf(resource.fields["name"]);
    const placed = names.get(name);
    if (placed === undefined) names.set(name, [{ resource, index }]);
    else placed.push({ resource, index });
  }
  return [
    ...twins,
    ...[...names.values()].flatMap((placed) => [...conflictsAt(placed, apex), ...excessAt(placed)]),
  ];
}

function flagFaults({ type, proxied = false, settings = {} }: DeclaredRecord): readonly Fault[] {
  const faults: Fault[] = [];
  if (proxied && !PROXIABLE.has(type)) {
    const problem = `a record of type ${type} cannot be proxied, only ${[...PROXIABLE].join(", ")}`;
    faults.push({ path: ["proxied"], problem });
  }
  // The API takes both and drops the flag without a word (dnscontrol PR 4026).
  if (proxied && settings["flatten_cname"] === true) {
    const problem = "has no effect on a proxied record, which is always flattened: remove one";
    faults.push({ path: ["settings", "flatten_cname"], problem });
  }
  if (settings["ipv4_only"] === true && settings["ipv6_only"] === true) {
    faults.push({
      path: ["settings", "ipv6_only"],
      problem: "contradicts `ipv4_only`: remove one",
    });
  }
  return faults;
}

/** What the API takes of one record, as it goes over the wire. */
const RECORD_OCTETS_MAX = 4_096;

function lengthFaults({ type, content }: DeclaredRecord): readonly Fault[] {
  const octets = type === "TXT" && content !== undefined ? txtOctets(content) : 0;
  if (octets <= RECORD_OCTETS_MAX) return [];
  const problem = `takes ${octets} octets, and a record has at most ${RECORD_OCTETS_MAX}: shorten it, or declare several records`;
  return [{ path: ["content"], problem }];
}

/** What the members of one declared record say against each other. Paths begin at the record. */
export function recordFaults(record: DeclaredRecord): readonly Fault[] {
  const { content, data, priority } = record;
  const faults = [...flagFaults(record), ...lengthFaults(record)];
  if (content !== undefined && data !== undefined) {
    faults.push({ path: ["data"], problem: "says the same as `content`: give one of them" });
  }
  const inside = data?.["priority"] ?? priority;
  if (priority !== undefined && Number(inside) !== priority) {
    faults.push({ path: ["priority"], problem: "contradicts `data.priority`: remove one" });
  }
  return faults;
}
