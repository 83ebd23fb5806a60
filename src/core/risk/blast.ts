/**
 * How much of a scope a change reaches, in millionths. Counted in names, and in requests as well where they were recorded;
 * the larger share counts. What cannot be counted is all of it.
 */
import { textOf } from "../canonical.ts";
import type { ObservedResource, Site } from "../resource.ts";
import type { Step } from "../plan.ts";
import { kindOf } from "../kinds/registry.ts";
import { BLAST_MAX } from "./vector.ts";

/** Requests by hostname, over a time that stands for the whole; empty: nothing was recorded. */
export type Traffic = Readonly<Record<string, number>>;

export interface Reach {
  /** What a change of `names` reaches; null: all there is. */
  of(names: readonly string[] | null): number;
}

const NAMED = "dns_record";

export function reachIn(observed: readonly ObservedResource[], traffic: Traffic): Reach {
  const names = new Set(
    observed.filter(({ kind }) => kind === NAMED).map(({ fields }) => textOf(fields["name"])),
  );
  const requests = Object.values(traffic).reduce((sum, count) => sum + count, 0);
  return {
    of(touched) {
      if (touched === null) return BLAST_MAX;
      const known = new Set([...names, ...touched]);
      const byNames = share(touched.length, known.size);
      if (requests === 0) return byNames;
      const asked = touched.reduce((sum, name) => sum + (traffic[name] ?? 0), 0);
      return Math.max(byNames, share(asked, requests));
    },
  };
}

/** Rounded up: something is never nothing. */
const share = (part: number, whole: number): number =>
  part === 0 ? 0 : Math.min(BLAST_MAX, Math.ceil((part * BLAST_MAX) / Math.max(whole, part)));

/** Records that speak for names below theirs as well. */
const DELEGATING = new Set(["NS", "DS"]);
/** Kinds that no visitor's request depends on. */
const UNVISITED = new Set(["notification_policy", "notification_webhook"]);

/**
 * The names that a step is about; null: all of them, or nobody can say. `traffic` decides how much the apex and `www`
 * stand for: without it they are the site.
 */
export function namesIn(
  { kind, before, after }: Step,
  { site, isMeasured }: { readonly site: Site; readonly isMeasured: boolean },
): readonly string[] | null {
  if (UNVISITED.has(kind) || kindOf(kind).holdsData) return [];
  if (kind !== NAMED) return null;
  const images = [before, after].flatMap((image) => image ?? []);
  const names = [...new Set(images.map(({ fields }) => textOf(fields["name"])))];
  const speaksForOthers = images.some(({ fields }) => DELEGATING.has(textOf(fields["type"])));
  const isSite = names.some((name) => name === site.name || name === `www.${site.name}`);
  const isWide = names.some((name) => name.startsWith("*."));
  return speaksForOthers || isWide || (isSite && !isMeasured) ? null : names;
}
