/** The entrypoints of phases. One list tells the versions of all of them; only what moved since is read. */
import { isObject, type Json, type JsonObject, textOf } from "../../../core/canonical.ts";
import type { GoldenState } from "../../../core/golden.ts";
import { kindOf } from "../../../core/kinds/registry.ts";
import type { Unknown } from "../../../core/observation.ts";
import { basePath } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader } from "../../../core/reader.ts";

/** The largest page there is. */
const PAGE_SIZE = 50;
/** 1,000 rulesets: a zone has at most one for each phase, and those that it can execute (I12). */
const PAGES_MAX = 20;
/** Neither the entrypoint nor anything else of that name exists. */
const NOT_FOUND = 10003;

const malformed = (detail: string): Unknown => ({
  reason: "malformed",
  detail,
  retryAfterMs: null,
});

/** Reads the entrypoints of `phases`. One that does not exist yet is an empty one: that is what it will be written into. */
export const rulesetPhases = (kind: string, phases: readonly string[]): Reader => ({
  kind,
  async readAll(context, golden) {
    const declared = declaredIn(golden, kind);
    const objects = await all(phases, (phase) =>
      declared.has(phase) && context.cache?.has(phase) === false
        ? readEntrypoint(context, phase)
        : readListed(context, phase),
    );
    return objects.ok ? ok({ kind, objects: objects.value, claimedTotal: phases.length }) : objects;
  },
  readSome: (context, subjects) =>
    all(
      subjects.map(({ id, group }) => id ?? group),
      (phase) => readEntrypoint(context, phase),
    ),
});

/** Where rules are declared there is most likely an entrypoint: no list is needed to learn that. */
const declaredIn = ({ resources }: GoldenState, kind: string): ReadonlySet<string> =>
  new Set(
    resources
      .filter((one) => one.kind === kind && kindOf(kind).parts?.(one.fields).length !== 0)
      .map(({ group }) => group),
  );

async function all(
  phases: readonly string[],
  read: (phase: string) => Promise<Result<Json, Unknown>>,
): Promise<Result<readonly Json[], Unknown>> {
  const objects: Json[] = [];
  for (const result of await Promise.all(phases.map(read))) {
    if (!result.ok) return result;
    objects.push(result.value);
  }
  return ok(objects);
}

const pathOf = ({ site }: ReadContext): string => `${basePath(site)}/rulesets`;

function listOnce(context: ReadContext): Promise<Result<readonly Json[], Unknown>> {
  const path = pathOf(context);
  const asked = context.lists?.get(path) ?? list(context, path);
  context.lists?.set(path, asked);
  return asked;
}

async function list({ api }: ReadContext, path: string): Promise<Result<readonly Json[], Unknown>> {
  const rulesets: Json[] = [];
  let cursor = "";
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const answer = await api.get(path, {
      per_page: String(PAGE_SIZE),
      ...(cursor === "" ? {} : { cursor }),
    });
    if (answer.type !== "ok") return err(unknownFrom(answer, "ruleset list"));
    const rows = answer.result ?? [];
    if (!Array.isArray(rows)) return err(malformed("ruleset list: the result is not a list"));
    rulesets.push(...rows);
    cursor = answer.info.cursor ?? answer.info.cursors?.after ?? "";
    if (cursor === "") return ok(rulesets);
  }
  return err({
    reason: "partial_list",
    detail: `ruleset list: more than ${PAGES_MAX} pages`,
    retryAfterMs: null,
  });
}

/** The entrypoint if there is one, from an earlier look when it has not been written since. */
async function readListed(context: ReadContext, phase: string): Promise<Result<Json, Unknown>> {
  const rulesets = await listOnce(context);
  if (!rulesets.ok) return rulesets;
  const listed = rulesets.value.find(
    (one) => isObject(one) && one["kind"] === "zone" && one["phase"] === phase,
  );
  if (!isObject(listed)) return ok(entrypoint(phase, {}));
  const known = context.cache?.get(phase, versionOf(listed));
  return known === undefined ? readEntrypoint(context, phase) : ok(known);
}

/** A version is only one of its ruleset; one that was deleted and made anew begins again. */
const versionOf = ({ id, ruleset_id: ruleset = id ?? null, version }: JsonObject): string =>
  `${textOf(ruleset)} ${textOf(version)}`;

async function readEntrypoint(context: ReadContext, phase: string): Promise<Result<Json, Unknown>> {
  const answer = await context.api.get(`${pathOf(context)}/phases/${phase}/entrypoint`);
  if (answer.type === "refused" && answer.status === 404 && answer.codes.includes(NOT_FOUND))
    return ok(entrypoint(phase, {}));
  if (answer.type !== "ok") return err(unknownFrom(answer, `entrypoint of ${phase}`));
  const { result } = answer;
  if (!isObject(result) || result["phase"] !== phase || textOf(result["id"]) === "")
    return err(malformed(`entrypoint of ${phase}: not a ruleset of the phase`));
  const object = entrypoint(phase, result);
  context.cache?.set(phase, versionOf(object), object);
  return ok(object);
}

/** Found by its phase; Cloudflare's own id of the ruleset is what the audit log knows. */
const entrypoint = (phase: string, ruleset: JsonObject): JsonObject => ({
  rules: [],
  ...ruleset,
  id: phase,
  ruleset_id: ruleset["id"] ?? null,
});
