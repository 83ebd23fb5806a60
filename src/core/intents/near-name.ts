/** A name that nothing answers to, where one that is nearly the same is there: most likely it is misspelt, and it is asked about. */
import { type JsonObject, textOf } from "../canonical.ts";
import { nearestName } from "../expression/nearest-name.ts";
import { usesIn } from "../golden-paths/amendment.ts";
import { listOf, mapOf } from "../golden-paths/golden-path.ts";
import { nameInZone } from "../kinds/dns-name.ts";
import type { Chosen, Interpretation, Setting } from "./interpretation.ts";

/** `web` is not `www` misspelt: a short label bears one edit, or two letters that changed places. */
const EDITS_MAX = 2;
const SHORT_MAX = 4;

/** Paths that act on a name that is there; the others make theirs. Left out, all of the zone is meant. */
export const IN_THE_ZONE: ReadonlySet<string> = new Set([
  "secure-api-edge",
  "scale-with-waf",
  "pci-dss-baseline",
  "maintenance-page",
  "geo-restriction",
]);

/** Names of a zone that its golden state declares. */
export function namesDeclared(
  document: JsonObject | null | undefined,
  zone: string,
): readonly string[] {
  const resources = mapOf(mapOf(document?.["spec"])["resources"]);
  const records = listOf(resources["dns_record"]).flatMap(({ name = "" }) => {
    const full = nameInZone(textOf(name), zone);
    return full.ok ? [full.value] : [];
  });
  const domains = listOf(resources["worker_domain"]).map(({ hostname }) => textOf(hostname));
  const used = usesIn(document).map(({ parameters: { hostname } }) => textOf(hostname));
  return [...new Set([...records, ...domains, ...used])].filter((name) => name !== "");
}

/** The name that a wish is about, where nothing is known to answer to it. */
function strangeIn({ path, parameters }: Chosen, { names, zone }: Setting): string | null {
  const host = textOf(parameters["hostname"]);
  const isKnown = host === "" || host === zone || names === undefined || names.includes(host);
  return isKnown || !IN_THE_ZONE.has(path) ? null : host;
}

/** Whether it matters what else is there: names that nobody has declared may well exist. */
export const namesStranger = (found: Interpretation, setting: Setting): boolean =>
  found.type === "choice" && found.chosen.some((one) => strangeIn(one, setting) !== null);

const lettersOf = (name: string): string => name.split("").toSorted().join("");

/** Of as many labels, no pattern, and nearly the same. */
function isLike(name: string, other: string): boolean {
  const [label = "", ...parents] = name.split(".");
  if (!/^[a-z0-9]/.test(other) || other.split(".").length !== parents.length + 1) return false;
  const isSwapped = lettersOf(name) === lettersOf(other);
  const editsMax = label.length > SHORT_MAX || isSwapped ? EDITS_MAX : 1;
  return nearestName(name, [other], editsMax) !== null;
}

/** A choice about a name that is probably misspelt is a question, with what it would be for the name that is there. */
export function withNearName(found: Interpretation, setting: Setting): Interpretation {
  if (found.type !== "choice") return found;
  for (const [index, one] of found.chosen.entries()) {
    const name = strangeIn(one, setting);
    if (name === null) continue;
    const others = (setting.names ?? []).filter((other) => isLike(name, other));
    const near = nearestName(name, others, EDITS_MAX);
    if (near === null) continue;
    const meant = { ...one, parameters: { ...one.parameters, hostname: near } };
    const chosen = found.chosen.with(index, meant);
    return {
      type: "question",
      doubt: { about: "near_name", name, near },
      chosen,
      reasons: found.reasons,
    };
  }
  return found;
}
