import { z } from "zod";
import { isDigest, isScopeId } from "../../../core/ids.ts";
import { type Coverage, FRAMEWORKS } from "../../../core/policy/bundle.ts";
import {
  type PolicyConsent,
  type PolicyTrial,
  type PolicyVersion,
  statusOf,
} from "../../../core/policy/register.ts";
import { teamTable } from "../../../core/policy/table.ts";
import { TEXT_CHARS_MAX } from "../../../core/policy/text.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { instant } from "../drift-json.ts";
import { cut, limit, pageOf } from "../paging.ts";
import { notFound, ofPolicyRefusal, type Problem } from "../problem.ts";
import { defineRoute, type RawCall } from "../route.ts";
import { attest, challenge, challengeFor, signed, stampOf } from "../signing-form.ts";

const covered = z
  .array(z.string().refine((text) => text === "*" || isScopeId(text), "must be a scope, or `*`"))
  .max(1_000);
const frameworks = z
  .strictObject({ soc2: covered.optional(), "pci-dss": covered.optional() })
  .meta({ description: "which scopes are under which framework; `*`: all of them" });

const proposal = z.strictObject({
  policies: z.string().max(TEXT_CHARS_MAX).default("").meta({
    description: "Cedar text; each policy has an `@id` and is a `forbid` about changes",
  }),
  table: teamTable.optional().meta({
    description: "the decision table of these policies, over the shipped entities",
  }),
  frameworks: frameworks.default({}),
  reason: z.string().trim().min(3).max(500),
});

const consent = z.object({ by: z.string(), at: instant });
const summary = z.object({
  version: z.int(),
  digest: z.string().meta({ description: "of the bundle that it makes with what is shipped" }),
  status: z.enum(["proposed", "active", "superseded", "overtaken"]),
  reason: z.string(),
  by: z.string(),
  at: instant,
  consents: z.array(consent),
  activated_at: instant.nullable(),
  frameworks,
});
const version = summary
  .extend({ policies: z.string(), table: z.json() })
  .meta({ id: "PolicyVersion" });
const trial = z
  .object({
    rows: z.int(),
    mutants: z.int(),
    survivors: z.array(z.object({ mutant: z.string(), text: z.string().nullable() })),
  })
  .meta({
    description: "how the policies did on their table; a survivor is a place without a row",
  });
const inForce = z.object({
  version: z.int().meta({ description: "0: what is shipped, alone" }),
  digest: z.string(),
  activated_at: instant.nullable(),
});

const summaryJson = (one: PolicyVersion, active: number) => ({
  version: one.version,
  digest: one.digest,
  status: statusOf(one, active),
  reason: one.reason,
  by: one.by,
  at: one.at,
  consents: one.consents.map(({ consent: { by, at } }) => ({ by, at })),
  activated_at: one.activatedAt,
  frameworks: shown(one.team.frameworks),
});

/** Without members that are not there. */
const shown = (coverage: Coverage) =>
  Object.fromEntries(
    FRAMEWORKS.flatMap((name) => {
      const scopes = coverage[name];
      return scopes === undefined ? [] : [[name, [...scopes]]];
    }),
  );

const versionJson = (one: PolicyVersion, active: number) => ({
  ...summaryJson(one, active),
  policies: one.team.policies,
  // Parsed when it was proposed, so plain JSON.
  table: JSON.parse(JSON.stringify(one.table)) as z.input<ReturnType<typeof z.json>>,
});

const trialJson = ({ rows, mutants, survivors }: PolicyTrial) => ({
  rows,
  mutants,
  survivors: survivors.slice(0, SURVIVORS_SHOWN_MAX).map((one) => ({ ...one })),
});

/** More than anybody mends in one go. */
const SURVIVORS_SHOWN_MAX = 100;

const NO_ROWS = { entities: [], rows: [] };

const wanted = ({ policies, table, frameworks: coverage }: z.output<typeof proposal>) => ({
  team: { policies, frameworks: coverage },
  table: table ?? NO_ROWS,
});

/** Long enough to read the text once more. */
const CEREMONY_MS = 10 * 60_000;

const seen = z.strictObject({
  digest: z.string().refine(isDigest, "must be `sha256:` and 64 hex digits"),
});

/** What a person signs: this version, as it was seen. */
const consentTo = (
  one: PolicyVersion,
  digest: z.output<typeof seen>["digest"],
  of: Pick<PolicyConsent, "by" | "at" | "expiresAt" | "nonce">,
): PolicyConsent => ({ version: one.version, digest, ...of });

/** The version that the path names. */
async function versionOf({ ports, param }: RawCall): Promise<Result<PolicyVersion, Problem>> {
  const text = param("version");
  const found = /^[1-9]\d{0,8}$/.test(text) ? await ports.policies.version(Number(text)) : null;
  return found ? ok(found) : err(notFound("there is no such version"));
}

export const policyRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/policies",
    id: "listPolicies",
    summary: "The policies in force, and all versions that were proposed, newest first",
    right: "read",
    query: z.strictObject({
      limit,
      cursor: z
        .string()
        .regex(/^\d{1,9}$/, "must be `next` of the page before")
        .optional(),
    }),
    out: pageOf(summary).extend({ active: inForce }),
    async handle({ ports, query: { limit: size, cursor } }) {
      const { version: active, digest, activatedAt } = await ports.policies.active();
      const before = cursor === undefined ? null : Number(cursor);
      const rows = await ports.policies.versions({ before, limit: size + 1 });
      const page = cut(rows, size, (row) => String(row.version));
      const items = page.items.map((one) => summaryJson(one, active));
      const now = { version: active, digest, activated_at: activatedAt };
      return ok({ body: { active: now, items, next: page.next } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/policies",
    id: "proposePolicies",
    summary: "Proposes a version: what a team forbids beside what is shipped, tried on its table",
    right: "operate",
    status: 201,
    body: proposal,
    out: version.extend({ trial }),
    async handle({ ports, body, principal }) {
      const made = { ...wanted(body), reason: body.reason, by: principal.name };
      const accepted = await ports.policies.propose(made);
      if (!accepted.ok) return err(ofPolicyRefusal(accepted.error));
      const { version: one, trial: tried } = accepted.value;
      const { version: active } = await ports.policies.active();
      return ok({
        body: { ...versionJson(one, active), trial: trialJson(tried) },
        headers: { location: `/api/v1/policies/${one.version}` },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/policies/check",
    id: "checkPolicies",
    summary: "Tries a proposal without keeping anything of it",
    right: "read",
    body: proposal.omit({ reason: true }),
    out: z.object({ digest: z.string(), trial }),
    async handle({ ports, body }) {
      const tried = await ports.policies.check(wanted({ ...body, reason: "" }));
      if (!tried.ok) return err(ofPolicyRefusal(tried.error));
      const { bundle, trial: of } = tried.value;
      return ok({ body: { digest: bundle.digest, trial: trialJson(of) } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/policies/{version}",
    id: "getPolicies",
    exports: "policies",
    summary: "One version with its text, its table and who agreed",
    right: "read",
    out: version,
    async handle(call) {
      const found = await versionOf(call);
      if (!found.ok) return found;
      const { version: active } = await call.ports.policies.active();
      return ok({ body: versionJson(found.value, active) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/policies/{version}/activations/challenge",
    id: "challengePolicies",
    summary: "What a person's authenticator has to sign to agree to a version",
    right: "approve",
    body: seen,
    out: challenge,
    async handle(call) {
      const found = await versionOf(call);
      if (!found.ok) return found;
      const { ports, body, principal } = call;
      const { name: by } = principal;
      const asked = await challengeFor(ports, { by, ttlMs: CEREMONY_MS }, (of) => ({
        purpose: "policy/v1",
        content: consentTo(found.value, body.digest, { by, ...of }),
      }));
      return ok({ body: asked });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/policies/{version}/activations",
    id: "activatePolicies",
    summary: "A person's yes to a version; with the second one it is in force",
    right: "approve",
    body: seen.extend({ signed: signed.optional() }),
    out: version,
    async handle(call) {
      const found = await versionOf(call);
      if (!found.ok) return found;
      const { ports, body, principal } = call;
      const of = stampOf(ports, body.signed?.statement, CEREMONY_MS);
      if (!of.ok) return of;
      const content = consentTo(found.value, body.digest, { by: principal.name, ...of.value });
      const attestation = await attest(ports, { purpose: "policy/v1", content }, body.signed);
      if (!attestation.ok) return attestation;
      const agreed = await ports.policies.consent({
        consent: content,
        attestation: attestation.value,
      });
      if (!agreed.ok) return err(ofPolicyRefusal(agreed.error));
      const { version: active } = await ports.policies.active();
      return ok({ body: versionJson(agreed.value, active) });
    },
  }),
];
