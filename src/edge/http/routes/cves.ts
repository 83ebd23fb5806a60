import { z } from "zod";
import { type Exposure, advisoriesOf, exposuresOf } from "../../../core/cve/advisory.ts";
import { BUILT_IN, type Catalogue, openCatalogue } from "../../../core/cve/catalogue.ts";
import { type Advice, adviceOn } from "../../../core/cve/deployment.ts";
import type { CveEntry } from "../../../core/cve/entry.ts";
import { PLANS } from "../../../core/expression/requirements.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { notFound, type Problem } from "../problem.ts";
import { defineRoute } from "../route.ts";

const managed = z.array(z.object({ ruleset: z.string(), rule: z.string(), plan: z.enum(PLANS) }));

const mitigation = z.union([
  z.object({
    kind: z.literal("edge"),
    managed,
    basic: z.string().nullable().meta({ description: "an expression without body fields" }),
    full: z.string().nullable().meta({ description: "one that looks into the body (Enterprise)" }),
    unseen: z.string(),
  }),
  z.object({ kind: z.literal("none"), reason: z.string() }),
]);

const entry = z
  .object({
    id: z.string(),
    name: z.string(),
    product: z.string(),
    also: z.array(z.string()),
    packages: z.array(z.string()),
    known_exploited: z.boolean(),
    mitigation,
    patch: z.string(),
    references: z.array(z.string()),
  })
  .meta({ id: "Cve" });

const advice = z.union([
  z.object({
    kind: z.literal("deploy"),
    managed,
    rule: z.object({
      ref: z.string(),
      description: z.string(),
      expression: z.string(),
      action: z.enum(["log", "managed_challenge", "block"]),
      lease_ms: z.int(),
      remind_after_ms: z.int(),
      reminder: z.string(),
      why: z.string(),
    }),
  }),
  z.object({ kind: z.literal("managed_only"), managed, why: z.string() }),
  z.object({ kind: z.literal("nothing"), reason: z.string() }),
]);

const entryJson = (one: CveEntry): z.input<typeof entry> => ({
  id: one.id,
  name: one.name,
  product: one.product,
  also: [...one.also],
  packages: [...one.packages],
  known_exploited: one.isKnownExploited,
  mitigation:
    one.mitigation.kind === "edge"
      ? { ...one.mitigation, managed: [...one.mitigation.managed] }
      : one.mitigation,
  patch: one.patch,
  references: [...one.references],
});

function adviceJson(given: Advice): z.input<typeof advice> {
  if (given.kind === "nothing") return given;
  const managedRules = [...given.managed];
  if (given.kind === "managed_only") return { ...given, managed: managedRules };
  const { leaseMs, remindAfterMs, ...rule } = given.rule;
  return {
    kind: "deploy",
    managed: managedRules,
    rule: { ...rule, lease_ms: leaseMs, remind_after_ms: remindAfterMs },
  };
}

const exposureJson = ({ entry: one, by, isKnownExploited }: Exposure) => ({
  id: one.id,
  name: one.name,
  by,
  known_exploited: isKnownExploited,
});

let opened: ReturnType<typeof openCatalogue> | undefined;

/** Opened once: it depends on the code alone. A catalogue that is not what was signed answers nothing. */
function catalogue(): Result<Catalogue, Problem> {
  opened ??= openCatalogue(BUILT_IN);
  return opened.ok
    ? opened
    : err({ slug: "unavailable", detail: `the catalogue is not what was signed: ${opened.error}` });
}

const version = { version: z.int(), digest: z.string() };

export const cveRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/cves",
    id: "listCves",
    summary: "Vulnerabilities that are known, and what the edge can do about them",
    right: "read",
    out: z.object({ ...version, items: z.array(entry) }),
    async handle() {
      const known = catalogue();
      if (!known.ok) return known;
      const { version: number, digest, entries } = known.value;
      return ok({ body: { version: number, digest, items: entries.map(entryJson) } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/cves/{id}",
    id: "getCve",
    summary: "One vulnerability, and what to do about it on a plan",
    right: "read",
    query: z.strictObject({ plan: z.enum(PLANS).default("enterprise") }),
    out: z.object({ ...entry.shape, advice }),
    async handle({ param, query: { plan } }) {
      const known = catalogue();
      if (!known.ok) return known;
      const wanted = param("id").toUpperCase();
      const found = known.value.entries.find(({ id, also }) =>
        [id, ...also].some((one) => one.toUpperCase() === wanted),
      );
      if (found === undefined) return err(notFound("the catalogue has no such vulnerability"));
      const told = adviceOn(found, { plan, isExploitationSeen: false, share: null });
      return ok({ body: { ...entryJson(found), advice: adviceJson(told) } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/cves/exposures",
    id: "findExposures",
    summary: "Which entries of the catalogue an advisory (OSV, GitHub, CISA KEV) is about",
    right: "read",
    body: z.record(z.string(), z.unknown()),
    out: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          by: z.enum(["id", "package"]),
          known_exploited: z.boolean(),
        }),
      ),
    }),
    async handle({ body }) {
      const known = catalogue();
      if (!known.ok) return known;
      const advisories = advisoriesOf(body);
      if (!advisories.ok) {
        return err({ slug: "invalid-body", errors: [{ pointer: "#", detail: advisories.error }] });
      }
      const items = exposuresOf(advisories.value, known.value.entries).map(exposureJson);
      return ok({ body: { items } });
    },
  }),
];
