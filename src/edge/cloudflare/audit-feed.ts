/** The account's audit log as change feed (cloudflare.md, section 11). */
import { z } from "zod";
import { isObject, type Json, textOf } from "../../core/canonical.ts";
import type { AuditEntry } from "../../core/diagnosis/out-of-band-change.ts";
import { type Instant, instantOf } from "../../core/ids.ts";
import type { Unknown } from "../../core/observation.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type PageInfo, type ProviderApi, unknownFrom } from "../../core/provider-api.ts";

export interface FeedEntry extends AuditEntry {
  readonly zoneId: string | null;
  /** The platform's word for what was changed: `dns_record`, `ruleset`, … */
  readonly resourceType: string;
  /** The request that made the change, as far as the log has it. */
  readonly request: {
    readonly ray: string | null;
    readonly method: string | null;
    /** Below the API's base. */
    readonly path: string | null;
  };
}

export interface FeedQuery {
  readonly accountId: string;
  readonly since: Instant;
  readonly before: Instant;
  readonly zoneId?: string;
  /** Changes made with these tokens are left out: our own. */
  readonly exceptTokenIds: readonly string[];
}

const PAGE = 500;
/** A burst longer than this is cut; whoever asks looks at whole scopes anyway (I12). */
const PAGES_MAX = 10;
/** So many entries mean that there may be more. */
export const FEED_MAX = PAGE * PAGES_MAX;

/** Changes between the two instants, oldest first. `since` is inclusive: overlap the windows and drop what came before by id. */
export async function readFeed(
  api: ProviderApi,
  query: FeedQuery,
): Promise<Result<readonly FeedEntry[], Unknown>> {
  const entries: FeedEntry[] = [];
  const own: ReadonlySet<string> = new Set(query.exceptTokenIds);
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await api.get(
      `/accounts/${query.accountId}/logs/audit`,
      parameters(query, cursor),
    );
    if (answer.type !== "ok") return err(unknownFrom(answer, "audit log"));
    const rows = Array.isArray(answer.result) ? answer.result : [];
    entries.push(...rows.filter((row) => !own.has(authorOf(row))).flatMap(entryOf));
    cursor = nextCursor(answer.info);
    if (cursor === undefined || rows.length === 0) return ok(entries);
  }
  return ok(entries);
}

function parameters(
  { since, before, zoneId, exceptTokenIds: [standing] }: FeedQuery,
  cursor: string | undefined,
): Record<string, string> {
  return {
    since,
    before,
    limit: String(PAGE),
    direction: "asc",
    "action_type.not": "view",
    ...(zoneId === undefined ? {} : { zone_id: zoneId }),
    // The one that is always there; the others are sorted out here.
    ...(standing === undefined ? {} : { "actor_token_id.not": standing }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** Documentation and package disagree about where the cursor is: both are read. */
const nextCursor = ({ cursor, cursors }: PageInfo): string | undefined =>
  cursor || cursors?.after || undefined;

const text = z.string().nullish();
const rawRequest = z.object({ cf_ray_id: text, method: text, uri: text });
const rawEntry = z.object({
  id: z.string().min(1),
  action: z.object({ type: z.string().default(""), time: z.string() }),
  actor: z.object({ type: text, email: text, context: text, token_name: text }).default({}),
  resource: z.object({ id: text, type: text }).default({}),
  zone: z.object({ id: text }).nullish(),
  raw: rawRequest.nullish(),
});

/** The id of the token that it was done with; empty: with none. */
function authorOf(raw: Json): string {
  const actor = isObject(raw) ? raw["actor"] : null;
  return isObject(actor) ? textOf(actor["token_id"]) : "";
}

/** An entry without id or time cannot be placed and is left out: the feed is a hint, the sweep finds the rest. */
function entryOf(raw: Json): FeedEntry[] {
  const parsed = rawEntry.safeParse(raw);
  if (!parsed.success) return [];
  const { id, action, actor, resource, zone, raw: sent } = parsed.data;
  const time = new Date(action.time);
  if (Number.isNaN(time.getTime())) return [];
  return [
    {
      id,
      at: instantOf(time.toISOString()),
      action: action.type,
      resourceId: resource.id ?? "",
      zoneId: zone?.id ?? null,
      resourceType: (resource.type ?? "").slice(0, 100),
      request: requestIn(sent ?? {}),
      actor: actorOf(actor),
    },
  ];
}

const requestIn = ({ cf_ray_id: ray, method, uri }: z.infer<typeof rawRequest>) => ({
  ray: /^[0-9a-f]{16}/.exec(ray ?? "")?.[0] ?? null,
  method: method?.toUpperCase().slice(0, 10) || null,
  path: pathIn(uri ?? ""),
});

/** Logged with or without the API's base. */
const pathIn = (uri: string): string | null =>
  uri === "" ? null : (uri.split("?")[0] ?? "").replace(/^\/client\/v4/, "").slice(0, 500);

const actorOf = ({ type, email, context, token_name }: z.infer<typeof rawEntry>["actor"]) => ({
  type: type ?? "",
  email: email || null,
  context: context ?? "",
  tokenName: token_name || null,
});
