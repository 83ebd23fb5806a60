/** The sandbox's journal held against the record: what was written is what was certified, and nothing else. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { digestOf, type Json, sameJson, textOf } from "../../src/core/canonical.ts";
import type { Dossier } from "../../src/core/dossier.ts";
import type { RecordedEntry } from "../../src/core/log/entry.ts";
import { seal } from "../../src/core/plan.ts";
import { approvalsNeeded } from "../../src/core/risk.ts";
import { entries } from "./check-world.ts";
import { type JournalEntry, vaultWrites } from "./world.ts";

/** What no plan may touch, said here once more in other words than the product's. */
const NEVER = /\/(?:tokens|members|roles|subscriptions|dnssec|export|import|purge_cache)\b|\.\./;
const SITES = /^\/(?:zones|accounts)\/[0-9a-f]{32}\/.+/;

/** By the digest of the plan; a dossier that tells another plan than its digest says is not one. */
async function dossiers(): Promise<ReadonlyMap<string, Dossier>> {
  const found = new Map<string, Dossier>();
  let cursor: string | undefined;
  do {
    const page: R2Objects = await env.EVIDENCE.list({
      prefix: "dossiers/",
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { key } of page.objects) {
      const dossier = await (await env.EVIDENCE.get(key))?.json<Dossier>();
      if (dossier && seal(dossier.plan).digest === dossier.planDigest)
        found.set(dossier.planDigest, dossier);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found;
}

interface Sent {
  readonly method: string;
  readonly body?: unknown;
}

/** As certified. Ids of what the plan itself made are not known before, and code is not JSON. */
function isAsCertified(sent: Sent, write: JournalEntry): boolean {
  if (sent.method !== write.method) return false;
  const certified = (sent.body ?? null) as Json;
  const isLater = JSON.stringify(certified).includes("created.") || "encoding" in sent;
  return isLater || sameJson(certified, write.body ?? null);
}

/** Why the note of a write does not stand for it; null: it does. */
function against(
  write: JournalEntry,
  note: RecordedEntry,
  { all, plans }: { all: readonly RecordedEntry[]; plans: ReadonlyMap<string, Dossier> },
): string | null {
  const planDigest = textOf(note.data["plan_digest"]);
  const release = all.find(
    ({ type, data }) => type === "release" && data["plan_digest"] === planDigest,
  );
  if (!release || release.index > note.index) return "was not released before";
  const dossier = plans.get(planDigest);
  if (!dossier) return "is of a plan that nobody voted on";
  const yes = all.filter(
    ({ type, index, data }) =>
      type === "ballot" &&
      index < release.index &&
      data["plan_digest"] === planDigest &&
      data["vote"] === "yes",
  );
  const checks = new Set(yes.map(({ actor }) => actor.slice(0, actor.indexOf("@"))));
  for (const check of ["simulation", "policy", "conformance"])
    if (!checks.has(check)) return `has no ballot of ${check}`;
  const { policy, plan } = dossier;
  if (policy.decision !== "allow") return "is forbidden by policy";
  const people = release.data["approvals"];
  const needed = approvalsNeeded(policy.tier);
  if (needed === null || !Array.isArray(people) || people.length < needed)
    return `is of tier ${policy.tier} without ${needed} people`;
  const certified: readonly Sent[] = [
    ...plan.calls.map(({ request }) => request),
    ...plan.steps.map(({ inverse }) => inverse),
  ].filter((request) => digestOf(request) === note.data["request_digest"]);
  return certified.some((sent) => isAsCertified(sent, write)) ? null : "is not as certified";
}

/**
 * Every applied write since the journal was cleared is one call of a plan that was voted for, permitted and released, once.
 * Says how many there were.
 */
export async function checkCertifiedWrites(): Promise<number> {
  const all = await entries();
  const plans = await dossiers();
  const open = new Set(all.filter(({ type }) => type === "write" || type === "revert"));
  const writes = (await vaultWrites()).filter(
    ({ applied, query }) => applied && !query.includes("dry_run"),
  );
  for (const write of writes) {
    const { method, path } = write;
    expect(path).toMatch(SITES);
    expect(path).not.toMatch(NEVER);
    const notes = [...open].filter(
      ({ data }) => data["method"] === method && data["path"] === path,
    );
    expect(notes.length, `${method} ${path} has no entry`).toBeGreaterThan(0);
    const reasons = notes.map((note) => against(write, note, { all, plans }));
    const at = reasons.indexOf(null);
    expect(reasons, `${method} ${path}`).toContain(null);
    const note = notes[at];
    if (note) open.delete(note); // an entry stands for one write
  }
  return writes.length;
}
