/** The record's entries about what is learned: from whom it may come, what was taken and given, and which care follows from it. */
import { digestOf, type Json } from "../canonical.ts";
import type { BundleContent, TrustedKey } from "../experience/bundle.ts";
import type { About, Statistic } from "../experience/statistic.ts";
import type { Digest, Instant, ScopeId } from "../ids.ts";
import type { Taught } from "../ports.ts";
import type { Entry } from "./entry.ts";

/** What is learned is about everything. */
const EVERYWHERE = "lessons";

interface Said {
  readonly by: string;
  readonly at: Instant;
}

const entry = (
  type: Entry["type"],
  { what, by, at, data }: Said & { readonly what: string; readonly data: Entry["data"] },
): Entry => ({
  id: `${EVERYWHERE}/${what}/${at}`,
  type,
  scope: EVERYWHERE,
  at,
  actor: by,
  data,
});

export const trustEntry = (
  key: Pick<TrustedKey, "id">,
  { what, by, at }: Said & { readonly what: "trusted" | "distrusted" },
): Entry =>
  entry("lesson_trust", { what: `${what}/${key.id}`, by, at, data: { what, key: key.id } });

export const bundleEntry = (
  { key, version, digest, statistics }: BundleContent,
  { what, by, at }: Said & { readonly what: "taken" | "given" },
): Entry =>
  entry("lesson_trust", {
    what: `${what}/${key}/${version}`,
    by,
    at,
    data: { what, key, version, digest, statistics: statistics.length },
  });

/** `by`: who said that no more care is needed; of one that is raised, the lesson book. */
export const cautionEntry = (
  shape: Digest,
  { what, by, at }: Said & { readonly what: "raised" | "lifted" },
): Entry => entry("caution", { what: `${what}/${shape}`, by, at, data: { what, shape } });

/** What a guardrail on one rung has come to. */
export const rungEntry = (scope: ScopeId, { id, statistics, at }: Taught): Entry => ({
  id: `${scope}/lesson/${id}`,
  type: "lesson",
  scope,
  at,
  actor: "sentinel",
  data: { statistics: statistics.map(toldOf) },
});

const toldOf = ({ cause, about, well, badly }: Statistic): Json => ({
  cause,
  about: aboutOf(about),
  well,
  badly,
});

const aboutOf = (about: About): Json =>
  about.of === "shape" ? { of: "shape", shape: digestOf(about.changes) } : { ...about };
