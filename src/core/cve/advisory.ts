/**
 * Advisories from outside: OSV, GitHub, and CISA's catalogue. Only ids and names of packages are taken; text never
 * decides anything. What they lead to is an entry of our own catalogue (T4).
 */
import { z } from "zod";
import { err, ok, type Result } from "../result.ts";
import type { CveEntry } from "./entry.ts";

/** Of one document; a feed has more vulnerabilities than anybody needs at once (I12). */
const ADVISORIES_MAX = 5_000;
const IDS_MAX = 100;

export interface Advisory {
  /** Upper case: CVE and GHSA ids are compared so. */
  readonly ids: readonly string[];
  /** `ecosystem:name`. */
  readonly packages: readonly string[];
  readonly isKnownExploited: boolean;
}

const id = z.string().max(100);
const osv = z.object({
  id,
  aliases: z.array(id).max(IDS_MAX).optional(),
  related: z.array(id).max(IDS_MAX).optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string().max(100), name: z.string().max(300) }).optional(),
      }),
    )
    .max(10_000)
    .optional(),
});
const ghsa = z.object({
  ghsa_id: id,
  cve_id: id.nullish(),
  identifiers: z
    .array(z.object({ value: id }))
    .max(IDS_MAX)
    .nullish(),
  vulnerabilities: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string().max(100), name: z.string().max(300) }).nullish(),
      }),
    )
    .max(10_000)
    .nullish(),
});
const webhook = z.object({ security_advisory: ghsa }).or(z.object({ repository_advisory: ghsa }));
const kev = z.object({ vulnerabilities: z.array(z.object({ cveID: id })).max(ADVISORIES_MAX) });

/** GitHub's names of ecosystems, as OSV writes them. */
const ECOSYSTEMS: Readonly<Record<string, string>> = {
  npm: "npm",
  maven: "Maven",
  pip: "PyPI",
  composer: "Packagist",
  go: "Go",
  rubygems: "RubyGems",
  nuget: "NuGet",
  rust: "crates.io",
};

type Affected = readonly {
  readonly package?: { readonly ecosystem: string; readonly name: string } | null | undefined;
}[];

const packagesOf = (affected: Affected): readonly string[] => [
  ...new Set(
    affected.flatMap(({ package: one }) =>
      one ? [`${ECOSYSTEMS[one.ecosystem.toLowerCase()] ?? one.ecosystem}:${one.name}`] : [],
    ),
  ),
];

const upper = (ids: readonly (string | null | undefined)[]): readonly string[] => [
  ...new Set(ids.flatMap((one) => (one ? [one.toUpperCase()] : []))),
];

const ofGhsa = (advisory: z.output<typeof ghsa>): Advisory => ({
  ids: upper([
    advisory.ghsa_id,
    advisory.cve_id,
    ...(advisory.identifiers ?? []).map(({ value }) => value),
  ]),
  packages: packagesOf(advisory.vulnerabilities ?? []),
  isKnownExploited: false,
});

/** The advisories of a document, whichever of the formats it has. */
export function advisoriesOf(document: unknown): Result<readonly Advisory[], string> {
  const known = kev.safeParse(document);
  if (known.success) {
    return ok(
      known.data.vulnerabilities.map(({ cveID }) => ({
        ids: upper([cveID]),
        packages: [],
        isKnownExploited: true,
      })),
    );
  }
  const hook = webhook.safeParse(document);
  if (hook.success) {
    return ok([
      ofGhsa(
        "security_advisory" in hook.data
          ? hook.data.security_advisory
          : hook.data.repository_advisory,
      ),
    ]);
  }
  const github = ghsa.safeParse(document);
  if (github.success) return ok([ofGhsa(github.data)]);
  const open = osv.safeParse(document);
  if (!open.success)
    return err("is neither an OSV record, nor a GitHub advisory, nor CISA's catalogue");
  const { id: own, aliases = [], related = [], affected = [] } = open.data;
  return ok([
    {
      ids: upper([own, ...aliases, ...related]),
      packages: packagesOf(affected),
      isKnownExploited: false,
    },
  ]);
}

export interface Exposure {
  readonly entry: CveEntry;
  /** `id`: the advisory names it. `package`: it is about the same package, which may be another hole. */
  readonly by: "id" | "package";
  readonly isKnownExploited: boolean;
}

/** Entries that the advisories are about, each once, in the order of the catalogue. */
export function exposuresOf(
  advisories: readonly Advisory[],
  entries: readonly CveEntry[],
): readonly Exposure[] {
  const ids = new Map<string, boolean>();
  for (const { ids: named, isKnownExploited } of advisories) {
    for (const one of named) ids.set(one, isKnownExploited || ids.get(one) === true);
  }
  const packages = new Set(advisories.flatMap((one) => one.packages));
  return entries.flatMap((entry): readonly Exposure[] => {
    const named = [entry.id, ...entry.also]
      .map((one) => one.toUpperCase())
      .filter((one) => ids.has(one));
    const isKnownExploited = entry.isKnownExploited || named.some((one) => ids.get(one) === true);
    if (named.length > 0) return [{ entry, by: "id", isKnownExploited }];
    return entry.packages.some((one) => packages.has(one))
      ? [{ entry, by: "package", isKnownExploited }]
      : [];
  });
}
