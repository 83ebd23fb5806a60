/**
 * Statistics on their way from one organisation to another: signed, counted up, without a name in them. Whoever takes a bundle
 * believes whom people have named, and nobody else; what it says counts little (see `statistic.ts`). Pure.
 */
import { z } from "zod";
import { digestOf } from "../canonical.ts";
import { CAUSES } from "../diagnosis/registry.ts";
import { GOLDEN_PATHS } from "../golden-paths/registry.ts";
import { TEMPLATES } from "../guardrails/registry.ts";
import { MODES } from "../guardrails/template.ts";
import { type Digest, type Instant, isDigest, isInstant, mint } from "../ids.ts";
import { KINDS } from "../kinds/registry.ts";
import { err, ok, type Result } from "../result.ts";
import type { PublicKeys, Signature } from "../signing.ts";
import { type About, type Statistic, subjectOf } from "./statistic.ts";

const FORMAT = "driftless.lessons/v1";
/** All kinds, causes, paths and rungs that exist make some hundred; more is no experience but a flood (I12). */
export const STATISTICS_MAX = 1_000;
const COUNT_MAX = 1_000_000;
const CHANGES_MAX = 30;

/** Causes of runs that no diagnosis gives: drift, and words that were carried out. */
export const RUN_CAUSES = ["out_of_band_change", "intent"] as const;

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "must be a name in lower case");
const count = z.int().min(0).max(COUNT_MAX);
const about = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("path"), path: name }),
  z.strictObject({ of: z.literal("rung"), template: name, mode: z.enum(MODES) }),
  z.strictObject({
    of: z.literal("shape"),
    changes: z
      .array(z.string().regex(/^[a-z][a-z0-9_]{0,63} (?:create|update|delete)$/))
      .min(1)
      .max(CHANGES_MAX)
      .refine(
        (changes) => changes.every((one, index) => index === 0 || one > (changes[index - 1] ?? "")),
        "must be in order, each once",
      ),
  }),
]);
const digest = z.string().refine(isDigest, "must be `sha256:` and 64 hex digits");

const hex = z.string().regex(/^[0-9a-f]{1,10000}$/);
const suite = z.enum(["ed25519+ml-dsa-44", "ed25519+ml-dsa-65"]);
/** One part of each algorithm. Whether it has all of its suite, each of its length, is for whoever verifies. */
const parts = z.partialRecord(z.enum(["ed25519", "ml-dsa-44", "ml-dsa-65"]), hex);
export const publicKeys = z.strictObject({ suite, keys: parts });

export const lessonBundle = z
  .strictObject({
    content: z.strictObject({
      format: z.literal(FORMAT),
      version: z.int().min(1),
      issued_at: z.string().refine(isInstant, "must be an instant in UTC with milliseconds"),
      key: digest,
      digest,
      statistics: z
        .array(z.strictObject({ cause: name, about, well: count, badly: count }))
        .max(STATISTICS_MAX),
    }),
    signature: z.strictObject({ suite, signatures: parts }),
  })
  .meta({ id: "LessonBundle" });

export interface BundleContent {
  readonly format: typeof FORMAT;
  /** One up with every bundle of this key. */
  readonly version: number;
  readonly issued_at: Instant;
  /** Id of the key that signs. */
  readonly key: Digest;
  /** Of the statistics. */
  readonly digest: Digest;
  readonly statistics: readonly Statistic[];
}

export interface LessonBundle {
  readonly content: BundleContent;
  readonly signature: Signature;
}

export const contentOf = (
  statistics: readonly Statistic[],
  { version, at, key }: { readonly version: number; readonly at: Instant; readonly key: Digest },
): BundleContent => {
  const told = statistics.map((one): Statistic => ({
    cause: one.cause,
    about: one.about,
    well: Math.min(one.well, COUNT_MAX),
    badly: Math.min(one.badly, COUNT_MAX),
  }));
  return { format: FORMAT, version, issued_at: at, key, digest: digestOf(told), statistics: told };
};

/** A key that a person has named. The label is theirs, for their eyes. */
export interface TrustedKey {
  readonly id: Digest;
  readonly keys: PublicKeys;
  readonly label: string;
  readonly by: string;
  readonly at: Instant;
  /** The newest bundle that was taken of it. */
  readonly bundle: {
    readonly version: number;
    readonly digest: Digest;
    readonly statistics: number;
    readonly at: Instant;
  } | null;
}

export type BundleRefusal =
  | { readonly reason: "own_bundle" }
  | { readonly reason: "key_not_trusted"; readonly key: Digest }
  | { readonly reason: "digest_differs" }
  | { readonly reason: "signature_invalid" }
  | { readonly reason: "version_not_newer"; readonly last: number }
  | { readonly reason: "counted_twice"; readonly index: number };

export interface Taken {
  readonly statistics: readonly Statistic[];
  /** About things that do not exist here: another version of the product knows them. Not kept. */
  readonly leftOut: number;
}

/** `isSigned`: by the keys of `of`, worked out before. The newest bundle of a key takes the place of the one before. */
export function admitted(
  { content }: LessonBundle,
  {
    own,
    of,
    isSigned,
  }: { readonly own: Digest; readonly of: TrustedKey | null; readonly isSigned: boolean },
): Result<Taken, BundleRefusal> {
  if (content.key === own) return err({ reason: "own_bundle" });
  if (of === null) return err({ reason: "key_not_trusted", key: content.key });
  if (digestOf(content.statistics) !== content.digest) return err({ reason: "digest_differs" });
  if (!isSigned) return err({ reason: "signature_invalid" });
  const last = of.bundle?.version ?? 0;
  if (content.version <= last) return err({ reason: "version_not_newer", last });
  const subjects = content.statistics.map(subjectOf);
  const twice = subjects.findIndex((subject, index) => subjects.indexOf(subject) !== index);
  if (twice >= 0) return err({ reason: "counted_twice", index: twice });
  const statistics = content.statistics.filter(isKnown);
  return ok({ statistics, leftOut: content.statistics.length - statistics.length });
}

const CAUSES_KNOWN: ReadonlySet<string> = new Set([...Object.keys(CAUSES), ...RUN_CAUSES]);

const isKnown = (one: Statistic): boolean =>
  CAUSES_KNOWN.has(one.cause) && isKnownSubject(one.about);

function isKnownSubject(subject: About): boolean {
  switch (subject.of) {
    case "path":
      return GOLDEN_PATHS.has(subject.path);
    case "rung":
      return TEMPLATES.get(subject.template)?.modes.includes(subject.mode) ?? false;
    case "shape":
      return subject.changes.every((change) => KINDS.has(change.split(" ")[0] ?? ""));
  }
}

/** What is signed names its key: a bundle cannot be passed off as another's. */
export const parseBundle = (value: z.output<typeof lessonBundle>): LessonBundle => ({
  content: {
    ...value.content,
    issued_at: mint(isInstant, value.content.issued_at),
    key: mint(isDigest, value.content.key),
    digest: mint(isDigest, value.content.digest),
  },
  signature: value.signature,
});
